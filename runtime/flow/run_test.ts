import assert from "node:assert/strict";
import { z } from "zod";
import {
  CancelledError,
  DataError,
  NumericalError,
  OpError,
  RunError,
} from "../core/errors.ts";
import type { RunEvent } from "../core/events.ts";
import * as wf from "../tensor/mod.ts";
import type { Tensor } from "../tensor/mod.ts";
import { port } from "../ports/mod.ts";
import { memoryStore, type Node, op, run, start } from "./mod.ts";

type NumberNode = Node<{ x: number }>;

/** An op that adds its inputs and writes its label down when it runs. */
function countingOps() {
  const log: string[] = [];
  const source = op({
    name: "run/source",
    version: "1",
    params: z.object({ label: z.string(), x: z.number() }),
    outputs: { x: z.number() },
    run: (_inputs, { label, x }) => {
      log.push(label);
      return { x };
    },
  });
  const add = op({
    name: "run/add",
    version: "1",
    inputs: { xs: z.array(z.number()) },
    params: z.object({ label: z.string() }),
    outputs: { x: z.number() },
    run: ({ xs }, { label }) => {
      log.push(label);
      return { x: xs.reduce((sum, x) => sum + x, 0) };
    },
  });
  const fail = op({
    name: "run/fail",
    version: "1",
    inputs: { x: z.number().optional() },
    params: z.object({ label: z.string() }),
    outputs: { x: z.number() },
    run: (_inputs, { label }): { x: number } => {
      log.push(label);
      throw new DataError(`Cannot read "${label}"`, { hint: "Look again" });
    },
  });
  return { log, source, add, fail };
}

const slow = op({
  name: "run/slow",
  version: "1",
  params: z.object({ ms: z.number() }),
  outputs: { x: z.number() },
  run: async (_inputs, { ms }, { signal }) => {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    });
    return { x: ms };
  },
});

const store = () => memoryStore();

Deno.test("run: a diamond runs each node once", async () => {
  const { log, source, add } = countingOps();
  const top = source({}, { label: "top", x: 1 });
  const left = add({ xs: [top.x, 1] }, { label: "left" });
  const right = add({ xs: [top.x, 2] }, { label: "right" });
  const bottom = add({ xs: [left.x, right.x] }, { label: "bottom" });
  assert.deepEqual(await bottom.value({ store: store() }), { x: 5 });
  assert.deepEqual(log.toSorted(), ["bottom", "left", "right", "top"]);
});

Deno.test("run: two nodes that are the same call run once", async () => {
  const { log, source, add } = countingOps();
  const make = () =>
    add({ xs: [source({}, { label: "a", x: 2 }).x] }, { label: "b" });
  const both = await run([make(), make()], { store: store() });
  assert.deepEqual(both, [{ x: 2 }, { x: 2 }]);
  assert.deepEqual(log, ["a", "b"]);
});

Deno.test("run: only what the roots depend on runs", async () => {
  const { log, source, add } = countingOps();
  const top = source({}, { label: "top", x: 1 });
  add({ xs: [top.x] }, { label: "unasked" });
  await top.value({ store: store() });
  assert.deepEqual(log, ["top"]);
});

Deno.test("run: without a store everything runs again", async () => {
  const { log, source } = countingOps();
  const node = source({}, { label: "a", x: 1 });
  await node.value({ store: "none" });
  await node.value({ store: "none" });
  assert.deepEqual(log, ["a", "a"]);
});

Deno.test("run: a failing node lets its siblings finish and skips its descendants only", async () => {
  const { log, source, add, fail } = countingOps();
  const bad = fail({}, { label: "bad" });
  const good = source({}, { label: "good", x: 1 });
  const below = add({ xs: [bad.x] }, { label: "below" });
  const lower = add({ xs: [below.x, good.x] }, { label: "lower" });
  const aside = add({ xs: [good.x] }, { label: "aside" });
  const running = start([lower, aside], { store: store() });
  await assert.rejects(running.values, OpError);
  assert.deepEqual(log.toSorted(), ["aside", "bad", "good"]);
  const states = running.states.map(({ name, state, why }) =>
    `${name} ${state} ${state === "skipped" ? why : ""}`.trim()
  );
  assert.deepEqual(states.toSorted(), [
    "run/add computed",
    'run/add skipped because of "run/fail"',
    'run/add skipped because of "run/fail"',
    "run/fail failed",
    "run/source computed",
  ]);
});

Deno.test("run: what finished beside a failure is reused by the next run", async () => {
  const { log, source, add, fail } = countingOps();
  const shared = store();
  const good = source({}, { label: "good", x: 1 });
  const join = add(
    { xs: [fail({}, { label: "bad" }).x, good.x] },
    { label: "join" },
  );
  await assert.rejects(join.value({ store: shared }));
  assert.deepEqual(log.toSorted(), ["bad", "good"]);
  await good.value({ store: shared });
  assert.deepEqual(log.toSorted(), ["bad", "good"]);
});

Deno.test("run: the error tells the op, the path that led there, the cause and its hint", async () => {
  const { source, fail } = countingOps();
  const node = fail({ x: source({}, { label: "a", x: 1 }).x }, {
    label: "prices",
  });
  await assert.rejects(node.value({ store: store() }), (error: Error) => {
    assert.ok(error instanceof OpError);
    assert.match(error.message, /run\/source › run\/fail/);
    assert.match(error.message, /Cannot read "prices"/);
    assert.match(error.message, /Look again/);
    assert.ok(error.cause instanceof DataError);
    assert.match(error.stack!, /^OpError: Cannot finish op "run\/fail"/);
    assert.match(error.stack!, /run_test\.ts/);
    assert.doesNotMatch(error.stack!, /engine\.ts/);
    return true;
  });
});

Deno.test("run: several failures are all named, without their descendants", async () => {
  const { add, fail } = countingOps();
  const one = fail({}, { label: "one" });
  const two = fail({}, { label: "two" });
  const below = add({ xs: [one.x, two.x] }, { label: "below" });
  await assert.rejects(below.value({ store: store() }), (error: Error) => {
    assert.ok(error instanceof RunError);
    assert.equal(error.failures.length, 2);
    assert.match(error.message, /"one"[^]*"two"|"two"[^]*"one"/);
    assert.doesNotMatch(error.message, /run\/add/);
    return true;
  });
});

Deno.test("run: a thrown text is an error as well", async () => {
  const odd = op({
    name: "run/odd",
    outputs: { x: z.number() },
    run: (): { x: number } => {
      throw "just a text";
    },
  });
  await assert.rejects(odd().value(), /just a text/);
});

Deno.test("run: an aborted signal ends the run although a body ignores it, and its late result is dropped", async () => {
  const gate = Promise.withResolvers<void>();
  const stubborn = op({
    name: "run/stubborn",
    version: "1",
    outputs: { x: z.number() },
    run: async () => {
      await gate.promise;
      return { x: 1 };
    },
  });
  const shared = store();
  const node = stubborn();
  const abort = new AbortController();
  const running = start([node], { signal: abort.signal, store: shared });
  setTimeout(() => abort.abort(), 5);
  await assert.rejects(running.values, CancelledError);
  assert.deepEqual(running.states.map(({ state }) => state), ["cancelled"]);
  gate.resolve();
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(running.states.map(({ state }) => state), ["cancelled"]);
  assert.equal((await shared.statistics()).records, 0);
  assert.deepEqual(await node.value({ store: shared }), { x: 1 });
});

Deno.test("run: cancelling hands the reason on, and a body that heeds its signal stops", async () => {
  const running = start([slow({}, { ms: 60_000 })], { store: store() });
  setTimeout(() => running.cancel("the user pressed Stop"), 5);
  await assert.rejects(running.values, /the user pressed Stop/);
});

Deno.test("run: a signal that is already aborted runs nothing", async () => {
  const { log, source } = countingOps();
  const node = source({}, { label: "a", x: 1 });
  const signal = AbortSignal.abort();
  await assert.rejects(
    node.value({ signal, store: store() }),
    CancelledError,
  );
  assert.deepEqual(log, []);
});

Deno.test("run: what finished before an abort is reused", async () => {
  const { log, source, add } = countingOps();
  const shared = store();
  const first = source({}, { label: "first", x: 1 });
  const wait = slow({}, { ms: 60_000 });
  const last = add({ xs: [first.x, wait.x] }, { label: "last" });
  const running = start([last], { store: shared });
  for await (const event of running.events) {
    if (event.type === "node-end" && event.name === "run/source") {
      running.cancel();
    }
  }
  await assert.rejects(running.values, CancelledError);
  await first.value({ store: shared });
  assert.deepEqual(log, ["first"]);
});

Deno.test("run: an io op is tried again as often as it says, with a warning each time", async () => {
  let tries = 0;
  const flaky = op({
    name: "run/flaky",
    kind: "io",
    retries: 2,
    outputs: { x: z.number() },
    run: () => {
      if (++tries < 3) throw new Error(`try ${tries}`);
      return { x: tries };
    },
  });
  const running = start([flaky()], { store: store() });
  assert.deepEqual(await running.values, [{ x: 3 }]);
  assert.equal(running.trace.warnings.length, 2);
  tries = -10;
  await assert.rejects(flaky().value({ store: store() }), /try -7/);
});

Deno.test("run: limits bound how many bodies of a kind run at once", async () => {
  let running = 0;
  let most = 0;
  const busy = op({
    name: "run/busy",
    version: "1",
    kind: "io",
    params: z.object({ n: z.number() }),
    outputs: { x: z.number() },
    run: async (_inputs, { n }) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      return { x: n };
    },
  });
  const nodes = Array.from({ length: 12 }, (_, n) => busy({}, { n }));
  const values = await run(nodes, { store: store(), limits: { io: 3 } });
  assert.deepEqual(values.map(({ x }) => x), nodes.map((_, n) => n));
  assert.equal(most, 3);
  await assert.rejects(
    run(nodes, { limits: { io: 0 } }),
    /limit of "io"/,
  );
});

Deno.test("run: an override takes the place of an output, and nothing above it runs", async () => {
  const { log, source, add } = countingOps();
  const shared = store();
  const top = source({}, { label: "top", x: 1 });
  const node = add({ xs: [top.x, 10] }, { label: "node" });
  const overrides = [[top.x, 5]] as const;
  assert.deepEqual(await node.value({ store: shared, overrides }), { x: 15 });
  assert.deepEqual(log, ["node"]);
  assert.deepEqual(await node.value({ store: shared }), { x: 11 });
  assert.deepEqual(log, ["node", "top", "node"]);
  const whole = new Map([[top, { x: 7 }]]);
  assert.deepEqual(await node.value({ store: shared, overrides: whole }), {
    x: 17,
  });
});

Deno.test("run: an override of one output leaves the others as computed, and enters no store", async () => {
  const two = op({
    name: "run/two",
    version: "1",
    outputs: { a: z.number(), b: z.number() },
    run: () => ({ a: 1, b: 2 }),
  });
  const shared = store();
  const node = two();
  const overrides = [[node.a, 50]] as const;
  assert.deepEqual(await node.value({ store: shared, overrides }), {
    a: 50,
    b: 2,
  });
  assert.deepEqual(await node.value({ store: shared, overrides }), {
    a: 50,
    b: 2,
  });
  assert.deepEqual(await node.value({ store: shared }), { a: 1, b: 2 });
});

Deno.test("run: an override that does not fit its port is refused", async () => {
  const { source } = countingOps();
  const top = source({}, { label: "top", x: 1 });
  await assert.rejects(
    () => top.value({ overrides: [[top.x, "five"]] }),
    /"x"/,
  );
  await assert.rejects(
    top.value({ overrides: [[top, { y: 1 }]] }),
    /not all given/,
  );
});

Deno.test("run: a chain of 100,000 nodes does not overflow the stack", async () => {
  const next = op({
    name: "run/next",
    version: "1",
    inputs: { x: z.number() },
    outputs: { x: z.number() },
    run: ({ x }) => ({ x: x + 1 }),
  });
  let node: NumberNode = countingOps().source({}, { label: "start", x: 0 });
  for (let at = 0; at < 100_000; at++) node = next({ x: node.x });
  assert.deepEqual(await node.value({ store: store() }), { x: 100_000 });
  const failing = countingOps().fail({}, { label: "start" });
  let below: NumberNode = failing;
  for (let at = 0; at < 100_000; at++) below = next({ x: below.x });
  await assert.rejects(below.value({ store: store() }), OpError);
});

Deno.test("run: a value is freed after its last reader", async () => {
  const collected: string[] = [];
  const registry = new FinalizationRegistry((label: string) =>
    void collected.push(label)
  );
  const big = op({
    name: "run/big",
    version: "1",
    outputs: { x: z.array(z.number()) },
    run: () => {
      const x = Array.from({ length: 1000 }, () => 1);
      registry.register(x, "big");
      return { x };
    },
  });
  const size = op({
    name: "run/size",
    version: "1",
    inputs: { x: z.array(z.number()) },
    outputs: { x: z.number() },
    run: ({ x }) => ({ x: x.length }),
  });
  const wait = op({
    name: "run/wait",
    version: "1",
    inputs: { x: z.number() },
    outputs: { x: z.number() },
    run: async ({ x }) => {
      const { gc } = globalThis as { gc?: () => void };
      for (let turn = 0; turn < 20 && collected.length === 0; turn++) {
        gc?.();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return { x: gc === undefined ? x : collected.length };
    },
  });
  const node = wait({ x: size({ x: big().x }).x });
  const { x } = await node.value({ store: "none" });
  assert.ok(x === 1 || x === 1000, `${x} values were freed`);
});

Deno.test("run: check nan blames the first op with NaN in an output", async () => {
  const log = op({
    name: "run/log",
    version: "1",
    inputs: { x: port.tensor("f64", ["n"]) },
    outputs: { y: port.tensor("f64", ["n"]) },
    run: ({ x }) => ({ y: wf.log(x) }),
  });
  const x: Tensor<"f64"> = wf.tensor([1, -1], { dtype: "f64" });
  const node = log({ x: log({ x }).y });
  await node.value({ store: store() });
  const running = start([node], { store: store(), check: "nan" });
  await assert.rejects(running.values, (error: Error) => {
    assert.ok(error instanceof NumericalError);
    assert.match(error.message, /output "y" of op "run\/log"/);
    return true;
  });
  assert.deepEqual(running.states.map(({ state }) => state), [
    "failed",
    "skipped",
  ]);
});

Deno.test("run: progress and log lines of a body are events; a listener that throws is a warning", async () => {
  const talk = op({
    name: "run/talk",
    outputs: { x: z.number() },
    run: (_inputs, _params, { progress, log }) => {
      progress(0.5, "half");
      log("a line");
      progress(7);
      return { x: 1 };
    },
  });
  const events: RunEvent[] = [];
  await talk().value({
    store: store(),
    onProgress: (e) => void events.push(e),
  });
  assert.deepEqual(events.map(({ type }) => type), [
    "run-start",
    "node-start",
    "node-progress",
    "node-log",
    "node-progress",
    "node-end",
    "run-end",
  ]);
  const fractions = events.flatMap((event) =>
    event.type === "node-progress" ? [event.fraction] : []
  );
  assert.deepEqual(fractions, [0.5, 1]);
  const running = start([talk()], {
    store: store(),
    onProgress: () => {
      throw new Error("broken panel");
    },
  });
  assert.deepEqual(await running.values, [{ x: 1 }]);
  assert.match(running.trace.warnings[0]!, /broken panel/);
});

Deno.test("run: every node ends exactly once, whatever happens", async () => {
  const { source, add, fail } = countingOps();
  const bad = fail({}, { label: "bad" });
  const good = source({}, { label: "good", x: 1 });
  const twin = source({}, { label: "good", x: 1 });
  const join = add({ xs: [bad.x, good.x, twin.x] }, { label: "join" });
  const running = start([join, twin], { store: store() });
  const ends: number[] = [];
  for await (const event of running.events) {
    if (event.type === "node-end") ends.push(event.node);
  }
  await assert.rejects(running.values, OpError);
  assert.deepEqual(ends.toSorted(), [0, 1, 2, 3]);
});
