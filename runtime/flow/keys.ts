/**
 * Keys: what makes two results the same. A key is the digest of op, version,
 * numerics epoch, params after defaults, and the version of each input.
 *
 * An input's version is the digest of its content where data exist, and the
 * key of the output that gives it where they do not exist yet. So every node
 * has a *derivation key* that is known without running anything, and a
 * *content key* once the digests of its inputs are known.
 *
 * @module
 */

import {
  type Digest,
  digestText,
  digestValue,
  NUMERICS_EPOCH,
} from "../core/hash.ts";
import { UnhashableValueError } from "../core/errors.ts";
import { type Codec, valueCodec } from "../ports/mod.ts";
import { type NodeCore, type Output, pathTo } from "./node_core.ts";
import type { OpInfo } from "./op_info.ts";
import type { MaybePromise } from "./store/store.ts";
import type { Wire } from "./wiring.ts";

/** Keys of ops without a version are worth nothing in another process. */
const SESSION = crypto.randomUUID();

const NO_PARAMS_DIGEST = digestValue({});

const opTokens = new WeakMap<OpInfo, string>();

function digestOfUsed(used: unknown): string {
  if (typeof used !== "function") {
    const version = valueCodec.version(used);
    return version ?? digestValue(used);
  }
  const info = "info" in used ? used.info as OpInfo : undefined;
  return info === undefined ? String(used) : opToken(info);
}

/**
 * What stands for an op in keys: name and version; the text of the body for an
 * op without a version, for this session only.
 *
 * @param info The op.
 * @returns The token.
 */
export function opToken(info: OpInfo): string {
  const known = opTokens.get(info);
  if (known !== undefined) return known;
  let token = `${info.name}\n`;
  if (info.version !== undefined) token += `version ${info.version}`;
  else {
    const ports = [...info.inputs, ...info.outputs].map(([name, port]) =>
      `${name}: ${port.summary}`
    );
    const text = digestText([String(info.body), ...ports].join("\n"));
    token += `session ${SESSION} text ${text}`;
  }
  if (info.uses.length > 0) {
    // Texts of functions have lines of their own: each is hashed by itself
    const used = info.uses.map((each) => digestText(digestOfUsed(each)));
    token += ` uses ${digestText(used.join("\n"))}`;
  }
  opTokens.set(info, token);
  return token;
}

/** Digests of the constants of one run, each computed once. */
export class ConstantDigests {
  readonly #known = new Map<object, Digest>();
  readonly #outside = new Map<object, Digest>();

  /**
   * The digest that a constant had which is not in memory, such as a file.
   *
   * @param value The constant.
   * @returns The digest; undefined for what is in memory and cannot change.
   */
  ofOutside(value: unknown): Digest | undefined {
    return typeof value === "object" && value !== null
      ? this.#outside.get(value)
      : undefined;
  }

  /**
   * The digest of a constant.
   *
   * @param value The constant.
   * @param codec The codec of the port that it goes into.
   * @returns The digest; a promise where a file must be read.
   */
  of(value: unknown, codec: Codec<unknown>): Digest | Promise<Digest> {
    if (typeof value !== "object" || value === null) {
      return codec.version(value) ?? codec.digest(value);
    }
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const digest = codec.version(value) ?? codec.digest(value);
    if (typeof digest === "string") {
      this.#known.set(value, digest);
      return digest;
    }
    return digest.then((found) => {
      this.#known.set(value, found);
      this.#outside.set(value, found);
      return found;
    });
  }
}

/** The version of each input of a node by port, for keys and provenance. */
export type InputVersions = Readonly<Record<string, string>>;

function versionOfWire(
  wire: Wire,
  codec: Codec<unknown>,
  constants: ConstantDigests,
  versionOf: (output: Output<unknown>) => MaybePromise<string>,
): MaybePromise<string> {
  switch (wire.kind) {
    case "constant":
      return constants.of(wire.value, codec);
    case "output":
      return versionOf(wire.output);
    case "list": {
      const parts = wire.items.map((item) =>
        versionOfWire(item, valueCodec, constants, versionOf)
      );
      return joined(parts, (texts) => `list ${texts.join(" ")}`);
    }
    case "record": {
      const names = wire.entries.map(([key]) => JSON.stringify(key));
      const parts = wire.entries.map(([, part]) =>
        versionOfWire(part, valueCodec, constants, versionOf)
      );
      return joined(
        parts,
        (texts) =>
          `record ${
            texts.map((text, at) => `${names[at]} ${text}`).sort().join(" ")
          }`,
      );
    }
  }
}

function joined(
  parts: readonly MaybePromise<string>[],
  join: (texts: readonly string[]) => string,
): MaybePromise<string> {
  const finish = (texts: readonly string[]) => digestText(join(texts));
  return parts.every((part) => typeof part === "string")
    ? finish(parts)
    : Promise.all(parts).then(finish);
}

/**
 * The versions of all inputs of a node.
 *
 * @param core The node.
 * @param constants Digests of the constants of the run.
 * @param versionOf The version of an output that the node reads.
 * @returns Versions by port; a promise where a file must be read.
 * @throws {UnhashableValueError} If a constant has no digest, with the port.
 */
export function inputVersions(
  core: NodeCore,
  constants: ConstantDigests,
  versionOf: (output: Output<unknown>) => MaybePromise<string>,
): MaybePromise<InputVersions> {
  const versions: Record<string, string> = {};
  const waits: Promise<void>[] = [];
  for (const [name, wire] of core.wires) {
    try {
      const { codec } = core.info.inputs.get(name)!;
      const version = versionOfWire(wire, codec, constants, versionOf);
      if (typeof version === "string") versions[name] = version;
      else {
        waits.push(version.then((found) => {
          versions[name] = found;
        }));
      }
    } catch (cause) {
      for (const wait of waits) wait.catch(() => {}); // This error tells it
      throw withPlace(cause, core, name);
    }
  }
  return waits.length === 0
    ? versions
    : Promise.all(waits).then(() => versions);
}

/**
 * An error about a value without a digest, with the op and the port.
 *
 * @param error What was thrown.
 * @param core The node.
 * @param port The port.
 * @returns The same error, or one that tells the place.
 */
export function withPlace(
  error: unknown,
  core: NodeCore,
  port: string,
): unknown {
  if (!(error instanceof UnhashableValueError)) return error;
  return new UnhashableValueError(error.summary, {
    ...error.details,
    path: pathTo(core),
    port,
  });
}

/**
 * The digest of the params of a node.
 *
 * @param core The node.
 * @returns The digest.
 * @throws {UnhashableValueError} If a param has no digest.
 */
export function paramsDigestOf(core: NodeCore): Digest {
  if (core.info.params === undefined) return NO_PARAMS_DIGEST;
  if (core.paramsDigest === undefined) {
    try {
      core.paramsDigest = valueCodec.version(core.params) ??
        digestValue(core.params);
    } catch (cause) {
      throw withPlace(cause, core, "params");
    }
  }
  return core.paramsDigest;
}

/**
 * The key of a node whose inputs have given versions.
 *
 * @param core The node.
 * @param inputs The versions of its inputs.
 * @returns The key.
 */
export function keyOf(core: NodeCore, inputs: InputVersions): Digest {
  let text = `weft ${NUMERICS_EPOCH}\n${opToken(core.info)}\n${
    paramsDigestOf(core)
  }`;
  for (const name of Object.keys(inputs).sort()) {
    text += `\n${name} ${inputs[name]}`;
  }
  return digestText(text);
}

/**
 * The version of an output that has not been computed yet.
 *
 * @param key The derivation key of its node.
 * @param name The output.
 * @returns The version.
 */
export function derivedVersion(key: Digest, name: string): string {
  return `derived ${key} ${name}`;
}
