/**
 * What a command sees of the terminal that it was started from.
 *
 * @module
 */

/** Where a command reads and writes. */
export interface Terminal {
  /** Writes a piece of the result. */
  write(text: string): void;
  /** Writes a line for people, beside the result. */
  note(line: string): void;
  /** What comes in, piece by piece. */
  readonly input: AsyncIterable<string>;
  /** Whether a person types, rather than a file or another program. */
  readonly isInputTerminal: boolean;
  /** Whether a person reads the result. */
  readonly isOutputTerminal: boolean;
  /**
   * Calls a function at each interrupt (Ctrl-C) until the result is called.
   *
   * @param listener The function.
   * @returns Stops it.
   */
  onInterrupt(listener: () => void): () => void;
}

/**
 * A text without characters that steer terminals: what a model or a file says may
 * hold them.
 *
 * @param text The text.
 * @returns It, with U+FFFD for each that is no tab and ends no line.
 */
export function withoutControls(text: string): string {
  return text.replace(/(?![\t\n])\p{Cc}/gu, "\ufffd");
}

/**
 * The terminal of this process. Where a person reads, control characters are not
 * written as they are.
 *
 * @returns The terminal.
 */
export function processTerminal(): Terminal {
  const encoder = new TextEncoder();
  const writeAll = (
    to: Pick<typeof Deno.stdout, "isTerminal" | "writeSync">,
    text: string,
  ) => {
    let bytes = encoder.encode(to.isTerminal() ? withoutControls(text) : text);
    while (bytes.length > 0) bytes = bytes.subarray(to.writeSync(bytes));
  };
  return {
    write: (text) => writeAll(Deno.stdout, text),
    note: (line) => writeAll(Deno.stderr, `${line}\n`),
    input: Deno.stdin.readable.pipeThrough(new TextDecoderStream()),
    isInputTerminal: Deno.stdin.isTerminal(),
    isOutputTerminal: Deno.stdout.isTerminal(),
    onInterrupt(listener) {
      Deno.addSignalListener("SIGINT", listener);
      return () => Deno.removeSignalListener("SIGINT", listener);
    },
  };
}
