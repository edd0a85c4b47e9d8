import assert from "node:assert/strict";
import { withoutControls } from "./terminal.ts";

Deno.test("withoutControls leaves texts, tabs and lines, and nothing that steers a terminal", () => {
  const text = "Sales rose 5 %.\n\t– é漢😀\n";
  assert.equal(withoutControls(text), text);
  assert.equal(
    withoutControls("\x1b]0;title\x07a\x9b2Jb\rc\x7f"),
    "\ufffd]0;title\ufffda\ufffd2Jb\ufffdc\ufffd",
  );
});
