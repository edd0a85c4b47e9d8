/**
 * The one stream of events of a run. Progress bars, live panels, log files,
 * traces and tests all read it; nothing else reports what a run does.
 *
 * @module
 */

/** How a node ended. */
export type NodeState =
  | "computed"
  | "reused"
  | "skipped"
  | "failed"
  | "cancelled";

/** How a run ended. */
export type RunState = "completed" | "failed" | "cancelled";

/** A node as the events of one run know it. */
export interface NodeInfo {
  /** Its number in this run: inputs have smaller numbers. */
  readonly id: number;
  /** The name of its op. */
  readonly name: string;
  /** Numbers of the nodes that it reads. */
  readonly inputs: readonly number[];
  /** Which limit of the scheduler it falls under. */
  readonly kind: "cpu" | "gpu" | "io";
}

/** When it happened. */
export interface Timed {
  /** Milliseconds since the run began. */
  readonly at: number;
}

/** Which node it is about. */
export interface OfNode extends Timed {
  /** Number of the node in this run. */
  readonly node: number;
  /** Name of its op. */
  readonly name: string;
}

/** The run began. */
export interface RunStartEvent extends Timed {
  /** Tells the events apart. */
  readonly type: "run-start";
  /** When it began, as an ISO 8601 text. */
  readonly startedAt: string;
  /** All nodes that the roots depend on, inputs first. */
  readonly nodes: readonly NodeInfo[];
  /** Numbers of the nodes that were asked for. */
  readonly roots: readonly number[];
}

/** The run ended. */
export interface RunEndEvent extends Timed {
  /** Tells the events apart. */
  readonly type: "run-end";
  /** How it ended. */
  readonly state: RunState;
  /** What was thrown, unless it completed. */
  readonly error?: Error;
}

/** The body of a node began. */
export interface NodeStartEvent extends OfNode {
  /** Tells the events apart. */
  readonly type: "node-start";
}

/** The body of a node told how far it is. */
export interface NodeProgressEvent extends OfNode {
  /** Tells the events apart. */
  readonly type: "node-progress";
  /** From 0 to 1. */
  readonly fraction: number;
  /** What it is doing. */
  readonly message?: string;
}

/** The body of a node logged a line. */
export interface NodeLogEvent extends OfNode {
  /** Tells the events apart. */
  readonly type: "node-log";
  /** The line. */
  readonly message: string;
}

/** A node ended; every node of a run ends exactly once. */
export interface NodeEndEvent extends OfNode {
  /** Tells the events apart. */
  readonly type: "node-end";
  /** How it ended. */
  readonly state: NodeState;
  /** Time of its body and of materialising its tensors, in milliseconds. */
  readonly ms: number;
  /** Why it ended so, in words. */
  readonly why: string;
  /** Size of its outputs where that is known. */
  readonly bytes?: number;
  /** What was thrown, for a node that failed. */
  readonly error?: Error;
}

/**
 * A kernel ran on a device. It is told once its time is known, which may be
 * after later events; `at` is when it ended.
 */
export interface KernelEvent extends Timed {
  /** Tells the events apart. */
  readonly type: "kernel";
  /** Path of ops that is to blame for the kernel, the node last. */
  readonly path: readonly string[];
  /** Name of the kernel. */
  readonly kernel: string;
  /** The device that it ran on. */
  readonly device: string;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** Bytes written. */
  readonly bytes: number;
}

/** The store did something worth telling. */
export interface StoreEvent extends Timed {
  /** Tells the events apart. */
  readonly type: "store";
  /** What it did. */
  readonly action: "loaded" | "saved" | "damaged" | "evicted";
  /** Number of the node, where it is about one. */
  readonly node?: number;
  /** What happened, in words. */
  readonly message: string;
  /** How long it took, in milliseconds. */
  readonly ms?: number;
  /** Size of what was read or written. */
  readonly bytes?: number;
}

/** Something that does not stop the run but should be known. */
export interface WarningEvent extends Timed {
  /** Tells the events apart. */
  readonly type: "warning";
  /** Number of the node, where it is about one. */
  readonly node?: number;
  /** What is wrong, in words. */
  readonly message: string;
}

/** Whatever happens in a run. */
export type RunEvent =
  | RunStartEvent
  | RunEndEvent
  | NodeStartEvent
  | NodeProgressEvent
  | NodeLogEvent
  | NodeEndEvent
  | KernelEvent
  | StoreEvent
  | WarningEvent;

/**
 * A stream of events that keeps its past: every reader gets all events from
 * the first one, whenever it starts to read, so none can be missed.
 *
 * @example
 * ```ts
 * import { EventStream } from "@weft/weft";
 *
 * const stream = new EventStream<string>();
 * stream.emit("a");
 * stream.close();
 * for await (const event of stream) console.log(event); // "a"
 * ```
 */
export class EventStream<E> implements AsyncIterable<E> {
  readonly #past: E[] = [];
  readonly #listeners: ((event: E) => void)[] = [];
  #waiting: (() => void)[] = [];
  #isClosed = false;

  /** All events so far. */
  get past(): readonly E[] {
    return this.#past;
  }

  /**
   * Calls a function for each event, the past ones first.
   *
   * @param listener What to call; it must not throw.
   */
  subscribe(listener: (event: E) => void): void {
    for (const event of this.#past) listener(event);
    this.#listeners.push(listener);
  }

  /**
   * Adds an event; ignored once the stream is closed.
   *
   * @param event The event.
   */
  emit(event: E): void {
    if (this.#isClosed) return;
    this.#past.push(event);
    for (const listener of this.#listeners) listener(event);
    this.#wake();
  }

  /** Ends the stream for all readers. */
  close(): void {
    this.#isClosed = true;
    this.#listeners.length = 0;
    this.#wake();
  }

  #wake(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }

  /** Reads all events from the first one; ends when the stream is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<E, void, void> {
    for (let next = 0;;) {
      if (next < this.#past.length) {
        yield this.#past[next++]!;
      } else if (this.#isClosed) {
        return;
      } else {
        await new Promise<void>((resume) => this.#waiting.push(resume));
      }
    }
  }
}
