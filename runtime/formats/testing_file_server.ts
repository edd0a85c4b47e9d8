/**
 * A server of one file in memory that answers range requests, and misbehaves as
 * told; as a function like `fetch`, so that tests need no network.
 *
 * @module
 */

/** What goes wrong, request by request; nothing for those after the last. */
export type Fault =
  | "none"
  /** The connection cannot be made. */
  | "refuse"
  /** The connection drops after half of the bytes. */
  | "drop"
  /** Nothing more comes after half of the bytes. */
  | "stall"
  /** The answer ends after half of the bytes, as if that were all. */
  | "short"
  /** More bytes come than were asked for. */
  | "long"
  /** Other bytes come than were asked for. */
  | "shift"
  /** The whole file comes. */
  | "whole"
  /** The file has changed. */
  | "change"
  /** An answer with this status. */
  | 403
  | 404
  | 500
  | 503;

/** A request that came. */
export interface SeenRequest {
  /** The address. */
  readonly url: string;
  /** Its headers. */
  readonly headers: Headers;
}

/** The server. */
export interface FileServer {
  /** Takes the place of `fetch`. */
  readonly fetch: typeof fetch;
  /** The requests so far. */
  readonly requests: readonly SeenRequest[];
}

/**
 * Starts a server.
 *
 * @param file The bytes of the file.
 * @param faults What goes wrong, request by request.
 * @returns The server.
 */
export function fileServer(
  file: Uint8Array<ArrayBuffer>,
  faults: readonly Fault[] = [],
): FileServer {
  const requests: SeenRequest[] = [];
  const answer: typeof fetch = (input, init) => {
    const request = new Request(input, init);
    const fault = faults[requests.length] ?? "none";
    requests.push({ url: request.url, headers: request.headers });
    if (request.signal.aborted) return Promise.reject(request.signal.reason);
    if (fault === "refuse") {
      return Promise.reject(new TypeError("connection refused"));
    }
    if (typeof fault === "number") {
      return Promise.resolve(new Response("no", { status: fault }));
    }
    return Promise.resolve(respond(file, request, fault));
  };
  return { fetch: answer, requests };
}

function respond(
  file: Uint8Array<ArrayBuffer>,
  request: Request,
  fault: Exclude<Fault, number>,
): Response {
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.get("range") ?? "");
  if (range === null || fault === "whole") return new Response(file);
  const start = Number(range[1]) + (fault === "shift" ? 1 : 0);
  const end = Math.min(Number(range[2]) + 1, file.length);
  if (start >= file.length) {
    return new Response(null, {
      status: 416,
      headers: { "content-range": `bytes */${file.length}` },
    });
  }
  const bytes = file.slice(start, end);
  return new Response(bodyOf(bytes, fault, request.signal), {
    status: 206,
    headers: {
      "content-range": `bytes ${start}-${end - 1}/${file.length}`,
      etag: fault === "change" ? '"new"' : '"old"',
    },
  });
}

function bodyOf(
  bytes: Uint8Array<ArrayBuffer>,
  fault: Exclude<Fault, number>,
  signal: AbortSignal,
): ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> {
  const half = bytes.slice(0, bytes.length >> 1);
  if (fault === "short") return half;
  if (fault === "long") return new Uint8Array(bytes.length + 1);
  if (fault !== "drop" && fault !== "stall") return bytes;
  let isSent = false;
  return new ReadableStream({
    pull: async (controller) => {
      if (!isSent) {
        isSent = true;
        controller.enqueue(half);
        return;
      }
      if (fault === "drop") throw new TypeError("connection reset");
      await new Promise<void>((_, reject) => {
        const stop = () => reject(signal.reason);
        if (signal.aborted) stop();
        signal.addEventListener("abort", stop);
      });
    },
  });
}
