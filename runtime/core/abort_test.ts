import assert from "node:assert/strict";
import { cancelledError, pause } from "./abort.ts";
import { CancelledError } from "./errors.ts";

Deno.test("cancelledError tells the reason where there is one, and hands on one of its own kind", () => {
  assert.match(cancelledError("the run", undefined).message, /was cancelled$/);
  assert.match(
    cancelledError("the run", new DOMException("x", "AbortError")).message,
    /was cancelled$/,
  );
  assert.match(
    cancelledError("the run", new Error("too slow")).message,
    /the run as it was cancelled: too slow/,
  );
  const own = new CancelledError("own");
  assert.equal(cancelledError("the run", own), own);
});

Deno.test("pause ends at once when its signal is aborted", async () => {
  const abort = new AbortController();
  const long = pause(3_600_000, abort.signal);
  abort.abort();
  await long;
  await pause(3_600_000, abort.signal);
});
