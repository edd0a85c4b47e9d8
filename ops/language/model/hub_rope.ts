/**
 * Scaling of rotary embeddings as the hub writes it.
 *
 * @module
 */

import { z } from "zod";
import { DataError } from "../../../runtime/core/errors.ts";
import type { RopeScaling } from "./model_config.ts";

/** `rope_scaling`, or `rope_parameters` of newer files. */
export const ROPE_SCALING = z.looseObject({
  rope_type: z.string().nullish(),
  type: z.string().nullish(),
  rope_theta: z.number().nullish(),
  partial_rotary_factor: z.number().nullish(),
  factor: z.number().nullish(),
  low_freq_factor: z.number().nullish(),
  high_freq_factor: z.number().nullish(),
  original_max_position_embeddings: z.number().nullish(),
  attention_factor: z.number().nullish(),
  beta_fast: z.number().nullish(),
  beta_slow: z.number().nullish(),
  mscale: z.number().nullish(),
  mscale_all_dim: z.number().nullish(),
  truncate: z.boolean().nullish(),
  short_factor: z.array(z.number()).max(2 ** 13).nullish(),
  long_factor: z.array(z.number()).max(2 ** 13).nullish(),
});

/** What `config.json` says of it. */
export type HubRope = z.infer<typeof ROPE_SCALING>;

const SUPPORTED = "default, linear, llama3, yarn";

function refuse(type: string): DataError {
  return new DataError(
    `Cannot scale rotary embeddings by ${JSON.stringify(type.slice(0, 80))}`,
    { expected: SUPPORTED, actual: type.slice(0, 80) },
  );
}

function required(
  type: string,
  name: string,
  value: number | null | undefined,
): number {
  if (typeof value === "number") return value;
  throw new DataError(
    `Cannot scale rotary embeddings by "${type}" without "${name}"`,
    { expected: "a number in the config of the model" },
  );
}

/**
 * Reads the scaling.
 *
 * @param json What `config.json` says of it.
 * @param contextLength Longest sequence.
 * @returns The scaling; null where there is none.
 * @throws {DataError} When it is of a type that is not supported, or a number is
 * missing.
 */
export function hubRopeScaling(
  json: HubRope,
  contextLength: number,
): RopeScaling | null {
  const type = json.rope_type ?? json.type ?? "default";
  if ((json.partial_rotary_factor ?? 1) !== 1) {
    throw refuse(`${type} of a part of the heads`);
  }
  switch (type) {
    case "default":
      return null;
    case "linear":
      return { type, factor: required(type, "factor", json.factor) };
    case "llama3":
      return {
        type,
        factor: required(type, "factor", json.factor),
        lowFrequencyFactor: required(
          type,
          "low_freq_factor",
          json.low_freq_factor,
        ),
        highFrequencyFactor: required(
          type,
          "high_freq_factor",
          json.high_freq_factor,
        ),
        originalContext: required(
          type,
          "original_max_position_embeddings",
          json.original_max_position_embeddings,
        ),
      };
    case "yarn":
      if (json.truncate === false) throw refuse("yarn without truncation");
      return yarnScaling(json, contextLength);
    case "longrope":
      return sameFactors(json);
    default:
      throw refuse(type);
  }
}

function yarnScaling(json: HubRope, contextLength: number): RopeScaling {
  const factor = required("yarn", "factor", json.factor);
  const growth = (scale: number | null | undefined) =>
    factor <= 1 ? 1 : 0.1 * (scale ?? 1) * Math.log(factor) + 1;
  const { mscale, mscale_all_dim: all } = json;
  return {
    type: "yarn",
    factor,
    originalContext: json.original_max_position_embeddings ?? contextLength,
    betaFast: json.beta_fast ?? 32,
    betaSlow: json.beta_slow ?? 1,
    attentionFactor: json.attention_factor ??
      (mscale && all ? growth(mscale) / growth(all) : growth(1)),
  };
}

/** Factors that do not change with the length of the text. */
function sameFactors(json: HubRope): RopeScaling {
  const { short_factor: short, long_factor: long } = json;
  const isSame = short !== undefined && short !== null &&
    short.length === long?.length &&
    short.every((one, pair) => one === long[pair]);
  if (!isSame || json.attention_factor !== 1) throw refuse("longrope");
  return { type: "factors", factors: short };
}

/**
 * Writes the scaling.
 *
 * @param scaling The scaling.
 * @param contextLength Longest sequence.
 * @returns What `config.json` says of it.
 */
export function toHubRope(
  scaling: RopeScaling,
  contextLength: number,
): HubRope {
  switch (scaling.type) {
    case "linear":
      return { rope_type: "linear", factor: scaling.factor };
    case "llama3":
      return {
        rope_type: "llama3",
        factor: scaling.factor,
        low_freq_factor: scaling.lowFrequencyFactor,
        high_freq_factor: scaling.highFrequencyFactor,
        original_max_position_embeddings: scaling.originalContext,
      };
    case "yarn":
      return {
        rope_type: "yarn",
        factor: scaling.factor,
        original_max_position_embeddings: scaling.originalContext,
        attention_factor: scaling.attentionFactor,
        beta_fast: scaling.betaFast,
        beta_slow: scaling.betaSlow,
      };
    case "factors":
      return {
        rope_type: "longrope",
        short_factor: [...scaling.factors],
        long_factor: [...scaling.factors],
        attention_factor: 1,
        original_max_position_embeddings: contextLength,
        factor: 1,
      };
  }
}
