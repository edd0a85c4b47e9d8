/**
 * Colours of figures and graphs, told apart by most colour-blind readers and
 * legible on light and dark paper.
 *
 * @module
 */

/** Colours of series in their order (the "bright" scheme of Paul Tol). */
export const SERIES_COLORS: readonly string[] = [
  "#4477aa",
  "#ee6677",
  "#228833",
  "#ccbb44",
  "#66ccee",
  "#aa3377",
  "#888888",
];

/**
 * The colour of the n-th series; repeats after the last.
 *
 * @param index Zero-based position.
 * @returns A hexadecimal colour.
 */
export function seriesColor(index: number): string {
  return SERIES_COLORS[index % SERIES_COLORS.length] ?? "#888888";
}

type Rgb = readonly [red: number, green: number, blue: number];

function parseHex(color: string): Rgb {
  const digits = color.slice(1);
  const part = (index: number) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16);
  return [part(0), part(1), part(2)];
}

/**
 * A translucent form of a hexadecimal colour.
 *
 * @param color For example `#4477aa`.
 * @param alpha From 0 (invisible) to 1.
 * @returns A CSS `rgba()` colour, which plotly and SVG both take.
 */
export function withAlpha(color: string, alpha: number): string {
  return `rgba(${parseHex(color).join(",")},${alpha})`;
}

/** Sequential colours from nothing to much: [position, colour] pairs. */
export const SEQUENTIAL: readonly (readonly [number, string])[] = [
  [0, "#f3f7fb"],
  [0.25, "#c3d8ea"],
  [0.5, "#84aed2"],
  [0.75, "#4477aa"],
  [1, "#1f3f66"],
];

/** Diverging colours around a middle: [position, colour] pairs. */
export const DIVERGING: readonly (readonly [number, string])[] = [
  [0, "#2d5f94"],
  [0.25, "#8fb4d6"],
  [0.5, "#f5f5f3"],
  [0.75, "#eda3a4"],
  [1, "#b83a4b"],
];

/**
 * The colour at a position of a scale, by linear interpolation.
 *
 * @param scale Pairs in rising order of position.
 * @param position From 0 to 1; clamped.
 * @returns A hexadecimal colour.
 */
export function scaleColor(
  scale: readonly (readonly [number, string])[],
  position: number,
): string {
  const at = Math.min(1, Math.max(0, position));
  let [left, right] = [scale[0], scale[0]];
  for (const stop of scale) {
    right = stop;
    if (stop[0] >= at) break;
    left = stop;
  }
  if (left === undefined || right === undefined) return "#888888";
  const span = right[0] - left[0];
  const share = span > 0 ? (at - left[0]) / span : 0;
  const from = parseHex(left[1]);
  const to = parseHex(right[1]);
  return "#" +
    from.map((value, index) =>
      Math.round(value + share * ((to[index] ?? value) - value))
        .toString(16).padStart(2, "0")
    ).join("");
}

/**
 * Black or white, whichever is read more easily on a background.
 *
 * @param background A hexadecimal colour.
 * @returns `#1b1f24` or `#ffffff`.
 */
export function inkOn(background: string): string {
  const [red, green, blue] = parseHex(background).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return luminance > 0.36 ? "#1b1f24" : "#ffffff";
}
