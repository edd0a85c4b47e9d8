/**
 * Bind groups of one dispatch, kept while it meets the same buffers again.
 *
 * @module
 */

import type { UniformBlock } from "./parameters.ts";
import type { ParameterPlace } from "./parameters.ts";
import type { Range } from "./ranges.ts";

/**
 * Bind groups that are kept of each dispatch: dropped results come back by the
 * hundred when the collector finds them.
 */
const KEPT = 128;

interface Known {
  readonly uniform: number;
  /** Number and offset of each buffer in turn. */
  readonly ranges: readonly number[];
  readonly group: GPUBindGroup;
}

/** Finds or makes the bind groups of a dispatch. */
export class BindGroups {
  readonly #layout: GPUBindGroupLayout;
  readonly #parameters: ParameterPlace;
  readonly #label: string;
  /** By their hashes, the oldest first. */
  readonly #known = new Map<number, Known>();
  #last: Known | undefined;

  /**
   * @param layout What the groups look like.
   * @param parameters Where the parameters lie in the uniform buffer.
   * @param label What the dispatch does, for people.
   */
  constructor(
    layout: GPUBindGroupLayout,
    parameters: ParameterPlace,
    label: string,
  ) {
    this.#layout = layout;
    this.#parameters = parameters;
    this.#label = label;
  }

  /**
   * The bind group of some buffers.
   *
   * @param device The device.
   * @param uniform The uniform buffer.
   * @param ranges The buffers, in the order of their bindings.
   * @returns The group.
   */
  get(
    device: GPUDevice,
    uniform: UniformBlock,
    ranges: readonly Range[],
  ): GPUBindGroup {
    const last = this.#last;
    if (last !== undefined && matches(last, uniform, ranges)) return last.group;
    const hash = hashOf(uniform, ranges);
    const known = this.#known.get(hash);
    if (known !== undefined && matches(known, uniform, ranges)) {
      this.#last = known;
      return known.group;
    }
    const group = this.#make(device, uniform, ranges);
    if (ranges.some((range) => range.isFleeting)) return group;
    if (this.#known.size >= KEPT) {
      this.#known.delete(this.#known.keys().next().value!);
    }
    const made: Known = {
      uniform: uniform.id,
      ranges: ranges.flatMap(({ id, offset }) => [id, offset]),
      group,
    };
    this.#known.set(hash, made);
    this.#last = made;
    return group;
  }

  #make(
    device: GPUDevice,
    uniform: UniformBlock,
    ranges: readonly Range[],
  ): GPUBindGroup {
    const { offset, bytes } = this.#parameters;
    return device.createBindGroup({
      label: this.#label,
      layout: this.#layout,
      entries: [
        {
          binding: 0,
          resource: { buffer: uniform.buffer, offset, size: bytes },
        },
        ...ranges.map(({ buffer, offset, bytes }, k) => ({
          binding: k + 1,
          resource: { buffer, offset, size: bytes },
        })),
      ],
    });
  }
}

function hashOf(uniform: UniformBlock, ranges: readonly Range[]): number {
  let hash = uniform.id;
  for (let k = 0; k < ranges.length; k++) {
    const { id, offset } = ranges[k]!;
    hash = Math.imul(hash, 31) + id;
    hash = Math.imul(hash, 31) + offset;
  }
  return hash;
}

function matches(
  known: Known,
  uniform: UniformBlock,
  ranges: readonly Range[],
): boolean {
  if (known.uniform !== uniform.id) return false;
  for (let k = 0; k < ranges.length; k++) {
    const { id, offset } = ranges[k]!;
    if (known.ranges[2 * k] !== id || known.ranges[2 * k + 1] !== offset) {
      return false;
    }
  }
  return true;
}
