/**
 * NumPy and PyTorch, where `python3` has them, in a process beside ours.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import type { Contender, Repeat } from "../contender.ts";

const SCRIPT = fileURLToPath(new URL("./python_peer.py", import.meta.url));

/**
 * A library of Python.
 *
 * @param library Its name.
 * @returns The contender; undefined where Python does not have it.
 */
export async function python(
  library: "numpy" | "torch",
): Promise<Contender | undefined> {
  const test = new Deno.Command("python3", {
    args: ["-c", `import ${library}; print(${library}.__version__)`],
    stdout: "piped",
    stderr: "null",
  });
  const found = await test.output().catch(() => undefined);
  if (found?.success !== true) return undefined;
  const version = new TextDecoder().decode(found.stdout).trim();
  const child = new Deno.Command("python3", {
    args: [SCRIPT],
    // Its threads fall asleep some milliseconds after their work rather than
    // take the processors from whoever is measured next.
    env: { OPENBLAS_THREAD_TIMEOUT: "22" },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const ask = async (order: unknown): Promise<{ ready?: string | null }> => {
    await writer.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`));
    let text = "";
    while (!text.endsWith("\n")) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`${library} ended in the middle of its work`);
      text += value;
    }
    return JSON.parse(text);
  };
  return {
    name: `${library} ${version}`,
    async prepare(work) {
      const { ready } = await ask({ case: work, library });
      if (typeof ready !== "string") return undefined;
      const repeat: Repeat = async (count) => {
        await ask({ repeat: count });
      };
      return repeat;
    },
    close() {
      writer.close();
    },
  };
}
