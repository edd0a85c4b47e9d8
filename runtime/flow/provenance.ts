/**
 * Where a result comes from: kept with it in the store, and given with runs.
 *
 * @module
 */

import { digestText } from "../core/hash.ts";
import { preview } from "../core/preview.ts";
import { tuningDigest } from "../compiler/tuning/current.ts";
import { WEFT_VERSION } from "../core/version.ts";
import { type InputVersions, opToken, paramsDigestOf } from "./keys.ts";
import type { KernelCount } from "./kernel_counts.ts";
import type { NodeCore } from "./node_core.ts";
import type { OpInfo } from "./op_info.ts";
import type { Provenance as StoredProvenance } from "./store/store.ts";

/** Where a result comes from; stored with it. */
export interface Provenance extends StoredProvenance {
  /** Digest of the params. */
  readonly paramsDigest?: string;
  /** Which node gave each input that is wired to one: `op.output`. */
  readonly sources?: Readonly<Record<string, string>>;
  /** The device that was asked for; absent when none was. */
  readonly device?: string;
  /** Digest of the tuned choices of kernels; absent where rules chose all. */
  readonly tuning?: string;
  /** When it was computed, as an ISO 8601 text. */
  readonly computedAt?: string;
}

/** Names of params that hold secrets; `tokens` and `maxTokens` do not. */
const SECRET =
  /password|passphrase|secret|credential|authorization|api_?key|(?:^|[a-z_])token$/i;

/** Params as JSON that may be shown to others. */
function publicParams(params: unknown): unknown {
  if (typeof params !== "object" || params === null) return params;
  const text = JSON.stringify(params, (key, value) => {
    if (SECRET.test(key)) return "(not recorded)";
    if (typeof value === "bigint") return `${value}n`;
    return ArrayBuffer.isView(value) ? preview(value) : value;
  });
  return JSON.parse(text);
}

function seedOf(params: unknown): number | undefined {
  if (typeof params !== "object" || params === null) return undefined;
  const { seed } = params as { seed?: unknown };
  return typeof seed === "number" ? seed : undefined;
}

function sourcesOf(core: NodeCore): Record<string, string> {
  const sources: Record<string, string> = {};
  for (const [port, wire] of core.wires) {
    if (wire.kind === "output") {
      sources[port] = `${wire.output.node.info.name}.${wire.output.name}`;
    } else if (wire.kind !== "constant") {
      sources[port] = wire.kind;
    }
  }
  return sources;
}

/**
 * The version of an op in words.
 *
 * @param info The op.
 * @returns Its version, or a digest of its text where it has none.
 */
export function versionLabel(info: OpInfo): string {
  return info.version ?? `text ${digestText(opToken(info)).slice(0, 8)}`;
}

/**
 * Writes down where a result comes from.
 *
 * @param core The node.
 * @param inputs The version of each input.
 * @param device The device that was asked for.
 * @param milliseconds How long the body took, in milliseconds.
 * @param count The kernels that its tensors took.
 * @returns The provenance.
 */
export function provenanceOf(
  core: NodeCore,
  inputs: InputVersions,
  device: string | undefined,
  milliseconds: number,
  count: KernelCount,
): Provenance {
  const seed = seedOf(core.params);
  const tuning = tuningDigest();
  return {
    op: core.info.name,
    version: versionLabel(core.info),
    params: publicParams(core.params),
    paramsDigest: paramsDigestOf(core),
    inputs,
    sources: sourcesOf(core),
    ...(seed === undefined ? {} : { seed }),
    ...(device === undefined ? {} : { device }),
    ...(tuning === undefined ? {} : { tuning }),
    weft: WEFT_VERSION,
    milliseconds,
    ...count,
    computedAt: new Date().toISOString(),
  };
}
