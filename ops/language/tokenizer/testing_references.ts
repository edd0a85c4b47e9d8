/**
 * Values that reference libraries gave, and data beside the repository.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";

const CASE = z.object({
  text: z.string(),
  ids: z.array(z.int()),
  bare: z.array(z.int()),
  skipped: z.string(),
  whole: z.string(),
});

const IDS = z.object({ text: z.string(), ids: z.array(z.int()) });

const REFERENCES = z.object({
  tokenizers: z.record(
    z.string(),
    z.object({
      tokenizer: z.record(z.string(), z.unknown()),
      cases: z.array(CASE),
      literal: z.array(IDS),
    }),
  ),
  trained: z.array(z.object({
    size: z.int(),
    splitDigits: z.boolean(),
    corpus: z.array(z.string()),
    merges: z.array(z.tuple([z.string(), z.string()])),
  })),
  chats: z.record(
    z.string(),
    z.array(z.object({ role: z.string(), content: z.string() })),
  ),
  templates: z.record(z.string(), z.string()),
  rendered: z.array(z.object({
    template: z.string(),
    chat: z.string(),
    addGenerationPrompt: z.boolean(),
    text: z.string(),
  })),
  smollm2: z.object({ cases: z.array(IDS) }),
});

const ROOT = new URL("../../../", import.meta.url);

/** What `fixtures/reference/record_tokenizers.py` recorded. */
export const references: z.infer<typeof REFERENCES> = REFERENCES.parse(
  JSON.parse(
    readFileSync(new URL("fixtures/reference/tokenizers.json", ROOT), "utf8"),
  ),
);

/**
 * Finds a file of models beside the repository.
 *
 * @param name Its name in `../shared/data/models`.
 * @returns Its URL; null where it is absent.
 */
export function sharedModel(name: string): URL | null {
  const url = new URL(`../shared/data/models/${name}`, ROOT);
  return existsSync(url) ? url : null;
}

/**
 * Finds a model that a script fetched.
 *
 * @param name Its name in `.cache/models`.
 * @returns Its URL; null where it is absent.
 */
export function fetchedModel(name: string): URL | null {
  const url = new URL(`.cache/models/${name}`, ROOT);
  return existsSync(url) ? url : null;
}

/**
 * Gives a tokenizer of the recorded ones.
 *
 * @param name Its name.
 * @param config What `tokenizer_config.json` holds.
 * @returns The tokenizer, as data.
 */
export function recordedTokenizer(
  name: string,
  config: Readonly<Record<string, unknown>> = {},
): { kind: "hub"; tokenizer: string; config: string } {
  return {
    kind: "hub",
    tokenizer: JSON.stringify(references.tokenizers[name]!.tokenizer),
    config: JSON.stringify(config),
  };
}
