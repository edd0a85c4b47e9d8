/**
 * Expressions as WGSL.
 *
 * @module
 */

export { BufferAccess } from "./buffers.ts";
export { LaneAnalysis, type LaneStep } from "./lane_steps.ts";
export { ENTRY_POINT, type ModuleInterface, WgslModule } from "./module.ts";
export { WgslScope, type WgslValue } from "./scope.ts";
export {
  isPacked,
  literal,
  type ScalarType,
  scalarType,
  valueType,
  widen,
  type Width,
} from "./types.ts";
export { inOneWord, laneBytes } from "./packed_bytes.ts";
export { visitUnknown } from "./walk.ts";
