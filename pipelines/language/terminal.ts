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
 * The terminal of this process.
 *
 * @returns The terminal.
 */
export function processTerminal(): Terminal {
  const encoder = new TextEncoder();
  const writeAll = (
    to: { writeSync(bytes: Uint8Array): number },
    text: string,
  ) => {
    let bytes = encoder.encode(text);
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
