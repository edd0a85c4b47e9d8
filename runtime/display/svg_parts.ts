/**
 * The smallest parts of an SVG drawing: numbers, strokes and text.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { LineStyle } from "./figure_spec.ts";
import { escapeHtml } from "../core/text.ts";

/**
 * Pixels as SVG text: two digits after the point are finer than any screen.
 *
 * @param value In pixels.
 * @returns The number as short text.
 */
export function px(value: number): string {
  return String(Number(value.toFixed(2)));
}

/**
 * The attributes of a stroke.
 *
 * @param line How it is drawn; solid and two pixels wide by default.
 * @param color Its colour where the line has none of its own.
 * @returns Attributes for an SVG element.
 */
export function strokeAttributes(
  line: LineStyle | undefined,
  color: string,
): string {
  const width = line?.width ?? 2;
  const dash = {
    solid: "",
    dot: `${width} ${2 * width}`,
    dash: `${4 * width} ${2.5 * width}`,
    dashdot: `${4 * width} ${2 * width} ${width} ${2 * width}`,
  }[line?.dash ?? "solid"];
  return `stroke="${escapeHtml(line?.color ?? color)}" stroke-width="${
    px(width)
  }"${dash === "" ? "" : ` stroke-dasharray="${dash}"`}`;
}

/** How a text is drawn. */
export interface TextStyle {
  /** Which part of it stands at the point; `start` by default. */
  readonly anchor?: "start" | "middle" | "end";
  /** In pixels; 12 by default. */
  readonly size?: number;
  /** A CSS colour; that of the group around it by default. */
  readonly fill?: string;
  /** From 100 to 900. */
  readonly weight?: number;
  /** In degrees. */
  readonly rotate?: number;
}

/**
 * A text at a point.
 *
 * @param x Of its anchor, in pixels.
 * @param y Of its base line, in pixels.
 * @param text Any text; it is escaped.
 * @param style How it is drawn.
 * @returns A `<text>` element.
 */
export function textAt(
  x: number,
  y: number,
  text: string,
  style: TextStyle,
): string {
  const turn = style.rotate === undefined
    ? ""
    : ` transform="rotate(${style.rotate} ${px(x)} ${px(y)})"`;
  const weight = style.weight === undefined
    ? ""
    : ` font-weight="${style.weight}"`;
  const fill = style.fill === undefined ? "" : ` fill="${style.fill}"`;
  return `<text x="${px(x)}" y="${px(y)}" text-anchor="${
    style.anchor ?? "start"
  }" font-size="${style.size ?? 12}"${weight}${fill}${turn}>${
    escapeHtml(text)
  }</text>`;
}

/**
 * An SVG as an image of a page. Viewers that do not trust a notebook (yet)
 * take `<svg>` elements out of it, but leave images.
 *
 * @param svg A whole SVG document, on paper of its own.
 * @param alt What it shows, in words.
 * @returns An `<img>` element.
 */
export function svgImage(svg: string, alt: string): string {
  const data = Buffer.from(svg, "utf8").toString("base64");
  return `<img alt="${escapeHtml(alt)}" style="max-width:100%" ` +
    `src="data:image/svg+xml;base64,${data}">`;
}
