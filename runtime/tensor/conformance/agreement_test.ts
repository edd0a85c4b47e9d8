import assert from "node:assert/strict";
import fc from "fast-check";
import { deviceNamed, deviceNames } from "../../compiler/devices.ts";
import { evaluatePlain } from "../../device/reference/plain_evaluator.ts";
import { verifyGraph } from "../../device/verify.ts";
import * as wf from "../mod.ts";
import { randomGraph } from "./random_graph.ts";
import { productChoices, randomProduct } from "./random_product.ts";

/** Errors of one operation add up along chains. */
const TOLERANCE: Readonly<Record<wf.FloatDType, number>> = {
  f64: 1e-12,
  f32: 2e-4,
  f16: 3e-2,
};

/** From here on a number may have overflowed in another order of operations. */
const LARGE: Readonly<Record<wf.FloatDType, number>> = {
  f64: Infinity,
  f32: 1e37,
  f16: 1e4,
};

/**
 * Compares with the slow twin of the reference device: numbers within the
 * tolerance, NaN and infinities in the same places. Only instead of an infinity
 * a large number of its sign will do, and the other way round.
 */
async function assertAgrees(
  device: string,
  dtype: wf.FloatDType,
  tensors: readonly wf.Tensor[],
): Promise<void> {
  const nodes = tensors.map((one) => one.node);
  verifyGraph(nodes);
  const expected = evaluatePlain(nodes);
  const made = await wf.withExecution({ device }, () => wf.read(...tensors));
  tensors.forEach((_, at) => {
    const [x, y] = [made[at]!, expected[at]!];
    assert.equal(x.length, y.length);
    for (let k = 0; k < x.length; k++) {
      const [a, b] = [x[k]!, y[k]!];
      if (Object.is(a, b) || a === b) continue;
      const error = Math.abs(a - b) / Math.max(1, Math.abs(b));
      const sign = Math.sign(b);
      const isOverflow = a * sign > LARGE[dtype] && b * sign > LARGE[dtype];
      assert.ok(
        error <= TOLERANCE[dtype] || isOverflow,
        `${dtype}[${tensors[at]!.shape}] at ${k}: ${a} is not ${b}`,
      );
    }
  });
}

for (const device of deviceNames()) {
  for (const dtype of ["f64", "f32", "f16"] as const) {
    if (device === "reference" || !deviceNamed(device).supports(dtype)) {
      continue;
    }
    Deno.test(`${device}, ${dtype}: agrees with the slow twin on graphs drawn at random`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }),
          fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 12 }),
          async (shape, choices) => {
            await assertAgrees(
              device,
              dtype,
              randomGraph(dtype, shape, choices),
            );
          },
        ),
        // The draws are fixed, so that a rare one does not fail by surprise.
        { numRuns: device === "webgpu" ? 25 : 150, seed: 11 },
      );
    });

    Deno.test(`${device}, ${dtype}: keeps NaN and infinities where the slow twin has them`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.constantFrom(NaN, Infinity, -Infinity, -0, 0, 1, -1.5),
            { minLength: 6, maxLength: 6 },
          ),
          fc.array(fc.nat(1_000_000), { minLength: 1, maxLength: 8 }),
          async (values, choices) => {
            const first = wf.tensor(values, { dtype, shape: [2, 3] });
            await assertAgrees(
              device,
              dtype,
              randomGraph(dtype, [2, 3], choices, first),
            );
          },
        ),
        { numRuns: device === "webgpu" ? 15 : 100, seed: 5 },
      );
    });

    Deno.test(`${device}, ${dtype}: agrees with the slow twin on products drawn at random`, async () => {
      await fc.assert(
        fc.asyncProperty(
          productChoices,
          fc.constantFrom([], [], [NaN], [Infinity, -Infinity, -0]),
          async (choice, special) => {
            await assertAgrees(
              device,
              dtype,
              randomProduct(dtype, choice, special),
            );
          },
        ),
        { numRuns: device === "webgpu" ? 12 : 100, seed: 3 },
      );
    });
  }
}
