/**
 * Small pure helpers that turn values into text for people: escaping, numbers,
 * durations, sizes.
 *
 * @module
 */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const FORBIDDEN_IN_XML =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/**
 * Escapes a text for HTML and SVG, inside elements and quoted attributes.
 * Control characters that XML forbids become U+FFFD.
 *
 * @param text Any value; it is turned into a string first.
 * @returns Text that no parser takes for markup.
 */
export function escapeHtml(text: unknown): string {
  return String(text)
    .replaceAll(FORBIDDEN_IN_XML, "\ufffd")
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/**
 * JSON that may stand inside a `<script>` element: `<` never appears, so
 * neither `</script>` nor `<!--` can end it early.
 *
 * @param value What `JSON.stringify` accepts.
 * @returns The text.
 */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}

/**
 * A number for people: at most `digits` significant digits, no trailing
 * zeros, exponents only where plain digits would be long.
 *
 * @param value The number.
 * @param digits Significant digits; 4 by default.
 * @returns For example `0.0125`, `1.3e-9`, `12,345`, `NaN`.
 *
 * @example
 * ```ts
 * import { formatNumber } from "@weft/weft/display";
 *
 * console.log(formatNumber(0.0125), formatNumber(1234567.8)); // 0.0125 1,234,568
 * ```
 */
export function formatNumber(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value).replace("-", "−");
  if (value === 0) return "0";
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size >= 1e9 || size < 1e-4) {
    const [mantissa = "", exponent = ""] = size
      .toExponential(digits - 1)
      .split("e");
    const short = mantissa.includes(".")
      ? mantissa.replace(/\.?0+$/, "")
      : mantissa;
    return `${sign}${short}e${exponent.replace("+", "")}`;
  }
  if (Number.isInteger(value)) return sign + groupThousands(String(size));
  if (size >= 10 ** digits) {
    return sign + groupThousands(String(Math.round(size)));
  }
  const plain = String(Number(size.toPrecision(digits)));
  const [whole = "", fraction] = plain.split(".");
  return sign + groupThousands(whole) +
    (fraction === undefined ? "" : `.${fraction}`);
}

function groupThousands(digits: string): string {
  return digits.length <= 4
    ? digits
    : digits.replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

/**
 * A duration for people.
 *
 * @param ms Milliseconds.
 * @returns For example `0.4 ms`, `87 ms`, `1.3 s`, `2 min 05 s`.
 *
 * @example
 * ```ts
 * import { formatBytes, formatCount, formatDuration } from "@weft/weft/display";
 *
 * console.log(formatDuration(125_000)); // 2 min 05 s
 * console.log(formatBytes(1536), formatCount(1204, "row")); // 1.5 KiB 1204 rows
 * ```
 */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return "?";
  if (ms < 9.95) return `${Number(ms.toFixed(1))} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const pad = (part: number) => String(part).padStart(2, "0");
  return minutes < 60
    ? `${minutes} min ${pad(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/**
 * A size in memory or on disk for people, in powers of 1024.
 *
 * @param bytes Number of bytes.
 * @returns For example `512 B`, `1.5 KiB`, `20 MiB`.
 */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1023.5 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  const digits = unit === 0 || size >= 9.95 ? 0 : 1;
  return `${Number(size.toFixed(digits))} ${units[unit] ?? ""}`;
}

/**
 * A count with its noun.
 *
 * @param count How many.
 * @param noun The noun in the singular.
 * @param plural The plural; the noun with an "s" by default.
 * @returns For example `1 node`, `12,040 rows`.
 */
export function formatCount(
  count: number,
  noun: string,
  plural: string = `${noun}s`,
): string {
  return `${formatNumber(count, 15)} ${count === 1 ? noun : plural}`;
}
