import assert from "node:assert/strict";
import { threadCount } from "./threads.ts";

Deno.test("threadCount obeys WEFT_THREADS where it names a number", () => {
  const before = Deno.env.get("WEFT_THREADS");
  const processors = navigator.hardwareConcurrency;
  try {
    for (
      const [text, count] of [
        ["1", 1],
        ["3", 3],
        ["1000", 64],
        ["0", processors],
        ["-2", processors],
        ["2.5", processors],
        ["many", processors],
        ["", processors],
      ] as const
    ) {
      Deno.env.set("WEFT_THREADS", text);
      assert.equal(threadCount(), count, `WEFT_THREADS=${text}`);
    }
  } finally {
    if (before === undefined) Deno.env.delete("WEFT_THREADS");
    else Deno.env.set("WEFT_THREADS", before);
  }
});

const SCRIPT = `
import { makeRuntime } from "${import.meta.resolve("./runtime.ts")}";
import { TESTING_MODULE } from "${import.meta.resolve("./testing_module.ts")}";
const { memory, modules, pool } = makeRuntime(2 ** 24, 3);
const [module] = await modules.compile([TESTING_MODULE]);
const output = memory.tryAllocate(4 * 1000);
const parameters = memory.tryAllocate(12);
memory.words.set([output, 1, 10_000], parameters / 4);
await pool.reserveScratch(64);
const job = {
  module, parameters, items: 1000, grain: 1,
  itemNanoseconds: 10_000, scratchBytes: 64,
};
// Item 1 traps: until a worker is there, the main thread meets it.
for (let k = 0; k < 10_000; k++) {
  try {
    await pool.run(job, undefined);
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) continue;
    console.log(error.message);
    break;
  } finally {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
`;

Deno.test("workers need no permission and do not keep the process alive", async () => {
  const asked = await Deno.makeTempFile();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "-"],
    env: { DENO_AUDIT_PERMISSIONS: asked },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(SCRIPT));
  await writer.close();
  const { code, stderr, stdout } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.equal(text(stderr), "");
  assert.match(text(stdout), /RuntimeError: unreachable/);
  assert.equal(code, 0);
  // Where a terminal is, Deno would ask the person at it, and wait.
  assert.equal(await Deno.readTextFile(asked), "");
  await Deno.remove(asked);
});
