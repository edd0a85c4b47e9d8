/**
 * PyTorch and PEFT, where `python3` has them, in a process beside ours.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(
  new URL("./torch_training_peer.py", import.meta.url),
);

/** What a peer took. */
export interface TrainingTimes {
  /** The peer with its versions. */
  readonly name: string;
  /** Milliseconds of each step. */
  readonly stepMs: readonly number[];
}

/**
 * Steps of training.
 *
 * @param file A GGUF file.
 * @param base How the base is held: restored to f32, or packed by bitsandbytes.
 * @param tokens Tokens of a step.
 * @param rounds Steps that are measured.
 * @returns The times; undefined where Python does not have what it takes.
 */
export async function torchTraining(
  file: string,
  base: "f32" | "nf4",
  tokens: number,
  rounds: number,
): Promise<TrainingTimes | undefined> {
  const { stdout, success } = await new Deno.Command("python3", {
    args: [SCRIPT, file, base, String(tokens), String(rounds)],
    stdout: "piped",
    stderr: "null",
  }).output().catch(() => ({ stdout: new Uint8Array(), success: false }));
  return success ? JSON.parse(new TextDecoder().decode(stdout)) : undefined;
}
