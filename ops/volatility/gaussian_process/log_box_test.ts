import assert from "node:assert/strict";
import * as wf from "../../../runtime/tensor/mod.ts";
import { LogBox } from "./log_box.ts";
import { allClose, close } from "./testing.ts";

const BOX = new LogBox([
  { name: "a", value: 1, bounds: [1e-2, 1e2] },
  { name: "b", value: 3, bounds: [2, 5] },
]);

Deno.test("LogBox maps values to positions and back", async () => {
  const values = Float64Array.of(7, 2.5);
  const back = BOX.toValues(wf.tensor(BOX.toPosition(values)));
  allClose(await back.data(), values, 1e-12);
});

Deno.test("LogBox keeps every position between the bounds", async () => {
  const far = await BOX.toValues(wf.tensor(Float64Array.of(1e3, -1e3))).data();
  allClose(BOX.clamp(far), [1e2, 2], 1e-12);
  assert.ok(BOX.isAtBound(far[0] ?? NaN, 0));
  assert.ok(!BOX.isAtBound(3, 1));
});

Deno.test("LogBox starts a value that is on a bound a little inside", () => {
  const position = BOX.toPosition(Float64Array.of(1e2, 2));
  assert.ok(position.every(Number.isFinite));
});

Deno.test("LogBox is the plain logarithm in the middle of the bounds", async () => {
  const slope = wf.grad((u: wf.F64) => wf.log(wf.slice(BOX.toValues(u), 0)))(
    wf.tensor(Float64Array.of(0, 0)),
  );
  close((await slope.data())[0], 1, 1e-12);
});
