/**
 * `check: "nan"`: the first op with NaN in an output is to blame.
 *
 * @module
 */

import { NumericalError } from "../core/errors.ts";
import { type NodeCore, pathTo } from "./node_core.ts";

/**
 * Looks for NaN in the outputs of a node.
 *
 * @param core The node.
 * @param values Its outputs.
 * @throws {NumericalError} If there is one, naming op, output and place.
 */
export async function refuseNaN(
  core: NodeCore,
  values: Readonly<Record<string, unknown>>,
): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const { codec } = core.info.outputs.get(name)!;
    const place = await codec.findNaN(value);
    if (place === undefined) continue;
    throw new NumericalError(
      `Cannot accept output "${name}" of op "${core.info.name}" as it holds NaN at ${place}`,
      {
        path: pathTo(core),
        port: name,
        expected: "no NaN, since the run checks for it",
        actual: `NaN at ${place}`,
        hint:
          'Look at the inputs of this op; drop { check: "nan" } where NaN is meant',
      },
    );
  }
}
