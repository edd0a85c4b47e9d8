/**
 * The options of fine-tuning.
 *
 * @module
 */

import { z } from "zod";
import { readArguments } from "../read_arguments.ts";

/** How the command is called. */
export const USAGE =
  `Usage: deno task finetune --model PLACE --data FILE --out DIR [options]

  --model PLACE       file or folder (safetensors, GGUF, llama2.c), or
                      hf:OWNER/NAME[@REVISION][/FILE] on the Hugging Face hub
  --tokenizer PATH    file of the tokenizer, where the model has none of its own
  --data FILE         examples, a JSON object a line: {"prompt", "completion"},
                      {"messages"} (answers are learnt) or {"text"}
  --eval FILE         examples for evaluation, which choose the best adapter
  --out DIR           where the adapter goes, in PEFT's format
  --resume            goes on from the last checkpoint in DIR

The base
  --base FORMAT       nf4 (default: QLoRA), or keep as the file has it
  --tables FORMAT     embedding and classifier: f16 (default), q8_0 or keep
  --block-size N      numbers of NF4 that share a scale (default 64)

The adapter
  --adapter DIR       an adapter to train further
  --rank N            rank (default 16)
  --alpha A           its product is multiplied by A / N (default N)
  --dropout P         inputs that are dropped (default 0)
  --targets LIST      layers, as q_proj,v_proj (default all-linear)
  --rank-stabilized   multiplies by A / √N instead
  --adapter-dtype D   f32 (default), f16 or bf16

Training
  --epochs N, --steps N
                      how long (default one epoch)
  --sequence-length N tokens of a row (default 512)
  --no-packing        gives each example a row of its own
  --overlong WHAT     examples that are longer: cut (default), skip or error
  --batch N           rows at once (default 1)
  --accumulation N    batches of a step (default 1)
  --learning-rate R   (default 2e-4)
  --schedule NAME     constant, linear or cosine (default)
  --warmup N          steps, or below 1 a part of all (default 0.03)
  --optimizer NAME    adamW (default) or adamW8bit
  --weight-decay W    (default 0)
  --max-gradient-norm N
                      (default 0.3)
  --dtype D           what is computed in: f32 (default) or f16
  --checkpointing W   whether blocks are computed again to save memory: on, off
                      or auto (default: where over 1 GB would be kept)
  --seed N            order, dropout and fresh factors (default 0)
  --evaluate-every N  steps between evaluations (default an epoch)
  --patience N        evaluations without progress until it ends (default never)
  --checkpoint-every N
                      steps between checkpoints (default only on Ctrl-C)

  --device NAME       preferred device: wasm, webgpu or reference
  --json              one object with all losses on standard output
  --help              this text

Progress goes to standard error; Ctrl-C writes a checkpoint and ends.`;

const number = z.coerce.number();
const count = number.pipe(z.int().min(1));
const whole = number.pipe(z.int().min(0));
const share = number.pipe(z.number().min(0).max(1));
const positive = number.pipe(z.number().positive());

const SHAPE = z.object({
  model: z.string().optional(),
  tokenizer: z.string().optional(),
  data: z.string().optional(),
  eval: z.string().optional(),
  out: z.string().optional(),
  resume: z.boolean().default(false),
  base: z.enum(["nf4", "keep"]).default("nf4"),
  tables: z.enum(["f16", "q8_0", "keep"]).default("f16"),
  blockSize: count.default(64),
  adapter: z.string().optional(),
  rank: count.optional(),
  alpha: positive.optional(),
  dropout: share.optional(),
  targets: z.string().optional(),
  rankStabilized: z.boolean().default(false),
  adapterDtype: z.enum(["f32", "f16", "bf16"]).default("f32"),
  epochs: count.optional(),
  steps: count.optional(),
  sequenceLength: count.optional(),
  packing: z.boolean().optional(),
  overlong: z.enum(["cut", "skip", "error"]).optional(),
  batch: count.optional(),
  accumulation: count.optional(),
  learningRate: positive.optional(),
  schedule: z.enum(["constant", "linear", "cosine"]).optional(),
  warmup: number.pipe(z.number().min(0)).optional(),
  optimizer: z.enum(["adamW", "adamW8bit"]).optional(),
  weightDecay: number.pipe(z.number().min(0)).optional(),
  maxGradientNorm: positive.optional(),
  dtype: z.enum(["f32", "f16"]).optional(),
  checkpointing: z.enum(["on", "off", "auto"]).default("auto"),
  seed: whole.optional(),
  evaluateEvery: whole.optional(),
  patience: whole.optional(),
  checkpointEvery: whole.optional(),
  device: z.string().optional(),
  json: z.boolean().default(false),
  help: z.boolean().default(false),
});

/** The options of the command, checked. */
export type FinetuneArguments = z.output<typeof SHAPE>;

/**
 * Reads the options of the command.
 *
 * @param args Arguments of the command line.
 * @returns The options; what was not said is undefined.
 * @throws {ParameterError} If an option is unknown or its value out of range.
 */
export function readFinetuneArguments(
  args: readonly string[],
): FinetuneArguments {
  return readArguments(args, {
    schema: SHAPE,
    flags: ["resume", "rankStabilized", "packing", "json", "help"],
    help: "deno task finetune --help",
  });
}
