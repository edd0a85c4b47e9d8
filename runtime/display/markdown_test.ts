import { ok, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { markdownToHtml } from "./markdown.ts";

Deno.test("markdownToHtml knows paragraphs, headings, lists, code and emphasis", () => {
  strictEqual(
    markdownToHtml(
      "## Title\nOne\ntwo **bold** *soft* `a<b`\n\n- x\n- y\n  more\n\n1. z\n\n```\nlet a = 1 < 2\n```",
    ),
    "<h2>Title</h2>\n<p>One two <strong>bold</strong> <em>soft</em> <code>a&lt;b</code></p>\n" +
      "<ul><li>x</li><li>y more</li></ul>\n<ol><li>z</li></ol>\n" +
      "<pre><code>let a = 1 &lt; 2</code></pre>",
  );
});

Deno.test("markdownToHtml links to the web and to neighbours, not to code", () => {
  strictEqual(
    markdownToHtml("[a](https://example.org/?a=1&b=2)"),
    '<p><a href="https://example.org/?a=1&amp;b=2">a</a></p>',
  );
  strictEqual(
    markdownToHtml("[a](./b/report.html)"),
    '<p><a href="./b/report.html">a</a></p>',
  );
  strictEqual(
    markdownToHtml("[a](javascript:alert(1))").includes("href"),
    false,
  );
});

Deno.test("markdownToHtml leaves signs of arithmetic and snake_case alone", () => {
  strictEqual(
    markdownToHtml("2 * 3 * 4 and a_b_c"),
    "<p>2 * 3 * 4 and a_b_c</p>",
  );
});

Deno.test("markdownToHtml never lets a tag through", () => {
  const tags = /<(?!\/?(p|h[2-4]|ul|ol|li|pre|code|strong|em|a)\b)/;
  fc.assert(fc.property(
    fc.array(
      fc.constantFrom(
        "<script>",
        "**",
        "`",
        "*",
        "[a](",
        ")",
        "\n",
        "- ",
        "x",
        '"',
        "\u00000\u0000",
        "```",
      ),
    ),
    (parts) => {
      ok(!tags.test(markdownToHtml(parts.join(""))));
    },
  ));
});
