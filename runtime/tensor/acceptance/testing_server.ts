/**
 * Serves the sources of the package over HTTP, as a registry would, on a port of
 * 127.0.0.1 that it prints. With the argument `--without-workers` it serves them
 * as they would be on a platform that has no workers.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- the port is for whoever started the process

const ROOT = new URL("../../../", import.meta.url);
const IMPORT = 'await import("node:worker_threads")';
const FAILURE = 'await Promise.reject(new Error("not on this platform"))';

function changed(path: string, text: string): string {
  const isAsked = Deno.args.includes("--without-workers");
  if (!isAsked || path !== "/runtime/device/wasm/threads.ts") return text;
  if (!text.includes(IMPORT)) throw new Error(`No ${IMPORT} in ${path}`);
  return text.replace(IMPORT, FAILURE);
}

if (import.meta.main) {
  Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(port),
  }, async (request) => {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith("/runtime/") || !pathname.endsWith(".ts")) {
      return new Response("not found", { status: 404 });
    }
    const text = await Deno.readTextFile(new URL(`.${pathname}`, ROOT));
    return new Response(changed(pathname, text), {
      headers: { "content-type": "application/typescript" },
    });
  });
}
