/**
 * Tensors inside values; saved as safetensors.
 *
 * @module
 */

import { DataError } from "../../core/errors.ts";
import { storageOf } from "../../device/graph.ts";
import type {
  SafetensorsArray,
  SafetensorsDType,
} from "../../formats/safetensors.ts";
import {
  isRealized,
  tensorDigest,
  tensorVersion,
} from "../../tensor/digest.ts";
import { type DType, slice, Tensor, tensor } from "../../tensor/mod.ts";
import type { Holding } from "../port.ts";
import type { Leaf } from "./leaf.ts";

type ElementArray = Awaited<ReturnType<Tensor["data"]>>;

interface Storage {
  readonly name: SafetensorsDType;
  readonly itemBytes: number;
  readonly view: (
    buffer: ArrayBuffer,
    start: number,
    size: number,
  ) => ElementArray;
}

const STORAGE: { readonly [D in DType]: Storage } = {
  f64: {
    name: "F64",
    itemBytes: 8,
    view: (...place) => new Float64Array(...place),
  },
  f32: {
    name: "F32",
    itemBytes: 4,
    view: (...place) => new Float32Array(...place),
  },
  f16: {
    name: "F16",
    itemBytes: 2,
    view: (...place) => new Float16Array(...place),
  },
  i32: {
    name: "I32",
    itemBytes: 4,
    view: (...place) => new Int32Array(...place),
  },
  u32: {
    name: "U32",
    itemBytes: 4,
    view: (...place) => new Uint32Array(...place),
  },
  i8: { name: "I8", itemBytes: 1, view: (...place) => new Int8Array(...place) },
  u8: {
    name: "U8",
    itemBytes: 1,
    view: (...place) => new Uint8Array(...place),
  },
  bool: {
    name: "BOOL",
    itemBytes: 1,
    view: (...place) => new Uint8Array(...place),
  },
};

const DTYPE_OF = new Map(
  Object.entries(STORAGE).map(([dtype, { name }]) => [name, dtype as DType]),
);

const FLOATS: readonly DType[] = ["f64", "f32", "f16"];

/** Most nodes of a pending graph that are looked at for what they hold. */
const MAX_WALK = 1000;

/** Tensors as leaves. */
export const tensorLeaf: Leaf<Tensor> = {
  kind: "tensor",
  is: (value): value is Tensor => value instanceof Tensor,
  digest: tensorDigest,
  version: tensorVersion,
  describe: (value) => `${value.dtype} tensor [${value.shape.join(", ")}]`,
  byteSize: (value) => value.size * STORAGE[value.dtype].itemBytes,
  holdings: holdingsOf,
  isPending: (value) => !isRealized(value),
  async findNaN(value, at) {
    if (!FLOATS.includes(value.dtype)) return undefined;
    const data: ArrayLike<number> = await value.data();
    for (let index = 0; index < data.length; index++) {
      if (Number.isNaN(data[index])) {
        return `${at}[${unravel(index, value.shape)}]`;
      }
    }
    return undefined;
  },
  rows: (value) => value.shape[0],
  truncate: (value, count) =>
    count >= (value.shape[0] ?? 0) ? value : slice(value, [0, count]),
  async compare(left, right, at) {
    const [a, b] = [tensorLeaf.describe(left), tensorLeaf.describe(right)];
    if (a !== b) return { at, left: a, right: b };
    const [x, y] = [await left.data(), await right.data()];
    for (let index = 0; index < x.length; index++) {
      const [p, q] = [x[index], y[index]];
      if (p === q || (Number.isNaN(p) && Number.isNaN(q))) continue;
      return {
        at: `${at === "value" ? "" : at}[${unravel(index, left.shape)}]`,
        left: String(p),
        right: String(q),
      };
    }
    return undefined;
  },
  reference: (_value, name) => name,
  async save(value, name) {
    const data = await value.data();
    const { name: dtype } = STORAGE[value.dtype];
    const bytes = new Uint8Array(
      data.buffer,
      data.byteOffset,
      data.byteLength,
    );
    return { array: { name, dtype, shape: value.shape, bytes } };
  },
  load: (name, source) => tensorFrom(source.array(name)),
};

/** The data that a tensor has, or will be computed from, and itself. */
function holdingsOf(value: Tensor): Holding[] {
  const holdings: Holding[] = [];
  const seen = new Set([value.node]);
  for (const node of seen) {
    const storage = storageOf(node);
    if (storage !== undefined) holdings.push([storage, storage.byteLength]);
    else if (seen.size < MAX_WALK) {
      for (const each of node.inputs) seen.add(each);
    }
  }
  if (!isRealized(value)) holdings.push([value, tensorLeaf.byteSize(value)]);
  return holdings;
}

function tensorFrom({ name, dtype, shape, bytes }: SafetensorsArray): Tensor {
  const known = DTYPE_OF.get(dtype);
  if (known === undefined) {
    throw new DataError(`Cannot load array "${name}" as a tensor`, {
      expected: `one of the dtypes ${[...DTYPE_OF.keys()].join(", ")}`,
      actual: dtype,
    });
  }
  if (known === "bool" && bytes.some((byte) => byte > 1)) {
    throw new DataError(`Cannot load array "${name}" as booleans`, {
      expected: "bytes of 0 and 1",
    });
  }
  const { itemBytes, view } = STORAGE[known];
  const isAligned = bytes.byteOffset % itemBytes === 0 &&
    bytes.buffer instanceof ArrayBuffer;
  const aligned = isAligned ? bytes : new Uint8Array(bytes);
  const data = view(
    aligned.buffer as ArrayBuffer,
    aligned.byteOffset,
    aligned.byteLength / itemBytes,
  );
  return tensor(data, { dtype: known, shape });
}

/** The row-major position of an element as `2, 0`. */
function unravel(index: number, shape: readonly number[]): string {
  const place: number[] = [];
  for (const size of shape.toReversed()) {
    place.unshift(index % size);
    index = Math.floor(index / size);
  }
  return place.join(", ");
}
