/**
 * Reductions in WGSL: what is kept while a pass goes on, and how two halves of
 * it become one.
 *
 * @module
 */

import { type DType, isFloatDType } from "../../../device/dtypes.ts";
import type { Reduction, RowKernel } from "../../ir/kernel.ts";
import {
  type ScalarType,
  scalarType,
  type WgslModule,
  type WgslScope,
  widen,
  type Width,
} from "../wgsl/mod.ts";

/** Names of the parts of a total: one number, or a key and a place. */
export type Total = readonly string[];

/** What keeps reductions while a pass goes on. */
export interface RowAccumulator {
  /** Types of the parts of a total. */
  readonly types: readonly ScalarType[];
  /**
   * The total of nothing.
   *
   * @param width Numbers that a part holds.
   * @returns Texts of the parts.
   */
  empty(width: Width): Total;
  /**
   * The total of one value, or of four in their own lanes.
   *
   * @param scope Where the value is.
   * @param width Numbers that a part holds.
   * @param place Text of the position along the inner axes, as i32, of the
   * same width.
   * @returns Texts of the parts.
   */
  one(scope: WgslScope, width: Width, place: string): Total;
  /**
   * Two totals as one.
   *
   * @param scope Where statements go.
   * @param a One total; parts are names.
   * @param b The other; parts are names.
   * @param width Numbers that a part holds.
   * @returns Names of the parts.
   */
  join(scope: WgslScope, a: Total, b: Total, width: Width): Total;
  /**
   * Some totals as one.
   *
   * @param scope Where statements go.
   * @param totals The totals, at least one; parts are names.
   * @param width Numbers that a part holds.
   * @param isInOrder Whether each is of later places than those before.
   * @returns Names of the parts.
   */
  joinAll(
    scope: WgslScope,
    totals: readonly Total[],
    width: Width,
    isInOrder?: boolean,
  ): Total;
  /**
   * The four lanes of a total as one.
   *
   * @param scope Where statements go.
   * @param total Names of its parts.
   * @returns Names of the parts, one number each.
   */
  fold(scope: WgslScope, total: Total): Total;
  /**
   * The results of the reductions.
   *
   * @param total Names of the parts of the total of everything.
   * @param width Numbers that a part holds.
   * @returns Their texts.
   */
  results(total: Total, width: Width): readonly string[];
}

/**
 * The four lanes of a total as one, two by two.
 *
 * @param accumulator What joins them.
 * @param scope Where statements go.
 * @param total Names of its parts.
 * @returns Names of the parts, one number each.
 */
export function foldLanes(
  accumulator: RowAccumulator,
  scope: WgslScope,
  total: Total,
): Total {
  const lanes = [..."xyzw"].map((name) =>
    total.map((part) => `${part}.${name}`)
  );
  return accumulator.joinAll(scope, lanes, 1);
}

/**
 * Dtypes of the parts of the totals of all reductions, a temporary each.
 *
 * @param kernel The kernel.
 * @returns The dtypes, in the order of the reductions.
 */
export function partTypes(kernel: RowKernel): DType[] {
  return kernel.stages.flatMap(({ reductions }) => reductions).flatMap((
    { dtype, op },
  ): DType[] => {
    if (op === "argmax" || op === "argmin") return ["i32", "i32"];
    const type = scalarType(dtype);
    return [type === "bool" ? "u32" : type];
  });
}

const LOWEST = -2147483648;
const FARTHEST = 2147483647;

/** A reduction, in WGSL. */
export class Accumulator implements RowAccumulator {
  /** The reduction. */
  readonly reduction: Reduction;
  readonly types: readonly ScalarType[];
  readonly #module: WgslModule;
  readonly #isPlace: boolean;

  /**
   * @param module The module.
   * @param reduction The reduction.
   */
  constructor(module: WgslModule, reduction: Reduction) {
    this.#module = module;
    this.reduction = reduction;
    const { dtype, op } = reduction;
    this.#isPlace = op === "argmax" || op === "argmin";
    // Booleans are kept as numbers: any is their maximum, all their minimum.
    const type = scalarType(dtype);
    this.types = this.#isPlace ? ["i32", "i32"] : [
      type === "bool" ? "u32" : type,
    ];
  }

  empty(width: Width): Total {
    if (this.#isPlace) {
      return [LOWEST, FARTHEST].map((value) =>
        this.#repeat("i32", this.#module.constant("i32", value), width)
      );
    }
    const type = this.types[0]!;
    return [this.#repeat(type, this.#identity(), width)];
  }

  one(scope: WgslScope, width: Width, place: string): Total {
    const { value } = this.reduction;
    const text = scope.text(value, width);
    if (this.#isPlace) return [this.#key(text, width), place];
    const isBool = scalarType(value.dtype) === "bool";
    return [isBool ? `${widen("u32", width)}(${text})` : text];
  }

  join(
    scope: WgslScope,
    a: Total,
    b: Total,
    width: Width,
    isInOrder = false,
  ): Total {
    return this.joinTexts(a, b, width, isInOrder).map((text) =>
      scope.let("t", text)
    );
  }

  /**
   * Two totals as one.
   *
   * @param a One total; parts are names.
   * @param b The other; parts are names.
   * @param width Numbers that a part holds.
   * @param isInOrder Whether the places of the other one are later.
   * @returns Texts of the parts.
   */
  joinTexts(a: Total, b: Total, width: Width, isInOrder = false): Total {
    const [x, y] = [a[0]!, b[0]!];
    const module = this.#module;
    switch (this.reduction.op) {
      case "sum":
        return [`${x} + ${y}`];
      case "prod":
        return [`${x} * ${y}`];
      case "max":
      case "min": {
        const { op } = this.reduction;
        if (this.types[0] !== "f32") return [`${op}(${x}, ${y})`];
        const name = op === "max" ? "maximum" : "minimum";
        return [`${module.call(name, width)}(${x}, ${y})`];
      }
      default: {
        // No number has the key of nothing, so that ties need no look.
        if (isInOrder && isFloatDType(this.reduction.value.dtype)) {
          return [`max(${x}, ${y})`, `select(${a[1]}, ${b[1]}, ${y} > ${x})`];
        }
        const better = `${module.call("isBetter", width)}(${a[0]}, ${
          a[1]
        }, ${y}, ${b[1]})`;
        return [
          `select(${x}, ${y}, ${better})`,
          `select(${a[1]}, ${b[1]}, ${better})`,
        ];
      }
    }
  }

  joinAll(
    scope: WgslScope,
    totals: readonly Total[],
    width: Width,
    isInOrder = false,
  ): Total {
    if (totals.length === 1) return totals[0]!;
    // Two by two, so that they do not wait for each other.
    const pairs = Array.from(
      { length: Math.ceil(totals.length / 2) },
      (_, k) => {
        const [a, b] = totals.slice(2 * k, 2 * k + 2);
        return b === undefined ? a! : this.join(scope, a!, b, width, isInOrder);
      },
    );
    return this.joinAll(scope, pairs, width, isInOrder);
  }

  fold(scope: WgslScope, total: Total): Total {
    return foldLanes(this, scope, total);
  }

  results(total: Total, width: Width): readonly string[] {
    return [this.#result(total, width)];
  }

  #result(total: Total, width: Width): string {
    if (this.#isPlace) return total[1]!;
    const text = total[0]!;
    switch (this.reduction.dtype) {
      case "bool":
        return `(${text} != ${widen("u32", width)}(0))`;
      case "i8":
        return `extractBits(${text}, 0u, 8u)`;
      case "u8":
        return `(${text} & ${widen("u32", width)}(255u))`;
      default:
        return text;
    }
  }

  #repeat(type: string, text: string, width: Width): string {
    return width === 1 ? text : `${widen(type, width)}(${text})`;
  }

  #identity(): string {
    const { op } = this.reduction;
    const type = this.types[0]!;
    if (op === "sum" || op === "prod") {
      return `${type}(${op === "sum" ? 0 : 1})`;
    }
    const isMax = op === "max";
    if (type === "f32") {
      return this.#module.constant("f32", isMax ? -Infinity : Infinity);
    }
    if (type === "u32") return isMax ? "0u" : "4294967295u";
    return this.#module.constant("i32", isMax ? LOWEST : FARTHEST);
  }

  /** A whole number that is largest where the wanted place is. */
  #key(text: string, width: Width): string {
    const { op, value } = this.reduction;
    const I = widen("i32", width);
    const type = scalarType(value.dtype);
    const name = op === "argmax" ? "keyOfMax" : "keyOfMin";
    if (isFloatDType(value.dtype)) {
      return `${this.#module.call(name, width)}(${text})`;
    }
    const signed = type === "u32"
      ? `bitcast<${I}>(${text} ^ ${widen("u32", width)}(2147483648u))`
      : type === "bool"
      ? `${I}(${text})`
      : text;
    return op === "argmax" ? signed : `(~${signed})`;
  }
}
