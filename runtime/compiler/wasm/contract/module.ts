/**
 * The module of one phase of a contraction: its functions share one parameter
 * block.
 *
 * @module
 */

import type { DType } from "../../../device/dtypes.ts";
import type { Expr } from "../../ir/expr.ts";
import type { ContractKernel } from "../../ir/kernel.ts";
import { SizeTable } from "../../ir/sizes.ts";
import { ParameterLayout } from "../abi.ts";
import {
  type FunctionBuilder,
  type Local,
  ModuleBuilder,
} from "../assembler.ts";
import { Emitter } from "../emit/emitter.ts";
import { Helpers } from "../emit/helpers.ts";
import { kindOf, type Lanes } from "../emit/kinds.ts";
import { type ParameterCounts, Parameters } from "../emit/parameters.ts";
import { type RunFunction, runFunction } from "../run_function.ts";
import { type Arithmetic, arithmeticOf } from "./arithmetic.ts";
import { GEOMETRY, type Geometry, type GeometryName } from "./geometry.ts";
import type { Positions } from "./positions.ts";
import type { ContractSpaces } from "./spaces.ts";

/** A function of the module, and what it reads of the parameter block. */
export interface ContractFunction {
  /** The function. */
  readonly fn: FunctionBuilder;
  /** What it reads. */
  readonly parameters: Parameters;
}

/** Where an emitter works. */
export interface EmitterPlace {
  /** Variables of the axes. */
  readonly positions: Positions;
  /** How many scopes deep axes are fixed; 0 where nothing is said. */
  readonly depths: ReadonlyMap<number, number>;
  /** Lanes of vectors. */
  readonly lanes: Lanes;
  /** The axis that lanes lie along. */
  readonly vectorAxis?: number;
  /** The axis of the innermost loop. */
  readonly walkAxis?: number;
  /** How many scopes deep sums are known. */
  readonly leafDepth?: number;
  /** What is written. */
  readonly roots: readonly Expr[];
}

/** Builds the module of one phase. */
export class ContractModule {
  /** What is rendered. */
  readonly kernel: ContractKernel;
  /** Its axes, by their parts; factors are of the kind of the sums. */
  readonly spaces: ContractSpaces;
  /** How products are summed. */
  readonly arithmetic: Arithmetic;
  /** The functions. */
  readonly builder = new ModuleBuilder();
  readonly #helpers = new Helpers(this.builder);
  readonly #sizes: SizeTable;
  readonly #counts: ParameterCounts;
  readonly #functions: Parameters[] = [];
  readonly #layout: ParameterLayout;

  /**
   * @param kernel What is rendered.
   * @param spaces Its axes, by their parts.
   * @param geometry The numbers that steer the loops.
   * @param temporaries Number of temporaries of the kernel.
   */
  constructor(
    kernel: ContractKernel,
    spaces: ContractSpaces,
    geometry: Geometry,
    temporaries: number,
  ) {
    this.kernel = kernel;
    this.spaces = {
      ...spaces,
      left: this.#summand(spaces.left),
      right: this.#summand(spaces.right),
    };
    this.arithmetic = arithmeticOf(kernel.dtype);
    this.#sizes = new SizeTable(GEOMETRY.map((name) => geometry[name]));
    this.#counts = {
      operands: kernel.operands.length,
      outputs: kernel.outputs.length,
      temporaries,
      scalars: kernel.scalars.length,
    };
    this.#layout = new ParameterLayout(
      this.#counts.operands,
      this.#counts.outputs,
      temporaries,
      0,
      0,
    );
  }

  /** Values of the sizes, in order; complete once all functions are written. */
  get sizes(): readonly number[] {
    return this.#sizes.values;
  }

  /**
   * Adds a function whose first parameter is the parameter block.
   *
   * @param count Number of its parameters, all i32.
   * @returns The function.
   */
  function(count: number): ContractFunction {
    const fn = this.builder.function(Array<"i32">(count).fill("i32"));
    return { fn, parameters: this.#readBy(fn) };
  }

  /**
   * Adds the function that does work items.
   *
   * @returns The function, and what it reads.
   */
  runFunction(): RunFunction & { readonly block: Parameters } {
    const added = runFunction(this.builder);
    return { ...added, block: this.#readBy(added.run) };
  }

  #readBy(fn: FunctionBuilder): Parameters {
    const block = fn.parameters[0]!;
    const parameters = new Parameters(fn, block, this.#counts, this.#sizes);
    this.#functions.push(parameters);
    return parameters;
  }

  /**
   * Reads a number that steers the loops.
   *
   * @param fn The function; its first parameter is the parameter block.
   * @param name Which number.
   * @returns A variable with the number.
   */
  geometry(fn: FunctionBuilder, name: GeometryName): Local {
    const made = fn.local("i32");
    fn.get(fn.parameters[0]!);
    fn.memory("i32.load", this.#layout.sizes + 4 * GEOMETRY.indexOf(name));
    fn.set(made);
    return made;
  }

  /**
   * Reads all numbers that steer the loops.
   *
   * @param fn The function; its first parameter is the parameter block.
   * @returns Variables with the numbers.
   */
  geometries(fn: FunctionBuilder): Record<GeometryName, Local> {
    const entries = GEOMETRY.map((name) =>
      [name, this.geometry(fn, name)] as const
    );
    return Object.fromEntries(entries) as Record<GeometryName, Local>;
  }

  /**
   * Address of the sums that wait for being added: those of the last temporary.
   *
   * @param parameters What the function reads.
   * @returns The variable.
   */
  partials(parameters: Parameters): Local {
    return parameters.temporary(this.#counts.temporaries - 1);
  }

  /**
   * What gives the lengths of axes in a function.
   *
   * @param within The function.
   * @returns Gives the variable that holds the length of an axis.
   */
  lengthsIn({ parameters }: ContractFunction): (axis: number) => Local {
    return (axis) => parameters.size(this.kernel.axes[axis]!);
  }

  /**
   * What writes expressions into a function.
   *
   * @param within The function.
   * @param place Where it works.
   * @returns The emitter.
   */
  emitter(within: ContractFunction, place: EmitterPlace): Emitter {
    const { fn, parameters } = within;
    const [unused] = fn.parameters as [Local];
    const axes = this.kernel.axes.keys().toArray();
    const emitter = new Emitter({
      fn,
      helpers: this.#helpers,
      parameters,
      pool: this.kernel.pool,
      lanes: place.lanes,
      vectorAxis: place.vectorAxis,
      axes: axes.map((axis) => place.positions.get(axis) ?? unused),
      axisDepths: axes.map((axis) => place.depths.get(axis) ?? 0),
      leafDepth: place.leafDepth ?? 0,
      leavesVary: place.lanes > 1,
      roots: place.roots,
    });
    emitter.walkAxis = place.walkAxis;
    return emitter;
  }

  /** A factor as the dtype that sums are held in. */
  #summand(factor: Expr): Expr {
    const { dtype, pool } = this.kernel;
    return kindOf(factor.dtype) === kindOf(dtype)
      ? factor
      : pool.make("cast", sumDType(dtype), [factor]);
  }

  /**
   * Completes the module.
   *
   * @returns Its bytes.
   */
  build(): Uint8Array<ArrayBuffer> {
    for (const parameters of this.#functions) parameters.finish();
    return this.builder.build();
  }
}

/** The dtype that sums are held in while they grow. */
function sumDType(dtype: DType): DType {
  const kind = kindOf(dtype);
  return kind === "bool" ? "i32" : kind;
}
