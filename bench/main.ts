/**
 * Runs benchmarks: `deno task bench [NAME …] [--device wasm|webgpu]
 * [--json|--markdown]`.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a command talks to its terminal

import { parseArgs } from "node:util";
import type { Bench, BenchResult } from "./bench.ts";
import {
  type BenchDevice,
  benchDevices,
  runSuite,
  SUITE_NAMES,
} from "./kernels.ts";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: "string" },
    json: { type: "boolean" },
    markdown: { type: "boolean" },
  },
});
const available = await benchDevices();
const devices = available.filter((one: BenchDevice) =>
  values.device === undefined || values.device === one
);
if (devices.length === 0) {
  console.error(
    `There is no device "${values.device}": there are ${available.join(", ")}`,
  );
  Deno.exit(1);
}

const BENCHES: Readonly<Record<string, Bench>> = {
  ...Object.fromEntries(
    SUITE_NAMES.map((name) => [name, () => runSuite(name, devices)]),
  ),
  cold_start: async () => await (await import("./cold_start.ts")).run(),
  dropped_tensors: async () =>
    await (await import("./dropped_tensors.ts")).run(),
  flow_overhead: async () => await (await import("./flow_overhead.ts")).run(),
  language_decode: async () =>
    await (await import("./language_decode.ts")).run(devices),
  gp_fit: async () => await (await import("./gp_fit.ts")).run(),
  language_train: async () =>
    await (await import("./language_train.ts")).run(devices),
  replay: async () => await (await import("./replay.ts")).run(),
};

const unknown = positionals.find((name) => BENCHES[name] === undefined);
if (unknown !== undefined) {
  console.error(
    `There is no benchmark "${unknown}": there are ${
      Object.keys(BENCHES).join(", ")
    }`,
  );
  Deno.exit(1);
}

function rounded(value: number | null): string {
  return value === null ? "" : String(Number(value.toPrecision(3)));
}

/** A row for each piece of work and device, with all its peers. */
function markdownOf(rows: readonly BenchResult[]): string {
  const lines = [
    "| what | device | ours, ms | peers, ms (times ours) |",
    "| - | - | - | - |",
  ];
  const works = Map.groupBy(rows, ({ device, name }) => `${name} | ${device}`);
  for (const [work, own] of works) {
    const peers = own.flatMap(({ peer, peerMs, ratio }) =>
      peer === null ? [] : [`${peer}: ${rounded(peerMs)} (${rounded(ratio)})`]
    );
    lines.push(
      `| ${work} | ${rounded(own[0]!.oursMs)} | ${peers.join(", ")} |`,
    );
  }
  return lines.join("\n");
}

const results: BenchResult[] = [];
for (const [name, run] of Object.entries(BENCHES)) {
  if (positionals.length === 0 || positionals.includes(name)) {
    results.push(...await run());
  }
}
if (values.json === true) {
  console.log(JSON.stringify(results, null, 2));
} else if (values.markdown === true) console.log(markdownOf(results));
else {
  console.table(
    results.map(({ oursMs, peerMs, ratio, peer, ...rest }) => ({
      ...rest,
      "ours, ms": rounded(oursMs),
      peer: peer ?? "",
      "peer, ms": rounded(peerMs),
      ratio: rounded(ratio),
    })),
  );
}
// Workers of peers would keep the process alive.
Deno.exit(0);
