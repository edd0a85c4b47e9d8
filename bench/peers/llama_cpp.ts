/**
 * llama.cpp, where `python3` has it, in a process beside ours.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { AnswerTimes, Writer } from "../writer.ts";

const SCRIPT = fileURLToPath(new URL("./llama_cpp_peer.py", import.meta.url));

/**
 * llama.cpp with a model.
 *
 * @param file A GGUF file.
 * @returns The writer; undefined where Python does not have it.
 */
export async function llamaCpp(file: string): Promise<Writer | undefined> {
  const test = new Deno.Command("python3", {
    args: ["-c", "import llama_cpp; print(llama_cpp.__version__)"],
    stdout: "piped",
    stderr: "null",
  });
  const found = await test.output().catch(() => undefined);
  if (found?.success !== true) return undefined;
  const version = new TextDecoder().decode(found.stdout).trim();
  const child = new Deno.Command("python3", {
    args: [SCRIPT, file, String(navigator.hardwareConcurrency)],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  return {
    name: `llama-cpp-python ${version}`,
    async answer(prompt, count): Promise<AnswerTimes> {
      const order = JSON.stringify({ prompt, count });
      await writer.write(new TextEncoder().encode(`${order}\n`));
      let text = "";
      while (!text.endsWith("\n")) {
        const { done, value } = await reader.read();
        if (done) throw new Error("llama.cpp ended in the middle of its work");
        text += value;
      }
      return JSON.parse(text);
    },
    close() {
      writer.close();
    },
  };
}
