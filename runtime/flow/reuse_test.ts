import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { z } from "zod";
import { UnhashableValueError } from "../core/errors.ts";
import { file, port } from "../ports/mod.ts";
import * as wf from "../tensor/mod.ts";
import type { Tensor } from "../tensor/mod.ts";
import { memoryStore, type Node, op, start } from "./mod.ts";
import type { RunOptions } from "./mod.ts";

/** States by op name, sources first. */
async function statesOf(
  node: Node<unknown>,
  options: RunOptions,
): Promise<string[]> {
  const running = start([node], options);
  await running.values;
  return running.states.map(({ name, state }) => `${name} ${state}`);
}

function numberOps(version = "1") {
  const source = op({
    name: "reuse/source",
    version,
    params: z.object({ x: z.number(), noise: z.number().default(0) }),
    outputs: { x: z.number() },
    run: (_inputs, { x }) => ({ x }),
  });
  const middle = op({
    name: "reuse/middle",
    version: "1",
    inputs: { x: z.number() },
    outputs: { x: z.number() },
    run: ({ x }) => ({ x: x + 1 }),
  });
  const last = op({
    name: "reuse/last",
    version: "1",
    inputs: { x: z.number() },
    params: z.object({ times: z.number().default(1) }),
    outputs: { x: z.number() },
    run: ({ x }, { times }) => ({ x: x * times }),
  });
  const chain = (
    params: { x: number; noise?: number },
    times = 1,
  ) => last({ x: middle({ x: source({}, params).x }).x }, { times });
  return { source, middle, last, chain };
}

for (const keep of ["auto", "roots"] as const) {
  Deno.test(`keys: the same flow built again is reused whole, keep ${keep}`, async () => {
    const store = memoryStore();
    const { chain } = numberOps();
    await chain({ x: 1 }).value({ store, keep });
    assert.deepEqual(await statesOf(chain({ x: 1 }), { store, keep }), [
      "reuse/source reused",
      "reuse/middle reused",
      "reuse/last reused",
    ]);
  });

  Deno.test(`keys: an upstream that changes but gives equal data recomputes nothing below it, keep ${keep}`, async () => {
    const store = memoryStore();
    const { chain } = numberOps();
    await chain({ x: 1 }).value({ store, keep });
    assert.deepEqual(
      await statesOf(chain({ x: 1, noise: 5 }), { store, keep }),
      ["reuse/source computed", "reuse/middle reused", "reuse/last reused"],
    );
    const changed = numberOps("2").chain({ x: 1, noise: 5 });
    assert.deepEqual(await statesOf(changed, { store, keep }), [
      "reuse/source computed",
      "reuse/middle reused",
      "reuse/last reused",
    ]);
  });
}

Deno.test("keys: after one param changed only what depends on it is computed", async () => {
  const store = memoryStore();
  const { chain } = numberOps();
  await chain({ x: 1 }, 2).value({ store });
  assert.deepEqual(await statesOf(chain({ x: 1 }, 3), { store }), [
    "reuse/source reused",
    "reuse/middle reused",
    "reuse/last computed",
  ]);
});

Deno.test("keys: a default that is spelled out is the same call", async () => {
  const store = memoryStore();
  const { last } = numberOps();
  await last({ x: 2 }).value({ store });
  const again = last({ x: 2 }, { times: 1 });
  assert.deepEqual(await statesOf(again, { store }), ["reuse/last reused"]);
});

Deno.test("keys: a constant and a node that gave equal data are the same input", async () => {
  const store = memoryStore();
  const { source, last } = numberOps();
  await last({ x: 4 }).value({ store });
  const wired = last({ x: source({}, { x: 4 }).x });
  assert.deepEqual(await statesOf(wired, { store }), [
    "reuse/source computed",
    "reuse/last reused",
  ]);
});

Deno.test("keys: another version of an op is another result", async () => {
  const store = memoryStore();
  await numberOps("1").source({}, { x: 1 }).value({ store });
  const { source } = numberOps("2");
  const state = await statesOf(source({}, { x: 1 }), { store });
  assert.deepEqual(state, ["reuse/source computed"]);
});

Deno.test("keys: with keep roots only what was asked for is loaded, the rest runs again when needed", async () => {
  const store = memoryStore();
  const { chain } = numberOps();
  await chain({ x: 1 }, 2).value({ store, keep: "roots" });
  assert.deepEqual(
    await statesOf(chain({ x: 1 }, 3), { store, keep: "roots" }),
    ["reuse/source computed", "reuse/middle computed", "reuse/last computed"],
  );
});

Deno.test("keys: an op without a version is keyed by its text", async () => {
  const store = memoryStore();
  const make = (body: () => { x: number }, uses: unknown[] = []) =>
    op({ name: "reuse/cell", outputs: { x: z.number() }, uses, run: body })();
  await make(() => ({ x: 1 })).value({ store });
  const state = (node: Node<unknown>) => statesOf(node, { store });
  assert.deepEqual(await state(make(() => ({ x: 1 }))), ["reuse/cell reused"]);
  assert.deepEqual(
    await state(make(() => ({ x: 1 + 0 }))),
    ["reuse/cell computed"],
  );
});

Deno.test("keys: helpers and constants in uses enter the key, with a version too", async () => {
  const store = memoryStore();
  for (const version of [undefined, "1"]) {
    const make = (...uses: unknown[]) =>
      op({
        name: `reuse/uses${version ?? ""}`,
        ...(version === undefined ? {} : { version }),
        outputs: { x: z.number() },
        uses,
        run: () => ({ x: 1 }),
      })();
    const state = async (node: Node<unknown>) =>
      (await statesOf(node, { store }))[0]!.split(" ")[1];
    await make((x: number) => x + 1, 3).value({ store });
    assert.equal(await state(make((x: number) => x + 1, 3)), "reused");
    assert.equal(await state(make((x: number) => x + 1, 4)), "computed");
    assert.equal(await state(make((x: number) => x + 2, 3)), "computed");
    const [first, second] = [() => 1, () => 2];
    const joined = { toString: () => `${first}\n${second}` };
    await make(first, second).value({ store });
    const text = Object.assign(() => 0, joined);
    assert.equal(await state(make(text)), "computed");
  }
});

Deno.test("keys: a value that cannot be hashed is an error that names op, port and the place inside", async () => {
  const odd = op({
    name: "reuse/odd",
    version: "1",
    inputs: { config: z.object({ rules: z.array(z.unknown()) }) },
    outputs: { x: z.unknown() },
    run: ({ config }) => ({ x: config.rules[0] }),
  });
  const asInput = odd({ config: { rules: [1, () => 2] } });
  await assert.rejects(
    asInput.value({ store: memoryStore() }),
    (error: Error) => {
      assert.ok(error instanceof UnhashableValueError);
      assert.match(error.message, /reuse\/odd/);
      assert.match(error.message, /config/);
      assert.match(error.message, /rules\[1\]/);
      return true;
    },
  );
  const giver = op({
    name: "reuse/giver",
    version: "1",
    outputs: { x: z.unknown() },
    run: () => ({ x: { inner: Symbol("s") } }),
  });
  await assert.rejects(giver().value({ store: memoryStore() }), (error) => {
    assert.ok(error instanceof UnhashableValueError);
    assert.match(error.message, /value\.inner/);
    assert.match(error.message, /reuse\/giver/);
    return true;
  });
});

Deno.test("keys: an edited file is noticed, a touched one is not another input", async () => {
  const folder = await mkdtemp(joinPath(tmpdir(), "weft-reuse-"));
  try {
    const path = joinPath(folder, "words.txt");
    await writeFile(path, "one two");
    const words = op({
      name: "reuse/words",
      version: "1",
      inputs: { file: port.file() },
      outputs: { count: z.number() },
      run: async ({ file }) => ({
        count: (await readFile(file.path, "utf8")).split(" ").length,
      }),
    });
    const store = memoryStore();
    const node = words({ file: file(path) });
    assert.deepEqual(await node.value({ store }), { count: 2 });
    assert.deepEqual(await statesOf(node, { store }), ["reuse/words reused"]);
    await writeFile(path, "one two three");
    assert.deepEqual(await node.value({ store }), { count: 3 });
    await writeFile(path, "one two three");
    assert.deepEqual(await statesOf(node, { store }), ["reuse/words reused"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

Deno.test("keys: a file that is edited while its op reads it is an error, and nothing is stored", async () => {
  const folder = await mkdtemp(joinPath(tmpdir(), "weft-reuse-"));
  try {
    const path = joinPath(folder, "words.txt");
    await writeFile(path, "one");
    let edit = "two two";
    const words = op({
      name: "reuse/raced",
      version: "1",
      inputs: { file: port.file() },
      outputs: { text: z.string() },
      run: async ({ file }) => {
        if (edit !== "") await writeFile(path, edit);
        return { text: await readFile(file.path, "utf8") };
      },
    });
    const store = memoryStore();
    const node = words({ file: file(path) });
    await assert.rejects(node.value({ store }), /changed while it ran/);
    edit = "";
    await writeFile(path, "one");
    assert.deepEqual(await node.value({ store }), { text: "one" });
  } finally {
    await rm(folder, { recursive: true });
  }
});

Deno.test("keys: results of one device are not those of another that is asked for", async () => {
  const store = memoryStore();
  const node = numberOps().source({}, { x: 1 });
  await node.value({ store });
  const explicit = { store, device: "reference" };
  assert.deepEqual(await statesOf(node, explicit), ["reuse/source computed"]);
  assert.deepEqual(await statesOf(node, explicit), ["reuse/source reused"]);
  await assert.rejects(node.value({ store, device: "abacus" }), /abacus/);
});

type F64 = Tensor<"f64">;

function tensorOps() {
  const log: string[] = [];
  const shift = op({
    name: "reuse/shift",
    version: "1",
    inputs: { x: port.tensor("f64", ["n"]) },
    params: z.object({ by: z.number() }),
    outputs: { y: port.tensor("f64", ["n"]) },
    run: ({ x }, { by }) => {
      log.push(`shift ${by}`);
      return { y: wf.add(x, by) };
    },
  });
  const x: F64 = wf.tensor([1, 2, 3], { dtype: "f64" });
  return { log, shift, x };
}

Deno.test("tensors: they cross ports lazily, and a root stays lazy in the memory store", async () => {
  const { shift, x } = tensorOps();
  const kernels: string[] = [];
  const node = shift({ x: shift({ x }, { by: 1 }).y }, { by: 2 });
  const { y } = await node.value({
    store: memoryStore(),
    onProgress: (event) => {
      if (event.type === "kernel") kernels.push(event.kernel);
    },
  });
  assert.deepEqual(kernels, []);
  assert.deepEqual([...await y.data()], [4, 5, 6]);
});

Deno.test("tensors: a device that is asked for computes the roots within the run", async () => {
  const { shift, x } = tensorOps();
  const devices: string[] = [];
  await shift({ x }, { by: 1 }).value({
    store: memoryStore(),
    device: "reference",
    onProgress: (event) => {
      if (event.type === "kernel") devices.push(event.device);
    },
  });
  assert.deepEqual(devices, ["reference"]);
});

Deno.test("tensors: a chain of many ops is computed in between, and gives what a loop gives", async () => {
  const { shift } = tensorOps();
  let node = shift({ x: wf.tensor([0], { dtype: "f64" }) }, { by: 1 });
  for (let at = 1; at < 600; at++) node = shift({ x: node.y }, { by: 1 });
  let kernels = 0;
  const { y } = await node.value({
    store: "none",
    onProgress: (event) => {
      if (event.type === "kernel") kernels++;
    },
  });
  assert.ok(kernels > 0, "all 600 ops stayed lazy");
  assert.deepEqual([...await y.data()], [600]);
});

Deno.test("tensors: one with two live readers is computed once, and charged to its op", async () => {
  const { shift, x } = tensorOps();
  const kernels: (readonly string[])[] = [];
  const top = shift({ x }, { by: 1 });
  const both = op({
    name: "reuse/both",
    version: "1",
    inputs: { a: port.tensor("f64", ["n"]), b: port.tensor("f64", ["n"]) },
    outputs: { y: port.tensor("f64", ["n"]) },
    run: ({ a, b }) => ({ y: wf.multiply(a, b) }),
  });
  const node = both({
    a: shift({ x: top.y }, { by: 10 }).y,
    b: shift({ x: top.y }, { by: 20 }).y,
  });
  const { y } = await node.value({
    store: memoryStore(),
    onProgress: (event) => {
      if (event.type === "kernel") kernels.push(event.path);
    },
  });
  assert.deepEqual(kernels.map((path) => path.at(-1)), ["reuse/shift"]);
  assert.deepEqual([...await y.data()], [12 * 22, 13 * 23, 14 * 24]);
});

Deno.test("tensors: an upstream that gives equal data recomputes nothing below it", async () => {
  const { log, shift, x } = tensorOps();
  const store = memoryStore();
  const load = op({
    name: "reuse/load",
    version: "1",
    params: z.object({ noise: z.number() }),
    outputs: { x: port.tensor("f64", ["n"]) },
    run: () => ({ x: wf.tensor([5, 6], { dtype: "f64" }) }),
  });
  const flow = (noise: number) =>
    shift(
      { x: shift({ x: load({}, { noise }).x }, { by: 1 }).y },
      { by: 2 },
    );
  await flow(0).value({ store });
  log.length = 0;
  const { y } = await flow(1).value({ store });
  assert.deepEqual(log, []);
  assert.deepEqual([...await y.data()], [8, 9]);
  await shift({ x }, { by: 1 }).value({ store });
  assert.deepEqual(log, ["shift 1"]);
});
