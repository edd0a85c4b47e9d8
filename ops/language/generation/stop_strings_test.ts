import assert from "node:assert/strict";
import fc from "fast-check";
import { ParameterError } from "../../../runtime/core/errors.ts";
import { StopStrings } from "./stop_strings.ts";

function run(stops: readonly string[], pieces: readonly string[]) {
  const stopper = new StopStrings(stops);
  const given = pieces.map((piece) => stopper.push(piece));
  return { given, text: given.join("") + stopper.flush(), stopper };
}

Deno.test("what may become a stop string is held back", () => {
  const { given, text, stopper } = run(["END"], ["a E", "N", "x E", "ND tail"]);
  assert.deepEqual(given, ["a ", "", "ENx ", ""]);
  assert.equal(text, "a ENx ");
  assert.equal(stopper.isStopped, true);
});

Deno.test("what was held back comes when the text ends", () => {
  assert.equal(run(["END"], ["fri", "EN"]).text, "friEN");
  assert.equal(run([], ["a", "b"]).text, "ab");
});

Deno.test("the first of several stop strings counts", () => {
  assert.equal(run(["\n\n", "."], ["One. ", "Two\n\n"]).text, "One");
  assert.equal(run(["bc", "abcd"], ["xabcd"]).text, "xa");
});

Deno.test("however a text is cut, it ends before the first stop string", () => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 });
  const stops = fc.array(
    fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 4 }),
    { minLength: 1, maxLength: 3 },
  );
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 6 }), stops, (pieces, list) => {
      const whole = pieces.join("");
      const { text, stopper } = run(list, pieces);
      assert.equal(text, run(list, [whole]).text);
      assert.ok(whole.startsWith(text));
      for (const stop of list) assert.ok(!text.includes(stop));
      const isStopped = list.some((stop) => whole.includes(stop));
      assert.equal(stopper.isStopped, isStopped);
      if (!isStopped) assert.equal(text, whole);
      else if (list.length === 1) {
        assert.equal(text, whole.slice(0, whole.indexOf(list[0]!)));
      }
    }),
  );
});

Deno.test("an empty stop string is refused", () => {
  assert.throws(() => new StopStrings(["a", ""]), ParameterError);
});
