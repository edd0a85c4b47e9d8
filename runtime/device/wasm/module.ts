/**
 * Compiled modules: one for each text, as long as somebody holds it.
 *
 * @module
 */

import type { SharedMemory } from "./memory.ts";

/**
 * What a module exports: does the work items from `begin` to `end`, see
 * {@linkcode CompiledModule.run}.
 */
export type RunItems = (
  parameters: number,
  begin: number,
  end: number,
  scratch: number,
) => void;

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

  /** The function that works on this thread. */
  get run(): RunItems {
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
