/**
 * Functions of neural networks, composed of the primitives, so that they run and
 * fuse on every device.
 *
 * @module
 */

export type { AttentionOptions } from "./attention/inputs.ts";
export { scaledDotProductAttention } from "./attention/scaled_dot_product_attention.ts";
export { crossEntropy, type CrossEntropyOptions } from "./cross_entropy.ts";
export {
  cutCrossEntropy,
  type CutCrossEntropyOptions,
} from "./cut_cross_entropy.ts";
export { dropout } from "./dropout.ts";
export type { FourierOptions } from "./fourier/axis.ts";
export type { ComplexPair } from "./fourier/complex.ts";
export { fft, ifft } from "./fourier/fft.ts";
export { irfft, rfft } from "./fourier/rfft.ts";
export { geluTanh } from "./gelu_tanh.ts";
export { layerNorm, type LayerNormOptions } from "./layer_norm.ts";
export { linear } from "./linear.ts";
export type { LossOptions } from "./loss_rows.ts";
export {
  dequantizeBlockwise4Bit,
  dequantizeInt8,
  quantizeBlockwise4Bit,
  type Quantized4Bit,
  type QuantizedInt8,
  quantizeInt8,
} from "./quantize.ts";
export {
  dequantizeBlockwise8Bit,
  dynamicMap,
  type Quantize8BitOptions,
  quantizeBlockwise8Bit,
  type Quantized8Bit,
} from "./quantize_8bit.ts";
export { rmsNorm } from "./rms_norm.ts";
export { rotaryEmbedding, type RotaryOptions } from "./rotary_embedding.ts";
export type { NormOptions } from "./standardize.ts";
