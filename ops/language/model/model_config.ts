/**
 * Sizes and variants of the architectures.
 *
 * @module
 */

/** What scales the frequencies of rotary embeddings for long contexts. */
export type RopeScaling =
  | { readonly type: "linear"; readonly factor: number }
  | {
    readonly type: "llama3";
    readonly factor: number;
    readonly lowFrequencyFactor: number;
    readonly highFrequencyFactor: number;
    readonly originalContext: number;
  }
  | {
    readonly type: "yarn";
    readonly factor: number;
    readonly originalContext: number;
    readonly betaFast: number;
    readonly betaSlow: number;
    readonly attentionFactor: number;
  }
  | { readonly type: "factors"; readonly factors: readonly number[] };

/** Llama, SmolLM2, Qwen2, Qwen3 and their like. */
export interface LlamaConfig {
  /** The family. */
  readonly family: "llama";
  /** Tokens of the vocabulary: rows of the embedding. */
  readonly vocabularySize: number;
  /** Elements of a hidden state. */
  readonly hiddenSize: number;
  /** Elements between the projections of the feed-forward block. */
  readonly intermediateSize: number;
  /** Blocks. */
  readonly layers: number;
  /** Query heads. */
  readonly heads: number;
  /** Key and value heads; divides `heads`. */
  readonly keyValueHeads: number;
  /** Elements of a head. */
  readonly headSize: number;
  /** Longest sequence. */
  readonly contextLength: number;
  /** Added to the mean square in RMS norms. */
  readonly normEpsilon: number;
  /** Base of the rotary frequencies. */
  readonly ropeBase: number;
  /** Which elements are turned together: "half" (weights on the hub) or "interleaved" (llama2.c, GGUF). */
  readonly ropePairing: "half" | "interleaved";
  /** Scaling of the rotary frequencies. */
  readonly ropeScaling: RopeScaling | null;
  /** Whether the classifier is the embedding. */
  readonly tiedEmbeddings: boolean;
  /** Whether queries, keys and values have biases (Qwen2). */
  readonly attentionBias: boolean;
  /** Whether queries and keys are normalised in each head (Qwen3). */
  readonly queryKeyNorm: boolean;
}

/** GPT-2. */
export interface Gpt2Config {
  /** The family. */
  readonly family: "gpt2";
  /** Tokens of the vocabulary. */
  readonly vocabularySize: number;
  /** Elements of a hidden state. */
  readonly hiddenSize: number;
  /** Elements between the projections of the feed-forward block. */
  readonly intermediateSize: number;
  /** Blocks. */
  readonly layers: number;
  /** Heads. */
  readonly heads: number;
  /** Longest sequence: rows of the position embedding. */
  readonly contextLength: number;
  /** Added to the variance in layer norms. */
  readonly normEpsilon: number;
  /** Whether the classifier is the embedding. */
  readonly tiedEmbeddings: boolean;
}

/** Any architecture. */
export type ModelConfig = LlamaConfig | Gpt2Config;
