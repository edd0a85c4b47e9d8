import assert from "node:assert/strict";
import { drawMessage } from "./pipelines.ts";

Deno.test("drawMessage shows the line and the place", () => {
  const text = "fn main() {\n  let x: f32 = 1u;\n}";
  const drawn = drawMessage(text, {
    message: "expected f32",
    lineNum: 2,
    linePos: 7,
  });
  assert.equal(
    drawn,
    "expected f32\n2 |   let x: f32 = 1u;\n          ^",
  );
});

Deno.test("drawMessage tells a message that has no place", () => {
  const message = { message: " too many bindings\n", lineNum: 0, linePos: 0 };
  assert.equal(drawMessage("fn main() {}", message), "too many bindings");
});
