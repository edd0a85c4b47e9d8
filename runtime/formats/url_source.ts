/**
 * A file on a server as a source of bytes, read by HTTP range requests.
 *
 * A server is untrusted: what it sends is never longer than what was asked for,
 * a transfer that stalls is given up, and a file that changes is noticed.
 *
 * @module
 */

import { cancelledError, pause } from "../core/abort.ts";
import { DataError } from "../core/errors.ts";
import {
  type ByteSource,
  checkRange,
  MissingFileError,
  roomFor,
} from "./byte_source.ts";
import { Interruption, StallWatch } from "./stall_watch.ts";

/** Longest range of one request, so that a dropped connection costs little. */
const REQUEST_BYTES = 1 << 26;

/** How often a request that brings nothing new is repeated. */
const DEFAULT_RETRIES = 4;

const DEFAULT_STALL_MS = 30_000;
const FIRST_PAUSE_MS = 250;

/** How a file on a server is read. */
export interface UrlSourceOptions {
  /** Headers of every request, for example `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How often a request that brings nothing new is repeated; 4 by default. */
  readonly retries?: number;
  /** A transfer that brings nothing for this long is broken; 30 s by default. */
  readonly stallMs?: number;
  /** The pause before the first repetition, doubled for each that follows; 250 ms by default. */
  readonly pauseMs?: number;
  /** Sends the requests; `fetch` by default. */
  readonly fetch?: typeof fetch;
  /** Cancels the opening. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a file on a server that answers range requests.
 *
 * @param url The address, `http:` or `https:`.
 * @param options Headers, repetitions, cancellation.
 * @returns The source; errors name it without credentials and query.
 * @throws {MissingFileError} When there is no such file.
 * @throws {DataError} When the address is no such URL, the server sends whole
 * files only, or it cannot be reached.
 * @throws {CancelledError} When the signal is aborted.
 */
export async function urlSource(
  url: string | URL,
  options: UrlSourceOptions = {},
): Promise<ByteSource> {
  const address = URL.parse(url);
  if (address === null || !/^https?:$/.test(address.protocol)) {
    throw new DataError("Cannot read what is no address of a file", {
      expected: 'a URL with "http:" or "https:"',
      actual: String(url).slice(0, 200),
    });
  }
  const connection = new Connection(address, options);
  const { size, tag } = await connection.open(options.signal);
  return new RemoteFile(connection, size, tag);
}

/**
 * The address of a file without what may be secret.
 *
 * @param url The address.
 * @returns It without user name, password, query and fragment.
 */
export function publicUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

class RemoteFile implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #connection: Connection;
  readonly #tag: string | null;
  #isClosed = false;

  constructor(connection: Connection, size: number, tag: string | null) {
    this.name = connection.name;
    this.size = size;
    this.#connection = connection;
    this.#tag = tag;
  }

  async read(
    offset: number,
    length: number,
    signal?: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    checkRange(this, offset, length, signal);
    if (this.#isClosed) {
      throw new DataError(`Cannot read "${this.name}" after it was closed`);
    }
    const bytes = roomFor(this, length);
    for (let done = 0; done < length;) {
      const end = Math.min(length, done + REQUEST_BYTES);
      await this.#connection.fill(
        bytes.subarray(done, end),
        offset + done,
        { size: this.size, tag: this.#tag },
        signal,
      );
      done = end;
    }
    return bytes;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return Promise.resolve();
  }
}

/** What tells that a file is still the same. */
interface Identity {
  readonly size: number;
  readonly tag: string | null;
}

class Connection {
  readonly name: string;
  readonly #url: URL;
  readonly #options: UrlSourceOptions;

  constructor(url: URL, options: UrlSourceOptions) {
    this.name = publicUrl(url);
    this.#url = url;
    this.#options = options;
  }

  /** Asks for the first byte, which tells the size. */
  async open(signal: AbortSignal | undefined): Promise<Identity> {
    return await this.#attempt(
      () => 0,
      (watch) =>
        this.#request(0, 1, watch, async (response) => {
          await response.body?.cancel();
          const size = rangeOf(response)?.size;
          // An empty file has no first byte
          if (response.status === 416 && size === 0) return { size, tag: null };
          this.#checkAnswer(response, 0, 1);
          return { size: size ?? 0, tag: response.headers.get("etag") };
        }),
      signal,
    );
  }

  /** Fills memory with a range of the file, and goes on where a transfer broke off. */
  async fill(
    bytes: Uint8Array,
    offset: number,
    identity: Identity,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let done = 0;
    await this.#attempt(() => done, (watch) => {
      const start = offset + done;
      const length = bytes.length - done;
      return this.#request(start, length, watch, async (response) => {
        this.#checkAnswer(response, start, length);
        this.#checkIdentity(response, identity);
        for await (const chunk of response.body ?? []) {
          watch.touch();
          if (chunk.length > bytes.length - done) {
            throw new DataError(
              `Cannot read "${this.name}" as the server sent too much`,
              { expected: `${length} bytes from byte ${start}` },
            );
          }
          bytes.set(chunk, done);
          done += chunk.length;
        }
        if (done < bytes.length) throw new Interruption("it ended early");
      });
    }, signal);
  }

  async #attempt<T>(
    progress: () => number,
    work: (watch: StallWatch) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const { retries = DEFAULT_RETRIES, pauseMs = FIRST_PAUSE_MS } =
      this.#options;
    for (let failures = 0, before = progress();;) {
      const watch = new StallWatch(this.#options.stallMs ?? DEFAULT_STALL_MS);
      try {
        return await watch.during(work(watch), signal);
      } catch (cause) {
        if (signal?.aborted) {
          throw cancelledError(`reading "${this.name}"`, signal.reason);
        }
        if (cause instanceof DataError) throw cause;
        if (progress() > before) failures = 0;
        before = progress();
        if (failures++ >= retries) {
          throw new DataError(`Cannot read "${this.name}"`, {
            actual: `${failures} attempts that brought nothing`,
            hint: "Check the address and the connection",
            cause,
          });
        }
      } finally {
        watch.end();
      }
      await pause(pauseMs * 2 ** (failures - 1), signal);
    }
  }

  async #request<T>(
    start: number,
    length: number,
    watch: StallWatch,
    use: (response: Response) => Promise<T>,
  ): Promise<T> {
    const send = this.#options.fetch ?? fetch;
    const response = await send(this.#url, {
      headers: {
        ...this.#options.headers,
        // A compressed answer would have other ranges
        "accept-encoding": "identity",
        range: `bytes=${start}-${start + length - 1}`,
      },
      signal: watch.signal,
    });
    watch.touch();
    try {
      return await use(response);
    } finally {
      if (response.body?.locked === false) {
        await response.body.cancel().catch(() => undefined);
      }
    }
  }

  #checkAnswer(response: Response, start: number, length: number): void {
    const { status } = response;
    if (status >= 500 || status === 408 || status === 429) {
      throw new Interruption(`the server answered with status ${status}`);
    }
    if (status === 200) {
      throw new DataError(
        `Cannot read "${this.name}" in pieces as its server sends whole files only`,
        { hint: "Download the file and give its path" },
      );
    }
    if (status === 404 || status === 410) {
      throw new MissingFileError(`Cannot find "${this.name}"`, {
        actual: `status ${status}`,
      });
    }
    if (status !== 206) {
      throw new DataError(`Cannot read "${this.name}"`, {
        expected: "status 206",
        actual: `status ${status} ${response.statusText}`.trim(),
        ...(status === 401 || status === 403
          ? { hint: "The server asks for a token with the right to read it" }
          : {}),
      });
    }
    const range = rangeOf(response);
    if (range?.start === start && range.end === start + length - 1) return;
    throw new DataError(
      `Cannot read "${this.name}" as the server sent another range`,
      {
        expected: `bytes ${start}-${start + length - 1} and the size`,
        actual: response.headers.get("content-range") ?? "no Content-Range",
      },
    );
  }

  #checkIdentity(response: Response, { size, tag }: Identity): void {
    const now = rangeOf(response)?.size;
    const tagNow = response.headers.get("etag");
    if (now === size && (tag === null || tagNow === null || tag === tagNow)) {
      return;
    }
    throw new DataError(
      `Cannot read "${this.name}" as it changed while it was read`,
      {
        expected: `${size} bytes, version ${tag ?? "unknown"}`,
        actual: `${now} bytes, version ${tagNow ?? "unknown"}`,
      },
    );
  }
}

/** What `Content-Range` says: the range, where there is one, and the size. */
function rangeOf(
  response: Response,
):
  | { readonly start?: number; readonly end?: number; readonly size: number }
  | undefined {
  const text = response.headers.get("content-range") ?? "";
  const match = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+)$/.exec(text);
  if (match === null) return undefined;
  const size = Number(match[3]);
  if (!Number.isSafeInteger(size)) return undefined;
  if (match[1] === undefined) return { size };
  return { start: Number(match[1]), end: Number(match[2]), size };
}
