// deno-lint-ignore-file no-console -- a command talks to its terminal
import { WeftError } from "../../runtime/core/errors.ts";
import { stockMovementCommand } from "./command.ts";

try {
  await stockMovementCommand(Deno.args, console.log);
} catch (error) {
  if (!(error instanceof WeftError)) throw error;
  console.error(`${error.name}: ${error.message}`);
  Deno.exitCode = 1;
}
