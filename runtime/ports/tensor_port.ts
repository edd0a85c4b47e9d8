/**
 * Ports for tensors: dtypes and a symbolic shape, checked in constant time.
 *
 * @module
 */

import { DefinitionError } from "../core/errors.ts";
import { type DType, Tensor } from "../tensor/mod.ts";
import type { Bindings } from "./bindings.ts";
import { codecFor } from "./codec.ts";
import {
  type Dimension,
  knownSizes,
  matchShape,
  readShape,
  type SymbolicShape,
} from "./dimensions.ts";
import { requireKind } from "./outline.ts";
import type { CheckPlace, Port } from "./port.ts";
import { portError, wrongKind } from "./problem.ts";

/** What is known of a tensor: enough to check it. */
interface KnownTensor {
  readonly dtypes: readonly string[] | undefined;
  readonly shape: readonly (number | undefined)[] | undefined;
}

/**
 * Makes a port for tensors.
 *
 * @param dtypes One dtype, or a set of them; a set takes one dtype in a call,
 * the same for all ports of the op with that set.
 * @param dimensions The shape: sizes, names, sums of them, `...`.
 * @param options `doc`: what the tensor means, with its unit.
 * @returns The port.
 * @throws {DefinitionError} When the shape cannot be read or dtypes are empty.
 *
 * @example
 * ```ts
 * import { op, port, z } from "@weft/weft";
 * import * as wf from "@weft/weft/tensor";
 *
 * const weighted = op({
 *   name: "demo/weighted",
 *   inputs: {
 *     x: port.tensor("f64", ["n"], { doc: "Values" }),
 *     weights: port.tensor("f64", ["n"], { doc: "Their weights" }),
 *   },
 *   outputs: { total: z.number() },
 *   run: async ({ x, weights }) => ({ total: await wf.vecdot(x, weights).item() }),
 * });
 * console.log(weighted.info.inputs.get("x")?.summary); // f64 tensor [n]
 * try {
 *   weighted({
 *     x: wf.ones([3], { dtype: "f64" }),
 *     weights: wf.ones([2], { dtype: "f64" }),
 *   });
 * } catch (error) {
 *   console.log(String(error).split("\n")[0]);
 *   // PortError: Cannot use a value as port "weights" of "demo/weighted":
 *   // dimension "n" is 2, not 3 (n = 3 from port "x")
 * }
 * ```
 */
export function tensorPort<D extends DType>(
  dtypes: D | readonly D[],
  dimensions: readonly Dimension[],
  options: { readonly doc?: string } = {},
): Port<Tensor<D>> {
  const allowed: readonly D[] = typeof dtypes === "string" ? [dtypes] : dtypes;
  if (allowed.length === 0) {
    throw new DefinitionError("Cannot make a tensor port without a dtype");
  }
  const shape = readShape(dimensions);
  const summary = `${allowed.join(" | ")} tensor ${shape.text}`;
  const port: Port<Tensor<D>> = {
    kind: "tensor",
    doc: options.doc ?? "",
    summary,
    isOptional: false,
    codec: codecFor<Tensor<D>>(),
    check(value, place) {
      if (!(value instanceof Tensor)) {
        throw wrongKind(place, summary, value, hintFor(value, allowed));
      }
      const known = { dtypes: [value.dtype], shape: value.shape };
      match(summary, allowed, shape, known, place);
      return value as Tensor<D>;
    },
    outline(bindings) {
      const sizes = knownSizes(shape, bindings);
      return {
        kind: "tensor",
        dtypes: possible(allowed, bindings),
        ...(sizes === undefined ? {} : { shape: sizes }),
      };
    },
    checkOutline(outline, place) {
      if (!requireKind(port, outline, place)) return;
      const known = { dtypes: outline.dtypes, shape: outline.shape };
      match(summary, allowed, shape, known, place);
    },
  };
  return port;
}

function possible(
  allowed: readonly string[],
  bindings: Bindings,
): readonly string[] {
  const bound = allowed.length > 1 ? bindings.dtype(allowed) : undefined;
  return bound === undefined ? allowed : [bound.value];
}

function match(
  summary: string,
  allowed: readonly string[],
  shape: SymbolicShape,
  known: KnownTensor,
  place: CheckPlace,
): void {
  const { bindings, port } = place;
  const actual = `${known.dtypes?.join(" | ") ?? "a"} tensor ${
    known.shape === undefined
      ? "of unknown shape"
      : `[${known.shape.map((size) => size ?? "?").join(", ")}]`
  }`;
  if (known.dtypes !== undefined) {
    const bound = allowed.length > 1 ? bindings.dtype(allowed) : undefined;
    const wanted = possible(allowed, bindings);
    const fitting = known.dtypes.filter((dtype) => wanted.includes(dtype));
    const only = fitting[0];
    if (only === undefined) {
      throw portError(
        place,
        bound === undefined
          ? `its dtype is "${known.dtypes.join('" or "')}"`
          : `its dtype is "${
            known.dtypes.join('" or "')
          }" where port "${bound.port}" fixed "${bound.value}"`,
        {
          expected: bound === undefined
            ? summary
            : `${bound.value} tensor ${shape.text}`,
          actual,
          hint: `Convert it with cast(x, "${wanted[0]}")`,
        },
      );
    }
    if (allowed.length > 1 && fitting.length === 1) {
      bindings.bindDType(allowed, only, port);
    }
  }
  if (known.shape === undefined) return;
  const mismatch = matchShape(shape, known.shape, bindings, port);
  if (mismatch !== undefined) {
    throw portError(
      place,
      `${mismatch.what} is ${mismatch.actual}, not ${mismatch.expected}`,
      { expected: summary, actual },
    );
  }
}

function hintFor(value: unknown, allowed: readonly string[]): string {
  return Array.isArray(value) || typeof value === "number" ||
      ArrayBuffer.isView(value)
    ? `Make a tensor of it with tensor(…, { dtype: "${allowed[0]}" })`
    : "Pass a tensor";
}
