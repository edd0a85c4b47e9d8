/**
 * Folders of tickers.
 *
 * @module
 */

/** Tickers come from files: longer names are cut. */
const MOST_CHARACTERS = 64;

/**
 * A folder for each ticker. Tickers come from files, so that only letters, digits,
 * `-`, `_` and `.` (but not in front) are kept; names that would fall together, also
 * where upper and lower case are the same, get a number.
 *
 * @param tickers The tickers, each once.
 * @returns The name of the folder by ticker.
 */
export function tickerFolders(
  tickers: readonly string[],
): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  return new Map(tickers.map((ticker) => {
    const name = ticker.slice(0, MOST_CHARACTERS)
      .replaceAll(/[^\w.-]/g, "_").replace(/^\.+/, "_");
    let folder = name;
    for (let number = 2; taken.has(folder.toLowerCase()); number++) {
      folder = `${name}-${number}`;
    }
    taken.add(folder.toLowerCase());
    return [ticker, folder];
  }));
}
