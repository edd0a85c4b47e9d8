/**
 * What is not yet known to be right: kernels cannot throw, so that they note what
 * is wrong beside their results. Where the notes do not lie in the memory of the
 * host, they are looked at when a result is read that hangs on them.
 *
 * @module
 */

import type { TypedArray } from "../device/dtypes.ts";
import type { Storage } from "../device/graph.ts";

/** A check that waits until somebody reads. */
class PendingCheck {
  readonly #check: () => Promise<void>;
  #outcome: Promise<void> | undefined;
  /** Whether all is known to be right. */
  isPassed = false;

  constructor(check: () => Promise<void>) {
    this.#check = check;
  }

  /** Throws where something was wrong; looks once. */
  run(): Promise<void> {
    this.#outcome ??= this.#check().then(() => {
      this.isPassed = true;
    });
    return this.#outcome;
  }
}

const pending = new WeakMap<Storage, ReadonlySet<PendingCheck>>();

/**
 * Lets results wait for checks of their own, and for those that what they were
 * made from still waits for.
 *
 * @param checks Checks; each throws where something is wrong.
 * @param sources What the results were made from.
 * @param results The results.
 */
export function checkLater(
  checks: readonly (() => Promise<void>)[],
  sources: readonly Storage[],
  results: readonly Storage[],
): void {
  // A set, as results that are read together hand the same checks on.
  const later = new Set<PendingCheck>();
  for (const source of sources) {
    for (const check of pending.get(source) ?? []) {
      if (!check.isPassed) later.add(check);
    }
  }
  for (const check of checks) later.add(new PendingCheck(check));
  if (later.size === 0) return;
  for (const result of results) {
    const known = pending.get(result);
    pending.set(result, known === undefined ? later : later.union(known));
  }
}

/**
 * The data of a storage, once they are known to be right.
 *
 * @param storage The storage.
 * @returns Its data.
 * @throws {NumericalError} If something was wrong with what they were made from.
 */
export async function readChecked(storage: Storage): Promise<TypedArray> {
  // Together, so that one wait serves both.
  const [array] = await Promise.all([storage.read(), awaitChecks(storage)]);
  return array;
}

/**
 * Waits for the checks that the data of a storage depend on.
 *
 * @param storage The storage, which is about to be read.
 * @throws {NumericalError} If something was wrong with what they were made from.
 */
export async function awaitChecks(storage: Storage): Promise<void> {
  const checks = pending.get(storage);
  if (checks === undefined) return;
  await Promise.all(Array.from(checks, (check) => check.run()));
  pending.delete(storage);
}
