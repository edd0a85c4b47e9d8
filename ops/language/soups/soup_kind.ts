/**
 * What soups are made of: named tensors, adapters, or whole models.
 *
 * @module
 */

import { DataError, ParameterError } from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { LoraAdapter, LoraFactors } from "../adapter/lora_adapter.ts";
import type { LanguageModel } from "../model/language_model.ts";
import { decodeWeight, weightShape } from "../weights/decode.ts";
import type { Weight } from "../weights/weight.ts";

/** Shares of the members in the part of a name, `[members]`. */
export type SharesOf = (name: string) => wf.F32;

/** How members of a kind are mixed. */
export interface SoupKind<M> {
  /** Names of the parts that can have shares of their own, with their shapes. */
  readonly parts: (member: M) => ReadonlyMap<string, wf.Shape>;
  /** The members in given shares; lazy, and differentiable in the shares. */
  readonly mix: (members: readonly M[], shares: SharesOf) => M;
}

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, wf.Tensor>>;

function isFloat(x: wf.Tensor): x is wf.Tensor<wf.FloatDType> {
  return x.dtype === "f32" || x.dtype === "f16" || x.dtype === "f64";
}

function shared(
  values: readonly wf.Tensor<wf.FloatDType>[],
  shares: wf.F32,
): wf.F32 {
  const terms = values.map((value, k) =>
    wf.multiply(wf.cast(value, "f32"), wf.slice(shares, k))
  );
  return terms.reduce((sum, term) => wf.add(sum, term));
}

/** Tensors by name; those that are no floats come from the first member. */
export const TENSORS: SoupKind<NamedTensors> = {
  parts: (member) =>
    new Map(Object.entries(member).map(([name, { shape }]) => [name, shape])),
  mix: (members, shares) =>
    Object.fromEntries(
      Object.entries(members[0]!).map(([name, first]) => {
        if (!isFloat(first)) return [name, first];
        const all = members.map((member) =>
          member[name] as wf.Tensor<wf.FloatDType>
        );
        return [name, wf.cast(shared(all, shares(name)), first.dtype)];
      }),
    ),
};

/**
 * Adapters. What they add to the weights is mixed, not their factors one by one:
 * the mixture has the factors of all side by side, and the sum of their ranks.
 */
export const ADAPTERS: SoupKind<LoraAdapter> = {
  parts: ({ layers }) =>
    new Map(
      Object.entries(layers).map(([name, { a, b }]) =>
        [name, [b.shape[0]!, a.shape[1]!]] as const
      ),
    ),
  mix: (members, shares) => {
    const { config, layers } = members[0]!;
    const rank = members.reduce((sum, one) => sum + one.config.rank, 0);
    const mixed = Object.keys(layers).map((name): [string, LoraFactors] => {
      const own = members.map((member) => member.layers[name]!);
      const share = shares(name);
      return [name, {
        a: wf.concat(own.map(({ a }) => wf.cast(a, "f32"))),
        b: wf.concat(
          own.map(({ b, scale }, k) =>
            wf.multiply(
              wf.multiply(wf.cast(b, "f32"), scale),
              wf.slice(share, k),
            )
          ),
          { axis: 1 },
        ),
        scale: 1,
      }];
    });
    return {
      layers: Object.fromEntries(mixed),
      config: { ...config, rank, alpha: rank, rankStabilized: false },
    };
  },
};

/**
 * Models: their adapters where they have some, on the base of the first, else all
 * of their weights, which become plain: those that are packed f16.
 */
export const MODELS: SoupKind<LanguageModel> = {
  parts: ({ adapter, weights }) =>
    adapter === undefined
      ? new Map(
        Object.entries(weights).map(([name, weight]) =>
          [name, weightShape(weight)] as const
        ),
      )
      : ADAPTERS.parts(adapter),
  mix: (members, shares) => {
    const first = members[0]!;
    const adapters = members.flatMap(({ adapter }) => adapter ?? []);
    if (adapters.length > 0) {
      if (adapters.length < members.length) {
        throw new DataError(
          "Cannot mix models of which only some have adapters",
          {
            hint: "Merge the adapters first",
          },
        );
      }
      return { ...first, adapter: ADAPTERS.mix(adapters, shares) };
    }
    const weights = Object.entries(first.weights).map(
      ([name, weight]): [string, Weight] => {
        const all = members.map((member) =>
          decodeWeight(member.weights[name]!, "f32")
        );
        const dtype = weight.format === "plain" ? weight.value.dtype : "f16";
        const value = wf.cast(shared(all, shares(name)), dtype);
        return [name, { format: "plain", value }];
      },
    );
    return { ...first, weights: Object.fromEntries(weights) };
  },
};

/**
 * Refuses members that cannot be mixed.
 *
 * @param kind Their kind.
 * @param members The members.
 * @returns Names of their parts.
 * @throws {ParameterError} When there are none.
 * @throws {DataError} When names or shapes of parts differ; names the first.
 */
export function checkMembers<M>(
  kind: SoupKind<M>,
  members: readonly M[],
): string[] {
  const [first, ...others] = members;
  if (first === undefined) {
    throw new ParameterError("Cannot make a soup of no members");
  }
  const parts = kind.parts(first);
  others.forEach((member, index) => {
    const own = kind.parts(member);
    for (const name of new Set([...parts.keys(), ...own.keys()])) {
      const [expected, actual] = [parts.get(name), own.get(name)];
      if (expected?.join() === actual?.join()) continue;
      const told = (shape: wf.Shape | undefined) =>
        shape === undefined ? "nothing" : `shape [${shape}]`;
      throw new DataError(
        `Cannot mix member ${index + 1} with the first as "${name}" differs`,
        { expected: told(expected), actual: told(actual) },
      );
    }
  });
  return [...parts.keys()];
}
