/**
 * Averages of models that were tuned from one start, after "Model soups: averaging
 * weights of multiple fine-tuned models improves accuracy without increasing
 * inference time" (Wortsman and others, 2022, arXiv 2203.05482).
 *
 * @module
 */

import { DataError, NumericalError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { checkMembers, type SoupKind } from "./soup_kind.ts";

/**
 * The mean of all members.
 *
 * @param kind What they are: `TENSORS`, `ADAPTERS` or `MODELS`.
 * @param members The members, of one start.
 * @returns The mean; lazy.
 * @throws {ParameterError} When there are none.
 * @throws {DataError} When names or shapes differ.
 */
export function mixUniformly<M>(kind: SoupKind<M>, members: readonly M[]): M {
  checkMembers(kind, members);
  const shares = wf.full([members.length], 1 / members.length);
  return kind.mix(members, () => shares);
}

/** Whether a member is taken that makes the score no worse ("ge", as the paper), or only one that makes it better ("gt", as its code). */
export type Acceptance = "ge" | "gt";

/** A member that was tried. */
export interface GreedyTrial {
  /** Number of the member. */
  readonly member: number;
  /** Score of the mean with it. */
  readonly score: number;
  /** Whether it was taken. */
  readonly accepted: boolean;
}

/** A soup that grew member by member. */
export interface GreedyMix<M> {
  /** The mean of the members that were taken. */
  readonly soup: M;
  /** Their numbers, in the order in which they were taken. */
  readonly members: number[];
  /** Every trial. */
  readonly trace: GreedyTrial[];
}

/**
 * Begins with the best member and adds one after another, the best first, where
 * the mean does not get worse by it. The score is never below the best one's.
 *
 * @param kind What members are.
 * @param members The members, of one start.
 * @param scores The score of each, higher is better.
 * @param evaluate Scores a soup by the same held-out data.
 * @param options `accept` ("ge").
 * @returns The soup, its members and all trials.
 * @throws {ParameterError} When there are no members.
 * @throws {DataError} When names or shapes differ, or there is not one score each.
 * @throws {NumericalError} When a score is NaN.
 */
export async function mixGreedily<M>(
  kind: SoupKind<M>,
  members: readonly M[],
  scores: readonly number[],
  evaluate: (soup: M) => Promise<number>,
  options: { readonly accept?: Acceptance | undefined } = {},
): Promise<GreedyMix<M>> {
  checkMembers(kind, members);
  checkScores(scores, members.length);
  const order = scores.map((_, k) => k)
    .sort((a, b) => scores[b]! - scores[a]! || a - b);
  const [first, ...others] = order as [number, ...number[]];
  let taken = [first];
  let best = scores[first]!;
  let soup: M = members[first] as M;
  const trace: GreedyTrial[] = [
    { member: first, score: best, accepted: true },
  ];
  for (const member of others) {
    const tried = [...taken, member];
    const mixed = mixUniformly(kind, tried.map((k) => members[k]!));
    const score = await evaluate(mixed);
    if (Number.isNaN(score)) throw scoreError(`of the soup ${tried}`);
    const accepted = options.accept === "gt" ? score > best : score >= best;
    trace.push({ member, score, accepted });
    if (!accepted) continue;
    [taken, best] = [tried, score];
    soup = mixed;
  }
  return { soup, members: taken, trace };
}

function checkScores(scores: readonly number[], count: number): void {
  if (scores.length !== count) {
    throw new DataError(
      `Cannot order ${count} members by ${scores.length} scores`,
    );
  }
  scores.forEach((score, k) => {
    if (Number.isNaN(score)) throw scoreError(`of member ${k}`);
  });
}

function scoreError(what: string): NumericalError {
  return new NumericalError(`Cannot compare the score ${what} as it is NaN`);
}

/** How {@linkcode mixByLearning} learns. */
export interface LearnedMixOptions {
  /** Whether every part has shares of its own; false by default. */
  readonly perPart?: boolean | undefined;
  /** Learning rate of AdamW; 0.05 by default. */
  readonly learningRate?: number | undefined;
  /** How often all batches are seen; 5 by default. */
  readonly epochs?: number | undefined;
  /** Stops it between batches. */
  readonly signal?: AbortSignal | undefined;
  /** Is told how much is done, from 0 to 1. */
  readonly onProgress?: ((part: number) => void) | undefined;
}

/** A soup with learnt shares. */
export interface LearnedMix<M> {
  /** The mixture. */
  readonly soup: M;
  /** Shares of the members, by part where each has its own, else under "". */
  readonly shares: Record<string, number[]>;
  /** What logits are multiplied by. */
  readonly temperature: number;
}

/**
 * Learns shares (a softmax, from equal ones on) and a factor of the logits that
 * make the loss on held-out data small.
 *
 * @param kind What members are.
 * @param members The members, of one start.
 * @param loss Mean loss of a batch with a soup whose logits are multiplied by a
 * factor.
 * @param batches The batches, of one form.
 * @param options `perPart` (false), `learningRate` (0.05), `epochs` (5).
 * @returns The soup, the shares and the factor.
 * @throws {ParameterError} When there are no members.
 * @throws {DataError} When names or shapes differ, or there are no batches.
 * @throws {NumericalError} When shares become NaN.
 */
export async function mixByLearning<M, B>(
  kind: SoupKind<M>,
  members: readonly M[],
  loss: (soup: M, factor: wf.F32, batch: B) => wf.F32,
  batches: readonly B[],
  options: LearnedMixOptions = {},
): Promise<LearnedMix<M>> {
  const { perPart = false, learningRate = 0.05, epochs = 5 } = options;
  const names = checkMembers(kind, members);
  if (batches.length === 0) throw new DataError("Cannot learn of no batches");
  const rows = perPart ? names : [""];
  const rowOf = new Map(rows.map((name, k) => [name, k] as const));
  const sharesOf = (raw: wf.F32) => {
    const all = wf.softmax(raw, { axis: 1 });
    return (name: string) => wf.slice(all, rowOf.get(perPart ? name : "")!);
  };
  interface Learnt {
    readonly raw: wf.F32;
    readonly factor: wf.F32;
  }
  const optimizer = wf.optim.adamW({ learningRate, weightDecay: 0 });
  let params: Learnt = {
    raw: wf.zeros([rows.length, members.length]),
    factor: wf.ones([]),
  };
  let state = optimizer.init(params);
  const step = wf.compile((p: Learnt, s: typeof state, batch: B) => {
    const grads = wf.grad(({ raw, factor }: Learnt) =>
      loss(kind.mix(members, sharesOf(raw)), factor, batch)
    )(p);
    return optimizer.update(grads, s, p);
  });
  const steps = epochs * batches.length;
  for (let at = 0; at < steps; at++) {
    options.signal?.throwIfAborted();
    const next = step(params, state, batches[at % batches.length]!);
    await wf.realize(next);
    ({ params, state } = next);
    options.onProgress?.((at + 1) / steps);
  }
  const [values, factor] = await wf.read(
    wf.softmax(params.raw, { axis: 1 }),
    params.factor,
  );
  if (!values.every(Number.isFinite)) throw scoreError("of learnt shares");
  const own = rows.map((name, k) => {
    const from = k * members.length;
    const part = [...values.slice(from, from + members.length)];
    return [name, part] as [string, number[]];
  });
  return {
    soup: kind.mix(members, sharesOf(params.raw)),
    shares: Object.fromEntries(own),
    temperature: factor[0]!,
  };
}

/**
 * The ensemble that soups are compared with: the mean of the members'
 * probabilities, as logits.
 *
 * @param logits Logits of each member, all of one shape, classes last.
 * @returns Logarithms of the mean probabilities.
 * @throws {DataError} When there are none.
 */
export function ensembleLogits<D extends "f32" | "f64">(
  logits: readonly wf.Tensor<D>[],
): wf.Tensor<D> {
  if (logits.length === 0) throw new DataError("Cannot join no logits");
  const all = logits.map((one) =>
    wf.expandDims(wf.logSoftmax(one, { axis: -1 }), 0)
  );
  const sums = wf.logSumExp(wf.concat(all), { axis: 0 });
  return wf.subtract(sums, Math.log(logits.length));
}
