/**
 * Kernels that lie side by side: over as many points, on some of the same data.
 *
 * @module
 */

import { sameShape } from "../../device/shapes.ts";
import type { FlatNode } from "./flat.ts";
import type { Group } from "./group.ts";
import { isFriendlySpace } from "./space.ts";

/** Kernels of this size are joined although they share no data. */
const SMALL = 65_536;
/** Kernels that a new one may be joined with, of one size. */
const MAX_NEIGHBOURS = 6;

/** The latest kernels, by their number of points. */
export class Neighbours {
  readonly #bySize = new Map<number, Group[]>();

  /**
   * Adds a kernel.
   *
   * @param group The kernel.
   */
  add(group: Group): void {
    const list = this.#bySize.get(group.size);
    if (list === undefined) this.#bySize.set(group.size, [group]);
    else {
      list.push(group);
      if (list.length > MAX_NEIGHBOURS) list.shift();
    }
  }

  /**
   * Removes a kernel.
   *
   * @param group The kernel.
   */
  delete(group: Group): void {
    const list = this.#bySize.get(group.size) ?? [];
    const at = list.indexOf(group);
    if (at >= 0) list.splice(at, 1);
  }

  /**
   * Kernels that may store a node, too.
   *
   * @param node The node.
   * @returns The kernels, the latest first.
   */
  forMap(node: FlatNode): Group[] {
    return this.#of(node.size).filter((group) => {
      const { reduced, shape } = group.space;
      if (reduced.length > 0 && !isFriendlySpace(group.space)) return false;
      const isSmall = node.size <= SMALL && reduced.length === 0 &&
        sameShape(shape, node.shape);
      return isSmall || sharesData(group, node);
    });
  }

  /**
   * Kernels that may reduce, too, what a node reduces.
   *
   * @param node The reduction.
   * @returns The kernels, the latest first.
   */
  forReduction(node: FlatNode): Group[] {
    return this.#of(node.inputs[0]!.size).filter((group) =>
      group.space.reduced.length > 0 && sharesData(group, node)
    );
  }

  #of(size: number): Group[] {
    const list = this.#bySize.get(size) ?? [];
    return list.filter((group) => group.size === size).reverse();
  }
}

function sharesData(group: Group, node: FlatNode): boolean {
  const size = group.size;
  const loads = node.estimate?.loads ?? [];
  return loads.some((load) => 2 * load.size >= size && group.reads(load));
}
