/**
 * Serves a file over HTTP on 127.0.0.1 and reads it by ranges; prints what came.
 * A process of its own, as tests may not use the network.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- the result is for whoever started the process

import { fileServer } from "./testing_file_server.ts";
import { urlSource } from "./url_source.ts";

if (import.meta.main) {
  const file = Uint8Array.from({ length: 1_000_000 }, (_, i) => i % 251);
  const { fetch: answer, requests } = fileServer(file, ["none", "drop"]);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) =>
      new URL(request.url).pathname === "/moved"
        ? Response.redirect(new URL("/file", request.url))
        : answer(request),
  );
  const source = await urlSource(
    `http://127.0.0.1:${server.addr.port}/moved?secret=1`,
    { pauseMs: 1 },
  );
  const bytes = await source.read(1000, 900_000);
  console.log(JSON.stringify({
    size: source.size,
    isRight: bytes.every((byte, i) => byte === (i + 1000) % 251),
    requests: requests.length,
    name: source.name.replace(/:\d+/, ""),
  }));
  await server.shutdown();
}
