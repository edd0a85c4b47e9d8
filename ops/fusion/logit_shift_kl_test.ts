import assert from "node:assert/strict";
import * as wf from "../../runtime/tensor/mod.ts";
import { logitShiftKl } from "./logit_shift_kl.ts";

function close(actual: number, expected: number, tolerance: number): void {
  assert.ok(
    Math.abs(actual - expected) <= tolerance,
    `${actual} is not within ${tolerance} of ${expected}`,
  );
}

const f64 = (rows: number[][]) => wf.tensor(rows, { dtype: "f64" });

Deno.test("logitShiftKl agrees with the closed form for two tokens", async () => {
  const { klForward, klReverse } = await logitShiftKl.run(
    { logP: f64([[0, 0]]), shift: f64([[1, -1]]) },
    { alphas: [0, 0.5, 1, 3] },
  );
  const forward = await klForward.data();
  const reverse = await klReverse.data();
  [0, 0.5, 1, 3].forEach((a, index) => {
    const logCosh = Math.log(Math.cosh(a));
    close(forward[index] ?? NaN, a * Math.tanh(a) - logCosh, 1e-14);
    close(reverse[index] ?? NaN, logCosh, 1e-14);
  });
  // The card's own digits.
  close(forward[1] ?? NaN, 0.1109441, 5e-8);
  close(reverse[1] ?? NaN, 0.1201145, 5e-8);
  close(forward[2] ?? NaN, 0.3278133, 5e-8);
  close(reverse[2] ?? NaN, 0.4337808, 5e-8);
});

Deno.test("logitShiftKl meets the roots of the card's regression example", async () => {
  const { klForward, klReverse } = await logitShiftKl.run(
    { logP: f64([[2, 1, 0, -1]]), shift: f64([[-1, 2, 0, 0]]) },
    // The card prints 0.911516 for the second root; it is 0.9115128.
    { alphas: [0.784692, 0.9115128] },
  );
  close((await klForward.data())[0] ?? NaN, 0.563982, 1e-6);
  close((await klReverse.data())[1] ?? NaN, 0.767268, 1e-6);
});

Deno.test("logitShiftKl takes masked tokens as probability 0", async () => {
  const { klForward, klReverse } = await logitShiftKl.run(
    {
      logP: f64([[0, 0, -Infinity], [0, 0, 0]]),
      shift: f64([[1, -1, 5], [1, -1, -Infinity]]),
    },
    { alphas: [0, 1] },
  );
  const forward = await klForward.data();
  const reverse = await klReverse.data();
  // A token that P forbids changes nothing, whatever its shift.
  close(forward[1] ?? NaN, Math.tanh(1) - Math.log(Math.cosh(1)), 1e-14);
  close(reverse[1] ?? NaN, Math.log(Math.cosh(1)), 1e-14);
  // A token that P allows and the shift forbids: no move at weight 0, then
  // KL(P_a‖P) stays finite and KL(P‖P_a) does not.
  close(forward[2] ?? NaN, 0, 1e-14);
  close(reverse[2] ?? NaN, 0, 1e-14);
  const kept = Math.tanh(1) - Math.log(2 * Math.cosh(1) / 3);
  close(forward[3] ?? NaN, kept, 1e-14);
  assert.equal(reverse[3], Infinity);
});

Deno.test("logitShiftKl computes in f32 when its inputs are f32", async () => {
  const { klForward } = await logitShiftKl.run(
    { logP: wf.tensor([[0, 0]]), shift: wf.tensor([[1, -1]]) },
    { alphas: [1] },
  );
  assert.equal(klForward.dtype, "f32");
  close(await klForward.item(), 0.3278133, 1e-6);
});

Deno.test("logitShiftKl refuses a negative weight", async () => {
  await assert.rejects(
    logitShiftKl.run(
      { logP: f64([[0, 0]]), shift: f64([[1, -1]]) },
      { alphas: [-1] },
    ),
    /alphas/,
  );
});
