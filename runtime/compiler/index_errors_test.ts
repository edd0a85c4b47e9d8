import assert from "node:assert/strict";
import { NumericalError } from "../core/errors.ts";
import type { Storage } from "../device/graph.ts";
import { checkIndices } from "./index_errors.ts";
import { awaitChecks } from "./pending_checks.ts";

const CHECK = { buffer: 0, name: "take", length: 4, node: 0 };

/** A number that lies elsewhere, and how often it was read. */
class Remote implements Storage {
  readonly device = "elsewhere";
  readonly array = undefined;
  readonly byteLength = 4;
  readonly #value: number;
  reads = 0;

  constructor(value: number) {
    this.#value = value;
  }

  read(): Promise<Int32Array<ArrayBuffer>> {
    this.reads++;
    return Promise.resolve(Int32Array.of(this.#value));
  }

  dispose(): void {}
}

/** Programs that are fed all results of the one before; gives the last ones. */
function loop(numbers: readonly Remote[]): readonly Remote[] {
  let results: readonly Remote[] = [];
  for (const number of numbers) {
    const made = Array.from({ length: 4 }, () => new Remote(0));
    checkIndices([CHECK], [number], () => undefined, results, made);
    results = made;
  }
  return results;
}

Deno.test("checks do not pile up in a loop, and are read once", async () => {
  const numbers = Array.from({ length: 40 }, () => new Remote(0));
  const results = loop(numbers);
  for (const result of results) await awaitChecks(result);
  assert.deepEqual(numbers.map(({ reads }) => reads), numbers.map(() => 1));

  // What was looked at is not handed on.
  const [next, number] = [new Remote(0), new Remote(0)];
  checkIndices([CHECK], [number], () => undefined, results, [next]);
  await awaitChecks(next);
  assert.deepEqual(numbers.map(({ reads }) => reads), numbers.map(() => 1));
  assert.equal(number.reads, 1);
});

Deno.test("an index that was outside long ago is told by every result", async () => {
  const numbers = [0, 9, 0, 0].map((value) => new Remote(value));
  for (const result of loop(numbers)) {
    await assert.rejects(awaitChecks(result), NumericalError);
  }
});
