/**
 * Numbers as people write them into files: thousands separators, decimal
 * commas, currency signs. Nothing is guessed: what can be read in two ways is
 * an error.
 *
 * @module
 */

/** Which sign separates the decimals: `1,234.5` or `1.234,5`. */
export type DecimalSign = "point" | "comma";

const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const GROUPED_POINT = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$/;
const GROUPED_COMMA = /^[+-]?\d{1,3}(?:[. '\u00a0\u202f]\d{3})+(?:,\d*)?$/;
const PLAIN_COMMA = /^[+-]?(?:\d+,\d*|,\d+)$/;
const MISSING = new Set([
  "",
  "-",
  "--",
  ".",
  "na",
  "n/a",
  "#n/a",
  "nan",
  "null",
  "none",
]);

/**
 * Whether a field says that there is no value: empty, `-`, `NA`, `null`, `NaN`
 * and the like, in any case.
 *
 * @param text The trimmed field.
 * @returns `true` where the value is missing.
 */
export function isMissingText(text: string): boolean {
  return text.length <= 4 && MISSING.has(text.toLowerCase());
}

/**
 * Whether a text is a number in the notation of programs: `-12.5`, `1e6`.
 *
 * @param text The trimmed field.
 * @returns `true` where `Number(text)` reads it rightly.
 */
export function isPlainNumber(text: string): boolean {
  return PLAIN.test(text);
}

function withoutCurrency(text: string): string {
  return text.replace(/^([+-]?)[$€£]\s?/, "$1");
}

/**
 * Reads a number that is not in plain notation.
 *
 * @param text The trimmed field.
 * @param decimal Which sign separates the decimals.
 * @returns The number, or `undefined` where the text is none.
 */
export function parseFormattedNumber(
  text: string,
  decimal: DecimalSign,
): number | undefined {
  const bare = withoutCurrency(text);
  if (decimal === "point") {
    if (GROUPED_POINT.test(bare)) return Number(bare.replaceAll(",", ""));
    return PLAIN.test(bare) ? Number(bare) : undefined;
  }
  if (GROUPED_COMMA.test(bare)) {
    return Number(bare.replace(/[. '\u00a0\u202f]/g, "").replace(",", "."));
  }
  if (PLAIN_COMMA.test(bare)) return Number(bare.replace(",", "."));
  return /^[+-]?\d+$/.test(bare) ? Number(bare) : undefined;
}

/** What the numbers of a file say about its decimal sign. */
export type DecimalVerdict = DecimalSign | "ambiguous" | "mixed";

/**
 * Finds the decimal sign from the numbers that plain notation does not cover.
 *
 * @param texts The fields with a comma, a currency sign or a space in them.
 * @param plainDecimals Whether some plain number has decimals that cannot be
 * a group of three, such as `12.5`.
 * @returns The sign; `"ambiguous"` where both readings fit, as for `1,234`
 * alone; `"mixed"` where neither fits all fields.
 */
export function detectDecimalSign(
  texts: Iterable<string>,
  plainDecimals: boolean,
): DecimalVerdict {
  let point = true;
  let comma = !plainDecimals;
  let groupsSeen = plainDecimals;
  let anyComma = false;
  for (const text of texts) {
    const bare = withoutCurrency(text);
    if (point && parseFormattedNumber(text, "point") === undefined) {
      point = false;
    }
    if (comma && parseFormattedNumber(text, "comma") === undefined) {
      comma = false;
    }
    anyComma ||= bare.includes(",");
    // Two groups, or a group and a decimal point, settle it without doubt
    groupsSeen ||= /,\d{3}[,.]/.test(bare);
    if (!point && !comma) return "mixed";
  }
  if (point && comma) return anyComma && !groupsSeen ? "ambiguous" : "point";
  return point ? "point" : "comma";
}
