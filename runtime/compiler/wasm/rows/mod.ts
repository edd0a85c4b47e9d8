/**
 * Row and loop kernels for the `wasm` device.
 *
 * @module
 */

export { renderLoop } from "./render_loop.ts";
export { renderRows } from "./render_rows.ts";
