/**
 * How many threads there may be, and starting them.
 *
 * @module
 */

import type { Worker } from "node:worker_threads";
import type { WorkerStart } from "./control.ts";
import { workForEver } from "./worker.ts";

/**
 * Number of threads, the main one among them: `WEFT_THREADS` where the
 * permission to read it is already given (nobody is asked), else the number of
 * processors.
 *
 * @returns At least 1.
 */
export function threadCount(): number {
  if (typeof SharedArrayBuffer === "undefined") return 1;
  return threadsFromEnvironment() ?? Math.max(1, navigator.hardwareConcurrency);
}

function threadsFromEnvironment(): number | undefined {
  const query = { name: "env", variable: "WEFT_THREADS" } as const;
  if (Deno.permissions.querySync(query).state !== "granted") return undefined;
  const text = Deno.env.get("WEFT_THREADS") ?? "";
  const count = Number(text);
  return text !== "" && Number.isInteger(count) && count >= 1
    ? Math.min(count, MOST_THREADS)
    : undefined;
}

/** More would not find enough to do. */
const MOST_THREADS = 64;

/**
 * Starts a worker. It does not keep the process alive, and needs no permission
 * and no file.
 *
 * @param start What it needs to know.
 * @param onFailure Called if it cannot start, or ends.
 * @returns The worker.
 */
export async function startWorker(
  start: WorkerStart,
  onFailure: () => void,
): Promise<Worker> {
  const { Worker } = await import("node:worker_threads");
  const text = `(${workForEver})(require("node:worker_threads").workerData)`;
  const worker = new Worker(text, { eval: true, workerData: start });
  worker.on("error", onFailure);
  worker.on("exit", onFailure);
  worker.unref();
  return worker;
}
