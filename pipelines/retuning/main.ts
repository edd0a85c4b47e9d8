import { runCommand } from "../run_command.ts";
import { retuningCommand } from "./command.ts";

await runCommand(retuningCommand);
