import assert from "node:assert/strict";
import { DataError, PortError, RunError, WeftError } from "./errors.ts";

Deno.test("WeftError tells the whole story in its message", () => {
  const error = new PortError(
    'Cannot run op "pack" as input "tokens" does not fit',
    {
      path: ["load", "tokenize", "pack"],
      port: "tokens",
      expected: "i32 tensor [n, 512]",
      actual: "i32 tensor [8, 500]",
      hint: 'Set "maxLength: 512"',
      cause: new TypeError("inner"),
    },
  );
  assert.equal(
    error.message,
    [
      'Cannot run op "pack" as input "tokens" does not fit',
      "  path      load › tokenize › pack",
      "  port      tokens",
      "  expected  i32 tensor [n, 512]",
      "  actual    i32 tensor [8, 500]",
      '  hint      Set "maxLength: 512"',
      "  caused by TypeError: inner",
    ].join("\n"),
  );
  assert.ok(error instanceof WeftError);
  assert.equal(error.name, "PortError");
  assert.equal(error.summary, error.message.split("\n")[0]);
  assert.ok(error.cause instanceof TypeError);
});

Deno.test("WeftError shows nothing that was not given, and indents what has several lines", () => {
  assert.equal(new DataError("Cannot read").message, "Cannot read");
  const { message } = new DataError("Cannot read", {
    path: [],
    expected: "a\nb",
  });
  assert.equal(message, "Cannot read\n  expected  a\n            b");
});

Deno.test("RunError names every failure with its story", () => {
  const first = new DataError("Cannot read one", { hint: "Look" });
  const error = new RunError([first, new Error("two")]);
  assert.deepEqual(
    error.failures.map(({ message }) => message.split("\n")[0]),
    [
      "Cannot read one",
      "two",
    ],
  );
  assert.match(
    error.message,
    /as 2 ops failed:\n- Cannot read one\n {4}hint {6}Look\n- two$/,
  );
});
