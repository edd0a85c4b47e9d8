/**
 * Seeded damage to files, so that what refuses them can be tested.
 *
 * @module
 */

/** Random numbers that are the same at every run. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** An integer from 0, under the bound. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  }

  /** One of a list. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const BYTES = [0, 1, 0x7f, 0x80, 0xff];

/**
 * Damages bytes: some are changed, cut out, doubled, or the end is cut off.
 *
 * @param bytes The whole file.
 * @param chance What decides.
 * @returns The damaged file.
 */
export function damageBytes(
  bytes: Uint8Array,
  chance: Chance,
): Uint8Array<ArrayBuffer> {
  const damaged = Uint8Array.from(bytes);
  for (let times = 1 + chance.below(4); times > 0; times--) {
    const at = chance.below(Math.max(1, damaged.length));
    damaged[at] = chance.below(2) === 0
      ? chance.pick(BYTES)
      : chance.below(256);
  }
  switch (chance.below(4)) {
    case 0:
      return damaged.slice(0, chance.below(damaged.length));
    case 1: {
      const at = chance.below(damaged.length);
      return Uint8Array.from([
        ...damaged.subarray(0, at),
        ...damaged.subarray(at + chance.below(8)),
      ]);
    }
    default:
      return damaged;
  }
}

const JUNK: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  1e9,
  2 ** 53,
  "",
  "x",
  "(a+)+b",
  "[",
  "▁",
  "__proto__",
  "Sequence",
  "Split",
  [],
  {},
  [[]],
  [null],
  { type: "Sequence" },
  { type: "BPE" },
  { Regex: "(" },
  { Regex: "(x+)+y" },
  { String: "" },
];

/**
 * Damages plain data: somewhere inside, a member is replaced, taken away, or
 * swapped with another.
 *
 * @param value The data; it is not changed.
 * @param chance What decides.
 * @returns The damaged data.
 */
export function damageValue(value: unknown, chance: Chance): unknown {
  if (typeof value !== "object" || value === null || chance.below(6) === 0) {
    return chance.pick(JUNK);
  }
  if (Array.isArray(value)) {
    const copy = [...value];
    if (copy.length === 0 || chance.below(8) === 0) {
      copy.push(chance.pick(JUNK));
      return copy;
    }
    const at = chance.below(copy.length);
    copy[at] = chance.below(4) === 0
      ? chance.pick(copy)
      : damageValue(copy[at], chance);
    return copy;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return chance.pick(JUNK);
  const [name] = chance.pick(entries);
  const rest = entries.filter(([other]) => other !== name);
  const kind = chance.below(8);
  if (kind === 0) return Object.fromEntries(rest);
  const renamed = kind === 1 ? chance.pick(entries)[0] : name;
  return Object.fromEntries([
    ...rest,
    [
      renamed,
      damageValue(entries.find(([other]) => other === name)![1], chance),
    ],
  ]);
}
