/**
 * Matrix products of many shapes with one text: for algorithms that multiply
 * smaller and smaller parts of one matrix.
 *
 * @module
 */

import type { ContractKernel } from "../../ir/kernel.ts";
import type { WasmKernel, WasmPhase } from "../abi.ts";
import { emittable } from "../emit/emittable.ts";
import { type Arithmetic, arithmeticOf } from "./arithmetic.ts";
import { packedBlocks } from "./blocks.ts";
import { GEOMETRY, type Geometry } from "./geometry.ts";
import { ContractModule } from "./module.ts";
import { computePhase } from "./phases.ts";
import { type Space, spacesOf } from "./spaces.ts";

/** A matrix product that is rendered once. */
export class ShapedContract {
  readonly #arithmetic: Arithmetic;
  readonly #phase: WasmPhase;

  /**
   * @param kernel The product: axes m, n and k, of large lengths that neither
   * its factors nor its epilogue depend on.
   */
  constructor(kernel: ContractKernel) {
    this.#arithmetic = arithmeticOf(kernel.dtype);
    const expanded = emittable(kernel);
    const spaces = spacesOf(expanded, this.#arithmetic);
    const blocks = packedBlocks(spaces, this.#arithmetic, true);
    this.#phase = computePhase(
      new ContractModule(expanded, spaces, blocks.geometry, 0),
      blocks,
    );
  }

  /**
   * The product of matrices of a shape.
   *
   * @param rows Rows of the result.
   * @param columns Columns of the result.
   * @param depth Products in each sum.
   * @returns The kernel.
   */
  at(rows: number, columns: number, depth: number): WasmKernel {
    const spaces = {
      batch: spaceOf(1),
      rows: spaceOf(rows),
      columns: spaceOf(columns),
      depth,
    };
    const { geometry, items, itemNanoseconds, scratchBytes } = packedBlocks(
      spaces,
      this.#arithmetic,
      true,
    );
    return {
      phases: [{
        ...this.#phase,
        items,
        itemNanoseconds,
        scratchBytes,
        sizes: sizesOf(geometry, this.#phase),
      }],
      temporaries: [],
    };
  }
}

function spaceOf(size: number): Space {
  return { axes: [], lengths: [size], size };
}

function sizesOf(geometry: Geometry, { sizes }: WasmPhase): number[] {
  const steering = GEOMETRY.map((name) => geometry[name]);
  return [...steering, ...sizes.slice(steering.length)];
}
