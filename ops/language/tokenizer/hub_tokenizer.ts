/**
 * Tokenizers of the Hugging Face hub, from `tokenizer.json`.
 *
 * Decoding goes token by token where the kind of decoder allows, so that a
 * stream and a whole text are the same.
 *
 * @module
 */

import { renderChatTemplate } from "./chat_template.ts";
import { hubRoles } from "./hub_config.ts";
import { HubEncoder } from "./hub_encoder.ts";
import { checkDecoder, surroundings } from "./hub_parts.ts";
import { hubText } from "./hub_text.ts";
import { checkHubVocabulary, type HubVocabulary } from "./hub_vocabulary.ts";
import { parseObject } from "./json_value.ts";
import { requireToken } from "./token_name.ts";
import { decodeTokens, streamTokens } from "./token_text.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { HubTokenizerData } from "./tokenizer_data.ts";
import { streamWhole } from "./whole_text.ts";

/** The vocabulary with the tokens that roles make special. */
function withRoles(
  vocabulary: HubVocabulary,
  specialIds: readonly number[],
): HubVocabulary {
  const added = new Map(vocabulary.added);
  for (const id of specialIds) {
    const known = added.get(id);
    added.set(
      id,
      known === undefined
        ? {
          id,
          content: vocabulary.tokens[id]!,
          special: true,
          normalized: false,
          stripsLeft: false,
          stripsRight: false,
        }
        : { ...known, special: true },
    );
  }
  return { ...vocabulary, added };
}

/**
 * Makes a tokenizer of the hub.
 *
 * @param data The texts of its files, untrusted.
 * @returns The tokenizer.
 * @throws {DataError} Where a file is no JSON or holds what is unknown here.
 */
export function makeHubTokenizer(data: HubTokenizerData): Tokenizer {
  const tokenizer = parseObject(data.tokenizer, "tokenizer.json");
  const config = parseObject(data.config, "tokenizer_config.json");
  const checked = checkHubVocabulary(tokenizer);
  const roles = hubRoles(config, checked);
  const vocabulary = withRoles(checked, roles.specialIds);
  const { tokens, ids: known, added } = vocabulary;
  const around = surroundings(tokenizer["post_processor"]);
  const decoder = checkDecoder(tokenizer["decoder"]);
  const encoder = new HubEncoder(tokenizer, vocabulary, decoder);
  const isSpecial = (id: number) => added.get(id)?.special === true;
  const text = hubText(decoder, vocabulary, isSpecial);
  const decodeWhole = (ids: readonly number[], skip: boolean) =>
    encoder.decode(
      ids.filter((id) => !(skip && isSpecial(id))).map((id) => tokens[id])
        .filter((token) => token !== undefined),
    );
  const nameOf = (id: number | undefined | null) =>
    id === undefined || id === null ? null : tokens[id] ?? null;
  return {
    size: tokens.length,
    beginId: roles.beginId,
    endIds: roles.endIds,
    padId: roles.padId ?? roles.endIds[0] ?? 0,
    encode(source, options = {}) {
      const { addSpecialTokens = true, parseSpecial = true } = options;
      const ids = encoder.encode(source, parseSpecial);
      return Int32Array.from(
        addSpecialTokens ? [...around.before, ...ids, ...around.after] : ids,
      );
    },
    decode(ids, options = {}) {
      const skip = options.skipSpecialTokens ?? true;
      return text === null
        ? decodeWhole(Array.from(ids), skip)
        : decodeTokens(text, ids, skip);
    },
    stream(options = {}) {
      const skip = options.skipSpecialTokens ?? true;
      return text === null
        ? streamWhole((ids) => decodeWhole(ids, skip))
        : streamTokens(text, skip);
    },
    renderChat: (messages, options = {}) =>
      renderChatTemplate(roles.chatTemplate, messages, {
        beginToken: nameOf(roles.beginId),
        endToken: nameOf(roles.endIds[0]),
        addGenerationPrompt: options.addGenerationPrompt ?? true,
      }),
    idOf: (token) => known.get(token),
    tokenOf: (id) => requireToken(tokens[id], id, tokens.length),
  };
}
