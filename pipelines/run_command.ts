/**
 * How commands that write a report start and end.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a command talks to its terminal

import { WeftError } from "../runtime/core/errors.ts";

/**
 * Runs a command with the arguments of the process; where it fails as our errors
 * tell, the process says so and ends with 1.
 *
 * @param command The command; lines are printed by its second argument.
 */
export async function runCommand(
  command: (
    args: readonly string[],
    print: (line: string) => void,
  ) => Promise<void>,
): Promise<void> {
  try {
    await command(Deno.args, console.log);
  } catch (error) {
    if (!(error instanceof WeftError)) throw error;
    console.error(`${error.name}: ${error.message}`);
    Deno.exitCode = 1;
  }
}
