/**
 * Damages files at random for tests, and watches what is allocated meanwhile.
 *
 * @module
 */

/** Random integers of a seed: 0 up to and without `bound`. */
export type RandomInteger = (bound: number) => number;

/**
 * Random integers of a seed (mulberry32).
 *
 * @param seed The seed.
 * @returns The generator.
 */
export function randomIntegers(seed: number): RandomInteger {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) % bound;
  };
}

/** Numbers at which readers break. */
const EDGES: readonly bigint[] = [
  0n,
  1n,
  0x7fn,
  0xffn,
  0x7fffn,
  0xffffn,
  0x10000n,
  0x7fffffffn,
  0x80000000n,
  0xffffffffn,
  0x100000000n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 60n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/**
 * Damages a file in one to four places: bits, bytes, numbers at the edges, parts
 * cut out, doubled, moved or cut off.
 *
 * @param file The file; it is not changed.
 * @param random Where and how.
 * @returns The damaged file.
 */
export function mutate(
  file: Uint8Array,
  random: RandomInteger,
): Uint8Array<ArrayBuffer> {
  let bytes = new Uint8Array(file);
  for (let rounds = 1 + random(4); rounds > 0; rounds--) {
    bytes = mutateOnce(bytes, random);
  }
  return bytes;
}

function mutateOnce(
  bytes: Uint8Array<ArrayBuffer>,
  random: RandomInteger,
): Uint8Array<ArrayBuffer> {
  if (bytes.length === 0) return bytes;
  const at = random(bytes.length);
  const length = random(Math.min(64, bytes.length - at) + 1);
  switch (random(8)) {
    case 0:
      bytes[at]! ^= 1 << random(8);
      return bytes;
    case 1:
      bytes[at] = random(256);
      return bytes;
    case 2:
    case 3: {
      const size = [1, 2, 4, 8][random(4)]!;
      let edge = EDGES[random(EDGES.length)]!;
      if (random(4) === 0) edge = BigInt(bytes.length + random(3) - 1);
      for (let i = 0; i < size && at + i < bytes.length; i++) {
        bytes[at + i] = Number((edge >> BigInt(8 * i)) & 0xffn);
      }
      return bytes;
    }
    case 4:
      return bytes.slice(0, at);
    case 5:
      return join(bytes.subarray(0, at), bytes.subarray(at + length));
    case 6:
      return join(bytes.subarray(0, at + length), bytes.subarray(at));
    default:
      bytes.copyWithin(random(bytes.length), at, at + length);
      return bytes;
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

/** What is watched while a reader runs. */
export interface AllocationWatch {
  /** The most bytes that one typed array or buffer was asked to have. */
  largest: number;
  /** Ends the watch. */
  end(): void;
}

/**
 * Watches how large the arrays are that code makes by `new Uint8Array(length)`
 * and its like, or `new Array(length)`.
 *
 * @returns The watch; end it.
 */
export function watchAllocations(): AllocationWatch {
  const restore: (() => void)[] = [];
  const watch: AllocationWatch = {
    largest: 0,
    end: () => restore.forEach((undo) => undo()),
  };
  for (
    const type of [
      ArrayBuffer,
      Uint8Array,
      Int8Array,
      Uint16Array,
      Int16Array,
      Uint32Array,
      Int32Array,
      Float32Array,
      Float64Array,
      BigInt64Array,
      BigUint64Array,
      Array,
    ]
  ) {
    const itemBytes = "BYTES_PER_ELEMENT" in type ? type.BYTES_PER_ELEMENT : 1;
    const watched = new Proxy(type, {
      construct: (target, args, newTarget) => {
        const [length]: unknown[] = args;
        if (typeof length === "number") {
          watch.largest = Math.max(watch.largest, length * itemBytes);
        }
        return Reflect.construct(target, args, newTarget);
      },
    });
    Reflect.set(globalThis, type.name, watched);
    restore.push(() => {
      Reflect.set(globalThis, type.name, type);
    });
  }
  return watch;
}
