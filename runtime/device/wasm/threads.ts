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
 * Starts workers. They do not keep the process alive, and need no permission
 * and no file. The first one starts the others, as starting a worker holds its
 * starter up for tens of milliseconds.
 *
 * @param start What the first worker needs to know.
 * @param count Number of workers.
 * @param onFailure Called if the first one cannot start, or ends.
 * @returns The first worker; the others end with it.
 */
export async function startWorkers(
  start: WorkerStart,
  count: number,
  onFailure: () => void,
): Promise<Worker> {
  const { Worker } = await import("node:worker_threads");
  const text = `
    const { Worker, workerData } = require("node:worker_threads");
    const { count, start, text } = workerData;
    try {
      for (let worker = 1; worker < count; worker++) {
        const own = { ...start, worker };
        const workerData = { count: 0, start: own, text };
        new Worker(text, { eval: true, workerData });
      }
    } finally {
      (${workForEver})(start);
    }
  `;
  const worker = new Worker(text, {
    env: {}, // else Deno asks for leave to copy that of the process
    eval: true,
    workerData: { count, start, text },
  });
  worker.on("error", onFailure);
  worker.on("exit", onFailure);
  worker.unref();
  return worker;
}
