/**
 * Keyed random numbers: what is drawn depends on the key and the shape only, not
 * on the device or on what was drawn before.
 *
 * @module
 */

export { categorical, type CategoricalOptions, gumbel } from "./categorical.ts";
export { permutation, randint, type RandintOptions } from "./integers.ts";
export { foldIn, type Key, key, type Keys, split } from "./key.ts";
export { normal, type NormalOptions } from "./normal.ts";
export {
  bernoulli,
  type RandomOptions,
  uniform,
  type UniformOptions,
} from "./uniform.ts";
