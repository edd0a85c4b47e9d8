/**
 * Errors of indices that lie outside of their axis. Kernels cannot throw: they
 * compute the worst index beside the results, and it is looked at here, at once
 * where it lies in the memory of the host, else when a result is read.
 *
 * @module
 */

import { NumericalError } from "../core/errors.ts";
import type { Storage } from "../device/graph.ts";
import type { ProgramCheck } from "./ir/kernel.ts";
import { checkLater } from "./pending_checks.ts";

/**
 * Looks at the worst indices of a program.
 *
 * @param checks What they belong to.
 * @param storages One number each.
 * @param pathOf Path of the op that a node is charged to.
 * @param leaves What the program read, whose own checks may be pending.
 * @param results What the program made.
 * @throws {NumericalError} If one is outside and known to be already.
 */
export function checkIndices(
  checks: readonly ProgramCheck[],
  storages: readonly Storage[],
  pathOf: (node: number) => readonly string[] | undefined,
  leaves: readonly Storage[],
  results: readonly Storage[],
): void {
  const later: (() => Promise<void>)[] = [];
  checks.forEach((check, k) => {
    const storage = storages[k]!;
    const path = pathOf(check.node);
    const refuse = (worst: number) => {
      if (worst !== 0) throw indexError(check, worst, path);
    };
    if (storage.array !== undefined) refuse(storage.array[0]!);
    else later.push(async () => refuse((await storage.read())[0]!));
  });
  checkLater(later, leaves, results);
}

function indexError(
  { length, name }: ProgramCheck,
  index: number,
  path: readonly string[] | undefined,
): NumericalError {
  return new NumericalError(
    `Cannot use index ${index} in "${name}": current length of the axis is ${length}`,
    {
      ...(path === undefined ? {} : { path }),
      expected: `an index from ${-length} to ${length - 1}`,
    },
  );
}
