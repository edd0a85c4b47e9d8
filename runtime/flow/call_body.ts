/**
 * The body of an op run at once on values, without a graph.
 *
 * @module
 */

import { Bindings } from "../ports/mod.ts";
import { checkInputs, checkOutputs } from "./checks.ts";
import type { OpContext, OpInfo } from "./op_info.ts";
import { parseParams } from "./params.ts";

function quietContext(): OpContext {
  return {
    signal: new AbortController().signal,
    progress: () => {},
    log: () => {},
  };
}

/**
 * Runs the body of an op at once, with all checks. What the body throws comes
 * through as it is.
 *
 * @param info The op.
 * @param inputs Values by port.
 * @param params Params as the caller gave them.
 * @param context Cancellation, progress and log; quiet by default.
 * @returns The outputs by name.
 */
export async function callBody(
  info: OpInfo,
  inputs: Readonly<Record<string, unknown>>,
  params: unknown,
  context: OpContext = quietContext(),
): Promise<Record<string, unknown>> {
  const path = [info.name];
  const bindings = new Bindings();
  const parsed = parseParams(info, params);
  const values = checkInputs(info, inputs, path, bindings);
  const returned = await info.body(values, parsed, context);
  return checkOutputs(info, returned, path, bindings);
}
