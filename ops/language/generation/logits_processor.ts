/**
 * The seam between a model and the choice of its next token: functions that
 * change logits.
 *
 * @module
 */

import type { F32, I32 } from "../../../runtime/tensor/mod.ts";

/** What is known when logits are changed. */
export interface LogitsContext {
  /** The tokens so far of each sequence of the batch: prompt, then answer. */
  readonly ids: readonly (readonly number[])[];
  /** How many tokens were generated before. */
  readonly step: number;
  /** How often each token stands in each sequence so far, `[batch, vocabulary]`. */
  readonly counts: I32;
}

/** What a processor is told that is compiled. */
export type CompiledContext = Pick<LogitsContext, "counts">;

/**
 * Changes the logits of the next token, `[batch, vocabulary]`; `-Infinity`
 * excludes a token. It is called for each token anew, so that it may look at
 * what was said or ask another model.
 */
export type LogitsProcessor = (
  logits: F32,
  context: LogitsContext,
) => F32 | Promise<F32>;

/** A processor that is traced once, and is part of the program from then on. */
export interface CompiledProcessor {
  /**
   * Changes logits by tensor operations alone.
   *
   * @param logits The logits, `[batch, vocabulary]`.
   * @param context The counts of tokens.
   * @returns The changed logits.
   */
  (logits: F32, context: CompiledContext): F32;
  /** What tells it from a function that is called for each token. */
  readonly isCompiled: true;
}

/**
 * Declares that a function depends on nothing but the tensors that it is given,
 * so that it can be traced once.
 *
 * @param process The function; numbers and tensors that it takes from outside
 * stay as they were at the first call.
 * @returns The processor.
 *
 * @example
 * ```ts
 * import { compiledProcessor } from "@weft/weft/ops/language";
 * import * as wf from "@weft/weft/tensor";
 *
 * const bias = wf.tensor([[0, 2, 0]]);
 * const prefer = compiledProcessor((logits) => wf.add(logits, bias));
 * const counts = wf.zeros([1, 3], { dtype: "i32" });
 * const changed = prefer(wf.tensor([[1, 0, 0]]), { counts });
 * console.log(await changed.toArray()); // [[1, 2, 0]]
 * ```
 */
export function compiledProcessor(
  process: (logits: F32, context: CompiledContext) => F32,
): CompiledProcessor {
  const call = (logits: F32, context: CompiledContext): F32 =>
    process(logits, context);
  return Object.assign(call, { isCompiled: true } as const);
}

/**
 * Whether a processor is traced once.
 *
 * @param processor The processor.
 * @returns True for what {@linkcode compiledProcessor} made.
 */
export function isCompiled(
  processor: LogitsProcessor,
): processor is CompiledProcessor {
  return "isCompiled" in processor;
}
