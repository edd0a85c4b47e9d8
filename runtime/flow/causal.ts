/**
 * Point-in-time safety: an op whose rows depend on later rows is found by
 * running it again on data that end earlier.
 *
 * @module
 */

import {
  DefinitionError,
  NumericalError,
  OpError,
  ParameterError,
} from "../core/errors.ts";
import { callBody } from "./call_body.ts";
import type { OpInfo } from "./op_info.ts";
import type { CallArguments, Op } from "./types.ts";

/** How {@linkcode checkCausal} looks. */
export interface CausalOptions {
  /**
   * The lengths at which the data end, in rows; by default five, spread over
   * the series and one row before its end.
   */
  readonly cuts?: readonly number[];
  /** The inputs that are cut; by default all with rows. */
  readonly inputs?: readonly string[];
  /** The outputs that are compared; by default all with rows. */
  readonly outputs?: readonly string[];
}

/** What {@linkcode checkCausal} looked at. */
export interface CausalReport {
  /** The lengths at which the data ended, in rows. */
  readonly cuts: readonly number[];
  /** The inputs that were cut. */
  readonly inputs: readonly string[];
  /** The outputs that were compared. */
  readonly outputs: readonly string[];
}

function rowsOf(
  ports: OpInfo["inputs"],
  values: Readonly<Record<string, unknown>>,
): Map<string, number> {
  const rows = new Map<string, number>();
  for (const [name, { codec }] of ports) {
    if (values[name] === undefined) continue;
    const count = codec.rows(values[name]);
    if (count !== undefined) rows.set(name, count);
  }
  return rows;
}

function chosen(
  info: OpInfo,
  what: string,
  found: ReadonlyMap<string, number>,
  names: readonly string[] | undefined,
): string[] {
  if (names === undefined) {
    if (found.size > 0) return [...found.keys()];
    throw new DefinitionError(
      `Cannot check whether op "${info.name}" is causal as no ${what} has rows`,
      { path: [info.name], hint: "Check an op on frames, series or tensors" },
    );
  }
  for (const name of names) {
    if (found.has(name)) continue;
    throw new ParameterError(
      `Cannot check whether op "${info.name}" is causal as ${what} "${name}" has no rows`,
      {
        path: [info.name],
        expected: [...found.keys()].map((each) => `"${each}"`).join(", "),
        actual: `"${name}"`,
      },
    );
  }
  return [...names];
}

function defaultCuts(rows: number): number[] {
  const parts = [0.3, 0.5, 0.7, 0.9].map((part) => Math.floor(rows * part));
  return [...new Set([...parts, rows - 1])].filter((cut) =>
    cut > 0 && cut < rows
  );
}

/**
 * Checks that no row of an op's outputs depends on later rows of its inputs.
 * The op runs on all rows, then on the first rows only for several lengths;
 * what both runs give for the same rows must be equal to the bit.
 *
 * Rows are the leading axis of tensors and the rows of frames and series, in
 * the order of time. Frames and series are compared, and tensors with as many
 * rows as the inputs that are cut; other outputs (a summary of the series) may
 * change and are left out unless they are named. As many rows are compared as
 * the shorter run gives.
 *
 * @param op The op.
 * @param args Its inputs, its params, and how to look.
 * @returns What was compared.
 * @throws {NumericalError} If something known earlier changes with later rows;
 * the message names the output, the place and the cut.
 * @throws {DefinitionError} If nothing can be compared.
 *
 * @example
 * ```ts
 * import { checkCausal, op, port } from "@weft/weft";
 * import * as wf from "@weft/weft/tensor";
 *
 * const running = op({
 *   name: "demo/running",
 *   inputs: { x: port.tensor("f64", ["t"]) },
 *   outputs: { y: port.tensor("f64", ["t"]) },
 *   run: ({ x }) => ({ y: wf.cumulativeSum(x) }),
 * });
 * const x = wf.tensor([1, 2, 3, 4, 5], { dtype: "f64" });
 * console.log((await checkCausal(running, { x })).outputs); // ["y"]
 * ```
 */
export async function checkCausal<I, P, O>(
  op: Op<I, P, O>,
  ...args: [...CallArguments<I, P>, options?: CausalOptions]
): Promise<CausalReport> {
  const { info } = op;
  const [given = {}, params, options = {}] = args as unknown as [
    Record<string, unknown>?,
    unknown?,
    CausalOptions?,
  ];
  const inputRows = rowsOf(info.inputs, given);
  const cutInputs = chosen(info, "input", inputRows, options.inputs);
  const lengths = new Set(cutInputs.map((name) => inputRows.get(name)!));
  const rows = Math.max(...lengths);
  if (lengths.size > 1) {
    throw new ParameterError(
      `Cannot check whether op "${info.name}" is causal as its inputs have different numbers of rows`,
      {
        path: [info.name],
        actual: cutInputs.map((name) => `${name}: ${inputRows.get(name)}`)
          .join(", "),
        hint: "Name the inputs that share their rows in { inputs: [...] }",
      },
    );
  }
  const cuts = options.cuts ?? defaultCuts(rows);
  const whole = await callBody(info, given, params);
  const outputRows = rowsOf(info.outputs, whole);
  for (const [name, count] of outputRows) {
    const { kind } = info.outputs.get(name)!;
    const isTable = kind === "frame" || kind === "series";
    if (options.outputs === undefined && !isTable && count !== rows) {
      outputRows.delete(name);
    }
  }
  const outputs = chosen(info, "output", outputRows, options.outputs);
  for (const cut of cuts) {
    const cutGiven = { ...given };
    for (const name of cutInputs) {
      const { codec } = info.inputs.get(name)!;
      cutGiven[name] = codec.truncate(given[name], cut);
    }
    const part = await runOnPart(info, cutGiven, params, cut);
    for (const name of outputs) {
      await compare(info, name, whole, part, cut, rows);
    }
  }
  return { cuts, inputs: cutInputs, outputs };
}

async function runOnPart(
  info: OpInfo,
  inputs: Readonly<Record<string, unknown>>,
  params: unknown,
  cut: number,
): Promise<Record<string, unknown>> {
  try {
    return await callBody(info, inputs, params);
  } catch (cause) {
    throw new OpError(
      `Cannot check whether op "${info.name}" is causal as it fails on the first ${cut} rows`,
      {
        path: [info.name],
        hint: "Choose lengths that it can work with: { cuts: [...] }",
        cause,
      },
    );
  }
}

/** Compares the rows that both runs know. */
async function compare(
  info: OpInfo,
  name: string,
  whole: Readonly<Record<string, unknown>>,
  part: Readonly<Record<string, unknown>>,
  cut: number,
  rows: number,
): Promise<void> {
  const { codec } = info.outputs.get(name)!;
  const shared = codec.rows(part[name]) ?? 0;
  const before = codec.truncate(whole[name], shared);
  const difference = await codec.compare(part[name], before);
  if (difference === undefined) return;
  throw new NumericalError(
    `Cannot call op "${info.name}" causal as output "${name}" at ${difference.at} changes when later rows arrive`,
    {
      path: [info.name],
      port: name,
      expected: `${difference.left}, as known from the first ${cut} rows`,
      actual: `${difference.right}, with all ${rows} rows`,
      hint:
        "Use no row after the one being computed: look for whole-series statistics, centred windows, backward fills and shifts by a negative number",
    },
  );
}
