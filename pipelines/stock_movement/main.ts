import { runCommand } from "../run_command.ts";
import { stockMovementCommand } from "./command.ts";

await runCommand(stockMovementCommand);
