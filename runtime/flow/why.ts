/**
 * Why a node has to run: what differs from the last time that its op ran.
 *
 * @module
 */

import { preview } from "../core/preview.ts";
import { type InputVersions, paramsDigestOf } from "./keys.ts";
import type { NodeCore } from "./node_core.ts";
import { versionLabel } from "./provenance.ts";

/** What is remembered of the last time that an op ran. */
export interface LastSeen {
  /** The version of the op. */
  readonly version: string;
  /** The params after defaults. */
  readonly params: unknown;
  /** The digest of the params. */
  readonly paramsDigest?: string;
  /** The version of each input. */
  readonly inputs: InputVersions;
}

function changedParams(before: unknown, now: unknown): string {
  if (
    typeof before !== "object" || before === null ||
    typeof now !== "object" || now === null
  ) return "";
  const old = before as Record<string, unknown>;
  const current = now as Record<string, unknown>;
  const changes: string[] = [];
  for (const name of new Set([...Object.keys(old), ...Object.keys(current)])) {
    const left = preview(old[name]);
    const right = preview(current[name]);
    if (left !== right) changes.push(`${name}: ${left} → ${right}`);
  }
  return changes.length === 0 ? "" : ` (${changes.join(", ")})`;
}

/**
 * Why a node has to run.
 *
 * @param core The node.
 * @param inputs The version of each input, as far as they are known.
 * @param seen What is remembered of the last time.
 * @returns The reason in words.
 */
export function reasonToRun(
  core: NodeCore,
  inputs: InputVersions,
  seen: LastSeen | undefined,
): string {
  if (seen === undefined) return "no result is stored";
  const version = versionLabel(core.info);
  if (seen.version !== version) {
    return `version changed (${seen.version} → ${version})`;
  }
  if (seen.paramsDigest !== paramsDigestOf(core)) {
    return `params changed${changedParams(seen.params, core.params)}`;
  }
  const changed = [
    ...new Set([...Object.keys(seen.inputs), ...Object.keys(inputs)]),
  ]
    .filter((name) => seen.inputs[name] !== inputs[name])
    .map((name) => `"${name}"`);
  if (changed.length > 0) {
    return `data of input ${changed.join(", ")} changed`;
  }
  return "its result was not kept";
}
