import assert from "node:assert/strict";
import { z } from "zod";
import { port } from "../ports/mod.ts";
import * as wf from "../tensor/mod.ts";
import { memoryStore, type Node, op, type RunOptions } from "./mod.ts";

function ops(version = "1") {
  const log: string[] = [];
  const load = op({
    name: "plan/load",
    version,
    params: z.object({ x: z.number(), note: z.string().default("") }),
    outputs: { x: z.number() },
    run: (_inputs, { x }) => {
      log.push("load");
      return { x };
    },
  });
  const fit = op({
    name: "plan/fit",
    version: "1",
    inputs: { x: z.number() },
    params: z.object({ order: z.number().default(1) }),
    outputs: { y: z.number() },
    run: ({ x }, { order }) => {
      log.push("fit");
      return { y: x * order };
    },
  });
  const flow = (
    params: { x: number; note?: string },
    order = 1,
  ) => fit({ x: load({}, params).x }, { order });
  return { load, fit, flow, log };
}

async function planOf(
  node: Node<unknown>,
  options: RunOptions,
): Promise<string[]> {
  const { nodes } = await node.plan(options);
  return nodes.map(({ name, state, why }) => `${name}: ${state}, ${why}`);
}

Deno.test("plan: nothing is stored, so everything will run, and nothing runs yet", async () => {
  const { flow, log } = ops();
  assert.deepEqual(await planOf(flow({ x: 1 }), { store: memoryStore() }), [
    "plan/load: will run, no result is stored",
    "plan/fit: will run, no result is stored",
  ]);
  assert.deepEqual(log, []);
});

Deno.test("plan: all is stored, so everything is reused", async () => {
  const { flow } = ops();
  const store = memoryStore();
  await flow({ x: 1 }).value({ store });
  const { nodes } = await flow({ x: 1 }).plan({ store });
  assert.deepEqual(nodes.map(({ state }) => state), ["reused", "reused"]);
});

Deno.test("plan: a changed param is told with its old and new value", async () => {
  const { flow } = ops();
  const store = memoryStore();
  await flow({ x: 1 }).value({ store });
  const plan = await planOf(flow({ x: 1 }, 3), { store });
  assert.deepEqual(plan, [
    "plan/load: reused, its result is in the store",
    "plan/fit: will run, params changed (order: 1 → 3)",
  ]);
});

Deno.test("plan: below a node that runs again nobody knows before its data are there", async () => {
  const { flow, log } = ops();
  const store = memoryStore();
  await flow({ x: 1 }).value({ store });
  const noted = flow({ x: 1, note: "same data" });
  assert.deepEqual(await planOf(noted, { store }), [
    'plan/load: will run, params changed (note: "" → "same data")',
    'plan/fit: may run, depends on the data of "plan/load"',
  ]);
  log.length = 0;
  await noted.value({ store });
  assert.deepEqual(log, ["load"]);
});

Deno.test("plan: a changed version is told", async () => {
  const store = memoryStore();
  await ops("1").flow({ x: 1 }).value({ store });
  const [load] = await planOf(ops("2").flow({ x: 1 }), { store });
  assert.equal(load, "plan/load: will run, version changed (1 → 2)");
});

Deno.test("plan: an input whose data changed is told by its name", async () => {
  const { fit, load } = ops();
  const store = memoryStore();
  await fit({ x: 1 }).value({ store });
  assert.deepEqual(await planOf(fit({ x: 2 }), { store }), [
    'plan/fit: will run, data of input "x" changed',
  ]);
  const other = load({}, { x: 3 });
  await other.value({ store });
  assert.deepEqual(
    (await planOf(fit({ x: other.x }), { store })).at(-1),
    'plan/fit: will run, data of input "x" changed',
  );
});

Deno.test("plan: a result that was not kept runs again when its reader needs it", async () => {
  const { flow } = ops();
  const store = memoryStore();
  await flow({ x: 1 }).value({ store, keep: "roots" });
  assert.deepEqual(await planOf(flow({ x: 1 }), { store }), [
    "plan/load: reused, its data are known to be unchanged",
    "plan/fit: reused, its result is in the store",
  ]);
  assert.deepEqual(await planOf(flow({ x: 1 }, 2), { store }), [
    "plan/load: will run, its result was not kept",
    "plan/fit: will run, params changed (order: 1 → 2)",
  ]);
});

Deno.test("plan: without a store, and with overrides", async () => {
  const { fit, load } = ops();
  const source = load({}, { x: 1 });
  const node = fit({ x: source.x });
  assert.deepEqual(await planOf(node, { store: "none" }), [
    "plan/load: will run, nothing is stored",
    "plan/fit: will run, nothing is stored",
  ]);
  const overrides = [[source.x, 4]] as const;
  assert.deepEqual(await planOf(node, { store: "none", overrides }), [
    "plan/fit: will run, nothing is stored",
  ]);
});

Deno.test("explain: the plan in words, one line a node", async () => {
  const { flow } = ops();
  const store = memoryStore();
  await flow({ x: 1 }).value({ store });
  const lines = (await flow({ x: 1 }, 2).explain({ store })).split("\n");
  assert.equal(lines.length, 3);
  assert.equal(lines[0], "2 nodes: 1 will run, 0 may run, 1 reused");
  assert.equal(lines[1], "plan/load  reused    its result is in the store");
  assert.match(
    lines[2]!,
    /^plan\/fit {3}will run {2}params changed \(order: 1 → 2\); it took \d+\.\d ms the last time$/,
  );
});

Deno.test("plan: time and size of the last run are told for what has to run", async () => {
  const { flow } = ops();
  const store = memoryStore();
  const [load, fit] = (await flow({ x: 1 }).plan({ store })).nodes;
  assert.equal(load?.lastMs, undefined);
  assert.equal(fit?.lastBytes, undefined);
  await flow({ x: 1 }).value({ store });
  const { nodes } = await flow({ x: 1 }, 2).plan({ store });
  assert.equal(nodes[0]?.lastMs, undefined);
  assert.ok(nodes[1]!.lastMs! >= 0);
  assert.ok(nodes[1]!.lastBytes! > 0);
});

Deno.test("run: the why of a computed node says what the plan said", async () => {
  const { flow } = ops();
  const store = memoryStore();
  await flow({ x: 1 }).value({ store });
  const whys: string[] = [];
  await flow({ x: 2 }, 1).value({
    store,
    onProgress: (event) => {
      if (event.type === "node-end") whys.push(event.why);
    },
  });
  assert.deepEqual(whys, [
    "params changed (x: 1 → 2)",
    'data of input "x" changed',
  ]);
});

Deno.test("plan: kernels of the last run are counted for each node by itself", async () => {
  const product = op({
    name: "plan/product",
    version: "1",
    params: z.object({ by: z.number(), times: z.int() }),
    outputs: { total: z.number(), x: port.tensor("f64", ["n", "n"]) },
    run: async (_inputs, { by, times }) => {
      let x: wf.F64 = wf.full([20, 20], by, { dtype: "f64" });
      for (let count = 0; count < times; count++) {
        x = wf.matmul(x, x);
        await wf.realize(x);
      }
      return { total: times, x };
    },
  });
  const store = memoryStore();
  await product({}, { by: 0.1, times: 1 }).value({ store });
  const kernelsOf = async (times: number) => {
    await product({}, { by: 0.2, times }).value({ store });
    const next = product({}, { by: 0.3, times });
    const [node] = (await next.plan({ store })).nodes;
    return { node: node!, text: await next.explain({ store }) };
  };
  const one = await kernelsOf(1);
  const three = await kernelsOf(3);
  assert.ok(one.node.lastKernels! >= 1);
  assert.equal(
    three.node.lastKernels! - one.node.lastKernels!,
    2 * one.node.lastKernels!,
  );
  assert.ok(three.node.lastKernelBytes! >= 3 * 20 * 20 * 8);
  assert.match(three.text, /and \d+ kernels \(\d+\.\d MB\) the last time/);
});
