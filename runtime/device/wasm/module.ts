/**
 * Compiled modules: one for each text, as long as somebody holds it.
 *
 * @module
 */

import type { SharedMemory } from "./memory.ts";

/** What a module exports: does the work items from `begin` to `end`. */
type RunItems = (
  parameters: number,
  begin: number,
  end: number,
  scratch: number,
) => void;

/** What a module is told about its work items. */
export interface ItemWork {
  /** Address of the parameter block. */
  readonly parameters: number;
  /** About how many nanoseconds an item takes; what is measured corrects it. */
  readonly itemNanoseconds: number;
}

/** Work that is shorter is measured now and then only. */
const WORTH_MEASURING = 20_000;
/** How often short work is measured: once in so many times. */
const RARELY = 16;
/** The pace changes by this factor at most at once. */
const MOST_CHANGE = 1.5;
/** Estimates are not taken to be more wrong than by this factor. */
const MOST_WRONG = 100;

/** Where a module's text lies in the shared memory, for workers. */
interface Text {
  readonly memory: SharedMemory;
  address: number | undefined;
}

const texts = new FinalizationRegistry<Text>(({ memory, address }) => {
  if (address !== undefined) memory.free(address);
});

let modules = 0;

/** A module that was compiled. */
export class CompiledModule {
  /** Its number; no other module ever has it. */
  readonly id: number = ++modules;
  /** Its text. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #module: WebAssembly.Module;
  readonly #memory: SharedMemory;
  readonly #text: Text;
  #run: RunItems | undefined;
  #pace = 1;
  #calls = 0;

  /**
   * @param memory The memory that its instances work on.
   * @param bytes Its text.
   * @param module The text, compiled.
   */
  constructor(
    memory: SharedMemory,
    bytes: Uint8Array<ArrayBuffer>,
    module: WebAssembly.Module,
  ) {
    this.bytes = bytes;
    this.#module = module;
    this.#memory = memory;
    this.#text = { memory, address: undefined };
    texts.register(this, this.#text);
  }

  /** How much longer items take than was thought. */
  get pace(): number {
    return this.#pace;
  }

  /**
   * Does work items on this thread, and learns how long they take.
   *
   * @param work What the module is told about them.
   * @param begin The first one.
   * @param end The one behind the last.
   * @param scratch Address of scratch memory.
   */
  work(work: ItemWork, begin: number, end: number, scratch: number): void {
    const run = this.#run ?? this.#instantiate();
    const expected = Math.max(1, (end - begin) * work.itemNanoseconds);
    const isShort = expected * this.#pace < WORTH_MEASURING;
    if (isShort && ++this.#calls % RARELY !== 0) {
      return run(work.parameters, begin, end, scratch);
    }
    const started = performance.now();
    run(work.parameters, begin, end, scratch);
    const took = (performance.now() - started) * 1e6;
    // Of short work the call itself is the most.
    if (isShort && took < WORTH_MEASURING) return;
    this.#learn(took / expected);
  }

  /** Corrects the pace, a little at a time: the thread may have been held up. */
  #learn(factor: number): void {
    const pace = Math.min(
      this.#pace * MOST_CHANGE,
      Math.max(this.#pace / MOST_CHANGE, factor),
    );
    this.#pace = Math.min(MOST_WRONG, Math.max(1 / MOST_WRONG, pace));
  }

  #instantiate(): RunItems {
    if (this.#run === undefined) {
      const { memory } = this.#memory;
      const instance = new WebAssembly.Instance(this.#module, {
        env: { memory },
      });
      // Our own modules export it with this type.
      this.#run = instance.exports["run"] as RunItems;
    }
    return this.#run;
  }

  /**
   * Puts the text where workers find it.
   *
   * @returns Its address, or undefined where there is no room for it.
   */
  share(): number | undefined {
    const text = this.#text;
    if (text.address === undefined) {
      text.address = this.#memory.tryAllocate(this.bytes.length);
      if (text.address !== undefined) {
        this.#memory.bytes.set(this.bytes, text.address);
      }
    }
    return text.address;
  }
}

/** Compiles modules, each text once. */
export class ModuleCache {
  readonly #memory: SharedMemory;
  readonly #known = new Map<string, WeakRef<CompiledModule>>();
  readonly #byArray = new WeakMap<Uint8Array, CompiledModule>();
  readonly #gone = new FinalizationRegistry<string>((key) => {
    if (this.#known.get(key)?.deref() === undefined) this.#known.delete(key);
  });

  /**
   * @param memory The memory that the modules work on.
   */
  constructor(memory: SharedMemory) {
    this.#memory = memory;
  }

  /**
   * The module of a text that was compiled before from the same array.
   *
   * @param bytes The text.
   * @returns The module, if there is one.
   */
  known(bytes: Uint8Array): CompiledModule | undefined {
    return this.#byArray.get(bytes);
  }

  /**
   * Compiles texts: a few at once, many in parallel without holding the event
   * loop.
   *
   * @param list The texts.
   * @returns One module a text; equal texts give one module.
   */
  async compile(
    list: readonly Uint8Array<ArrayBuffer>[],
  ): Promise<CompiledModule[]> {
    const keys = list.map(keyOf);
    const found = new Map<string, CompiledModule>();
    const missing = new Map<string, Uint8Array<ArrayBuffer>>();
    keys.forEach((key, k) => {
      const known = this.#known.get(key)?.deref();
      if (known === undefined) missing.set(key, list[k]!);
      else found.set(key, known);
    });
    const few = missing.size <= FEW;
    for (const [key, bytes] of missing) {
      if (few) {
        found.set(key, this.#add(key, bytes, new WebAssembly.Module(bytes)));
      }
    }
    if (!few) {
      await Promise.all([...missing].map(async ([key, bytes]) => {
        const module = await WebAssembly.compile(bytes);
        // Another program may have been faster.
        const known = this.#known.get(key)?.deref();
        found.set(key, known ?? this.#add(key, bytes, module));
      }));
    }
    return keys.map((key, k) => {
      const module = found.get(key)!;
      this.#byArray.set(list[k]!, module);
      return module;
    });
  }

  #add(
    key: string,
    bytes: Uint8Array<ArrayBuffer>,
    module: WebAssembly.Module,
  ): CompiledModule {
    const made = new CompiledModule(this.#memory, bytes, module);
    this.#known.set(key, new WeakRef(made));
    this.#gone.register(made, key);
    return made;
  }
}

/** Modules that are compiled at once, as that takes about a millisecond. */
const FEW = 8;

const latin = new TextDecoder("latin1");

/** The text as a string: different texts give different strings. */
function keyOf(bytes: Uint8Array): string {
  return latin.decode(bytes);
}
