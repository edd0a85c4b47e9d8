/**
 * What of a loop is of use.
 *
 * @module
 */

import type { FlatLoop, FlatNode } from "./flat.ts";

/**
 * The results of a loop's step, where carries that nothing asked for follows
 * from stay as they were: what only they need is not computed.
 *
 * @param loop The loop.
 * @param asked Which results are asked for: last carries, stacked results, and
 * all values of carries.
 * @returns Next carries, then slices of results.
 */
export function usedResults(
  loop: FlatLoop,
  asked: { has(output: number): boolean },
): readonly FlatNode[] {
  const { carries, parameters, results } = loop;
  const live = new Set<FlatNode>();
  const reach = (root: FlatNode): void => {
    const from = live.size;
    live.add(root);
    if (live.size === from) return;
    const pending = [root];
    for (const node of pending) {
      for (const input of node.inputs) {
        if (live.has(input)) continue;
        live.add(input);
        pending.push(input);
      }
    }
  };
  results.forEach((result, k) => {
    const isAsked = asked.has(k) ||
      (k < carries && asked.has(results.length + k));
    if (isAsked) reach(result);
  });
  const used = new Set<number>();
  let before = -1;
  while (used.size > before) {
    before = used.size;
    for (let k = 0; k < carries; k++) {
      if (used.has(k)) continue;
      const isAsked = asked.has(k) || asked.has(results.length + k);
      if (!isAsked && !live.has(parameters[k]!)) continue;
      used.add(k);
      reach(results[k]!);
    }
  }
  return results.map((result, k) =>
    k < carries && !used.has(k) ? parameters[k]! : result
  );
}
