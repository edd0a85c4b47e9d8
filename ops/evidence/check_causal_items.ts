/**
 * Point-in-time safety of items: one that tells what came later is found by making
 * the items again from data that end earlier.
 *
 * @module
 */

import { DataError, NumericalError } from "../../runtime/core/errors.ts";
import {
  type EvidenceItem,
  type EvidenceSources,
  knownTexts,
  NEWS_CUTOFF,
} from "./sources.ts";

/** How {@linkcode checkCausalItems} looks. */
export interface CausalItemsOptions {
  /**
   * The days at whose ends the data end, "YYYY-MM-DD"; by default five days of items,
   * spread over them, the last but one among them.
   */
  readonly cuts?: readonly string[] | undefined;
  /** The last minute of the day whose texts count; "21:00" by default. */
  readonly cutoff?: string | undefined;
}

/** What {@linkcode checkCausalItems} looked at. */
export interface CausalItemsReport {
  /** The days at whose ends the data ended. */
  readonly cuts: readonly string[];
  /** How many items were compared, over all cuts. */
  readonly compared: number;
  /**
   * Items that are there with all data only, or with less only: which items there are
   * may depend on whether what came next is known, and is for the reader to judge.
   */
  readonly changed: readonly string[];
}

/** What of an item counts as known, source by source. */
function knownOf(
  sources: EvidenceSources,
  cutoff: string,
): [string, readonly unknown[]][] {
  const { day } = sources;
  const { background, fundamentals, peers, prices, technical } = sources;
  return [
    ["name", [sources.name]],
    ["background", background],
    ["reports", knownTexts(sources.reports, day, cutoff)],
    ["news", knownTexts(sources.news, day, cutoff)],
    ["prices", prices],
    ["peers", peers],
    ["macro", knownTexts(sources.macro, day, cutoff)],
    ["fundamentals", fundamentals],
    ["technical", technical],
  ];
}

interface Difference {
  readonly source: string;
  readonly at: number;
  readonly before: unknown;
  readonly after: unknown;
}

/** The first entry in which sources differ. */
function differenceOf(
  before: EvidenceItem,
  after: EvidenceItem,
  cutoff: string,
): Difference | undefined {
  if (before.sources.day !== after.sources.day) {
    const [{ day: left }, { day: right }] = [before.sources, after.sources];
    return { source: "day", at: 0, before: left, after: right };
  }
  const later = new Map(knownOf(after.sources, cutoff));
  for (const [source, left] of knownOf(before.sources, cutoff)) {
    const right = later.get(source)!;
    for (let at = 0; at < Math.max(left.length, right.length); at++) {
      if (textOf(left[at]) === textOf(right[at])) continue;
      return { source, at, before: left[at], after: right[at] };
    }
  }
  // What is not known yet may become known; what is known stays
  const changes = before.truth !== null &&
    textOf(before.truth) !== textOf(after.truth);
  return changes
    ? { source: "truth", at: 0, before: before.truth, after: after.truth }
    : undefined;
}

/** A value as text in which the order of properties does not matter. */
function textOf(value: unknown): string {
  return JSON.stringify(
    value,
    (_, inner) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(
          Object.entries(inner).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0),
        )
        : inner,
  ) ?? "nothing";
}

/** What an entry of a source is called. */
function entryName({ after, at, before }: Difference): string {
  const entry = before ?? after;
  if (typeof entry === "object" && entry !== null) {
    if ("title" in entry) return `"${entry.title}"`;
    if ("name" in entry) return `"${entry.name}"`;
    if ("day" in entry) return `of ${entry.day}`;
  }
  return String(at);
}

/** Characters of a value that a message shows. */
const MOST_SHOWN = 160;
/** Characters before the first one that differs. */
const BEFORE = 40;

/** What differs: of two records the first property, of texts the part. */
function narrowed({ after, before }: Difference): [string, string] {
  const areRecords = [before, after].every((one) =>
    typeof one === "object" && one !== null
  );
  if (areRecords) {
    const [left, right] = [before, after] as Record<string, unknown>[];
    const keys = [...Object.keys(left!), ...Object.keys(right!)];
    const key = keys.find((one) => textOf(left![one]) !== textOf(right![one]))!;
    const [early, late] = part(textOf(left![key]), textOf(right![key]));
    return [`${key} ${early}`, `${key} ${late}`];
  }
  return part(textOf(before), textOf(after));
}

/** The parts of two texts from shortly before where they differ. */
function part(left: string, right: string): [string, string] {
  let same = 0;
  while (same < left.length && left[same] === right[same]) same++;
  const from = Math.max(0, same - BEFORE);
  const cut = (text: string) =>
    `${from > 0 ? "…" : ""}${text.slice(from, from + MOST_SHOWN)}${
      text.length > from + MOST_SHOWN ? "…" : ""
    }`;
  return [cut(left), cut(right)];
}

function defaultCuts(items: readonly EvidenceItem[]): string[] {
  const days = [...new Set(items.map(({ sources }) => sources.day))].sort();
  const last = days.length - 2;
  const parts = [0.3, 0.5, 0.7, 0.9].map((part) => Math.floor(part * last));
  return [...new Set([...parts, last])].filter((at) => at >= 0).map((at) =>
    days[at]!
  );
}

function byId(
  items: readonly EvidenceItem[],
  cut: string,
): Map<string, EvidenceItem> {
  return new Map(
    items.filter(({ sources }) => sources.day <= cut).map((item) =>
      [item.id, item] as const
    ),
  );
}

/**
 * Checks that no source of an item depends on what came after its day. The items are
 * made from all data, then from data that end with each of several days; what both
 * know of the items up to that day must be equal. It is what `checkCausal` does for
 * frames and tensors, for lists that each have days of their own.
 *
 * Texts after the cutoff of an item's day are left out, as they are everywhere. A
 * truth may become known later, but may not change. The next trading day is not
 * compared: exchanges publish their calendars ahead.
 *
 * @param makeItems Makes the items from data that end with the end of a day; from all
 * data where it is given none.
 * @param options The days, and the cutoff.
 * @returns What was compared.
 * @throws {NumericalError} When something known earlier changes with later data; the
 * message names the item, the source and the day.
 * @throws {DataError} When nothing can be compared.
 *
 * @example
 * ```ts
 * import { checkCausalItems, makeSources } from "@weft/weft/ops/evidence";
 *
 * const closes = [100, 102, 101, 105];
 * const day = (row: number) => `2016-03-0${row + 1}`;
 * const { compared } = await checkCausalItems((until = "9") => {
 *   const known = closes.filter((_, row) => day(row) <= until);
 *   return known.map((close, row) => ({
 *     id: day(row),
 *     sources: makeSources({
 *       name: "X",
 *       day: day(row),
 *       nextDay: day(row + 1),
 *       technical: [{ name: "close", value: close }],
 *     }),
 *     truth: null,
 *   }));
 * });
 * console.log(compared); // 6
 * ```
 */
export async function checkCausalItems(
  makeItems: (
    until?: string,
  ) => readonly EvidenceItem[] | Promise<readonly EvidenceItem[]>,
  options: CausalItemsOptions = {},
): Promise<CausalItemsReport> {
  const whole = await makeItems();
  const { cutoff = NEWS_CUTOFF, cuts = defaultCuts(whole) } = options;
  const changed = new Set<string>();
  let compared = 0;
  for (const cut of cuts) {
    const early = byId(await makeItems(cut), cut);
    const late = byId(whole, cut);
    for (const [id, before] of early) {
      const after = late.get(id);
      if (after === undefined) {
        changed.add(id);
        continue;
      }
      compared += 1;
      refuse(id, cut, differenceOf(before, after, cutoff));
    }
    for (const id of late.keys()) if (!early.has(id)) changed.add(id);
  }
  if (compared === 0) {
    throw new DataError("Cannot check whether items look ahead", {
      expected: "items of at least two days, made of the data up to a day too",
      actual: `${whole.length} items, days ${cuts.join(", ") || "none"}`,
      hint: "Choose days on which there are items: { cuts: [...] }",
    });
  }
  return { cuts, compared, changed: [...changed] };
}

function refuse(
  id: string,
  cut: string,
  difference: Difference | undefined,
): void {
  if (difference === undefined) return;
  const { source } = difference;
  const [early, late] = narrowed(difference);
  throw new NumericalError(
    `Cannot use item "${id}" as its source "${source}" looks ahead: entry ${
      entryName(difference)
    } changes when later data arrive`,
    {
      port: source,
      expected: `${early}, as known from data up to ${cut}`,
      actual: `${late}, with all data`,
      hint:
        "Use nothing after the day of the item: look for joins by the nearest day, statistics of the whole series, and texts that were edited later",
    },
  );
}
