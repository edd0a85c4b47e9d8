import { chatCommand } from "./chat_command.ts";
import { runCommand } from "./run_command.ts";

await runCommand(chatCommand);
