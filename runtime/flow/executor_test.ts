import assert from "node:assert/strict";
import { z } from "zod";
import { type BodyCall, localExecutor, op } from "./mod.ts";

const half = op({
  name: "executor/half",
  version: "1",
  inputs: { x: z.number() },
  params: z.object({ plus: z.number().default(1) }),
  outputs: { y: z.number() },
  run: ({ x }, { plus }) => ({ y: x / 2 + plus }),
});

Deno.test("executor: the one that was given runs the bodies, with checked values", async () => {
  const calls: BodyCall[] = [];
  const first = half({ x: 8 });
  const { y } = await half({ x: first.y }, { plus: 2 }).value({
    store: "none",
    executor: {
      name: "test",
      execute(call) {
        calls.push(call);
        return Promise.resolve(localExecutor.execute(call));
      },
    },
  });
  assert.equal(y, 4.5);
  assert.deepEqual(
    calls.map(({ info, inputs, params }) => [info.name, inputs, params]),
    [
      ["executor/half", { x: 8 }, { plus: 1 }],
      ["executor/half", { x: 5 }, { plus: 2 }],
    ],
  );
});

Deno.test("executor: what it gives is checked like what a body gives", async () => {
  await assert.rejects(
    half({ x: 1 }).value({
      store: "none",
      executor: { name: "test", execute: () => ({ y: "one" }) },
    }),
    /port "y"/,
  );
});
