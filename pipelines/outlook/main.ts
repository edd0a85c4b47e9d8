import { runCommand } from "../run_command.ts";
import { outlookCommand } from "./command.ts";

await runCommand(outlookCommand);
