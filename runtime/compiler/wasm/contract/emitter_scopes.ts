/**
 * Scopes of several emitters that write one function by turns.
 *
 * @module
 */

import type { Emitter } from "../emit/emitter.ts";

/**
 * Writes code in a scope of each emitter.
 *
 * @param emitters The emitters.
 * @param body Writes the code.
 */
export function inScopes(
  emitters: readonly Emitter[],
  body: () => void,
): void {
  const [first, ...others] = emitters;
  if (first === undefined) body();
  else first.scope(() => inScopes(others, body));
}
