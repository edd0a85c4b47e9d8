/**
 * Ports: what may pass between ops, and how values are checked, digested,
 * saved, loaded and described.
 *
 * @module
 */

import { listPort, optionalPort, recordPort } from "./collection_ports.ts";
import { framePort, seriesPort } from "./frame_port.ts";
import { tensorPort } from "./tensor_port.ts";
import { filePort, textPort, valuePort } from "./value_port.ts";

/** The builders of ports. */
export interface PortBuilders {
  /** Tensors; see {@linkcode tensorPort}. */
  readonly tensor: typeof tensorPort;
  /** Data frames of nodejs-polars; see {@linkcode framePort}. */
  readonly frame: typeof framePort;
  /** Series of nodejs-polars; see {@linkcode seriesPort}. */
  readonly series: typeof seriesPort;
  /** Texts; see {@linkcode textPort}. */
  readonly text: typeof textPort;
  /** Files, known by their content; see {@linkcode filePort}. */
  readonly file: typeof filePort;
  /** What a zod schema describes; see {@linkcode valuePort}. */
  readonly value: typeof valuePort;
  /** Lists of what another port takes; see {@linkcode listPort}. */
  readonly list: typeof listPort;
  /** Records of what another port takes; see {@linkcode recordPort}. */
  readonly record: typeof recordPort;
  /** What may be left out; see {@linkcode optionalPort}. */
  readonly optional: typeof optionalPort;
}

/**
 * The builders of ports.
 *
 * @example
 * ```ts
 * import { port, z } from "@weft/weft";
 *
 * const logits = port.tensor(["f32", "f64"], ["batch", "vocab"]);
 * const prices = port.frame({ columns: { close: "f64" }, timeColumn: "date" });
 * const horizon = port.optional(z.number().int().positive());
 * console.log(logits.summary); // f32 | f64 tensor [batch, vocab]
 * console.log(prices.kind, horizon.isOptional); // frame true
 * ```
 */
export const port: PortBuilders = {
  tensor: tensorPort,
  frame: framePort,
  series: seriesPort,
  text: textPort,
  file: filePort,
  value: valuePort,
  list: listPort,
  record: recordPort,
  optional: optionalPort,
};

export { type Binding, Bindings } from "./bindings.ts";
export { codecFor, valueCodec } from "./codec.ts";
export { isLost } from "./lost.ts";
export { listPort, optionalPort, recordPort } from "./collection_ports.ts";
export type { ColumnDType } from "./column_dtypes.ts";
export type { Dimension } from "./dimensions.ts";
export { file, FileValue } from "./file_value.ts";
export {
  type FramePort,
  framePort,
  type FramePortOptions,
  seriesPort,
} from "./frame_port.ts";
export { outlineOf } from "./outline.ts";
export type {
  CheckPlace,
  Codec,
  Difference,
  Flattened,
  Holding,
  LoadedPart,
  LoadedValue,
  MayBeAbsent,
  OptionalPort,
  Outline,
  Part,
  PartFormat,
  Port,
  PortKind,
  PortLike,
  PortRecord,
  PortValue,
  PortValues,
  RequiredPorts,
  SavedValue,
} from "./port.ts";
export { tensorPort } from "./tensor_port.ts";
export { filePort, textPort, toPort, valuePort } from "./value_port.ts";
