/**
 * Digests of tensors, by which the flow knows what it has computed before.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { setImmediate } from "node:timers";
import {
  type Digest,
  digestBytes,
  digestText,
  digestValue,
} from "../core/hash.ts";
import type { TypedArray } from "../device/dtypes.ts";
import {
  attributesOf,
  type Graph,
  type GraphNode,
  type Storage,
  storageOf,
  topologicalOrder,
  valueInputs,
} from "../device/graph.ts";
import { formatShape } from "../device/shapes.ts";
import { lendNode } from "./execution.ts";
import type { Tensor } from "./tensor.ts";

export { withBlame } from "./blame.ts";

const contents = new WeakMap<Storage, Digest>();
const bodies = new WeakMap<Graph, Digest>();

/**
 * Digest of the content of a tensor: dtype, shape and elements. Computes the
 * tensor where need be.
 *
 * @param tensor The tensor.
 * @returns The digest.
 */
export async function tensorDigest(tensor: Tensor): Promise<Digest> {
  const { node } = tensor;
  return await lendNode(node, async (array) => {
    const storage = node.storage!;
    const known = contents.get(storage);
    if (known !== undefined) return known;
    const digest = digestText(
      contentText(node, await digestInSlices(bytesOf(array))),
    );
    contents.set(storage, digest);
    return digest;
  });
}

/** Bytes that are hashed between two turns of the event loop. */
const SLICE_BYTES = 4 * 2 ** 20;

async function digestInSlices(bytes: Uint8Array): Promise<Digest> {
  const hash = createHash("sha256");
  for (let from = 0; from < bytes.length; from += SLICE_BYTES) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve));
    hash.update(bytes.subarray(from, from + SLICE_BYTES));
  }
  return hash.digest("hex");
}

function contentDigest(
  node: GraphNode,
  storage: Storage,
  array: TypedArray,
): Digest {
  let digest = contents.get(storage);
  if (digest === undefined) {
    digest = digestText(contentText(node, digestBytes(bytesOf(array))));
    contents.set(storage, digest);
  }
  return digest;
}

function contentText({ dtype, shape }: GraphNode, bytes: Digest): string {
  return `tensor:${dtype}${formatShape(shape)}:${bytes}`;
}

function bytesOf(array: TypedArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/**
 * Version of a tensor, without computing anything: the content digest where
 * data exist, else a digest of the graph of primitives over the content of its
 * leaves. Two tensors of one version have the same elements.
 *
 * @param tensor The tensor.
 * @returns The digest; undefined where it hangs on data that lie outside of the
 * memory of the host and were never digested.
 */
export function tensorVersion(tensor: Tensor): Digest | undefined {
  const { node } = tensor;
  return versionsOf([node]).get(node);
}

/**
 * Whether the data of a tensor exist.
 *
 * @param tensor The tensor.
 * @returns True when reading it computes nothing.
 */
export function isRealized(tensor: Tensor): boolean {
  return storageOf(tensor.node) !== undefined;
}

function versionsOf(
  roots: readonly GraphNode[],
): Map<GraphNode, Digest> {
  const versions = new Map<GraphNode, Digest>();
  for (const node of pending(roots)) {
    node.version = leafVersion(node) ?? node.version ??
      computed(node, versions);
    if (node.version !== undefined) versions.set(node, node.version);
  }
  return versions;
}

/** The walk ends at versions that are known. */
function pending(roots: readonly GraphNode[]): GraphNode[] {
  return topologicalOrder(roots, (node) => node.version !== undefined);
}

function leafVersion(node: GraphNode): Digest | undefined {
  const storage = storageOf(node);
  if (storage === undefined) return undefined;
  const known = contents.get(storage);
  if (known !== undefined || storage.array === undefined) return known;
  return contentDigest(node, storage, storage.array);
}

/** Digest of a primitive over the versions of its inputs, where all have one. */
function computed(
  node: GraphNode,
  versions: ReadonlyMap<GraphNode, Digest>,
): Digest | undefined {
  if (storageOf(node) !== undefined) return undefined;
  const inputs: Digest[] = [];
  for (const input of valueInputs(node)) {
    const version = versions.get(input);
    if (version === undefined) return undefined;
    inputs.push(version);
  }
  switch (node.op) {
    case "alias":
      return inputs[0]!;
    case "output": {
      const source = node.inputs[0]!;
      const { index } = attributesOf(node, "output");
      if (source.op === "custom") return versions.get(source.inputs[index]!);
      break;
    }
    case "custom":
      return digestText(`custom:${inputs.join()}`);
  }
  return digestText(
    `${node.op}:${node.dtype}${formatShape(node.shape)}:${
      attributesText(node)
    }:${inputs.join()}`,
  );
}

function attributesText(node: GraphNode): string {
  switch (node.op) {
    case "scan": {
      const { body, ...rest } = attributesOf(node, "scan");
      return bodyDigest(body) + digestValue(rest);
    }
    case "call":
      return bodyDigest(attributesOf(node, "call").body);
    // Plain digests take -0 for 0, but 1 / x tells them apart.
    case "constant":
      return signOfZero(attributesOf(node, "constant").value) +
        digestValue(node.attributes);
    case "pad":
      return signOfZero(attributesOf(node, "pad").value) +
        digestValue(node.attributes);
    default:
      return digestValue(node.attributes);
  }
}

function signOfZero(value: number): string {
  return Object.is(value, -0) ? "-" : "";
}

function bodyDigest(body: Graph): Digest {
  let digest = bodies.get(body);
  if (digest === undefined) {
    const versions = versionsOf(body.outputs);
    digest = digestText(
      body.outputs.map((output) => versions.get(output)!).join(),
    );
    bodies.set(body, digest);
  }
  return digest;
}
