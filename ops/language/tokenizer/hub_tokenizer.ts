/**
 * Tokenizers of the Hugging Face hub, from `tokenizer.json`.
 *
 * Text is encoded by `@huggingface/tokenizers`; what it does otherwise than the
 * original is written otherwise before it sees it. Decoding is done here, so
 * that a stream and a whole text are the same.
 *
 * @module
 */

import { Tokenizer as HubLibrary } from "@huggingface/tokenizers";
import { DataError } from "../../../runtime/core/errors.ts";
import { renderChatTemplate } from "./chat_template.ts";
import { hubRoles } from "./hub_config.ts";
import { checkDecoder, checkNormalizer, surroundings } from "./hub_parts.ts";
import { adaptPreTokenizer } from "./hub_split.ts";
import { hubText } from "./hub_text.ts";
import {
  type AddedToken,
  checkHubVocabulary,
  type HubVocabulary,
} from "./hub_vocabulary.ts";
import {
  isList,
  isObject,
  type JsonObject,
  parseObject,
} from "./json_value.ts";
import { requireToken } from "./token_name.ts";
import { decodeTokens, streamTokens } from "./token_text.ts";
import type { Tokenizer } from "./tokenizer.ts";
import type { HubTokenizerData } from "./tokenizer_data.ts";
import { streamWhole } from "./whole_text.ts";

/** The library's tokenizer without what is put around texts. */
function makeLibrary(
  tokenizer: JsonObject,
  decoder: JsonObject | null,
  added: readonly JsonObject[],
): HubLibrary {
  const adapted = {
    model: tokenizer["model"],
    added_tokens: added,
    normalizer: checkNormalizer(tokenizer["normalizer"]),
    pre_tokenizer: adaptPreTokenizer(tokenizer["pre_tokenizer"]),
    post_processor: null,
    decoder,
  };
  try {
    return new HubLibrary(adapted, {});
  } catch (cause) {
    throw new DataError(
      "Cannot use the tokenizer as its file contradicts itself",
      {
        cause,
      },
    );
  }
}

/** The added tokens as the file has them, with those that roles make special. */
function addedEntries(
  tokenizer: JsonObject,
  vocabulary: HubVocabulary,
  specialIds: readonly number[],
): JsonObject[] {
  const list = tokenizer["added_tokens"];
  const entries = isList(list) ? list.filter(isObject) : [];
  const special = new Set(specialIds);
  const missing = specialIds.filter((id) => !vocabulary.added.has(id));
  return [
    ...entries.map((entry) => {
      const id = entry["id"];
      return typeof id === "number" && special.has(id)
        ? { ...entry, special: true }
        : entry;
    }),
    ...missing.map((id) => ({
      id,
      content: vocabulary.tokens[id]!,
      special: true,
      normalized: false,
    })),
  ];
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
  const vocabulary = checkHubVocabulary(tokenizer);
  const roles = hubRoles(config, vocabulary);
  const around = surroundings(tokenizer["post_processor"]);
  const decoder = checkDecoder(tokenizer["decoder"]);
  const entries = addedEntries(tokenizer, vocabulary, roles.specialIds);
  const specials = new Set(
    entries.filter(({ special }) => special === true).map(({ id }) => id),
  );
  const isSpecial = (id: number) => specials.has(id);
  const text = hubText(decoder, withEntries(vocabulary, entries), isSpecial);
  const whole = makeLibrary(tokenizer, decoder, entries);
  let plain: HubLibrary | undefined;
  const decodeWhole = (ids: readonly number[], skip: boolean) => {
    const kept = ids.filter((id) =>
      vocabulary.tokens[id] !== undefined && !(skip && isSpecial(id))
    );
    return kept.length === 0
      ? ""
      : whole.decode(kept, { clean_up_tokenization_spaces: false });
  };
  const nameOf = (id: number | undefined | null) =>
    id === undefined || id === null ? null : vocabulary.tokens[id] ?? null;
  return {
    size: vocabulary.tokens.length,
    beginId: roles.beginId,
    endIds: roles.endIds,
    padId: roles.padId ?? roles.endIds[0] ?? 0,
    encode(source, options = {}) {
      const { addSpecialTokens = true, parseSpecial = true } = options;
      const library = parseSpecial ? whole : plain ??= makeLibrary(
        tokenizer,
        decoder,
        entries.filter(({ special }) => special !== true),
      );
      return encodeBy(
        library,
        source,
        addSpecialTokens ? around : { before: [], after: [] },
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
    idOf: (token) => vocabulary.ids.get(token),
    tokenOf: (id) =>
      requireToken(vocabulary.tokens[id], id, vocabulary.tokens.length),
  };
}

/** The vocabulary with tokens that roles added. */
function withEntries(
  vocabulary: HubVocabulary,
  entries: readonly JsonObject[],
): HubVocabulary {
  const added = new Map<number, AddedToken>();
  for (const { id, content, special } of entries) {
    if (typeof id !== "number" || typeof content !== "string") continue;
    added.set(id, { id, content, special: special === true });
  }
  return { ...vocabulary, added };
}

function encodeBy(
  library: HubLibrary,
  text: string,
  around: {
    readonly before: readonly number[];
    readonly after: readonly number[];
  },
): Int32Array<ArrayBuffer> {
  let ids: readonly (number | undefined)[];
  try {
    ids = library.encode(text, { add_special_tokens: false }).ids;
  } catch (cause) {
    throw new DataError("Cannot encode the text as its tokenizer fails", {
      cause,
    });
  }
  const known = ids.filter((id) => id !== undefined);
  return Int32Array.from([...around.before, ...known, ...around.after]);
}
