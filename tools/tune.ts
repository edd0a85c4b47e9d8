/**
 * Measures which kernels are fastest on this machine, and writes those that
 * beat the rules to a table that computations read: `.weft/tuning.json`, or the
 * file that `WEFT_TUNING` names.
 *
 * ```sh
 * deno task tune [--device wasm|webgpu] [--budget SECONDS] [--shapes LIST]
 * ```
 *
 * `--shapes` lists products, such as `"1024x1024x1024 nt f16, 64*64x64x64"`:
 * batch, rows, columns, depth, which factors lie transposed, dtype (`f16/f16`
 * adds up in f16). The budget, 180 seconds by default, is divided among them.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a command talks to its terminal

import { parseArgs } from "node:util";
import { ParameterError, WeftError } from "../runtime/core/errors.ts";
import { tuningPath } from "../runtime/compiler/tuning/current.ts";
import { readTuning, writeTuning } from "../runtime/compiler/tuning/file.ts";
import { probeWebGpu } from "../runtime/compiler/webgpu/backend.ts";
import {
  type TuneClock,
  type TuneResult,
  tuneShape,
  WALL_CLOCK,
} from "./tune_measure.ts";
import {
  commonShapes,
  parseShape,
  shapeText,
  type TuneShape,
} from "./tune_shapes.ts";

/** Seconds that are spent where nobody says how many. */
const DEFAULT_BUDGET = 180;

/** What the command was asked for. */
export interface TuneRequest {
  /** The device; undefined for WASM, and the GPU where there is a real one. */
  readonly device: string | undefined;
  /** Seconds. */
  readonly budget: number;
  /** The products; undefined for common ones. */
  readonly shapes: readonly TuneShape[] | undefined;
}

/**
 * Reads the command line.
 *
 * @param args The arguments.
 * @returns What is asked for.
 * @throws {ParameterError} When an option is wrong.
 */
export function parseRequest(args: readonly string[]): TuneRequest {
  const { budget, device, shapes } = optionsOf(args);
  if (device !== undefined && device !== "wasm" && device !== "webgpu") {
    throw new ParameterError(`Cannot tune the device "${device}"`, {
      expected: '"wasm" or "webgpu"',
      actual: `"${device}"`,
    });
  }
  const seconds = Number(budget);
  if (budget === "" || !Number.isFinite(seconds) || seconds <= 0) {
    throw new ParameterError(`Cannot tune for "${budget}" seconds`, {
      expected: "a number above 0",
      actual: `"${budget}"`,
    });
  }
  return {
    device,
    budget: seconds,
    shapes: shapes?.split(",").map(parseShape),
  };
}

function optionsOf(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        budget: { type: "string", default: String(DEFAULT_BUDGET) },
        device: { type: "string" },
        shapes: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new ParameterError("Cannot read the options", {
      expected: "[--device NAME] [--budget SECONDS] [--shapes LIST]",
      actual: args.join(" "),
      cause: error,
    });
  }
}

/**
 * Tunes and writes the table; choices for other classes and devices stay.
 *
 * @param request What is asked for.
 * @param path The table.
 * @param clock How time passes.
 * @param onResult Is told of each product.
 * @throws {DataError} When there is a file that is no table.
 */
export async function tune(
  request: TuneRequest,
  path: string,
  clock: TuneClock = WALL_CLOCK,
  onResult: (result: TuneResult) => void = () => {},
): Promise<void> {
  // What is wrong with the file is told before time is spent.
  readTuning(path);
  const work = await workOf(request);
  const deadline = clock.now() + 1000 * request.budget;
  for (const [k, { device, shape }] of work.entries()) {
    const now = clock.now();
    if (now >= deadline) break;
    const share = (deadline - now) / (work.length - k);
    const result = await tuneShape(device, shape, now + share, clock);
    onResult(result);
    if (result.state !== "better" && result.state !== "rule") continue;
    const { choice, class: name, device: owner } = result;
    const entry = { device: owner, shape: name, choice };
    // Read anew, as another process may write, too.
    const old = readTuning(path);
    const table = old.with([entry]);
    if (table.key !== old.key) await writeTuning(path, table);
  }
}

interface Work {
  readonly device: string;
  readonly shape: TuneShape;
}

async function workOf({ device, shapes }: TuneRequest): Promise<Work[]> {
  const { isHardware, limits } = await probeWebGpu();
  if (device === "webgpu" && limits === undefined) {
    throw new ParameterError('Cannot tune the device "webgpu"', {
      expected: "a WebGPU adapter",
      actual: "none",
    });
  }
  const devices = device === undefined
    ? ["wasm", ...(isHardware ? ["webgpu"] : [])]
    : [device];
  return devices.flatMap((one) => {
    const hasF16 = limits?.hasF16 === true;
    const all = shapes ?? commonShapes(one, hasF16);
    return all
      .filter(({ dtype, halfSums }) =>
        one === "wasm"
          ? !halfSums
          : dtype !== "f64" && (dtype !== "f16" || hasF16)
      )
      .map((shape) => ({ device: one, shape }));
  });
}

/**
 * A line of the report.
 *
 * @param result What was found for a product.
 * @returns The text.
 */
export function resultText(
  { bestMs, choice, ruleMs, shape, state }: TuneResult,
): string {
  const name = shapeText(shape).padEnd(30);
  if (state === "fixed") return `${name} nothing to choose`;
  if (ruleMs === undefined || bestMs === undefined) {
    return `${name} time was up, nothing changed`;
  }
  const numbers = [ruleMs, bestMs].map((ms) =>
    `${ms.toPrecision(4)} ms`.padStart(12)
  ).join(" ");
  const gain = `${(100 * (ruleMs / bestMs - 1)).toFixed(1)} %`.padStart(8);
  return `${name} ${numbers} ${gain}  ${choice ?? "rule"}`;
}

if (import.meta.main) {
  const path = tuningPath();
  try {
    const request = parseRequest(Deno.args);
    console.log(`${"product".padEnd(30)}      by rule         best     gain`);
    await tune(
      request,
      path,
      WALL_CLOCK,
      (result) => console.log(resultText(result)),
    );
    console.log(`What beats the rules is kept in ${path}`);
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    console.error(error.message);
    Deno.exitCode = 1;
  }
}
