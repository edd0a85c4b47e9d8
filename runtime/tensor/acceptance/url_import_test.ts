import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

/** A server of the package's sources, in a process of its own. */
interface Server extends AsyncDisposable {
  readonly port: number;
}

async function serve(...options: readonly string[]): Promise<Server> {
  const folder = fileURLToPath(new URL("../../../", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-lock",
      "--no-check",
      "--quiet",
      "--allow-net=127.0.0.1",
      `--allow-read=${folder}`,
      fileURLToPath(new URL("./testing_server.ts", import.meta.url)),
      ...options,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  return {
    port: Number(new TextDecoder().decode(value)),
    async [Symbol.asyncDispose]() {
      child.kill();
      await reader.cancel();
      await child.status;
    },
  };
}

interface Result {
  readonly lines: readonly string[];
  readonly stderr: string;
  readonly code: number;
}

/** Runs a script that may import from a server, and has no file of its own. */
async function runScript(
  script: string,
  port: number,
  permissions: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Result> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-lock",
      "--no-config",
      "--no-check",
      "--quiet",
      "--reload",
      `--allow-import=127.0.0.1:${port}`,
      ...permissions,
      "-",
    ],
    env: { NO_COLOR: "1", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const { code, stderr, stdout } = await child.output();
  const decoder = new TextDecoder();
  return {
    lines: decoder.decode(stdout).trim().split("\n"),
    stderr: decoder.decode(stderr),
    code,
  };
}

/** Multiplies matrices for a while; prints two sums and two elements. */
const multiply = (port: number): string => `
  const wf = await import("http://127.0.0.1:${port}/runtime/tensor/mod.ts");
  const n = 600;
  const data = Float32Array.from({ length: n * n }, (_, k) => k % 7 - 3);
  const a = wf.tensor(data, { shape: [n, n] });
  await wf.withExecution({ device: "wasm" }, async () => {
    for (let k = 0; k < 2; k++) {
      // More work than is done before workers are started.
      for (let round = 0; round < 8; round++) {
        await wf.realize(wf.matmul(a, wf.add(a, round)));
      }
      const product = wf.matmul(a, wf.add(a, k));
      console.log(await wf.sum(product).item(), (await product.data())[n + 1]);
    }
  });
`;

/** Prints what happens to an item that traps: at first the main thread meets it. */
const trap = (port: number): string => `
  const folder = "http://127.0.0.1:${port}/runtime/device/wasm";
  const { wasmRuntime } = await import(folder + "/runtime.ts");
  const { TESTING_MODULE } = await import(folder + "/testing_module.ts");
  const { memory, modules, pool } = wasmRuntime();
  const [module] = await modules.compile([TESTING_MODULE]);
  const parameters = memory.tryAllocate(12);
  memory.words.set([memory.tryAllocate(4000), 1, 10_000], parameters / 4);
  await pool.reserveScratch(64);
  const job = {
    module, parameters, items: 1000, grain: 1,
    itemNanoseconds: 10_000, scratchBytes: 64,
  };
  let met = "the main thread only";
  for (let k = 0; k < 300 && met !== "a worker"; k++) {
    try {
      await pool.run(job, undefined);
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) met = "a worker";
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  console.log(met);
`;

/** The same numbers, from sums over rows and columns. */
function expected(): string[] {
  const n = 600;
  const at = (i: number, j: number) => (i * n + j) % 7 - 3;
  return [0, 1].map((k) => {
    let [sum, one] = [0, 0];
    for (let inner = 0; inner < n; inner++) {
      let [column, row] = [0, 0];
      for (let j = 0; j < n; j++) {
        column += at(j, inner);
        row += at(inner, j) + k;
      }
      sum += column * row;
      one += at(1, inner) * (at(inner, 1) + k);
    }
    return `${sum} ${one}`;
  });
}

Deno.test({
  name: "a module from a URL computes with threads, without any permission",
  ignore: navigator.hardwareConcurrency === 1,
  async fn() {
    await using server = await serve();
    const { port } = server;
    const { code, lines, stderr } = await runScript(
      multiply(port) + trap(port),
      port,
    );
    assert.equal(stderr, "");
    assert.deepEqual(lines, [...expected(), "a worker"]);
    assert.equal(code, 0);
  },
});

Deno.test("a module from a URL computes alone where no worker can be started", async () => {
  await using server = await serve("--without-workers");
  const { port } = server;
  const { code, lines, stderr } = await runScript(
    multiply(port) + trap(port),
    port,
  );
  assert.equal(stderr, "");
  assert.deepEqual(lines, [...expected(), "the main thread only"]);
  assert.equal(code, 0);
});

Deno.test("a module from a URL computes alone where WEFT_THREADS asks for it", async () => {
  await using server = await serve();
  const { port } = server;
  const { code, lines, stderr } = await runScript(
    multiply(port) + trap(port),
    port,
    ["--allow-env=WEFT_THREADS"],
    { WEFT_THREADS: "1" },
  );
  assert.equal(stderr, "");
  assert.deepEqual(lines, [...expected(), "the main thread only"]);
  assert.equal(code, 0);
});
