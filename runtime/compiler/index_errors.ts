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

/** A check that waits for its number. */
class PendingCheck {
  readonly #check: () => Promise<void>;
  #outcome: Promise<void> | undefined;
  /** Whether the index is known to be right. */
  isPassed = false;

  constructor(check: () => Promise<void>) {
    this.#check = check;
  }

  /** Throws where the index was outside; reads the number once. */
  run(): Promise<void> {
    this.#outcome ??= this.#check().then(() => {
      this.isPassed = true;
    });
    return this.#outcome;
  }
}

const pending = new WeakMap<Storage, ReadonlySet<PendingCheck>>();

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
  // A set, as results that are read together hand the same checks on.
  const later = new Set<PendingCheck>();
  for (const leaf of leaves) {
    for (const check of pending.get(leaf) ?? []) {
      if (!check.isPassed) later.add(check);
    }
  }
  checks.forEach((check, k) => {
    const storage = storages[k]!;
    const path = pathOf(check.node);
    const refuse = (worst: number) => {
      if (worst !== 0) throw indexError(check, worst, path);
    };
    if (storage.array !== undefined) refuse(storage.array[0]!);
    else {
      later.add(
        new PendingCheck(async () => refuse((await storage.read())[0]!)),
      );
    }
  });
  if (later.size === 0) return;
  for (const result of results) pending.set(result, later);
}

/**
 * Waits for the checks that the data of a storage depend on.
 *
 * @param storage The storage, which is about to be read.
 * @throws {NumericalError} If an index was outside of its axis.
 */
export async function awaitIndexChecks(storage: Storage): Promise<void> {
  const checks = pending.get(storage);
  if (checks === undefined) return;
  await Promise.all(Array.from(checks, (check) => check.run()));
  pending.delete(storage);
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
