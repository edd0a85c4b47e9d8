/**
 * What happens to the last value of a cell in Deno's kernel.
 *
 * Frames and records of results become what {@linkcode show} makes of them: the
 * frames of polars show themselves without their shape, and records not at all.
 *
 * And a cell is kept open until its outputs have left the kernel, which sends
 * outputs and the word "idle" on two paths: when a large output loses the race,
 * front ends drop it, because the cell is over for them.
 *
 * @module
 */

import { isDescribed } from "../core/describe.ts";
import { isDisplayable } from "./bundle.ts";
import { isFrame } from "./frame_view.ts";
import { endCell } from "./jupyter_progress.ts";
import { isRecord, show } from "./show.ts";

/** The part of the kernel's own interface that is held back. */
export interface ResultSender {
  /** Sends the result of a cell; the cell ends when the promise settles. */
  broadcastResult?: (count: number, result: unknown) => Promise<void>;
}

/** Time for what is queued besides the result, such as the panel of a run. */
const GRACE_MS = 20;
/** The kernel signs and sends about 60 MB in a second; this is a third of it. */
const MS_A_CHARACTER = 50 / 1_000_000;

let pendingCharacters = 0;

/**
 * Tells how large an output is that was just handed to the kernel.
 *
 * @param characters About how many characters it has.
 */
export function noteOutput(characters: number): void {
  pendingCharacters += characters;
}

/**
 * Makes each cell show its last value as Weft draws it, and wait for its
 * outputs. Calling it again changes nothing.
 *
 * @param sender The kernel's own interface; left alone where it is not as
 * expected.
 */
export function improveCells(sender: ResultSender): void {
  const send = sender.broadcastResult;
  if (typeof send !== "function" || improved.has(send)) return;
  const improve = async (count: number, result: unknown) => {
    await send(count, isBetterShown(result) ? show(result) : result);
    const wait = GRACE_MS + pendingCharacters * MS_A_CHARACTER;
    pendingCharacters = 0;
    await new Promise((resolve) => setTimeout(resolve, wait));
    endCell();
  };
  improved.add(improve);
  sender.broadcastResult = improve;
}

const improved = new WeakSet<object>();

/** What Weft draws and does not show itself so, and records that hold any of it. */
function isBetterShown(value: unknown): boolean {
  const isDrawn = (one: unknown) => isFrame(one) || isDescribed(one);
  if (isDrawn(value)) return isFrame(value) || !isDisplayable(value);
  return isRecord(value) &&
    Object.values(value).some((inner) =>
      isDrawn(inner) || isDisplayable(inner)
    );
}

/**
 * The interface of the kernel around the code.
 *
 * @returns Undefined outside of a notebook, or where Deno has changed it.
 */
export function currentSender(): ResultSender | undefined {
  const { internal } = Deno as unknown as { internal?: symbol };
  if (internal === undefined) return undefined;
  const inner = (Deno as unknown as Record<symbol, unknown>)[internal];
  const sender = (inner as { jupyter?: ResultSender } | undefined)?.jupyter;
  return typeof sender === "object" ? sender : undefined;
}
