/**
 * Leaves that a program writes over: their buffers are taken, or copied where
 * somebody else needs them.
 *
 * @module
 */

import { isShared, type Storage } from "../../../device/graph.ts";
import type { WebGpuConnection } from "../../../device/webgpu/connection.ts";
import type { DeviceBuffer } from "../../../device/webgpu/pool.ts";
import { WebGpuStorage } from "../../../device/webgpu/storage.ts";
import { bytesOf, uploadBytes } from "../../../device/webgpu/uploads.ts";
import { paddedBytes } from "./ranges.ts";

/** How leaves are taken. */
export interface OwnedLeaf {
  /** Where the program runs. */
  readonly connection: WebGpuConnection;
  /** The data, which are gone from it afterwards unless others need them. */
  readonly storage: Storage;
  /** Whether all data have to stay as they are. */
  readonly keepLeaves: boolean;
  /** Path of the op that wants memory, for errors. */
  readonly path: readonly string[] | undefined;
}

/**
 * The buffer of a leaf that a program writes over.
 *
 * @param leaf The leaf.
 * @returns The buffer, which belongs to the caller.
 */
export async function ownLeaf(
  { connection, keepLeaves, path, storage }: OwnedLeaf,
): Promise<DeviceBuffer> {
  const { commands, pool } = connection;
  const isHere = storage instanceof WebGpuStorage &&
    storage.connection === connection;
  if (isHere && !keepLeaves && !isShared(storage)) {
    const taken = storage.handOver();
    if (taken !== undefined) return taken;
  }
  const bytes = paddedBytes(storage.byteLength);
  const [buffer] = pool.allocateNow([bytes]) ??
    await pool.allocate([bytes], path);
  try {
    if (isHere) {
      const shared = storage.retain();
      commands.copy(shared.buffer.buffer, 0, buffer!.buffer, 0, bytes);
      shared.release();
    } else {
      const array = storage.array ?? await storage.read();
      await uploadBytes(connection, buffer!.buffer, bytesOf(array));
    }
  } catch (error) {
    pool.release(buffer!);
    throw error;
  }
  return buffer!;
}
