/**
 * Ends a text before the first of some strings that is complete, and holds back what may become
 * one.
 *
 * @module
 */

import { ParameterError } from "../../../runtime/core/errors.ts";

/** Text that comes in pieces, without any part of a stop string. */
export class StopStrings {
  readonly #stops: readonly string[];
  #held = "";
  #isStopped = false;

  /**
   * @param stops The strings; none never stops.
   * @throws {ParameterError} When one is empty.
   */
  constructor(stops: readonly string[]) {
    if (stops.includes("")) {
      throw new ParameterError("Cannot stop at an empty string", {
        expected: "strings of at least one character",
      });
    }
    this.#stops = stops;
  }

  /** Whether a stop string came. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /**
   * Adds a piece.
   *
   * @param piece The piece.
   * @returns The text that is sure now.
   */
  push(piece: string): string {
    if (this.#isStopped) return "";
    const text = this.#held + piece;
    const found = this.#stops.map((stop) => ({ at: text.indexOf(stop), stop }))
      .filter(({ at }) => at >= 0)
      // The one that ends first, so that it does not matter how a text is cut.
      .sort((a, b) =>
        a.at + a.stop.length - b.at - b.stop.length || a.at - b.at
      );
    if (found.length > 0) {
      this.#isStopped = true;
      this.#held = "";
      return text.slice(0, found[0]!.at);
    }
    const sure = text.length -
      Math.max(0, ...this.#stops.map((stop) => overlap(text, stop)));
    this.#held = text.slice(sure);
    return text.slice(0, sure);
  }

  /**
   * Ends the text.
   *
   * @returns What was held back.
   */
  flush(): string {
    const held = this.#held;
    this.#held = "";
    return held;
  }
}

/** Length of the longest end of a text that a string begins with. */
function overlap(text: string, stop: string): number {
  let length = Math.min(text.length, stop.length - 1);
  while (length > 0 && !text.endsWith(stop.slice(0, length))) length--;
  return length;
}
