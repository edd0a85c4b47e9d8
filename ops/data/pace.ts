/**
 * Turns of the event loop inside long loops.
 *
 * @module
 */

export { type Pace, pacer } from "../pace.ts";
