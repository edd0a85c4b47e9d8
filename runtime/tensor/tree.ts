/**
 * Trees: tensors in lists and records, to any depth.
 *
 * @module
 */

import { ParameterError } from "../core/errors.ts";
import { Tensor } from "./tensor.ts";

/** A tensor, or a list or record of trees. */
export type Tree = Tensor | readonly Tree[] | { readonly [key: string]: Tree };

/**
 * The tensors of a tree, in a fixed order: lists by position, records by the
 * order of their keys.
 *
 * @param name Who asks, for the error.
 * @param tree The tree.
 * @returns The tensors.
 * @throws {ParameterError} When something else stands in it; names where.
 */
export function treeLeaves(name: string, tree: unknown): Tensor[] {
  const leaves: Tensor[] = [];
  visit(name, tree, "value", (leaf) => leaves.push(leaf));
  return leaves;
}

function visit(
  name: string,
  tree: unknown,
  path: string,
  each: (leaf: Tensor) => void,
): void {
  if (tree instanceof Tensor) each(tree);
  else if (Array.isArray(tree)) {
    tree.forEach((inner, k) => visit(name, inner, `${path}[${k}]`, each));
  } else if (isRecord(tree)) {
    for (const key of Object.keys(tree)) {
      visit(name, tree[key], `${path}.${key}`, each);
    }
  } else {
    ignoreFailure(tree);
    throw new ParameterError(
      `Cannot use ${describe(tree)} in "${name}" at "${path}"`,
      {
        expected: "tensors, in lists or records",
        actual: describe(tree),
        hint: tree instanceof Promise
          ? "The function must not be async; read tensors outside of it"
          : "Make a tensor of it, for example tensor(1)",
      },
    );
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Lets a promise that is refused fail in silence: nobody waits for it, and the
 * failure would end the process before the error about it is seen.
 *
 * @param value The value that is refused, whatever it is.
 */
export function ignoreFailure(value: unknown): void {
  if (value instanceof Promise) value.catch(() => {});
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "object") {
    return value instanceof Promise
      ? "a promise"
      : `a "${value.constructor?.name ?? "object"}"`;
  }
  return `the ${typeof value} ${String(value)}`;
}

/**
 * A tree of the same form with other tensors.
 *
 * @param tree The tree that gives the form.
 * @param leaves The tensors, in the order of {@linkcode treeLeaves}.
 * @returns The tree.
 */
export function rebuildTree<T>(tree: T, leaves: readonly Tensor[]): T {
  let at = 0;
  const build = (inner: unknown): unknown => {
    if (inner instanceof Tensor) return leaves[at++]!;
    if (Array.isArray(inner)) return inner.map(build);
    const record: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(inner as object)) {
      record[key] = build(value);
    }
    return record;
  };
  return build(tree) as T;
}

/**
 * Applies a function to each tensor of a tree.
 *
 * @param tree The tree.
 * @param fn The function.
 * @returns A tree of the same form.
 *
 * @example
 * ```ts
 * import * as wf from "@weft/weft/tensor";
 *
 * const parameters = { weights: wf.ones([2]), bias: wf.ones([]) };
 * const halved = wf.mapTree(parameters, (x) => wf.multiply(x, 0.5));
 * console.log(await halved.weights.toArray()); // [0.5, 0.5]
 * ```
 */
export function mapTree<T>(tree: T, fn: (leaf: Tensor) => Tensor): T {
  return rebuildTree(tree, treeLeaves("mapTree", tree).map(fn));
}
