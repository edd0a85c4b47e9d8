/**
 * Many independent searches side by side, so that their objectives can be
 * evaluated as one batch.
 *
 * @module
 */

import { NumericalError } from "../../runtime/core/errors.ts";
import * as wf from "../../runtime/tensor/mod.ts";

/** A search that waits for the value of its objective. */
interface Waiting {
  readonly point: Float64Array;
  readonly resolve: (evaluation: wf.optim.Evaluation) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Minimises many functions by L-BFGS in lockstep: each search goes its own way,
 * and whenever all that are not yet done have asked for a value, they are
 * answered together.
 *
 * @param evaluate Gives value and gradient for each of some searches, numbered as
 * `starts`, at their points.
 * @param starts Where each search starts.
 * @param options When a search stops; the same for all.
 * @returns The end of each search, or the error that stopped it.
 * @throws Whatever `evaluate` throws, but for a {@linkcode NumericalError}.
 */
export async function minimizeTogether(
  evaluate: (
    searches: readonly number[],
    points: readonly Float64Array[],
  ) => Promise<readonly wf.optim.Evaluation[]>,
  starts: readonly Float64Array[],
  options: wf.optim.MinimizeOptions,
): Promise<(wf.optim.VectorMinimum | NumericalError)[]> {
  const waiting = new Map<number, Waiting>();
  let running = starts.length;

  const answerIfAllWait = async (): Promise<void> => {
    if (waiting.size < running || running === 0) return;
    const batch = [...waiting];
    waiting.clear();
    try {
      const evaluations = await evaluate(
        batch.map(([search]) => search),
        batch.map(([, { point }]) => point),
      );
      batch.forEach(([, { resolve }], at) =>
        resolve(evaluations[at] as wf.optim.Evaluation)
      );
    } catch (error) {
      for (const [, { reject }] of batch) reject(error);
    }
  };

  return await Promise.all(starts.map(async (start, search) => {
    const objective = (point: Float64Array): Promise<wf.optim.Evaluation> =>
      new Promise((resolve, reject) => {
        waiting.set(search, { point, resolve, reject });
        void answerIfAllWait();
      });
    try {
      return await wf.optim.minimizeVector(objective, start, options);
    } catch (error) {
      if (error instanceof NumericalError) return error;
      throw error;
    } finally {
      running--;
      void answerIfAllWait();
    }
  }));
}
