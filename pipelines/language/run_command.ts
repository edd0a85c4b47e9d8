/**
 * How commands about language models start and end.
 *
 * @module
 */

import { CancelledError, WeftError } from "../../runtime/core/errors.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** What shells expect of a program that an interrupt ended. */
const INTERRUPTED = 130;

/**
 * Runs a command; ends the process with 0, with 1 where it fails as our errors
 * tell, and with 130 where it was interrupted.
 *
 * @param command The command.
 */
export async function runCommand(
  command: (args: readonly string[], terminal: Terminal) => Promise<void>,
): Promise<void> {
  const terminal = processTerminal();
  try {
    await command(Deno.args, terminal);
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    if (error instanceof CancelledError) Deno.exit(INTERRUPTED);
    terminal.note(`${error.name}: ${error.message}`);
    Deno.exit(1);
  }
  // Input that nobody reads any more would keep the process alive.
  Deno.exit(0);
}
