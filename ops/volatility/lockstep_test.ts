import assert from "node:assert/strict";
import { NumericalError } from "../../runtime/core/errors.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import { minimizeTogether } from "./lockstep.ts";

/** The banana-shaped valley of Rosenbrock, bent by `bend`. */
function valley(
  bend: number,
  [x = 0, y = 0]: ArrayLike<number> & Iterable<number>,
) {
  const off = y - x * x;
  return {
    value: (1 - x) ** 2 + bend * off ** 2,
    gradient: Float64Array.of(
      -2 * (1 - x) - 4 * bend * x * off,
      2 * bend * off,
    ),
  };
}

const bends = [1, 10, 100];
const starts = [[-1.2, 1], [3, -1], [0, 0]].map((start) =>
  Float64Array.from(start)
);

Deno.test("minimizeTogether ends each search as if it were alone, in fewer batches", async () => {
  const sizes: number[] = [];
  const ends = await minimizeTogether(
    (searches, points) => {
      sizes.push(searches.length);
      return Promise.resolve(
        searches.map((search, at) =>
          valley(bends[search] as number, points[at] as Float64Array)
        ),
      );
    },
    starts,
    {},
  );
  let evaluations = 0;
  for (const [search, end] of ends.entries()) {
    const alone = await wf.optim.minimizeVector(
      (point) => valley(bends[search] as number, point),
      starts[search] as Float64Array,
    );
    assert.deepEqual(end, alone);
    evaluations += alone.evaluations;
  }
  assert.equal(sizes.reduce((sum, size) => sum + size, 0), evaluations);
  assert.equal(
    sizes.length,
    Math.max(
      ...ends.map((end) => (end as { evaluations: number }).evaluations),
    ),
  );
});

Deno.test("minimizeTogether returns the error of a search that cannot start, and ends the others", async () => {
  const ends = await minimizeTogether(
    (searches, points) =>
      Promise.resolve(
        searches.map((search, at) =>
          search === 1
            ? { value: NaN, gradient: Float64Array.of(0, 0) }
            : valley(1, points[at] as Float64Array)
        ),
      ),
    starts,
    {},
  );
  assert.ok(ends[1] instanceof NumericalError);
  assert.ok(!(ends[0] instanceof NumericalError) && ends[0]?.converged);
  assert.ok(!(ends[2] instanceof NumericalError) && ends[2]?.converged);
});

Deno.test("minimizeTogether passes on an error of the objective that is not numerical", async () => {
  await assert.rejects(
    minimizeTogether(() => Promise.reject(new TypeError("broken")), starts, {}),
    /broken/,
  );
});
