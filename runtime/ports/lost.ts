/**
 * Values whose data are gone with the device that held them.
 *
 * @module
 */

import { storageOf, topologicalOrder } from "../device/graph.ts";
import { wasDeviceLost } from "../device/losses.ts";
import { Tensor } from "../tensor/mod.ts";
import { leavesIn } from "./size.ts";

/**
 * Whether a value holds a tensor, as deep inside as may be, whose data are gone
 * with a lost device, or that is to be computed from such data.
 *
 * @param value Any value.
 * @returns True when it cannot be read any more.
 */
export function isLost(value: unknown): boolean {
  if (!wasDeviceLost()) return false;
  const tensors = leavesIn(value).map(([, leaf]) => leaf).filter((leaf) =>
    leaf instanceof Tensor
  );
  return topologicalOrder(tensors.map(({ node }) => node)).some((node) =>
    storageOf(node)?.isLost === true
  );
}
