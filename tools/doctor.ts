/**
 * Says what this machine has for Weft, and for what is missing the command
 * that installs it. It looks only where it may: what a missing permission
 * hides is "unknown", never an error.
 *
 * ```sh
 * deno run --allow-env=PATH --allow-run=jupyter,.venv/bin/jupyter,chromium,chromium-browser,google-chrome tools/doctor.ts
 * ```
 *
 * `--json` prints the findings as JSON.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a command talks to its terminal

/** The oldest Deno that Weft is tested on. */
const OLDEST_DENO = "2.9.0";
const CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome"];
const JUPYTER_NAMES = ["jupyter", ".venv/bin/jupyter"];
const WORKER_TIMEOUT_MS = 5000;

/** One thing that was looked for. */
export interface Finding {
  /** What was looked for. */
  readonly name: string;
  /** Whether it is there; `unknown` when it may not be looked for. */
  readonly state: "present" | "missing" | "unknown";
  /** What was found, in words. */
  readonly detail: string;
  /** What it is good for. */
  readonly purpose: string;
  /** The command or step that installs it, unless it is present. */
  readonly install?: string;
  /** Numbers and names for programs. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

/**
 * Compares version numbers part by part.
 *
 * @param version For example `2.9.6`.
 * @param oldest For example `2.9.0`.
 * @returns Whether the first is not older.
 */
export function isAtLeast(version: string, oldest: string): boolean {
  const parts = version.split(/[.+-]/).map(Number);
  for (const [index, least] of oldest.split(".").map(Number).entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}

function deno(): Finding {
  const version = Deno.version.deno;
  const isNew = isAtLeast(version, OLDEST_DENO);
  return {
    name: "Deno",
    state: isNew ? "present" : "missing",
    detail: isNew
      ? `${version} (V8 ${Deno.version.v8}, TypeScript ${Deno.version.typescript})`
      : `${version} is older than ${OLDEST_DENO}`,
    purpose: "Runs everything",
    ...(isNew ? {} : { install: "deno upgrade" }),
    facts: { ...Deno.version, ...Deno.build },
  };
}

async function gpu(): Promise<Finding> {
  const purpose = "Large tensors; without one Weft computes on the CPU";
  const install =
    "Install a GPU driver with Vulkan (Linux, Windows) or use macOS with Metal; on Debian a software one for tests: sudo apt-get install mesa-vulkan-drivers";
  const adapter = await navigator.gpu?.requestAdapter() ?? null;
  if (adapter === null) {
    return {
      name: "GPU adapter",
      state: "missing",
      detail: "no WebGPU adapter",
      purpose,
      install,
    };
  }
  const { description, vendor, isFallbackAdapter } = adapter.info;
  const {
    maxBufferSize,
    maxStorageBufferBindingSize,
    maxComputeWorkgroupStorageSize,
  } = adapter.limits;
  const features = [...adapter.features];
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  // wgpu tells every CPU adapter by this flag or by the name of its driver
  const isSoftware = isFallbackAdapter ||
    /llvmpipe|swiftshader|lavapipe/i.test(description);
  return {
    name: "GPU adapter",
    state: isSoftware ? "missing" : "present",
    detail: `${description || vendor || "unnamed"}${
      isSoftware ? " (software only)" : ""
    }: buffers up to ${mebibytes(maxBufferSize)}, bindings up to ${
      mebibytes(maxStorageBufferBindingSize)
    }, ${features.includes("shader-f16") ? "with" : "without"} f16, ${
      features.includes("timestamp-query") ? "with" : "without"
    } timestamps`,
    purpose,
    ...(isSoftware ? { install } : {}),
    facts: {
      description,
      vendor,
      isSoftware,
      features,
      maxBufferSize,
      maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize,
    },
  };
}

/** A WebAssembly module with one function that gives a vector. */
function vectorModule(code: readonly number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic and version
    ...[1, 5, 1, 0x60, 0, 1, 0x7b], // type: () -> v128
    ...[3, 2, 1, 0], // one function of that type
    ...[10, code.length + 4, 1, code.length + 2, 0, ...code, 0x0b], // its body
  ]);
}

const ZERO_VECTOR = [0xfd, 0x0c, ...Array<number>(16).fill(0)];
const RELAXED_MADD = [0xfd, 0x85, 0x02];

function simd(): Finding {
  const plain = WebAssembly.validate(vectorModule(ZERO_VECTOR));
  const relaxed = WebAssembly.validate(
    vectorModule([
      ...ZERO_VECTOR,
      ...ZERO_VECTOR,
      ...ZERO_VECTOR,
      ...RELAXED_MADD,
    ]),
  );
  return {
    name: "WASM SIMD",
    state: plain && relaxed ? "present" : "missing",
    detail: `SIMD ${plain ? "yes" : "no"}, relaxed SIMD ${
      relaxed ? "yes" : "no"
    }`,
    purpose: "Fast tensors on the CPU",
    ...(plain && relaxed ? {} : { install: "deno upgrade" }),
    facts: { simd: plain, relaxedSimd: relaxed },
  };
}

const WORKER_CODE =
  `onmessage = ({ data }) => { Atomics.store(data, 0, 7); Atomics.notify(data, 0); postMessage("done"); };`;

/** Whether a worker and this thread see the same memory. */
function sharesMemory(): Promise<boolean> {
  if (typeof SharedArrayBuffer === "undefined") return Promise.resolve(false);
  const shared = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(
    `data:text/javascript,${encodeURIComponent(WORKER_CODE)}`,
    { type: "module" },
  );
  return new Promise((resolve) => {
    const end = (answer: boolean) => {
      clearTimeout(timer);
      worker.terminate();
      resolve(answer);
    };
    const timer = setTimeout(() => end(false), WORKER_TIMEOUT_MS);
    worker.onmessage = () => end(Atomics.load(shared, 0) === 7);
    worker.onerror = (event) => {
      event.preventDefault();
      end(false);
    };
    worker.postMessage(shared);
  });
}

async function threads(): Promise<Finding> {
  const isShared = await sharesMemory();
  const count = navigator.hardwareConcurrency;
  return {
    name: "WASM threads",
    state: isShared ? "present" : "missing",
    detail: isShared
      ? `shared memory between workers, ${count} ${
        count === 1 ? "core" : "cores"
      }`
      : "workers cannot share memory",
    purpose: "Tensors on several cores",
    ...(isShared ? {} : { install: "deno upgrade" }),
    facts: { sharedMemory: isShared, cores: count },
  };
}

type Answer =
  | { readonly kind: "output"; readonly text: string; readonly program: string }
  | { readonly kind: "missing" }
  | { readonly kind: "denied" };

/** Runs the first program that is there; tells missing from not allowed. */
async function ask(
  programs: readonly string[],
  args: string[],
): Promise<Answer> {
  let isDenied = false;
  for (const program of programs) {
    try {
      const { success, stdout } = await new Deno.Command(program, {
        args,
        stdout: "piped",
        stderr: "null",
      }).output();
      if (success) {
        return {
          kind: "output",
          text: new TextDecoder().decode(stdout).trim(),
          program,
        };
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) isDenied = true;
      else if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return { kind: isDenied ? "denied" : "missing" };
}

function unknown(
  name: string,
  purpose: string,
  programs: readonly string[],
): Finding {
  return {
    name,
    state: "unknown",
    detail: "no permission to look",
    purpose,
    install: `Run the doctor with --allow-run=${programs.join(",")}`,
  };
}

const JUPYTER_INSTALL =
  "python3 -m venv .venv && .venv/bin/pip install jupyterlab nbconvert";

async function jupyter(): Promise<Finding[]> {
  const purpose = "Notebooks";
  const answer = await ask(JUPYTER_NAMES, ["kernelspec", "list", "--json"]);
  if (answer.kind === "denied") {
    return [
      unknown("Jupyter", purpose, JUPYTER_NAMES),
      unknown("Deno kernel", purpose, JUPYTER_NAMES),
    ];
  }
  if (answer.kind === "missing") {
    return [
      {
        name: "Jupyter",
        state: "missing",
        detail: "not on the path, nor in .venv",
        purpose,
        install: JUPYTER_INSTALL,
      },
      {
        name: "Deno kernel",
        state: "missing",
        detail: "no Jupyter to ask",
        purpose,
        install: "deno jupyter --install",
      },
    ];
  }
  const { kernelspecs } = JSON.parse(answer.text) as {
    kernelspecs: Record<
      string,
      { spec?: { argv?: string[]; display_name?: string } }
    >;
  };
  const kernel = Object.entries(kernelspecs).find(([, { spec }]) =>
    spec?.argv?.includes("jupyter") && spec.argv.includes("--kernel")
  );
  return [
    { name: "Jupyter", state: "present", detail: answer.program, purpose },
    kernel === undefined
      ? {
        name: "Deno kernel",
        state: "missing",
        detail: "Jupyter does not know it",
        purpose,
        install: "deno jupyter --install",
      }
      : { name: "Deno kernel", state: "present", detail: kernel[0], purpose },
  ];
}

async function chromium(): Promise<Finding> {
  const name = "Chromium";
  const purpose = "Tests that look at reports and notebooks";
  const answer = await ask(CHROMIUM_NAMES, ["--version"]);
  if (answer.kind === "denied") return unknown(name, purpose, CHROMIUM_NAMES);
  if (answer.kind === "missing") {
    return {
      name,
      state: "missing",
      detail: "not on the path",
      purpose,
      install: Deno.build.os === "darwin"
        ? "brew install --cask chromium"
        : Deno.build.os === "windows"
        ? "winget install Hibbiki.Chromium"
        : "sudo apt-get install chromium",
    };
  }
  return {
    name,
    state: "present",
    detail: answer.text.split("\n").at(-1) ?? "",
    purpose,
  };
}

/**
 * Looks for everything that Weft can use.
 *
 * @returns What was found, in a fixed order.
 */
export async function examine(): Promise<Finding[]> {
  return [
    deno(),
    await gpu(),
    simd(),
    await threads(),
    ...await jupyter(),
    await chromium(),
  ];
}

const SIGNS = { present: "✓", missing: "✗", unknown: "?" } as const;

/**
 * The findings as text for a terminal.
 *
 * @param findings What was found.
 * @returns A line a finding, and under it how to install what is not there.
 */
export function findingsText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map((finding) => finding.name.length));
  return findings.map((finding) => {
    const line = `${SIGNS[finding.state]} ${
      finding.name.padEnd(width)
    }  ${finding.detail}`;
    const indent = " ".repeat(width + 4);
    return finding.install === undefined
      ? line
      : `${line}\n${indent}for: ${finding.purpose}\n${indent}get: ${finding.install}`;
  }).join("\n");
}

if (import.meta.main) {
  const findings = await examine();
  console.log(
    Deno.args.includes("--json")
      ? JSON.stringify(findings, undefined, 2)
      : findingsText(findings),
  );
}
