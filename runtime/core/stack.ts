/**
 * Stacks without the frames of the framework: a notebook shows nothing but
 * the stack of an error, so what is in it should be the user's own code.
 *
 * @module
 */

/** Frames of the framework itself, of Deno and of packages. */
const FOREIGN =
  /\/runtime\/(core|flow|ports|tensor|compiler|device)\/(?!.*_test\.ts)|\bext:|\bnode:|\/npm\/|\/node_modules\//;

function framesOf(error: unknown): string[] {
  const stack = error instanceof Error ? error.stack ?? "" : "";
  return stack.split("\n").filter((line) => /^\s+at /.test(line));
}

/**
 * Gives an error a stack with its message and the frames of user code only.
 *
 * @param error The error whose stack is set.
 * @param thrown What was thrown first, whose frames are shown.
 * @returns The error.
 */
export function withUserFrames<E extends Error>(error: E, thrown: unknown): E {
  const frames = framesOf(thrown);
  const own = frames.filter((frame) => !FOREIGN.test(frame));
  const shown = own.length > 0 ? own : frames.slice(0, 3);
  error.stack = [`${error.name}: ${error.message}`, ...shown].join("\n");
  return error;
}
