/**
 * Who made a primitive: the path of the op whose body is running.
 *
 * @module
 */

import { ScopedValue } from "./scope.ts";

const paths = new ScopedValue<readonly string[] | undefined>();
let used = false;

/**
 * Runs code whose primitives carry the path of an op, also after an await,
 * until it has settled.
 *
 * @param path Names of the ops from the outermost in.
 * @param body The code.
 * @returns What it returns.
 */
export function withBlame<T>(
  path: readonly string[] | undefined,
  body: () => T,
): T {
  used = true;
  return paths.run(path, body);
}

/**
 * The path that primitives made here carry.
 *
 * @returns The path, or undefined outside of all ops.
 */
export function currentBlame(): readonly string[] | undefined {
  return used ? paths.current : undefined;
}
