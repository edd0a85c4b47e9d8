import {
  forcedTuning,
  NO_TUNING,
  type Tuning,
} from "../compiler/tuning/tuning.ts";
import { useTuning } from "../compiler/tuning/current.ts";
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { CancelledError } from "../core/errors.ts";
import { port } from "../ports/mod.ts";
import * as wf from "../tensor/mod.ts";
import type { F64 } from "../tensor/mod.ts";
import { type Node, op, openStore, type RunOptions, start } from "./mod.ts";

async function withFolder(
  body: (path: string) => Promise<void>,
): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), "weft-flow-"));
  try {
    await body(path);
  } finally {
    await rm(path, { recursive: true });
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, {
    recursive: true,
    withFileTypes: true,
  });
  return entries.filter((entry) => entry.isFile()).map((entry) =>
    join(entry.parentPath, entry.name)
  );
}

async function statesOf(
  node: Node<unknown>,
  options: RunOptions,
): Promise<string[]> {
  const running = start([node], options);
  await running.values;
  return running.states.map(({ name, state }) => `${name} ${state}`);
}

const load = op({
  name: "disk/load",
  version: "1",
  params: z.object({ noise: z.number().default(0), ms: z.number().default(0) }),
  outputs: { x: port.tensor("f64", ["n"]) },
  run: async (_inputs, { ms }) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return { x: wf.tensor([1, 2, 3], { dtype: "f64" }) };
  },
});

const shift = op({
  name: "disk/shift",
  version: "1",
  inputs: { x: port.tensor("f64", ["n"]) },
  params: z.object({ by: z.number() }),
  outputs: { y: port.tensor("f64", ["n"]), total: z.number() },
  run: async ({ x }, { by }) => {
    const y = wf.add(x, by);
    return { y, total: await wf.sum(y).item() };
  },
});

const chain = (params: { noise?: number; ms?: number }, by = 1) =>
  shift({ x: shift({ x: load({}, params).x }, { by: 1 }).y }, { by });

Deno.test("disk: another run, with a store opened anew, reuses the roots and gives equal data", async () => {
  await withFolder(async (store) => {
    const first = await chain({}).value({ store });
    assert.deepEqual([...await first.y.data()], [3, 4, 5]);
    const running = start([chain({})], { store });
    const [{ y, total }] = await running.values;
    assert.deepEqual([...await y.data()], [3, 4, 5]);
    assert.equal(total, 12);
    assert.deepEqual(running.states.map(({ state }) => state), [
      "reused",
      "reused",
      "reused",
    ]);
  });
});

Deno.test("disk: an upstream that gives equal data recomputes nothing below it", async () => {
  await withFolder(async (store) => {
    await chain({}).value({ store });
    assert.deepEqual(await statesOf(chain({ noise: 1 }), { store }), [
      "disk/load computed",
      "disk/shift reused",
      "disk/shift reused",
    ]);
  });
});

Deno.test("disk: what took longer than reading it back is kept unasked", async () => {
  await withFolder(async (store) => {
    await chain({ ms: 40 }).value({ store });
    const [first] = await statesOf(chain({ ms: 40 }, 2), { store });
    assert.equal(first, "disk/load reused");
  });
});

Deno.test("disk: keep roots keeps what was asked for and only digests of the rest", async () => {
  await withFolder(async (store) => {
    const options: RunOptions = { store, keep: "roots" };
    await chain({ ms: 40 }).value(options);
    assert.deepEqual(await statesOf(chain({ ms: 40 }, 2), options), [
      "disk/load computed",
      "disk/shift computed",
      "disk/shift computed",
    ]);
  });
});

Deno.test("disk: what an op says is not worth a copy is read again, unless all is kept", async () => {
  const reads = op({
    name: "disk/reads",
    version: "1",
    stored: false,
    outputs: { x: port.tensor("f64", ["n"]) },
    run: async () => {
      await new Promise((resolve) => setTimeout(resolve, 40));
      return { x: wf.tensor([1, 2], { dtype: "f64" }) };
    },
  });
  await withFolder(async (store) => {
    const below = (by: number) => shift({ x: reads({}).x }, { by });
    await reads({}).value({ store });
    assert.deepEqual(await statesOf(reads({}), { store }), [
      "disk/reads computed",
    ]);
    await below(1).value({ store });
    assert.deepEqual(await statesOf(below(1), { store }), [
      "disk/reads reused",
      "disk/shift reused",
    ]);
    assert.deepEqual(await statesOf(below(2), { store }), [
      "disk/reads computed",
      "disk/shift computed",
    ]);
    const options: RunOptions = { store, keep: "all" };
    await reads({}).value(options);
    assert.deepEqual(await statesOf(reads({}), options), [
      "disk/reads reused",
    ]);
  });
});

Deno.test("disk: keep all keeps every node", async () => {
  await withFolder(async (store) => {
    await chain({}).value({ store, keep: "all" });
    assert.deepEqual(
      await statesOf(chain({}, 2), { store, keep: "all" }),
      ["disk/load reused", "disk/shift reused", "disk/shift computed"],
    );
  });
});

Deno.test("disk: with keep all every damaged file is found, even where the root could be reused", async () => {
  await withFolder(async (store) => {
    const options: RunOptions = { store, keep: "all" };
    await chain({}).value(options);
    const objects = (await filesIn(store)).filter((path) =>
      path.includes("objects")
    );
    assert.ok(objects.length >= 3, `only ${objects.length} objects`);
    for (const path of objects) {
      const bytes = await readFile(path);
      bytes[bytes.length - 1]! ^= 1;
      await writeFile(path, bytes);
      const running = start([chain({})], options);
      const [{ y, total }] = await running.values;
      assert.deepEqual([...await y.data()], [3, 4, 5]);
      assert.equal(total, 12);
      const hasReport = running.events.past.some((event) =>
        event.type === "store" && event.action === "damaged"
      );
      assert.ok(hasReport, `nobody told of ${path}`);
      const computed = running.states.filter(({ state }) =>
        state === "computed"
      );
      assert.equal(computed.length, 1);
    }
    const calm = await statesOf(chain({}), options);
    assert.deepEqual(calm, [
      "disk/load reused",
      "disk/shift reused",
      "disk/shift reused",
    ]);
  });
});

Deno.test("disk: one flipped byte in any file is noticed, reported and computed again", async () => {
  await withFolder(async (store) => {
    await chain({}).value({ store, keep: "all" });
    const files = await filesIn(store);
    assert.ok(files.length >= 4, `only ${files.length} files`);
    for (const path of files) {
      const bytes = await readFile(path);
      const at = Math.floor(bytes.length / 2);
      bytes[at]! ^= 1;
      await writeFile(path, bytes);
    }
    const running = start([chain({})], { store, keep: "all" });
    const [{ y, total }] = await running.values;
    assert.deepEqual([...await y.data()], [3, 4, 5]);
    assert.equal(total, 12);
    assert.ok(running.states.some(({ state }) => state === "computed"));
    const damaged = running.events.past.filter((event) =>
      event.type === "store" && event.action === "damaged"
    );
    assert.ok(damaged.length > 0, "nobody told of the damage");
    assert.deepEqual(
      (await statesOf(chain({}), { store, keep: "all" })).at(-1),
      "disk/shift reused",
    );
  });
});

Deno.test("disk: an aborted run leaves the store sound, and what was finished is reused", async () => {
  await withFolder(async (store) => {
    const forever = op({
      name: "disk/forever",
      version: "1",
      inputs: { x: port.tensor("f64", ["n"]) },
      outputs: { x: port.tensor("f64", ["n"]) },
      run: ({ x }, _params, { signal }) =>
        new Promise<{ x: F64 }>((resolve, reject) => {
          const timer = setTimeout(() => resolve({ x }), 60_000);
          signal.addEventListener("abort", () => {
            clearTimeout(timer);
            reject(signal.reason);
          });
        }),
    });
    const node = forever({ x: load({}, { ms: 40 }).x });
    const running = start([node], { store });
    for await (const event of running.events) {
      if (event.type === "store" && event.action === "saved") running.cancel();
    }
    await assert.rejects(running.values, CancelledError);
    assert.deepEqual(await statesOf(load({}, { ms: 40 }), { store }), [
      "disk/load reused",
    ]);
    assert.deepEqual((await openStore(store).verify()).damaged, []);
  });
});

Deno.test("disk: two runs at once may share a folder", async () => {
  await withFolder(async (store) => {
    const [left, right] = await Promise.all([
      chain({ ms: 5 }).value({ store, keep: "all" }),
      chain({ ms: 5 }).value({ store, keep: "all" }),
    ]);
    assert.equal(left.total, right.total);
    assert.deepEqual(await statesOf(chain({ ms: 5 }), { store }), [
      "disk/load reused",
      "disk/shift reused",
      "disk/shift reused",
    ]);
  });
});

Deno.test("disk: provenance names the tuned choices that a result was computed with", async () => {
  await withFolder(async (store) => {
    const given = op({
      name: "disk/given",
      version: "1",
      params: z.object({ x: z.number() }),
      outputs: { x: z.number() },
      run: (_inputs, { x }) => ({ x }),
    });
    const tuningOf = async (x: number, tuning: Tuning) => {
      useTuning(tuning);
      const node = given({}, { x });
      const running = start([node], { store });
      await running.values;
      return running.provenance(node)?.tuning;
    };
    try {
      const tuned = forcedTuning("panels 8 items 8");
      assert.equal(await tuningOf(1, NO_TUNING), undefined);
      assert.equal(await tuningOf(2, tuned), tuned.key);
      assert.equal(await tuningOf(2, NO_TUNING), tuned.key, "as it was then");
    } finally {
      useTuning(undefined);
    }
  });
});

Deno.test("disk: provenance is kept with the result, without what looks like a secret", async () => {
  await withFolder(async (store) => {
    const fetched = op({
      name: "disk/fetched",
      version: "3",
      params: z.object({
        seed: z.number(),
        apiKey: z.string(),
        hubToken: z.string(),
        maxTokens: z.number(),
      }),
      outputs: { x: z.number() },
      run: (_inputs, { seed }) => ({ x: seed }),
    });
    const node = fetched({}, {
      seed: 7,
      apiKey: "hunter2",
      hubToken: "hunter2",
      maxTokens: 9,
    });
    const running = start([node], { store });
    await running.values;
    const computed = running.provenance(node);
    assert.equal(computed?.op, "disk/fetched");
    assert.equal(computed?.version, "3");
    assert.equal(computed?.seed, 7);
    const again = start([node], { store });
    await again.values;
    assert.deepEqual(again.provenance(node)?.params, {
      seed: 7,
      apiKey: "(not recorded)",
      hubToken: "(not recorded)",
      maxTokens: 9,
    });
    for (const path of await filesIn(store)) {
      assert.doesNotMatch(await readFile(path, "utf8"), /hunter2/);
    }
  });
});

Deno.test("disk: a store that cannot be written gives the values and a warning", async () => {
  await withFolder(async (folder) => {
    const blocked = join(folder, "a file");
    await writeFile(blocked, "in the way");
    const running = start([chain({})], { store: join(blocked, "store") });
    const [{ total }] = await running.values;
    assert.equal(total, 12);
    assert.match(running.trace.warnings.join("\n"), /Cannot store/);
  });
});
