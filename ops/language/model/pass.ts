/**
 * One pass through a model: its parameters, and how they are applied.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import { decodeRows, decodeWeight } from "../weights/decode.ts";
import type { Weight } from "../weights/weight.ts";
import {
  partsOf,
  type WeightParts,
  withParts,
} from "../weights/weight_parts.ts";
import type { LanguageModel } from "./language_model.ts";

/** A tensor of numbers. */
export type AnyFloat = wf.Tensor<wf.FloatDType>;

/** The dtypes that models compute in. */
export type ComputeDType = "f32" | "f16";

/** How a model is run. */
export interface ForwardOptions {
  /** What is computed in, f32 by default. Norms and attention add up in f32 in any case. */
  readonly dtype?: ComputeDType | undefined;
  /**
   * What is computed again on the way back instead of being kept; for training
   * without a cache: whole blocks (true), which takes the least memory, or no more
   * than decoded weights ("weights"). Nothing by default.
   */
  readonly checkpoint?: boolean | "weights" | undefined;
  /** Key of the dropout in front of the adapter's factors; none is dropped without one. */
  readonly dropout?: wf.U32 | undefined;
}

/** A pass: a model and how it is run. */
export interface Pass {
  /** The model. */
  readonly model: LanguageModel;
  /** What is computed in. */
  readonly dtype: ComputeDType;
  /** Key of the adapter's dropout. */
  readonly dropout: wf.U32 | undefined;
  /** Whether each layer decodes its weight again on the way back. */
  readonly decodesAgain: boolean;
}

/**
 * Begins a pass.
 *
 * @param model The model.
 * @param options How it is run.
 * @returns The pass.
 */
export function beginPass(model: LanguageModel, options: ForwardOptions): Pass {
  const { checkpoint, dtype = "f32", dropout } = options;
  return { model, dtype, dropout, decodesAgain: checkpoint === "weights" };
}

function weightNamed(model: LanguageModel, name: string): Weight {
  const weight = Object.hasOwn(model.weights, name)
    ? model.weights[name]
    : undefined;
  if (weight === undefined) {
    throw new DataError(`Cannot run a model without its weight "${name}"`, {
      expected: `the weights of a ${model.config.family} model`,
      hint: "Load the model with loadModel, which checks that all are there",
    });
  }
  return weight;
}

/**
 * A parameter.
 *
 * @param pass The pass.
 * @param name Its name.
 * @returns The numbers, in the dtype of the pass.
 * @throws {DataError} When the model has no such weight.
 */
export function parameter(pass: Pass, name: string): wf.Tensor<ComputeDType> {
  return decodeWeight(weightNamed(pass.model, name), pass.dtype);
}

/**
 * Rows of a table.
 *
 * @param pass The pass.
 * @param name Name of the table.
 * @param rows Which, of any shape.
 * @returns `[...rows, columns]`.
 * @throws {DataError} When the model has no such weight.
 */
export function lookup(
  pass: Pass,
  name: string,
  rows: wf.Tensor,
): wf.Tensor<ComputeDType> {
  return decodeRows(weightNamed(pass.model, name), rows, pass.dtype);
}

/**
 * A linear layer with its bias, if it has one, and what an adapter adds to it.
 *
 * @param pass The pass.
 * @param name Name of the layer, without ".weight".
 * @param x `[..., inputs]`.
 * @returns `[..., outputs]`.
 * @throws {DataError} When the model has no such weight.
 */
export function linearLayer(
  pass: Pass,
  name: string,
  x: wf.Tensor<ComputeDType>,
): wf.Tensor<ComputeDType> {
  const bias = Object.hasOwn(pass.model.weights, `${name}.bias`)
    ? parameter(pass, `${name}.bias`)
    : undefined;
  const y = pass.decodesAgain
    ? decodingAgain(pass, `${name}.weight`, x, bias)
    : wf.linear(x, parameter(pass, `${name}.weight`), bias);
  const added = adapted(pass, name, x);
  return added === undefined ? y : wf.add(y, added);
}

/** A linear layer that does not keep its decoded weight for the way back. */
function decodingAgain(
  pass: Pass,
  name: string,
  x: wf.Tensor<ComputeDType>,
  bias: wf.Tensor<ComputeDType> | undefined,
): wf.Tensor<ComputeDType> {
  const weight = weightNamed(pass.model, name);
  const run = (given: typeof x, parts: WeightParts): typeof x =>
    wf.linear(given, decodeWeight(withParts(weight, parts), pass.dtype));
  const y = wf.checkpoint(run)(x, partsOf(weight));
  return bias === undefined ? y : wf.add(y, bias);
}

/** What the adapter adds to a layer. */
function adapted(
  pass: Pass,
  name: string,
  x: wf.Tensor<ComputeDType>,
): wf.Tensor<ComputeDType> | undefined {
  const { adapter } = pass.model;
  const factors = adapter !== undefined && Object.hasOwn(adapter.layers, name)
    ? adapter.layers[name]
    : undefined;
  if (adapter === undefined || factors === undefined) return undefined;
  const { dropout: rate } = adapter.config;
  const given = pass.dropout === undefined || rate === 0
    ? x
    : wf.dropout(x, rate, wf.random.foldIn(pass.dropout, numberOf(name)));
  const a = wf.cast(factors.a, pass.dtype);
  const b = wf.cast(factors.b, pass.dtype);
  return wf.multiply(wf.linear(wf.linear(given, a), b), factors.scale);
}

/** A number that stays with a name (FNV-1a), so that each layer draws its own. */
function numberOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193) >>> 0;
  }
  return hash;
}
