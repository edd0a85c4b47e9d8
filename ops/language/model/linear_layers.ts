/**
 * The linear layers of a model, as PEFT finds them.
 *
 * @module
 */

import { DataError, ParameterError } from "../../../runtime/core/errors.ts";
import type { LanguageModel } from "./language_model.ts";
import { weightShape } from "../weights/decode.ts";

/** A linear layer: its name without ".weight", and its sizes. */
export interface LinearLayer {
  /** The name ("model.layers.0.self_attn.q_proj"). */
  readonly name: string;
  /** Elements that come in. */
  readonly inputs: number;
  /** Elements that go out. */
  readonly outputs: number;
}

/** Tables that are matrices, but no linear layers. */
const TABLES = ["embed_tokens", "wte", "wpe"];

/** The classifier of a model, which is no target unless it is named. */
const CLASSIFIER = "lm_head";

const SUFFIX = ".weight";

/**
 * The linear layers of a model, its classifier among them where it has one of
 * its own.
 *
 * @param model The model.
 * @returns The layers, in the order of their names' numbers.
 */
export function linearLayers(model: LanguageModel): LinearLayer[] {
  const layers: LinearLayer[] = [];
  for (const [key, weight] of Object.entries(model.weights)) {
    if (!key.endsWith(SUFFIX)) continue;
    const name = key.slice(0, -SUFFIX.length);
    const [outputs, inputs, ...more] = weightShape(weight);
    if (outputs === undefined || inputs === undefined || more.length > 0) {
      continue;
    }
    if (!TABLES.includes(lastPart(name))) {
      layers.push({ name, inputs, outputs });
    }
  }
  const order = new Intl.Collator("en", { numeric: true });
  return layers.sort((a, b) => order.compare(a.name, b.name));
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** Which layers are meant: all but the classifier, or those whose names end so. */
export type TargetModules = "all-linear" | readonly string[];

/**
 * The layers that are meant.
 *
 * @param model The model.
 * @param targets "all-linear", which leaves the classifier out, or names and last
 * parts of names ("q_proj", "mlp.down_proj"), as PEFT reads them.
 * @returns The layers.
 * @throws {ParameterError} When a name fits no layer.
 * @throws {DataError} When the model has no linear layers.
 */
export function targetLayers(
  model: LanguageModel,
  targets: TargetModules,
): LinearLayer[] {
  const layers = linearLayers(model);
  if (targets === "all-linear") {
    const found = layers.filter(({ name }) => lastPart(name) !== CLASSIFIER);
    if (found.length > 0) return found;
    throw new DataError("Cannot find linear layers in a model without any", {
      actual: `${Object.keys(model.weights).length} weights`,
    });
  }
  const means = (target: string, name: string) =>
    name === target || name.endsWith(`.${target}`);
  for (const target of targets) {
    if (!layers.some(({ name }) => means(target, name))) {
      const known = new Set(layers.map(({ name }) => lastPart(name)));
      throw new ParameterError(
        `Cannot target "${target}" as no linear layer is called so`,
        { expected: [...known].join(", "), actual: target },
      );
    }
  }
  if (targets.length === 0) {
    throw new ParameterError("Cannot target no layers at all", {
      expected: '"all-linear", or names of layers',
    });
  }
  return layers.filter(({ name }) =>
    targets.some((target) => means(target, name))
  );
}

/**
 * The last parts of names, which is what PEFT writes of "all-linear".
 *
 * @param layers The layers.
 * @returns Each part once.
 */
export function moduleNames(layers: readonly LinearLayer[]): string[] {
  return [...new Set(layers.map(({ name }) => lastPart(name)))];
}
