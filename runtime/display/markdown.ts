/**
 * Plain prose to HTML: the small part of Markdown that reports need. HTML in
 * the text is shown, never run.
 *
 * @module
 */

import { escapeHtml } from "../core/text.ts";

/** Link targets that cannot run code. */
const SAFE_LINK = /^(https?:\/\/|mailto:|#|\.\/)/i;

/** Bold, italics, code and links inside a line. */
function inline(text: string): string {
  return text.split(/(`[^`]+`)/).map((part, index) => {
    if (index % 2 === 1) return `<code>${escapeHtml(part.slice(1, -1))}</code>`;
    return escapeHtml(part)
      .replaceAll(
        /\[([^\]]+)\]\(([^)\s]+)\)/g,
        (whole, label: string, target: string) =>
          SAFE_LINK.test(target) ? `<a href="${target}">${label}</a>` : whole,
      )
      .replaceAll(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>")
      .replaceAll(/(^|[^*\w])\*([^*\s][^*]*)\*/g, "$1<em>$2</em>");
  }).join("");
}

interface Open {
  readonly tag: "p" | "ul" | "ol";
  readonly lines: string[];
}

function close(open: Open | undefined): string {
  if (open === undefined) return "";
  const items = open.tag === "p"
    ? inline(open.lines.join(" "))
    : open.lines.map((line) => `<li>${inline(line)}</li>`).join("");
  return `<${open.tag}>${items}</${open.tag}>\n`;
}

/**
 * Turns prose into HTML: paragraphs, `##` and `###` headings, lists with `-` or
 * `1.`, fenced code, **bold**, *italics*, `code` and links to the web
 * or, as `./page.html`, to neighbours.
 *
 * @param text The prose.
 * @returns HTML; whatever looks like HTML in the text is escaped.
 *
 * @example
 * ```ts
 * import { markdownToHtml } from "@weft/weft/display";
 *
 * console.log(markdownToHtml("A **bold** claim")); // <p>A <strong>bold</strong> claim</p>
 * ```
 */
export function markdownToHtml(text: string): string {
  let html = "";
  let open: Open | undefined;
  let code: string[] | undefined;
  const start = (tag: Open["tag"], line: string) => {
    if (open?.tag === tag) {
      open.lines.push(line);
      return;
    }
    html += close(open);
    open = { tag, lines: [line] };
  };
  const end = () => {
    html += close(open);
    open = undefined;
  };
  for (const line of text.split("\n")) {
    if (code !== undefined) {
      if (!line.startsWith("```")) {
        code.push(line);
        continue;
      }
      html += `<pre><code>${escapeHtml(code.join("\n"))}</code></pre>\n`;
      code = undefined;
      continue;
    }
    const trimmed = line.trim();
    const heading = trimmed.match(/^(#{2,4}) (.+)$/);
    const bullet = trimmed.match(/^[-*] (.+)$/);
    const numbered = trimmed.match(/^\d+\. (.+)$/);
    if (trimmed.startsWith("```")) {
      end();
      code = [];
    } else if (trimmed === "") {
      end();
    } else if (heading !== null) {
      end();
      const level = heading[1]?.length ?? 2;
      html += `<h${level}>${inline(heading[2] ?? "")}</h${level}>\n`;
    } else if (bullet !== null) {
      start("ul", bullet[1] ?? "");
    } else if (numbered !== null) {
      start("ol", numbered[1] ?? "");
    } else if (
      open !== undefined && open.tag !== "p" && line.startsWith("  ")
    ) {
      open.lines.push(`${open.lines.pop() ?? ""} ${trimmed}`);
    } else {
      start("p", trimmed);
    }
  }
  if (code !== undefined) {
    html += `<pre><code>${escapeHtml(code.join("\n"))}</code></pre>\n`;
  }
  end();
  return html.trimEnd();
}
