/**
 * Bind groups of one dispatch, kept while it meets the same buffers again.
 *
 * @module
 */

import type { UniformBlock } from "./parameters.ts";
import type { ParameterPlace } from "./parameters.ts";
import type { Range } from "./ranges.ts";

/** Bind groups that are kept of each dispatch. */
const KEPT = 4;

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
  readonly #known: Known[] = [];

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
    const known = this.#known;
    for (let k = 0; k < known.length; k++) {
      const one = known[k]!;
      if (!matches(one, uniform, ranges)) continue;
      // The one that is met again comes first.
      if (k > 0) [known[0], known[k]] = [one, known[0]!];
      return one.group;
    }
    const group = this.#make(device, uniform, ranges);
    if (ranges.some((range) => range.isFleeting)) return group;
    if (known.length >= KEPT) known.pop();
    known.unshift({
      uniform: uniform.id,
      ranges: ranges.flatMap(({ id, offset }) => [id, offset]),
      group,
    });
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
