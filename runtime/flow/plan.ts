/**
 * What a run would do, before it does it.
 *
 * @module
 */

import type { NodeInfo } from "../core/events.ts";
import type { Digest } from "../core/hash.ts";
import { timeText, widest } from "../core/preview.ts";
import { collectGraph, type Graph, nodeInfoOf, type Vertex } from "./graph.ts";
import {
  ConstantDigests,
  derivedVersion,
  type InputVersions,
  inputVersions,
  keyOf,
} from "./keys.ts";
import type { NodeLike, Output } from "./node_core.ts";
import type { RunOptions } from "./options.ts";
import { Overridden } from "./overrides.ts";
import { countByOp, Results } from "./results.ts";
import type { StoreRecord } from "./store/store.ts";
import { storeOf } from "./stores.ts";
import { reasonToRun } from "./why.ts";

/** What a run would do with a node. */
export type PlanState = "reused" | "will run" | "may run";

/** A node in a plan. */
export interface PlanNode extends NodeInfo {
  /** What the run would do with it. */
  readonly state: PlanState;
  /** Why, in words. */
  readonly why: string;
  /** How long it took the last time, in milliseconds, where that is known. */
  readonly lastMs?: number;
  /** Bytes of its outputs the last time, where that is known. */
  readonly lastBytes?: number;
  /** How many kernels it took the last time, where that is known. */
  readonly lastKernels?: number;
  /** Bytes that those kernels wrote, where that is known. */
  readonly lastKernelBytes?: number;
}

/** What a run would do. */
export interface Plan {
  /** All nodes, sources first. */
  readonly nodes: readonly PlanNode[];
  /** Numbers of the nodes that were asked for. */
  readonly roots: readonly number[];
}

/** What is found out about a node, step by step. */
interface Draft {
  readonly vertex: Vertex;
  readonly nth: number;
  key: Digest;
  inputs: InputVersions | undefined;
  record: StoreRecord | undefined;
  /** Digests of its outputs, where they are known without running it. */
  digests: Readonly<Record<string, Digest>> | undefined;
  /** Whether the store holds its values. */
  isHeld: boolean;
  state: PlanState;
  why: string;
  /** What is remembered of the last time, for what has to run again. */
  seen: StoreRecord | undefined;
}

/** Whether values are needed: surely, if something else turns out so, or not. */
type Need = "yes" | "maybe" | "no";

class Planner {
  readonly #drafts: Draft[];
  readonly #constants = new ConstantDigests();

  constructor(
    readonly graph: Graph,
    readonly results: Results,
    readonly overridden: Overridden | undefined,
  ) {
    const nth = countByOp(graph.vertices.map(({ core }) => core));
    this.#drafts = graph.vertices.map((vertex) => ({
      vertex,
      nth: nth[vertex.id]!,
      key: "",
      inputs: undefined,
      record: undefined,
      digests: undefined,
      isHeld: false,
      state: "will run",
      why: "nothing is stored",
      seen: undefined,
    }));
  }

  async plan(): Promise<Plan> {
    if (this.results.isKept) {
      for (const draft of this.#drafts) await this.#lookUp(draft);
      await this.#decide();
    }
    for (const draft of this.#drafts) {
      if (!this.overridden?.replacesAll(draft.vertex.core)) continue;
      draft.state = "reused";
      draft.why = "its outputs are overridden";
    }
    return {
      nodes: this.#drafts.map(({ vertex, state, why, seen }) => ({
        ...nodeInfoOf(vertex),
        state,
        why,
        ...(seen === undefined ? {} : costOf(seen)),
      })),
      roots: this.graph.roots.map(({ id }) => id),
    };
  }

  /** Finds what the store knows by derivation and by content. */
  async #lookUp(draft: Draft): Promise<void> {
    const { core } = draft.vertex;
    const derived = await this.#versions(
      draft,
      (output, source) => derivedVersion(source.key, output.name),
    );
    draft.key = keyOf(core, derived);
    draft.record = await this.results.find(draft.key);
    const isKnown = draft.vertex.sources.every(({ id }) =>
      this.#drafts[id]!.digests !== undefined
    );
    if (isKnown) {
      draft.inputs = await this.#versions(
        draft,
        (output, source) => source.digests![output.name] ?? "absent",
      );
      if (draft.record === undefined || !isHeld(draft.record)) {
        const byContent = await this.results.find(keyOf(core, draft.inputs));
        draft.record = byContent ?? draft.record;
      }
    }
    if (draft.record !== undefined) {
      draft.digests = Results.digestsOf(draft.record);
      draft.isHeld = isHeld(draft.record);
    }
  }

  #versions(
    draft: Draft,
    versionOf: (output: Output<unknown>, source: Draft) => string,
  ): InputVersions | Promise<InputVersions> {
    const { overridden, graph } = this;
    return inputVersions(draft.vertex.core, this.#constants, (output) => {
      if (overridden?.has(output)) {
        const { codec } = output.node.info.outputs.get(output.name)!;
        return this.#constants.of(overridden.value(output), codec);
      }
      return versionOf(
        output,
        this.#drafts[graph.byCore.get(output.node)!.id]!,
      );
    });
  }

  /** From the roots up: what is needed of each node, and so what runs. */
  async #decide(): Promise<void> {
    const digests: Need[] = this.#drafts.map(() => "no");
    const values: Need[] = this.#drafts.map(({ vertex }) =>
      vertex.isRoot ? "yes" : "no"
    );
    for (const draft of [...this.#drafts].reverse()) {
      const value = values[draft.vertex.id]!;
      const any = stronger(value, digests[draft.vertex.id]!);
      const isKnown = draft.digests !== undefined;
      if (any === "no" || (isKnown && (value === "no" || draft.isHeld))) {
        draft.state = "reused";
        draft.why = !isKnown
          ? "what reads it is in the store"
          : draft.isHeld
          ? "its result is in the store"
          : "its data are known to be unchanged";
        continue;
      }
      // Where only digests are known, it runs when its values are needed
      const need = isKnown ? value : any;
      const mayStop = await this.#willRun(draft, need);
      for (const { id } of draft.vertex.sources) {
        digests[id] = stronger(digests[id]!, need);
        values[id] = stronger(values[id]!, mayStop ? "maybe" : need);
      }
    }
  }

  /** Returns whether the data of a source may keep the node from running. */
  async #willRun(draft: Draft, need: Need): Promise<boolean> {
    const { core, sources } = draft.vertex;
    const seen = await this.results.lastSeen(core.info.name, draft.nth);
    draft.seen = seen;
    const unknown = sources.filter(({ id }) =>
      this.#drafts[id]!.digests === undefined
    );
    // An op that never ran has no result to fall back on, whatever comes in
    if (unknown.length === 0 || seen === undefined) {
      draft.state = need === "yes" ? "will run" : "may run";
      draft.why = reasonToRun(
        core,
        draft.inputs ?? seen?.provenance.inputs ?? {},
        seen?.provenance,
      );
      return false;
    }
    draft.state = "may run";
    const names = unknown.map(({ core }) => `"${core.info.name}"`);
    draft.why = `depends on the data of ${[...new Set(names)].join(", ")}`;
    return true;
  }
}

type LastCost = Pick<
  PlanNode,
  "lastMs" | "lastBytes" | "lastKernels" | "lastKernelBytes"
>;

function costOf(record: StoreRecord): LastCost {
  const lastBytes = Object.values(record.outputs).reduce(
    (sum, { byteSize }) => sum + byteSize,
    0,
  );
  const { milliseconds, kernels, kernelBytes } = record.provenance;
  return {
    lastMs: milliseconds,
    lastBytes,
    ...(kernels === undefined ? {} : { lastKernels: kernels }),
    ...(kernelBytes === undefined ? {} : { lastKernelBytes: kernelBytes }),
  };
}

function isHeld(record: StoreRecord): boolean {
  return Object.values(record.outputs).every((output) => output.isKept);
}

function stronger(left: Need, right: Need): Need {
  if (left === "yes" || right === "yes") return "yes";
  return left === "maybe" || right === "maybe" ? "maybe" : "no";
}

/**
 * Plans a run of nodes: looks into the store, runs nothing.
 *
 * @param nodes What would be asked for.
 * @param options As for a run.
 * @returns The state of each node, and why.
 */
export function planOf(
  nodes: readonly NodeLike[],
  options: RunOptions = {},
): Promise<Plan> {
  const overridden = options.overrides === undefined
    ? undefined
    : new Overridden(options.overrides);
  const results = new Results(
    storeOf(options.store),
    options.keep ?? "auto",
    options.device,
  );
  return new Planner(collectGraph(nodes, overridden), results, overridden)
    .plan();
}

/** What a node took the last time, in words. */
function lastText(
  { lastMs, lastKernels = 0, lastKernelBytes = 0 }: PlanNode,
): string {
  if (lastMs === undefined) return "";
  const work = lastKernels === 0
    ? ""
    : ` and ${lastKernels} ${lastKernels === 1 ? "kernel" : "kernels"} (${
      (lastKernelBytes / 1e6).toFixed(1)
    } MB)`;
  return `; it took ${timeText(lastMs)}${work} the last time`;
}

/**
 * A plan in words.
 *
 * @param plan The plan.
 * @returns A text with one line a node, sources first.
 */
export function explainPlan(plan: Plan): string {
  const count = (state: PlanState) =>
    plan.nodes.filter((node) => node.state === state).length;
  const width = widest(plan.nodes.map(({ name }) => name));
  return [
    `${plan.nodes.length} ${plan.nodes.length === 1 ? "node" : "nodes"}: ${
      count("will run")
    } will run, ${count("may run")} may run, ${count("reused")} reused`,
    ...plan.nodes.map((node) => {
      const { name, state, why } = node;
      return `${name.padEnd(width)}  ${state.padEnd(8)}  ${why}${
        lastText(node)
      }`;
    }),
  ].join("\n");
}
