/**
 * transformers.js on ONNX Runtime's native CPU kernels; loaded as `jax.ts` is.
 *
 * @module
 */

import { basename, dirname } from "node:path";
import {
  AutoModelForCausalLM,
  AutoTokenizer,
  env,
  Tensor,
  TextStreamer,
} from "npm:@huggingface/transformers@4.3.2";
import type { Writer } from "../writer.ts";

/** Looks at the clock: the prompt comes first, then each token. */
class Clock extends TextStreamer {
  readonly times: number[] = [];
  #last = performance.now();

  override put(): void {
    const now = performance.now();
    this.times.push(now - this.#last);
    this.#last = now;
  }

  override end(): void {}
}

/**
 * transformers.js with a model.
 *
 * @param folder A folder that `export_onnx.py` made.
 * @param dtype Which of its models: "fp32" or "q4".
 * @returns The writer.
 */
export async function transformersJs(
  folder: string,
  dtype: "fp32" | "q4",
): Promise<Writer> {
  env.allowRemoteModels = false;
  env.localModelPath = dirname(folder);
  const model = await AutoModelForCausalLM.from_pretrained(basename(folder), {
    dtype,
    device: "cpu",
    session_options: { intraOpNumThreads: navigator.hardwareConcurrency },
  });
  const tokenizer = await AutoTokenizer.from_pretrained(basename(folder));
  return {
    name: `transformers.js 4.3.2, ${dtype}`,
    async answer(prompt, count) {
      const shape = [1, prompt.length];
      const streamer = new Clock(tokenizer);
      await model.generate({
        input_ids: new Tensor(
          "int64",
          BigInt64Array.from(prompt, BigInt),
          shape,
        ),
        attention_mask: new Tensor(
          "int64",
          new BigInt64Array(prompt.length).fill(1n),
          shape,
        ),
        max_new_tokens: count,
        min_new_tokens: count,
        do_sample: false,
        streamer,
      });
      const { times } = streamer;
      return { promptMs: times[0]! + times[1]!, tokenMs: times.slice(2) };
    },
    close() {},
  };
}
