/**
 * Nodes whose inputs are there and that wait for a free place: separate limits
 * for cpu, gpu and io, and for groups of nodes such as those of one `map`.
 *
 * @module
 */

import type { NodeCore } from "./node_core.ts";
import type { OpKind } from "./op_info.ts";

/** How many bodies of each kind may run at once. */
export type Limits = Readonly<Record<OpKind, number>>;

/** A set of nodes of which only some may run at once. */
export class Group {
  /** How many run now. */
  running = 0;

  /** @param limit How many may run at once. */
  constructor(readonly limit: number) {}
}

const groups = new WeakMap<NodeCore, Group>();

/**
 * Puts a node into a group.
 *
 * @param core The node.
 * @param group The group.
 */
export function joinGroup(core: NodeCore, group: Group): void {
  groups.set(core, group);
}

/** Something that can wait for a place. */
export interface Ready {
  /** Lower numbers go first: depth first frees memory soonest. */
  readonly priority: number;
  /** Its node. */
  readonly core: NodeCore;
}

/** A binary heap: what waits for one kind of place. */
class Heap<T extends Ready> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent]!.priority <= item.priority) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) {
      return first;
    }
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      const right = items[child + 1];
      if (right !== undefined && right.priority < items[child]!.priority) {
        child++;
      }
      if (items[child]!.priority >= last.priority) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return first;
  }
}

/** What waits for a place, and how many places are taken. */
export class ReadyQueue<T extends Ready> {
  readonly #limits: Limits;
  readonly #byKind: Record<OpKind, Heap<T>> = {
    cpu: new Heap<T>(),
    gpu: new Heap<T>(),
    io: new Heap<T>(),
  };
  readonly #byGroup = new Map<Group, Heap<T>>();
  readonly #running: Record<OpKind, number> = { cpu: 0, gpu: 0, io: 0 };

  /** @param limits How many bodies of each kind may run at once. */
  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /**
   * Adds an item that waits for a place.
   *
   * @param item The item.
   */
  push(item: T): void {
    const group = groups.get(item.core);
    if (group === undefined) {
      this.#byKind[item.core.info.kind].push(item);
      return;
    }
    const waiting = this.#byGroup.get(group) ?? new Heap<T>();
    waiting.push(item);
    this.#byGroup.set(group, waiting);
  }

  /**
   * Takes the next item that has a free place, and takes the place. A group
   * has its own limit in place of that of its kind.
   *
   * @returns The item; undefined when all places are taken or nothing waits.
   */
  take(): T | undefined {
    for (const [group, waiting] of this.#byGroup) {
      if (waiting.size === 0 || group.running >= group.limit) continue;
      group.running++;
      return waiting.pop();
    }
    return this.#takeOf("gpu") ?? this.#takeOf("io") ?? this.#takeOf("cpu");
  }

  #takeOf(kind: OpKind): T | undefined {
    const waiting = this.#byKind[kind];
    if (waiting.size === 0 || this.#running[kind] >= this.#limits[kind]) {
      return undefined;
    }
    this.#running[kind]++;
    return waiting.pop();
  }

  /**
   * Gives the place of an item back.
   *
   * @param item The item that was taken.
   */
  leave(item: T): void {
    const group = groups.get(item.core);
    if (group === undefined) this.#running[item.core.info.kind]--;
    else group.running--;
  }
}
