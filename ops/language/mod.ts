/**
 * Language models: load, run, score and tune them.
 *
 * @example
 * ```ts
 * import { initialModel, scoreContinuations } from "@weft/weft/ops/language";
 *
 * const model = initialModel({
 *   family: "llama",
 *   vocabularySize: 16,
 *   hiddenSize: 8,
 *   intermediateSize: 16,
 *   layers: 1,
 *   heads: 2,
 *   keyValueHeads: 1,
 *   headSize: 4,
 *   contextLength: 32,
 *   normEpsilon: 1e-5,
 *   ropeBase: 10_000,
 *   ropePairing: "half",
 *   ropeScaling: null,
 *   tiedEmbeddings: true,
 *   attentionBias: false,
 *   queryKeyNorm: false,
 * }, { seed: 1 });
 * const [scores] = await scoreContinuations(model, [[1, 2]], [[[3], [4, 5]]]);
 * console.log(scores!.length); // 2
 * ```
 *
 * @module
 */

import "./model/describe_model.ts";

export { addAdapter, type AddAdapterOptions } from "./adapter/add_adapter.ts";
export {
  loadAdapter,
  saveAdapter,
  type SaveAdapterOptions,
} from "./adapter/adapter_files.ts";
export { adaptModel, mergeAdapter } from "./adapter/adapter_ops.ts";
export { attachAdapter } from "./adapter/attach_adapter.ts";
export type { StoredFloat } from "./adapter/float_bytes.ts";
export type {
  LoraAdapter,
  LoraConfig,
  LoraFactors,
} from "./adapter/lora_adapter.ts";
export {
  type MergedFormat,
  mergeIntoBase,
  type MergeOptions,
} from "./adapter/merge_adapter.ts";
export type { PeftConfigOptions } from "./adapter/peft_config.ts";
export {
  type ContinuationScore,
  scoreContinuations,
  type ScoreOptions,
} from "./generation/score_continuations.ts";
export { generate, type GenerateParams } from "./generation/generate.ts";
export {
  generateTokens,
  type TokenOptions,
} from "./generation/generate_tokens.ts";
export {
  type CompiledContext,
  type CompiledProcessor,
  compiledProcessor,
  type LogitsContext,
  type LogitsProcessor,
} from "./generation/logits_processor.ts";
export {
  allowTokens,
  banFrequent,
  banTokens,
  repetitionPenalty,
} from "./generation/penalties.ts";
export type { Prompt } from "./generation/prompt_text.ts";
export {
  type ChoiceNorm,
  scoreChoices,
  type ScoreChoicesParams,
} from "./generation/score_choices.ts";
export type {
  GenerateOptions,
  SamplingOptions,
} from "./generation/settings.ts";
export {
  type GeneratedText,
  generateTexts,
  streamText,
  streamTexts,
  type TextEvent,
  type TextOptions,
} from "./generation/stream_text.ts";
export type {
  FinishReason,
  GeneratedTokens,
  RatedToken,
  TokenEvent,
} from "./generation/token_event.ts";
export {
  minP,
  type Scalar,
  temperature,
  topK,
  topP,
} from "./generation/truncation.ts";
export { classifierOf, logitsOf } from "./model/classifier.ts";
export {
  type ComputeDType,
  forward,
  type ForwardInput,
  type ForwardOptions,
  type ForwardResult,
  type KeyValueCache,
} from "./model/forward.ts";
export { parseHubConfig } from "./model/hub_config.ts";
export {
  initialModel,
  type InitialModelOptions,
} from "./model/initial_model.ts";
export { emptyCache } from "./model/key_value_cache.ts";
export type { LanguageModel } from "./model/language_model.ts";
export { loadModel, type LoadModelParams } from "./model/load_model.ts";
export type {
  Gpt2Config,
  LlamaConfig,
  ModelConfig,
  RopeScaling,
} from "./model/model_config.ts";
export {
  type ModelFiles,
  modelFiles,
  type ModelFilesOptions,
} from "./model/model_files.ts";
export { modelPort } from "./model/model_port.ts";
export type { TargetModules } from "./model/linear_layers.ts";
export {
  linearLayersOf,
  type ParameterInfo,
  parametersOf,
} from "./model/parameters.ts";
export type { AnyFloat } from "./model/pass.ts";
export { readModel, type ReadModelOptions } from "./model/read_model.ts";
export { readTokenizer } from "./model/read_tokenizer.ts";
export { saveModel, type SaveModelOptions } from "./model/save_model.ts";
export { SMALL_MODEL } from "./model/small_model.ts";
export * from "./reinforcement/mod.ts";
export {
  greedySoup,
  type GreedySoupParams,
  type HeldOutParams,
  learnedSoup,
  type LearnedSoupParams,
  uniformSoup,
} from "./soups/soup_ops.ts";
export {
  type Acceptance,
  ensembleLogits,
  type GreedyTrial,
} from "./soups/soups.ts";
export { readGgufTokenizer } from "./tokenizer/gguf_tokenizer.ts";
export { readLlama2cTokenizer } from "./tokenizer/llama2c_tokenizer.ts";
export { makeTokenizer } from "./tokenizer/make_tokenizer.ts";
export {
  detokenize,
  tokenize,
  type TokenizeParams,
} from "./tokenizer/tokenize.ts";
export type {
  ChatMessage,
  Tokenizer,
  TokenStream,
} from "./tokenizer/tokenizer.ts";
export type {
  HubTokenizerData,
  PiecesTokenizerData,
  TokenizerData,
} from "./tokenizer/tokenizer_data.ts";
export {
  trainTokenizer,
  type TrainTokenizerParams,
} from "./tokenizer/train_tokenizer.ts";
export type { Evaluation, StepReport } from "./tuning/checkpoint.ts";
export type {
  ChatExample,
  CompletionExample,
  TextExample,
  TrainingExample,
} from "./tuning/examples.ts";
export {
  fineTune,
  type FineTuneParams,
  type FineTuneReport,
} from "./tuning/fine_tune.ts";
export {
  fineTuneModel,
  type FineTuneOptions,
  type FineTuneResult,
} from "./tuning/fine_tune_model.ts";
export {
  quantizeModel,
  type QuantizeModelOptions,
  type TableFormat,
} from "./tuning/quantize_model.ts";
export { quantizeNf4, type QuantizeNf4Params } from "./tuning/quantize_nf4.ts";
export type { Overlong, RowSummary } from "./tuning/rows.ts";
export type { Schedule } from "./tuning/schedule.ts";
export type { TrainProgress } from "./tuning/step_reports.ts";
export type { TrainResult, TrainRun } from "./tuning/train_adapter.ts";
export type { TrainOptions, TrainSettings } from "./tuning/train_settings.ts";
export { decodeWeight, weightShape } from "./weights/decode.ts";
export type { PlaceOptions } from "./weights/model_place.ts";
export type { OpenModelOptions } from "./weights/open_model.ts";
export type {
  ReadWeightsOptions,
  WeightStorage,
} from "./weights/read_weights.ts";
export type { FetchProgress } from "./weights/sources/model_folder.ts";
export type { HubFolderOptions } from "./weights/sources/hub_folder.ts";
export type { UrlSourceOptions } from "../../runtime/formats/url_source.ts";
export type { HubAccess } from "./weights/sources/hub_remote.ts";
export type { BlockFormat } from "./weights/decode_blocks.ts";
export { weightBytes } from "./weights/weight_bytes.ts";
export { type GgufPackedType, packGguf } from "./weights/pack_gguf.ts";
export { packNf4, type PackNf4Options } from "./weights/pack_nf4.ts";
export type {
  PackedFormat,
  PackedWeight,
  PlainWeight,
  Weight,
} from "./weights/weight.ts";
