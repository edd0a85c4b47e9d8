import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import type { NodeState } from "../core/events.ts";
import {
  memoryStore,
  type Node,
  op,
  run,
  type RunOptions,
  start,
} from "./mod.ts";

/** A node of a random flow: which earlier nodes it reads, and what it does. */
interface Plan {
  readonly reads: readonly number[];
  readonly salt: number;
  readonly modulus: number;
  readonly isAsync: boolean;
  readonly fails: boolean;
}

type NumberNode = Node<{ x: number }>;

const planned = fc.array(
  fc.record({
    reads: fc.array(fc.nat(30), { maxLength: 3 }),
    salt: fc.nat(3),
    modulus: fc.integer({ min: 1, max: 4 }),
    isAsync: fc.boolean(),
    fails: fc.constant(false),
  }),
  { minLength: 1, maxLength: 14 },
);

/** Each node reads earlier nodes only. */
function plansOf(drafts: readonly Plan[]): Plan[] {
  return drafts.map((draft, at) => ({
    ...draft,
    reads: at === 0 ? [] : draft.reads.map((read) => read % at),
  }));
}

function compute(plan: Plan, xs: readonly number[]): number {
  return (xs.reduce((sum, x) => sum * 3 + x, plan.salt)) % plan.modulus;
}

/** The values that a plain loop gives; undefined below a failure. */
function naively(plans: readonly Plan[]): (number | undefined)[] {
  const values: (number | undefined)[] = [];
  for (const plan of plans) {
    const xs = plan.reads.map((read) => values[read]);
    const isWhole = xs.every((x) => x !== undefined);
    values.push(isWhole && !plan.fails ? compute(plan, xs) : undefined);
  }
  return values;
}

function build(
  plans: readonly Plan[],
  runs: number[],
  numberOf: (at: number) => number = (at) => at,
): NumberNode[] {
  const node = op({
    name: "random/node",
    version: "1",
    inputs: { xs: z.array(z.number()) },
    params: z.object({
      at: z.number(),
      salt: z.number(),
      modulus: z.number(),
      isAsync: z.boolean(),
      fails: z.boolean(),
    }),
    outputs: { x: z.number() },
    run: async ({ xs }, { at, ...plan }) => {
      runs.push(at);
      if (plan.isAsync) await new Promise((resolve) => setTimeout(resolve));
      if (plan.fails) throw new Error(`node ${at} fails`);
      return { x: compute({ ...plan, reads: [] }, xs) };
    },
  });
  const nodes: NumberNode[] = [];
  for (const [at, { reads, ...plan }] of plans.entries()) {
    nodes.push(
      node(
        { xs: reads.map((read) => nodes[read]!.x) },
        { at: numberOf(at), ...plan },
      ),
    );
  }
  return nodes;
}

function ancestors(plans: readonly Plan[], roots: readonly number[]): number[] {
  const needed = new Set<number>();
  const stack = [...roots];
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (needed.has(at)) continue;
    needed.add(at);
    stack.push(...plans[at]!.reads);
  }
  return [...needed].toSorted((a, b) => a - b);
}

const options: fc.Arbitrary<() => RunOptions> = fc.record({
  store: fc.constantFrom("none" as const, "memory" as const),
  keep: fc.constantFrom("auto" as const, "all" as const, "roots" as const),
  cpu: fc.integer({ min: 1, max: 3 }),
}).map(({ store, keep, cpu }) => () => ({
  store: store === "none" ? "none" : memoryStore(),
  keep,
  limits: { cpu },
}));

Deno.test("random flows: values equal a plain loop's, and each needed node runs once", async () => {
  await fc.assert(
    fc.asyncProperty(
      planned,
      fc.array(fc.nat(30), { minLength: 1, maxLength: 3 }),
      options,
      async (drafts, picks, makeOptions) => {
        const plans = plansOf(drafts);
        const roots = picks.map((pick) => pick % plans.length);
        const runs: number[] = [];
        const nodes = build(plans, runs);
        const running = start(roots.map((at) => nodes[at]!), makeOptions());
        const values = await running.values;
        const expected = naively(plans);
        assert.deepEqual(
          values.map(({ x }) => x),
          roots.map((at) => expected[at]),
        );
        assert.deepEqual(
          runs.toSorted((a, b) => a - b),
          ancestors(plans, roots),
        );
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("random flows: equal calls run once, and every one of them gets the value", async () => {
  await fc.assert(
    fc.asyncProperty(planned, options, async (drafts, makeOptions) => {
      const plans = plansOf(drafts);
      const expected = naively(plans);
      const runs: number[] = [];
      // Without their numbers, nodes with equal inputs are the same call
      const nodes = build(plans, runs, () => 0);
      const made = makeOptions();
      const values = await run(nodes, made);
      assert.deepEqual(values.map(({ x }) => x), expected);
      const calls = new Set(plans.map((plan) =>
        JSON.stringify({
          ...plan,
          reads: plan.reads.map((read) => expected[read]),
        })
      ));
      if (made.store !== "none") assert.equal(runs.length, calls.size);
    }),
    { numRuns: 150 },
  );
});

Deno.test("random flows: a run after a change gives what a fresh run gives, with no body run without need", async () => {
  await fc.assert(
    fc.asyncProperty(
      planned,
      fc.nat(30),
      fc.nat(3),
      fc.constantFrom("auto" as const, "all" as const, "roots" as const),
      async (drafts, pick, salt, keep) => {
        const plans = plansOf(drafts);
        const at = pick % plans.length;
        const root = plans.length - 1;
        const store = memoryStore();
        const runs: number[] = [];
        await build(plans, runs)[root]!.value({ store, keep });
        const changed = plans.map((plan, index) =>
          index === at ? { ...plan, salt } : plan
        );
        runs.length = 0;
        const node = build(changed, runs)[root]!;
        const plan = await node.plan({ store, keep });
        const { x } = await node.value({ store, keep });
        const before = naively(plans);
        const after = naively(changed);
        assert.equal(x, after[root]);
        assert.equal(new Set(runs).size, runs.length, "a body ran twice");
        if (keep !== "roots") {
          // Only the changed node, and readers of data that differ
          for (const index of runs) {
            const isChanged = index === at && salt !== plans[at]!.salt;
            const reads = changed[index]!.reads.some((read) =>
              before[read] !== after[read]
            );
            assert.ok(isChanged || reads, `node ${index} ran without need`);
          }
        }
        const surely = plan.nodes.filter(({ state }) => state === "will run");
        const never = plan.nodes.filter(({ state }) => state === "reused");
        assert.ok(surely.length <= runs.length, "the plan promised more");
        assert.ok(
          plan.nodes.length - never.length >= runs.length,
          "the plan promised less",
        );
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("random flows: failures skip exactly what depends on them", async () => {
  await fc.assert(
    fc.asyncProperty(
      planned,
      fc.array(fc.nat(30), { minLength: 1, maxLength: 3 }),
      options,
      async (drafts, failing, makeOptions) => {
        const failures = new Set(failing.map((at) => at % drafts.length));
        const plans = plansOf(drafts).map((plan, at) => ({
          ...plan,
          fails: failures.has(at),
        }));
        const nodes = build(plans, []);
        const running = start(nodes, makeOptions());
        await assert.rejects(running.values);
        const expected = naively(plans).map((value, at): NodeState =>
          value !== undefined
            ? "computed"
            : plans[at]!.reads.some((read) => isBroken(plans, read))
            ? "skipped"
            : "failed"
        );
        assert.deepEqual(
          running.states.map(({ state }) => state).toSorted(),
          expected.toSorted(),
        );
      },
    ),
    { numRuns: 100 },
  );
});

function isBroken(plans: readonly Plan[], at: number): boolean {
  return ancestors(plans, [at]).some((index) => plans[index]!.fails);
}
