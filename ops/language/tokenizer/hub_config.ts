/**
 * What `tokenizer_config.json` says: the special tokens by their roles, and
 * the chat template.
 *
 * @module
 */

import { END_TOKENS } from "./end_tokens.ts";
import type { HubVocabulary } from "./hub_vocabulary.ts";
import { isList, isObject, type Json, type JsonObject } from "./json_value.ts";

/** The roles of tokens, and the template. */
export interface HubRoles {
  /** Token that begins a sequence; null where there is none. */
  readonly beginId: number | null;
  /** Tokens that end a sequence or a turn, the named one first. */
  readonly endIds: readonly number[];
  /** The token that fills up; null where none is named. */
  readonly padId: number | null;
  /** Tokens that are special beside those that `tokenizer.json` says are. */
  readonly specialIds: readonly number[];
  /** The chat template; null where there is none. */
  readonly chatTemplate: string | null;
}

/**
 * Reads the roles of tokens.
 *
 * @param config The file, untrusted; what it gets wrong is not there.
 * @param vocabulary The vocabulary.
 * @returns The roles.
 */
export function hubRoles(
  config: JsonObject,
  vocabulary: HubVocabulary,
): HubRoles {
  const idOf = (name: string): number | null => {
    const token = tokenName(config[name]);
    return token === null ? null : vocabulary.ids.get(token) ?? null;
  };
  const named = ["eos_token", "eot_token"].map(idOf);
  const known = [...vocabulary.added.values()]
    .filter(({ content }) => END_TOKENS.has(content)).map(({ id }) => id);
  const more = ["additional_special_tokens", "extra_special_tokens"]
    .map((name) => config[name]).filter(isList).flat().map(tokenName)
    .map((token) => token === null ? null : vocabulary.ids.get(token) ?? null);
  const roles = [
    "bos_token",
    "pad_token",
    "unk_token",
    "sep_token",
    "cls_token",
    "mask_token",
  ];
  const ids = (list: readonly (number | null)[]) => [
    ...new Set(list.filter((id) => id !== null)),
  ];
  return {
    beginId: idOf("bos_token"),
    endIds: ids([...named, ...known]),
    padId: idOf("pad_token"),
    specialIds: ids([...named, ...roles.map(idOf), ...more]),
    chatTemplate: chatTemplate(config["chat_template"]),
  };
}

function tokenName(value: Json | undefined): string | null {
  if (typeof value === "string") return value;
  const content = isObject(value) ? value["content"] : undefined;
  return typeof content === "string" ? content : null;
}

/** One template, or the one named "default", or the first of a list. */
function chatTemplate(value: Json | undefined): string | null {
  if (typeof value === "string") return value;
  if (isObject(value)) {
    const template = value["default"] ?? Object.values(value)[0];
    return typeof template === "string" ? template : null;
  }
  if (!isList(value)) return null;
  const named = value.filter(isObject);
  const entry = named.find(({ name }) => name === "default") ?? named[0];
  const template = entry?.["template"];
  return typeof template === "string" ? template : null;
}
