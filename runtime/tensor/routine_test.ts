import assert from "node:assert/strict";
import { defineRoutine } from "./routine.ts";
import * as wf from "./mod.ts";

const f64 = { dtype: "f64" } as const;

Deno.test("defineRoutine refuses a name that is taken", () => {
  assert.throws(
    () => defineRoutine({ name: "cholesky", outputs: (inputs) => inputs }),
    /Cannot define the routine "cholesky" as there is one already/,
  );
});

Deno.test("a routine without a gradient says so, and one without an implementation, too", async () => {
  const nowhere = defineRoutine({
    name: "test/nowhere",
    outputs: (inputs) => inputs,
  });
  const x = wf.tensor([1], f64);
  assert.throws(
    () => wf.grad((y: wf.F64) => wf.sum(nowhere([y], {})[0] as wf.F64))(x),
    /Cannot differentiate "test\/nowhere" as it has no gradient/,
  );
  await assert.rejects(
    () => nowhere([x], {})[0]!.data(),
    /Cannot run the routine "test\/nowhere"/,
  );
});
