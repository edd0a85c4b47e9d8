import { finetuneCommand } from "./finetune_command.ts";
import { runCommand } from "./run_command.ts";

await runCommand(finetuneCommand);
