/**
 * The text of kernels that add at indices.
 *
 * A work item owns some neighbouring columns of one row of the result: it first
 * copies them from the first input, and then adds all updates in their order,
 * so that the result does not depend on the number of threads.
 *
 * @module
 */

import {
  type FunctionBuilder,
  type Local,
  ModuleBuilder,
  type ValueType,
} from "../assembler.ts";

/** How numbers are added: several at once, and one. */
export type ScatterType = "f32" | "f64" | "i32";

/** Order of the sizes that the module reads. */
const SIZES = ["count", "along", "after", "width", "blocks"] as const;

interface Lanes {
  readonly lanes: number;
  readonly shift: number;
  readonly load: "f32.load" | "f64.load" | "i32.load";
  readonly store: "f32.store" | "f64.store" | "i32.store";
  readonly add: "f32.add" | "f64.add" | "i32.add";
  readonly addLanes: "f32x4.add" | "f64x2.add" | "i32x4.add";
}

const LANES: Readonly<Record<ScatterType, Lanes>> = {
  f32: {
    lanes: 4,
    shift: 2,
    load: "f32.load",
    store: "f32.store",
    add: "f32.add",
    addLanes: "f32x4.add",
  },
  f64: {
    lanes: 2,
    shift: 3,
    load: "f64.load",
    store: "f64.store",
    add: "f64.add",
    addLanes: "f64x2.add",
  },
  i32: {
    lanes: 4,
    shift: 2,
    load: "i32.load",
    store: "i32.store",
    add: "i32.add",
    addLanes: "i32x4.add",
  },
};

const known = new Map<string, Uint8Array<ArrayBuffer>>();

/**
 * The module for a type.
 *
 * @param type How numbers are added.
 * @param single Whether each update has an index of its own, rather than each
 * slice.
 * @returns Its text; the same array each time. Operands are the first input,
 * the indices and the updates; sizes are the number of indices along the axis,
 * the length of the axis, the columns after it, columns of an item and items of
 * a row.
 */
export function scatterModule(
  type: ScatterType,
  single: boolean,
): Uint8Array<ArrayBuffer> {
  const key = `${type} ${single}`;
  let bytes = known.get(key);
  if (bytes === undefined) {
    known.set(key, bytes = new ScatterWriter(type, single).build());
  }
  return bytes;
}

/** Writes one module. */
class ScatterWriter {
  readonly #module = new ModuleBuilder();
  readonly #run: FunctionBuilder;
  readonly #lanes: Lanes;
  readonly #single: boolean;
  readonly #locals = new Map<string, Local>();

  constructor(type: ScatterType, single: boolean) {
    this.#lanes = LANES[type];
    this.#single = single;
    this.#run = this.#module.function(["i32", "i32", "i32", "i32"], [], "run");
  }

  build(): Uint8Array<ArrayBuffer> {
    const f = this.#run;
    const [parameters, item, end] = f.parameters as [Local, Local, Local];
    const addresses = ["input", "indices", "updates", "output"];
    [...addresses, ...SIZES].forEach((name, k) => {
      f.get(parameters);
      f.memory("i32.load", 4 * k);
      f.set(this.#local(name));
    });
    this.#value("pitch", () => this.#bytes("after"));
    this.#while(() => {
      f.get(item);
      f.get(end);
      f.op("i32.lt_s");
    }, () => {
      this.#item(item);
      f.get(item);
      f.i32(1);
      f.op("i32.add");
      f.set(item);
    });
    return this.#module.build();
  }

  /** Copies the columns of an item, then adds to them. */
  #item(item: Local): void {
    const f = this.#run;
    this.#value("row", () => {
      f.get(item);
      this.#get("blocks");
      f.op("i32.div_u");
    });
    this.#value("column", () => {
      f.get(item);
      this.#get("blocks");
      f.op("i32.rem_u");
      this.#get("width");
      f.op("i32.mul");
    });
    // Columns of this item: the last one of a row may have fewer.
    this.#value("columns", () => {
      this.#get("after", "column");
      f.op("i32.sub");
      f.set(this.#local("columns"));
      this.#get("columns", "width", "columns", "width");
      f.op("i32.lt_s", "select");
    });
    // Row and column of the result, in bytes.
    this.#value("place", () => {
      this.#get("row", "along");
      f.op("i32.mul");
      this.#get("pitch");
      f.op("i32.mul");
      this.#bytes("column");
      f.op("i32.add");
    });
    for (const [pointer, base] of [["to", "output"], ["from", "input"]]) {
      this.#sum(pointer!, base!, "place");
    }
    this.#sum("first", "output", "place");
    this.#repeat("along", () => {
      this.#line(false);
      for (const pointer of ["to", "from"]) {
        this.#sum(pointer, pointer, "pitch");
      }
    });
    this.#updates();
  }

  /** Adds all updates to the columns of an item. */
  #updates(): void {
    const f = this.#run;
    this.#value("from", () => {
      this.#get("row", "count");
      f.op("i32.mul");
      this.#get("pitch");
      f.op("i32.mul");
      this.#bytes("column");
      f.op("i32.add");
      this.#get("updates");
      f.op("i32.add");
    });
    this.#value("index", () => {
      this.#get("indices");
      if (!this.#single) return;
      this.#get("row", "count");
      f.op("i32.mul");
      this.#get("after");
      f.op("i32.mul");
      this.#get("column");
      f.op("i32.add");
      f.i32(2);
      f.op("i32.shl", "i32.add");
    });
    this.#repeat("count", () => {
      if (this.#single) this.#elements();
      else {
        this.#target(() => this.#get("index"));
        this.#line(true);
      }
      this.#sum("from", "from", "pitch");
      this.#value("index", () => {
        this.#get("index");
        if (this.#single) this.#get("after");
        else f.i32(1);
        f.i32(2);
        f.op("i32.shl", "i32.add");
      });
    });
  }

  /** Points `to` to the line of the result that an index names. */
  #target(pushAddress: () => void): void {
    const f = this.#run;
    this.#value("chosen", () => {
      pushAddress();
      f.memory("i32.load");
      f.set(this.#local("chosen"));
      // Negative ones count from the end.
      this.#get("chosen", "along");
      f.op("i32.add");
      this.#get("chosen", "chosen");
      f.i32(0);
      f.op("i32.lt_s", "select");
    });
    this.#value("to", () => {
      this.#get("chosen", "pitch");
      f.op("i32.mul");
      this.#get("first");
      f.op("i32.add");
    });
  }

  /** One update for each column, each with its own index. */
  #elements(): void {
    const f = this.#run;
    const { add, load, shift, store } = this.#lanes;
    this.#value("done", () => f.i32(0));
    this.#while(() => this.#less("done", "columns"), () => {
      this.#target(() => {
        this.#get("index", "done");
        f.i32(2);
        f.op("i32.shl", "i32.add");
      });
      for (const pointer of ["to", "source"]) {
        this.#value(pointer, () => {
          this.#get(pointer === "to" ? "to" : "from", "done");
          f.i32(shift);
          f.op("i32.shl", "i32.add");
        });
      }
      this.#get("to", "to");
      f.memory(load);
      this.#get("source");
      f.memory(load);
      f.op(add);
      f.memory(store);
      this.#step("done", 1);
    });
  }

  /** Copies a line of columns from `from` to `to`, or adds it. */
  #line(adds: boolean): void {
    const f = this.#run;
    const { add, addLanes, lanes, load, shift, store } = this.#lanes;
    this.#value("done", () => f.i32(0));
    this.#value("target", () => this.#get("to"));
    this.#value("source", () => this.#get("from"));
    const forward = (count: number) => {
      this.#step("target", count << shift);
      this.#step("source", count << shift);
      this.#step("done", count);
    };
    this.#while(() => {
      this.#get("done");
      f.i32(lanes);
      f.op("i32.add");
      this.#get("columns");
      f.op("i32.le_s");
    }, () => {
      this.#get("target");
      if (adds) {
        this.#get("target");
        f.memory("v128.load");
      }
      this.#get("source");
      f.memory("v128.load");
      if (adds) f.op(addLanes);
      f.memory("v128.store");
      forward(lanes);
    });
    this.#while(() => this.#less("done", "columns"), () => {
      this.#get("target");
      if (adds) {
        this.#get("target");
        f.memory(load);
      }
      this.#get("source");
      f.memory(load);
      if (adds) f.op(add);
      f.memory(store);
      forward(1);
    });
  }

  #local(name: string, type: ValueType = "i32"): Local {
    let local = this.#locals.get(name);
    if (local === undefined) {
      this.#locals.set(name, local = this.#run.local(type));
    }
    return local;
  }

  #get(...names: readonly string[]): void {
    for (const name of names) this.#run.get(this.#local(name));
  }

  #value(name: string, push: () => void): void {
    push();
    this.#run.set(this.#local(name));
  }

  /** Pushes a number of elements as bytes. */
  #bytes(name: string): void {
    this.#get(name);
    this.#run.i32(this.#lanes.shift);
    this.#run.op("i32.shl");
  }

  #sum(name: string, a: string, b: string): void {
    this.#value(name, () => {
      this.#get(a, b);
      this.#run.op("i32.add");
    });
  }

  #step(name: string, by: number): void {
    this.#value(name, () => {
      this.#get(name);
      this.#run.i32(by);
      this.#run.op("i32.add");
    });
  }

  #less(a: string, b: string): void {
    this.#get(a, b);
    this.#run.op("i32.lt_s");
  }

  #while(push: () => void, body: () => void): void {
    const f = this.#run;
    f.block((end) =>
      f.loop((start) => {
        push();
        f.op("i32.eqz");
        f.branchIf(end);
        body();
        f.branch(start);
      })
    );
  }

  #repeat(times: string, body: () => void): void {
    const counter = `${times} left`;
    this.#value(counter, () => this.#get(times));
    this.#while(() => this.#get(counter), () => {
      body();
      this.#step(counter, -1);
    });
  }
}
