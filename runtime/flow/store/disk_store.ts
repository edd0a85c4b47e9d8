/**
 * Results in a folder, in formats that others read:
 *
 * ```text
 * weft-store.json           the layout's version
 * objects/3f/3f9a….safetensors | .arrow | .json   named by their SHA-256
 * records/b2/b21c….json     key → outputs, provenance, with a checksum
 * quarantine/               what was damaged
 * ```
 *
 * Every file is written whole or not at all, so a kill at any moment leaves the
 * store sound and processes share it without locks. What is read is checked
 * first; what is damaged is set aside, reported and computed again.
 *
 * @module
 */

import { basename, join, resolve } from "node:path";
import {
  DataError,
  StoreError,
  UnhashableValueError,
  WeftError,
} from "../../core/errors.ts";
import type { Digest } from "../../core/hash.ts";
import type { Codec, LoadedPart, SavedValue } from "../../ports/mod.ts";
import {
  DamagedFile,
  type FoundFile,
  hashChunks,
  listFiles,
  look,
  readChecked,
  removeFile,
  setAside,
  touch,
  writeWhole,
} from "./disk_files.ts";
import { Listeners } from "./listeners.ts";
import { checkMaxBytes, deviceSlot } from "./memory_store.ts";
import {
  decodeRecord,
  encodeRecord,
  LAYOUT,
  MAX_RECORD_BYTES,
  type OutputOnDisk,
  type RecordOnDisk,
  seal,
  type StoredPart,
  unseal,
} from "./record_file.ts";
import type {
  EntryToSave,
  FindOptions,
  OutputToSave,
  Store,
  StoreEvent,
  StoreRecord,
  StoreStatistics,
  VerifyReport,
} from "./store.ts";

/** Default size limit, in bytes. */
export const DEFAULT_DISK_BYTES: number = 10 * 2 ** 30;

/** An eviction goes on until this share of the limit, to be rare. */
const EVICT_TO = 0.9;

const DEVICE_NAME = /^[a-z0-9-]{1,32}$/;
const OBJECT_NAME = /^([0-9a-f]{64})\.(safetensors|arrow|json)$/;
const RECORD_NAME = /^([0-9a-f]{64})(@[a-z0-9-]{1,32})?\.json$/;

/** Options of {@linkcode DiskStore}. */
export interface DiskStoreOptions {
  /** Size limit of the folder, in bytes; default 10 GiB. */
  readonly maxBytes?: number;
}

/** A store in a folder. */
export class DiskStore implements Store {
  /** Always `disk`. */
  readonly kind = "disk";
  /** The absolute path of the folder. */
  readonly path: string;
  readonly #maxBytes: number;
  readonly #listeners = new Listeners();
  /** What lies on disk for the records that were given out. */
  readonly #onDisk = new WeakMap<StoreRecord, RecordOnDisk>();
  #opened: Promise<void> | undefined;
  #marked: Promise<void> | undefined;
  /** Bytes of all files: counted once, then kept up by this process. */
  #bytes: Promise<number> | undefined;
  #evicting: Promise<void> | undefined;

  /**
   * Opens the folder when it is first used.
   *
   * @param path The folder; made when something is saved first.
   * @param options The size limit.
   */
  constructor(path: string, options: DiskStoreOptions = {}) {
    this.path = resolve(path);
    this.#maxBytes = checkMaxBytes(options.maxBytes ?? DEFAULT_DISK_BYTES);
  }

  /** As {@linkcode Store.find}. */
  async find(
    key: Digest,
    options: FindOptions = {},
  ): Promise<StoreRecord | undefined> {
    await this.#open();
    const { device } = options;
    let found = await this.#readRecord(this.#recordPath(key), key);
    if (device !== undefined && found?.device !== device) {
      found = await this.#readRecord(this.#recordPath(key, device), key);
      if (found?.device !== device) return undefined;
    }
    return found === undefined ? undefined : await this.#present(found);
  }

  /** As {@linkcode Store.load}. */
  async load<T>(
    record: StoreRecord,
    output: string,
    codec: Codec<T>,
  ): Promise<{ readonly value: T } | undefined> {
    await this.#open();
    const onDisk = await this.#recordOnDisk(record);
    const stored = onDisk?.outputs[output];
    if (stored?.parts === undefined) return undefined;
    const parts: LoadedPart[] = [];
    for (const part of stored.parts) {
      const bytes = await this.#readObject(part);
      if (bytes === undefined) return undefined;
      parts.push({ name: part.name, format: part.format, bytes });
    }
    const { skeleton } = stored;
    try {
      const value = await codec.load({
        parts,
        ...(skeleton === undefined ? {} : { skeleton }),
      });
      return { value };
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      this.#unkept(record.key, output, error);
      return undefined;
    }
  }

  /** As {@linkcode Store.save}. */
  async save(key: Digest, entry: EntryToSave): Promise<StoreRecord> {
    await this.#openToWrite();
    const outputs: Record<string, OutputOnDisk> = {};
    for (const [name, output] of Object.entries(entry.outputs)) {
      outputs[name] = await this.#saveOutput(key, name, output);
    }
    return await this.#writeRecord({
      key,
      outputs,
      provenance: entry.provenance,
      ...(entry.device === undefined ? {} : { device: entry.device }),
      savedAt: new Date().toISOString(),
    });
  }

  /** As {@linkcode Store.link}. */
  async link(key: Digest, record: StoreRecord): Promise<void> {
    await this.#openToWrite();
    const onDisk = await this.#recordOnDisk(record);
    if (onDisk !== undefined) await this.#writeRecord({ ...onDisk, key });
  }

  /** As {@linkcode Store.subscribe}. */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** As {@linkcode Store.statistics}; looks at every file. */
  async statistics(): Promise<StoreStatistics> {
    const files = await this.#files();
    this.#bytes = Promise.resolve(total(files.all));
    return {
      records: files.records.length,
      objects: files.objects.length,
      bytes: total(files.all),
      maxBytes: this.#maxBytes,
    };
  }

  /** As {@linkcode Store.verify}. */
  async verify(): Promise<VerifyReport> {
    const damaged: { path: string; reason: string }[] = [];
    const stop = this.subscribe((event) => {
      if (event.kind === "damaged") {
        damaged.push({ path: event.path, reason: event.reason });
      }
    });
    try {
      this.#opened = undefined;
      await this.#open();
      const { objects, records } = await this.#files();
      for (const { path, bytes } of objects) {
        const [, digest = ""] = OBJECT_NAME.exec(basename(path)) ?? [];
        await this.#read(path, { maxBytes: bytes, digest });
      }
      for (const { path } of records) {
        const [, key = ""] = RECORD_NAME.exec(basename(path)) ?? [];
        await this.#readRecord(path, key);
      }
      return { objects: objects.length, records: records.length, damaged };
    } finally {
      stop();
    }
  }

  /** As {@linkcode Store.prune}. */
  async prune(maxBytes: number = this.#maxBytes): Promise<void> {
    await this.#evict(checkMaxBytes(maxBytes));
  }

  // ---- values ------------------------------------------------------------

  async #saveOutput(
    key: Digest,
    name: string,
    output: OutputToSave,
  ): Promise<OutputOnDisk> {
    const { codec, value } = output;
    const known = {
      byteSize: codec.byteSize(value),
      ...(output.digest === undefined ? {} : { digest: output.digest }),
    };
    if (!output.keep) return known;
    let saved: SavedValue;
    let digest: Digest;
    try {
      digest = output.digest ?? await codec.digest(value);
      saved = await codec.save(value);
    } catch (error) {
      if (!(error instanceof UnhashableValueError)) throw error;
      this.#unkept(key, name, error);
      return known;
    }
    const bytes = saved.parts.flatMap(({ chunks }) => chunks)
      .reduce((sum, chunk) => sum + chunk.byteLength, 0);
    if (bytes > this.#maxBytes * EVICT_TO) {
      this.#unkept(
        key,
        name,
        `its ${bytes} bytes do not fit the limit of ${this.#maxBytes}`,
      );
      return { ...known, digest };
    }
    const parts: StoredPart[] = [];
    for (const { name, format, chunks } of saved.parts) {
      const { digest: sha256, bytes } = await hashChunks(chunks);
      const part = { name, format, sha256, bytes };
      await this.#writeObject(part, chunks);
      parts.push(part);
    }
    const { skeleton } = saved;
    return {
      ...known,
      digest,
      parts,
      ...(skeleton === undefined ? {} : { skeleton }),
    };
  }

  async #writeObject(
    part: StoredPart,
    chunks: readonly Uint8Array[],
  ): Promise<void> {
    const path = this.#objectPath(part);
    // What is there already is read, or damage would outlive a new result
    if (await this.#readObject(part) !== undefined) return await touch(path);
    await writeWhole(path, chunks);
    await this.#grow(part.bytes);
  }

  async #readObject(part: StoredPart): Promise<Uint8Array | undefined> {
    return await this.#read(this.#objectPath(part), {
      maxBytes: part.bytes,
      digest: part.sha256,
    });
  }

  /** Reads a file; a damaged one is set aside and counts as missing. */
  async #read(
    path: string,
    expected: { readonly maxBytes: number; readonly digest?: Digest },
  ): Promise<Uint8Array | undefined> {
    const bytes = await readChecked(path, expected);
    if (!(bytes instanceof DamagedFile)) return bytes;
    await this.#damaged(path, bytes);
    return undefined;
  }

  // ---- records -----------------------------------------------------------

  async #readRecord(
    path: string,
    key: Digest,
  ): Promise<RecordOnDisk | undefined> {
    const bytes = await this.#read(path, { maxBytes: MAX_RECORD_BYTES });
    if (bytes === undefined) return undefined;
    const record = decodeRecord(bytes, key);
    if (typeof record !== "string") return record;
    await this.#damaged(path, new DamagedFile(record));
    return undefined;
  }

  async #writeRecord(record: RecordOnDisk): Promise<StoreRecord> {
    const { key, device } = record;
    let path = this.#recordPath(key);
    if (device !== undefined) {
      const there = await this.#readRecord(path, key);
      if (there !== undefined && there.device !== device) {
        path = this.#recordPath(key, device);
      }
    }
    const bytes = encodeRecord(record);
    if (bytes.length > MAX_RECORD_BYTES) {
      throw new StoreError(
        `Cannot save the result of "${record.provenance.op}"`,
        {
          expected: `a record of ${MAX_RECORD_BYTES} bytes or less`,
          actual: `${bytes.length} bytes`,
          hint: "Pass large data as inputs, not as params",
        },
      );
    }
    await writeWhole(path, [bytes]);
    await this.#grow(bytes.length);
    return this.#publicRecord(record, (output) => output.parts !== undefined);
  }

  /** The record with what of it is still there. */
  async #present(record: RecordOnDisk): Promise<StoreRecord> {
    const missing = new Set<OutputOnDisk>();
    for (const output of Object.values(record.outputs)) {
      for (const part of output.parts ?? []) {
        const path = this.#objectPath(part);
        const there = await look(path);
        if (there instanceof DamagedFile) await this.#damaged(path, there);
        else if (there?.bytes === part.bytes) continue;
        else if (there !== undefined) {
          const reason = `it has ${there.bytes} bytes instead of ${part.bytes}`;
          await this.#damaged(path, new DamagedFile(reason));
        }
        missing.add(output);
      }
    }
    return this.#publicRecord(
      record,
      (output) => output.parts !== undefined && !missing.has(output),
    );
  }

  #publicRecord(
    onDisk: RecordOnDisk,
    isKept: (output: OutputOnDisk) => boolean,
  ): StoreRecord {
    const { key, provenance, savedAt, device } = onDisk;
    const outputs = Object.fromEntries(
      Object.entries(onDisk.outputs).map(([name, output]) =>
        [name, {
          byteSize: output.byteSize,
          isKept: isKept(output),
          ...(output.digest === undefined ? {} : { digest: output.digest }),
        }] as const
      ),
    );
    const record: StoreRecord = {
      key,
      outputs,
      provenance,
      savedAt,
      ...(device === undefined ? {} : { device }),
    };
    this.#onDisk.set(record, onDisk);
    return record;
  }

  /** A record that another store gave out is looked up by its key. */
  async #recordOnDisk(record: StoreRecord): Promise<RecordOnDisk | undefined> {
    const known = this.#onDisk.get(record);
    if (known !== undefined) return known;
    const found = await this.find(
      record.key,
      record.device === undefined ? {} : { device: record.device },
    );
    return found === undefined ? undefined : this.#onDisk.get(found);
  }

  // ---- the folder --------------------------------------------------------

  #objectPath({ sha256, format }: StoredPart): string {
    const folder = join(this.path, "objects", sha256.slice(0, 2));
    return join(folder, `${sha256}.${format}`);
  }

  #recordPath(key: Digest, device?: string): string {
    if (!/^[0-9a-f]{64}$/.test(key)) {
      throw new StoreError(`Cannot look up "${key}" in the store`, {
        expected: "a digest of 64 hexadecimal digits",
      });
    }
    if (device !== undefined && !DEVICE_NAME.test(device)) {
      throw new StoreError(`Cannot use "${device}" as the name of a device`, {
        expected: "lower-case letters, digits and hyphens",
      });
    }
    const name = device === undefined ? key : deviceSlot(key, device);
    return join(this.path, "records", key.slice(0, 2), `${name}.json`);
  }

  /** Looks at the folder once, and makes it before the first write. */
  async #open(): Promise<void> {
    this.#opened ??= this.#checkLayout();
    try {
      await this.#opened;
    } catch (error) {
      this.#opened = undefined;
      throw error;
    }
  }

  async #openToWrite(): Promise<void> {
    await this.#open();
    this.#marked ??= this.#mark();
    try {
      await this.#marked;
    } catch (error) {
      this.#marked = undefined;
      throw error;
    }
  }

  async #mark(): Promise<void> {
    const path = join(this.path, "weft-store.json");
    if (await look(path) === undefined) {
      await writeWhole(path, [seal({ layout: LAYOUT, madeBy: "Weft" })]);
    }
  }

  /** Refuses a folder of another layout, and sets a damaged mark aside. */
  async #checkLayout(): Promise<void> {
    const path = join(this.path, "weft-store.json");
    const bytes = await this.#read(path, { maxBytes: 4096 });
    const opened = bytes === undefined ? undefined : unseal(bytes);
    if (typeof opened === "object") {
      const { body } = opened;
      const layout = typeof body === "object" && body !== null
        ? Reflect.get(body, "layout")
        : undefined;
      if (layout === LAYOUT) return;
      throw new StoreError(`Cannot use "${this.path}" as a store`, {
        expected: `layout ${LAYOUT}`,
        actual: `layout ${layout}`,
        hint: "It was made by another version of Weft; choose another folder",
      });
    }
    if (opened !== undefined) {
      await this.#damaged(path, new DamagedFile(opened));
    }
  }

  async #files(): Promise<
    {
      readonly objects: FoundFile[];
      readonly records: FoundFile[];
      readonly all: FoundFile[];
    }
  > {
    const matching = async (folder: string, name: RegExp) =>
      (await listFiles(join(this.path, folder)))
        .filter(({ path }) => name.test(basename(path)));
    const objects = await matching("objects", OBJECT_NAME);
    const records = await matching("records", RECORD_NAME);
    const aside = await matching("quarantine", /./);
    return { objects, records, all: [...objects, ...records, ...aside] };
  }

  /** Counts what was written, and evicts when it is too much. */
  async #grow(bytes: number): Promise<void> {
    this.#bytes = this.#bytes === undefined
      ? this.#files().then(({ all }) => total(all))
      : this.#bytes.then((sum) => sum + bytes);
    let sum: number;
    try {
      sum = await this.#bytes;
    } catch (error) {
      this.#bytes = undefined;
      throw error;
    }
    if (sum > this.#maxBytes) await this.#evict(this.#maxBytes * EVICT_TO);
  }

  async #evict(maxBytes: number): Promise<void> {
    // Two evictions at once would both remove what one of them has to
    while (this.#evicting !== undefined) await this.#evicting;
    this.#evicting = this.#evictNow(maxBytes);
    try {
      await this.#evicting;
    } finally {
      this.#evicting = undefined;
    }
  }

  async #evictNow(maxBytes: number): Promise<void> {
    // Looked at again, as other processes write and evict too
    const { all } = await this.#files();
    let left = total(all);
    let files = 0;
    let bytes = 0;
    for (const file of all.sort((a, b) => a.usedAt - b.usedAt)) {
      if (left <= maxBytes) break;
      if (await removeFile(file.path)) {
        files++;
        bytes += file.bytes;
      }
      left -= file.bytes;
    }
    this.#bytes = Promise.resolve(left);
    if (files > 0) this.#listeners.emit({ kind: "evicted", files, bytes });
  }

  // ---- what goes wrong ---------------------------------------------------

  async #damaged(path: string, damage: DamagedFile): Promise<void> {
    const movedTo = await setAside(path, damage, join(this.path, "quarantine"));
    // Who moved it tells of it, once
    if (movedTo === undefined) return;
    const { reason } = damage;
    this.#listeners.emit({ kind: "damaged", path, reason, movedTo });
  }

  #unkept(key: Digest, output: string, error: unknown): void {
    const reason = error instanceof WeftError ? error.summary : String(error);
    this.#listeners.emit({ kind: "unkept", key, output, reason });
  }
}

function total(files: readonly FoundFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
