/**
 * Runs benchmarks: `deno task bench [NAME] [--json]`.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a command talks to its terminal

import type { Bench, BenchResult } from "./bench.ts";

const BENCHES: Readonly<Record<string, () => Promise<{ run: Bench }>>> = {
  dropped_tensors: () => import("./dropped_tensors.ts"),
  flow_overhead: () => import("./flow_overhead.ts"),
};

const [name] = Deno.args.filter((argument) => !argument.startsWith("--"));
if (name !== undefined && BENCHES[name] === undefined) {
  console.error(
    `There is no benchmark "${name}": there are ${
      Object.keys(BENCHES).join(", ")
    }`,
  );
  Deno.exit(1);
}

const results: BenchResult[] = [];
for (const [key, load] of Object.entries(BENCHES)) {
  if (name === undefined || name === key) {
    const { run } = await load();
    results.push(...await run());
  }
}
if (Deno.args.includes("--json")) {
  console.log(JSON.stringify(results, null, 2));
} else {
  const rounded = (value: number | null) =>
    value === null ? "" : value.toPrecision(3);
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
