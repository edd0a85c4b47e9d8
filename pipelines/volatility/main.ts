import { runCommand } from "../run_command.ts";
import { volatilityCommand } from "./command.ts";

await runCommand(volatilityCommand);
