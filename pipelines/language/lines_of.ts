/**
 * Lines of a text that comes in pieces.
 *
 * @module
 */

/**
 * Cuts a text into lines.
 *
 * @param pieces The text, piece by piece.
 * @yields Each line once it is complete, without its end; the last one also where
 * it has none.
 */
export async function* linesOf(
  pieces: AsyncIterable<string>,
): AsyncGenerator<string, void, undefined> {
  let rest = "";
  for await (const piece of pieces) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield line.replace(/\r$/, "");
  }
  if (rest !== "") yield rest.replace(/\r$/, "");
}
