/**
 * Finding given tokens inside a text, the longest first.
 *
 * @module
 */

interface TrieNode {
  id: number;
  readonly children: Map<number, TrieNode>;
}

/** A stretch of text, or a token that was found. */
export type TextSection =
  | { readonly text: string; readonly id?: undefined }
  | { readonly id: number; readonly text?: undefined };

/** Tokens that are looked for in texts. */
export class TokenTrie {
  readonly #root: TrieNode = { id: -1, children: new Map() };

  /**
   * Adds a token; an empty one is never found.
   *
   * @param token Its text.
   * @param id Its id.
   */
  add(token: string, id: number): void {
    let node = this.#root;
    for (let index = 0; index < token.length; index++) {
      const unit = token.charCodeAt(index);
      let child = node.children.get(unit);
      if (child === undefined) {
        child = { id: -1, children: new Map() };
        node.children.set(unit, child);
      }
      node = child;
    }
    if (node !== this.#root) node.id = id;
  }

  /**
   * Splits a text at the tokens: from left to right, at each place the longest.
   *
   * @param text The text.
   * @returns Tokens and the stretches between them, none of them empty.
   */
  split(text: string): TextSection[] {
    const sections: TextSection[] = [];
    let from = 0;
    let at = 0;
    while (at < text.length) {
      let node = this.#root.children.get(text.charCodeAt(at));
      if (node === undefined) {
        at++;
        continue;
      }
      let id = -1;
      let end = at + 1;
      for (let to = at + 1; node !== undefined; to++) {
        if (node.id >= 0) [id, end] = [node.id, to];
        if (to >= text.length) break;
        node = node.children.get(text.charCodeAt(to));
      }
      if (id < 0) {
        at++;
        continue;
      }
      if (from < at) sections.push({ text: text.slice(from, at) });
      sections.push({ id });
      from = at = end;
    }
    if (from < text.length) sections.push({ text: text.slice(from) });
    return sections;
  }
}
