/**
 * Seeded damage to files, so that what refuses them can be tested.
 *
 * @module
 */

import {
  type RandomInteger,
  randomIntegers,
} from "../../../runtime/formats/testing_mutations.ts";

/** Random numbers that are the same at every run. */
export class Chance {
  /** An integer from 0, under the bound. */
  readonly below: RandomInteger;

  constructor(seed: number) {
    this.below = randomIntegers(seed);
  }

  /** One of a list. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
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
