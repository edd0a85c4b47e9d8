/**
 * Processors that look at what was said: penalties, and which tokens may come.
 *
 * @module
 */

import { ParameterError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import {
  type CompiledProcessor,
  compiledProcessor,
} from "./logits_processor.ts";
import type { Scalar } from "./truncation.ts";

/**
 * Makes tokens that occurred less probable: positive logits are divided by the
 * penalty, negative ones multiplied (CTRL, Keskar et al. 2019). Tokens of the
 * prompt count.
 *
 * @param penalty Above 1 avoids repetition, below 1 asks for it.
 * @returns The processor.
 * @throws {ParameterError} When the number is not positive.
 */
export function repetitionPenalty(penalty: Scalar): CompiledProcessor {
  if (typeof penalty === "number" && !(penalty > 0 && penalty < Infinity)) {
    throw new ParameterError(
      `Cannot use "repetitionPenalty": current value is ${penalty}`,
      { expected: "a positive number", actual: String(penalty) },
    );
  }
  return compiledProcessor((logits, { counts }) => {
    const penalised = wf.where(
      wf.less(logits, 0),
      wf.multiply(logits, penalty),
      wf.divide(logits, penalty),
    );
    return wf.where(wf.greater(counts, 0), penalised, logits);
  });
}

/**
 * Excludes tokens that stand in a sequence often enough, prompt and answer
 * together.
 *
 * @param limit How often a token may stand there.
 * @returns The processor.
 * @throws {ParameterError} When the limit is no whole number from 1.
 */
export function banFrequent(limit: number): CompiledProcessor {
  if (!Number.isInteger(limit) || limit < 1) {
    throw new ParameterError(
      `Cannot ban frequent tokens: current limit is ${limit}`,
      { expected: "a whole number from 1", actual: String(limit) },
    );
  }
  return compiledProcessor((logits, { counts }) =>
    wf.where(wf.less(counts, limit), logits, -Infinity)
  );
}

/**
 * Excludes all but some tokens.
 *
 * @param ids The tokens that may come; at least one.
 * @returns The processor.
 * @throws {ParameterError} When there are none, or one is no token.
 */
export function allowTokens(ids: readonly number[]): CompiledProcessor {
  const isListed = listed("allow", ids);
  return compiledProcessor((logits) =>
    wf.where(isListed(logits), logits, -Infinity)
  );
}

/**
 * Excludes some tokens.
 *
 * @param ids The tokens that may not come; at least one.
 * @returns The processor.
 * @throws {ParameterError} When there are none, or one is no token.
 */
export function banTokens(ids: readonly number[]): CompiledProcessor {
  const isListed = listed("ban", ids);
  return compiledProcessor((logits) =>
    wf.where(isListed(logits), -Infinity, logits)
  );
}

function listed(
  verb: string,
  ids: readonly number[],
): (logits: wf.F32) => wf.Bool {
  if (ids.length === 0) {
    throw new ParameterError(`Cannot ${verb} tokens as there are none`, {
      expected: "at least one token",
    });
  }
  return (logits) => {
    const size = logits.shape.at(-1)!;
    const flags = new Int32Array(size);
    for (const id of ids) {
      if (!Number.isInteger(id) || id < 0 || id >= size) {
        throw new ParameterError(`Cannot ${verb} the token ${id}`, {
          expected: `a whole number from 0 to ${size - 1}`,
          actual: String(id),
        });
      }
      flags[id] = 1;
    }
    return wf.greater(wf.tensor(flags, { shape: [1, size] }), 0);
  };
}
