/**
 * Findings: what is odd in a price file, each kind with a name, a count, a
 * sample and a sentence.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../runtime/core/errors.ts";
import { toISODay } from "./days.ts";
import { NO_DAY, type PriceTable } from "./price_table.ts";

/** The names of all findings. */
export const FINDING_CODES = [
  "unparseable-date",
  "unparseable-number",
  "conflicting-duplicates",
  "duplicate-rows",
  "out-of-order",
  "non-positive-close",
  "non-positive-price",
  "zero-open",
  "negative-volume",
  "zero-volume",
  "missing-value",
  "missing-column",
  "high-below-body",
  "low-above-body",
  "calendar-gap",
  "not-a-trading-day",
  "calendar-not-checked",
  "split-like-jump",
  "stale-open",
  "adjusted-prices",
  "raw-prices",
] as const;

/** The name of a finding. */
export type FindingCode = typeof FINDING_CODES[number];

/** What is done about a finding: refuse the file, report it, or say nothing. */
export type FindingAction = "error" | "finding" | "ignore";

/** What is done about each finding; what is not named keeps its default. */
export type FindingPolicy = { readonly [C in FindingCode]?: FindingAction };

/** One place where something was found. */
export interface FindingPlace {
  /** Line of a text file or row of a table, from 1; 0 for the whole file. */
  readonly position: number;
  /** The day as ISO text; `null` where there is none. */
  readonly date: string | null;
  /** The ticker; `null` where there is none. */
  readonly ticker: string | null;
  /** What stands there. */
  readonly detail: string;
}

/** Something odd in a price file. */
export interface Finding {
  /** Its name. */
  readonly code: FindingCode;
  /** `"warning"` may harm results; `"info"` says what was done. */
  readonly severity: "info" | "warning";
  /** How often it was found. */
  readonly count: number;
  /** The first few places. */
  readonly sample: readonly FindingPlace[];
  /** One sentence that says what was found and what was done about it. */
  readonly message: string;
}

/** The schema of a {@linkcode Finding}. */
export const findingSchema: z.ZodType<Finding> = z.object({
  code: z.enum(FINDING_CODES),
  severity: z.enum(["info", "warning"]),
  count: z.number().int().nonnegative(),
  sample: z.array(z.object({
    position: z.number().int().nonnegative(),
    date: z.string().nullable(),
    ticker: z.string().nullable(),
    detail: z.string(),
  })),
  message: z.string(),
});

/** The schema of a {@linkcode FindingPolicy}. */
export const findingPolicySchema: z.ZodType<FindingPolicy> = z.partialRecord(
  z.enum(FINDING_CODES),
  z.enum(["error", "finding", "ignore"]),
);

/** Findings that refuse the file unless the policy says otherwise. */
export const DEFAULT_ERRORS: readonly FindingCode[] = [
  "unparseable-date",
  "unparseable-number",
  "conflicting-duplicates",
  "non-positive-close",
];

const SAMPLE_SIZE = 5;

const INFORMATION: ReadonlySet<FindingCode> = new Set<FindingCode>([
  "adjusted-prices",
  "raw-prices",
  "calendar-not-checked",
]);

const MEANING: Readonly<Record<FindingCode, [what: string, done: string]>> = {
  "unparseable-date": ["dates that cannot be read", "the rows are left out"],
  "unparseable-number": ["numbers that cannot be read", "taken as missing"],
  "conflicting-duplicates": [
    "rows with the same day but other values",
    "the last one counts",
  ],
  "duplicate-rows": ["rows that repeat another one", "left out"],
  "out-of-order": [
    "rows with an earlier day than the row before",
    "all rows are sorted by day",
  ],
  "non-positive-close": ["closes that are zero or less", "taken as missing"],
  "non-positive-price": [
    "open, high, low or adjusted prices that are zero or less",
    "taken as missing",
  ],
  "zero-open": [
    "opens of exactly zero, which stands for unknown",
    "taken as missing",
  ],
  "negative-volume": ["volumes below zero", "taken as missing"],
  "zero-volume": ["days without volume", "kept"],
  "missing-value": ["missing values", "kept as null"],
  "missing-column": ["columns that the file lacks", "filled with null"],
  "high-below-body": ["highs below the open or the close", "kept"],
  "low-above-body": ["lows above the open or the close", "kept"],
  "calendar-gap": ["trading days without a row", "nothing is filled in"],
  "not-a-trading-day": ["rows on days that are no trading days", "kept"],
  "calendar-not-checked": [
    "rows before or after the years that the calendar knows",
    "their gaps are not checked",
  ],
  "split-like-jump": [
    "jumps between two closes that look like an unadjusted split",
    "kept",
  ],
  "stale-open": [
    "opens that repeat the close before, five or more days in a row",
    "kept; estimators that use the open see no overnight move there",
  ],
  "adjusted-prices": [
    "rows of which open, high, low and close are scaled to the adjusted close",
    "the volume is as in the file",
  ],
  "raw-prices": ["rows taken as they stand in the file", "nothing adjusted"],
};

interface Collected {
  count: number;
  readonly sample: FindingPlace[];
}

/** Gathers findings while a table is checked. */
export class FindingCollector {
  readonly #collected = new Map<FindingCode, Collected>();
  readonly #source: string;
  readonly #policy: FindingPolicy;

  /**
   * @param source What the file is called in messages.
   * @param policy What is done about each finding.
   */
  constructor(source: string, policy: FindingPolicy) {
    this.#source = source;
    this.#policy = policy;
  }

  /**
   * Counts one place.
   *
   * @param code What was found.
   * @param table The table.
   * @param row The row, or -1 for the whole file.
   * @param detail What stands there; only asked for while the sample is short.
   * @param count How many times it counts.
   */
  note(
    code: FindingCode,
    table: PriceTable,
    row: number,
    detail: () => string,
    count = 1,
  ): void {
    let collected = this.#collected.get(code);
    if (collected === undefined) {
      collected = { count: 0, sample: [] };
      this.#collected.set(code, collected);
    }
    collected.count += count;
    if (collected.sample.length < SAMPLE_SIZE) {
      collected.sample.push(placeOf(table, row, detail()));
    }
  }

  /**
   * Throws for what the policy does not bear so far.
   *
   * @param positionKind What positions count.
   * @throws {DataError} Naming the findings with their places.
   */
  refuse(positionKind: PriceTable["positionKind"]): void {
    const refused = FINDING_CODES.filter((code) =>
      this.#collected.has(code) && this.#actionOn(code) === "error"
    );
    const [first] = refused;
    if (first === undefined) return;
    const summary = refused.map((code) => this.#summary(code)).join(" and ");
    const collected = this.#collected.get(first) as Collected;
    throw new DataError(
      `Cannot read prices as "${this.#source}" has ${summary}`,
      {
        expected: refused.map((code) => `no "${code}"`).join(", "),
        actual: collected.sample.map((place) => describe(place, positionKind))
          .join("\n"),
        hint: `Mend the file, or bear it with policy: { ` +
          `"${first}": "finding" }: then ${MEANING[first][1]}`,
      },
    );
  }

  /**
   * The findings to report, in the order of their names above.
   *
   * @returns What was found and is not ignored.
   */
  findings(): Finding[] {
    return FINDING_CODES.flatMap((code) => {
      const collected = this.#collected.get(code);
      if (collected === undefined || this.#actionOn(code) === "ignore") {
        return [];
      }
      return [{
        code,
        severity: INFORMATION.has(code) ? "info" as const : "warning" as const,
        count: collected.count,
        sample: collected.sample,
        message: sentence(`${this.#summary(code)}: ${MEANING[code][1]}`),
      }];
    });
  }

  #actionOn(code: FindingCode): FindingAction {
    return this.#policy[code] ??
      (DEFAULT_ERRORS.includes(code) ? "error" : "finding");
  }

  #summary(code: FindingCode): string {
    return `${MEANING[code][0]} (${this.#collected.get(code)?.count ?? 0})`;
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function placeOf(
  table: PriceTable,
  row: number,
  detail: string,
): FindingPlace {
  if (row < 0) return { position: 0, date: null, ticker: null, detail };
  const day = table.day[row] ?? NO_DAY;
  const code = table.ticker?.codes[row];
  return {
    position: table.position[row] ?? 0,
    date: day === NO_DAY ? null : toISODay(day),
    ticker: code === undefined ? null : table.ticker?.names[code] ?? null,
    detail,
  };
}

function describe(
  { position, date, ticker, detail }: FindingPlace,
  positionKind: string,
): string {
  const where = position === 0 ? "" : `${positionKind} ${position}: `;
  const which = [ticker, date].filter((part) => part !== null).join(" ");
  return `${where}${which}${which === "" ? "" : " "}${detail}`;
}
