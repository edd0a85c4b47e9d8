import assert from "node:assert/strict";
import { z } from "zod";
import { ParameterError } from "../runtime/core/errors.ts";
import { readChatArguments, USAGE as CHAT } from "./language/chat_command.ts";
import {
  readFinetuneArguments,
  USAGE as FINETUNE,
} from "./language/finetune_arguments.ts";
import {
  readGenerateArguments,
  USAGE as GENERATE,
} from "./language/generate_command.ts";
import { readOptions, USAGE as OUTLOOK } from "./outlook/options.ts";
import { dashed, readArguments } from "./read_arguments.ts";
import { readRetuningOptions, RETUNING_USAGE } from "./retuning/command.ts";
import {
  readStockMovementOptions,
  STOCK_MOVEMENT_USAGE,
} from "./stock_movement/command.ts";
import {
  readVolatilityOptions,
  VOLATILITY_USAGE,
} from "./volatility/command.ts";

Deno.test("readArguments gives a field to every option, said or not", () => {
  const rules = {
    schema: z.object({
      maxTokens: z.coerce.number().pipe(z.int()).optional(),
      name: z.string().default("a"),
      stop: z.array(z.string()).optional(),
      isTold: z.boolean().optional(),
    }),
    flags: ["isTold"] as const,
    lists: ["stop"] as const,
    help: "help",
  };
  const none = readArguments([], rules);
  assert.deepEqual(Object.keys(none), Object.keys(rules.schema.shape));
  assert.deepEqual(none, {
    maxTokens: undefined,
    name: "a",
    stop: undefined,
    isTold: undefined,
  });
  assert.deepEqual(
    readArguments(
      ["--max-tokens=3", "--stop", "x", "--stop", "y", "--no-is-told"],
      rules,
    ),
    { maxTokens: 3, name: "a", stop: ["x", "y"], isTold: false },
  );
  assert.throws(
    () => readArguments(["--max-tokens", "x"], rules),
    (error) =>
      error instanceof ParameterError &&
      error.message.includes('--max-tokens "x"'),
  );
});

/** What each command reads from an empty command line, and what it tells of itself. */
const COMMANDS: Readonly<
  Record<string, { readonly options: object; readonly usage: string }>
> = {
  chat: { options: readChatArguments([]), usage: CHAT },
  finetune: { options: readFinetuneArguments([]), usage: FINETUNE },
  generate: { options: readGenerateArguments([]), usage: GENERATE },
  outlook: { options: readOptions([]), usage: OUTLOOK },
  retuning: { options: readRetuningOptions([]), usage: RETUNING_USAGE },
  "stock-movement": {
    options: readStockMovementOptions([]),
    usage: STOCK_MOVEMENT_USAGE,
  },
  volatility: { options: readVolatilityOptions([]), usage: VOLATILITY_USAGE },
};

for (const [command, { options, usage }] of Object.entries(COMMANDS)) {
  Deno.test(`the usage text of ${command} names its options, all and no others`, () => {
    const said = [...usage.matchAll(/--(?:no-)?([a-z][a-z0-9-]*)/g)]
      .map((match) => match[1]!);
    assert.deepEqual(
      [...new Set(said)].sort(),
      Object.keys(options).map(dashed).sort(),
    );
  });
}
