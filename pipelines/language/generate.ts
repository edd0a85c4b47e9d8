import { generateCommand } from "./generate_command.ts";
import { runCommand } from "./run_command.ts";

await runCommand(generateCommand);
