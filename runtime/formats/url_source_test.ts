import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { CancelledError, DataError } from "../core/errors.ts";
import { MissingFileError } from "./byte_source.ts";
import { type Fault, fileServer } from "./testing_file_server.ts";
import { urlSource, type UrlSourceOptions } from "./url_source.ts";

const FILE = Uint8Array.from({ length: 10_000 }, (_, i) => i % 251);
const URL_TEXT = "https://user:word@example.com/a/model.gguf?token=secret";

async function open(faults: readonly Fault[], options: UrlSourceOptions = {}) {
  const server = fileServer(FILE, faults);
  const source = await urlSource(URL_TEXT, {
    fetch: server.fetch,
    pauseMs: 1,
    retries: 2,
    ...options,
  });
  return { source, requests: server.requests };
}

const range = (offset: number, length: number) =>
  FILE.slice(offset, offset + length);

Deno.test("urlSource reads ranges and names nothing secret", async () => {
  const { source, requests } = await open([], {
    headers: { authorization: "Bearer x" },
  });
  assert.equal(source.size, FILE.length);
  assert.equal(source.name, "https://example.com/a/model.gguf");
  assert.deepEqual(await source.read(500, 1000), range(500, 1000));
  assert.deepEqual(await source.read(FILE.length, 0), range(0, 0));
  assert.deepEqual(requests.map(({ headers }) => headers.get("range")), [
    "bytes=0-0",
    "bytes=500-1499",
  ]);
  for (const { headers } of requests) {
    assert.equal(headers.get("authorization"), "Bearer x");
    assert.equal(headers.get("accept-encoding"), "identity");
  }
  await source.close();
  await assert.rejects(source.read(0, 1), /after it was closed/);
});

Deno.test("urlSource goes on where a transfer broke off", async () => {
  const { source, requests } = await open(["none", "drop", "short", "none"]);
  assert.deepEqual(await source.read(0, 8000), range(0, 8000));
  assert.deepEqual(
    requests.slice(1).map(({ headers }) => headers.get("range")),
    ["bytes=0-7999", "bytes=4000-7999", "bytes=6000-7999"],
  );
});

Deno.test("urlSource tries again what a server refuses for the moment", async () => {
  const { source } = await open(["refuse", 503, "none", 500, "refuse"]);
  assert.deepEqual(await source.read(7, 70), range(7, 70));
});

Deno.test("urlSource gives up after attempts that bring nothing", async () => {
  await assert.rejects(
    open(["refuse", "refuse", "refuse"]),
    /3 attempts that brought nothing/,
  );
  const { source, requests } = await open(["none", 500, 500, 500]);
  await assert.rejects(source.read(0, 9), DataError);
  assert.equal(requests.length, 4);
});

Deno.test("urlSource breaks off what stalls", async () => {
  const { source } = await open(["none", "stall"], { stallMs: 20 });
  assert.deepEqual(await source.read(0, 100), range(0, 100));
});

Deno.test("urlSource refuses servers that send whole files", async () => {
  await assert.rejects(open(["whole"]), /sends whole files only/);
  const { source } = await open(["none", "whole"]);
  await assert.rejects(source.read(5, 5), /sends whole files only/);
});

Deno.test("urlSource refuses what it did not ask for, at once", async () => {
  const cases: [Fault, RegExp][] = [
    ["long", /sent too much/],
    ["shift", /sent another range/],
    ["change", /changed while it was read/],
    [403, /status 403[\s\S]*token/],
    [404, /Cannot find/],
  ];
  for (const [fault, message] of cases) {
    const { source, requests } = await open(["none", fault]);
    await assert.rejects(source.read(100, 50), (error) => {
      assert.ok(error instanceof DataError, String(error));
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /secret|word/);
      return true;
    });
    assert.equal(requests.length, 2);
  }
});

Deno.test("urlSource tells a missing file from others", async () => {
  await assert.rejects(open([404]), MissingFileError);
  await assert.rejects(
    open([403]),
    (error) => !(error instanceof MissingFileError),
  );
});

Deno.test("urlSource opens empty files", async () => {
  const { fetch } = fileServer(new Uint8Array());
  const source = await urlSource(URL_TEXT, { fetch });
  assert.equal(source.size, 0);
  assert.deepEqual(await source.read(0, 0), new Uint8Array());
});

Deno.test("urlSource refuses what is no address of a file", async () => {
  for (const url of ["nothing", "file:///etc/passwd", "data:,x", ""]) {
    await assert.rejects(urlSource(url), DataError);
  }
});

Deno.test("urlSource ends when it is cancelled, also while it waits", async () => {
  const { source } = await open(["none", "stall"]);
  const controller = new AbortController();
  const reading = source.read(0, 100, controller.signal);
  setTimeout(() => controller.abort(), 5);
  await assert.rejects(reading, CancelledError);
  const retrying = await open(["none", 500, 500], { pauseMs: 60_000 });
  const second = new AbortController();
  const waiting = retrying.source.read(0, 100, second.signal);
  setTimeout(() => second.abort(), 5);
  await assert.rejects(waiting, CancelledError);
});

Deno.test("urlSource reads over HTTP, through redirects and dropped connections", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-lock",
      "--allow-net=127.0.0.1",
      fileURLToPath(new URL("testing_url_client.ts", import.meta.url)),
    ],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), {
    size: 1_000_000,
    isRight: true,
    requests: 3,
    name: "http://127.0.0.1/moved",
  });
});
