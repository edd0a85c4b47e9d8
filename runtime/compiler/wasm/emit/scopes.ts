/**
 * Which variables hold what, scope by scope.
 *
 * @module
 */

import type { FunctionBuilder, Local, ValueType } from "../assembler.ts";

interface Scope {
  readonly values: Map<number, Local>;
  readonly named: Map<string, Local>;
  readonly owned: Local[];
}

/** The open scopes of a function, and its variables that are free. */
export class Scopes {
  readonly #fn: FunctionBuilder;
  readonly #open: Scope[] = [];
  readonly #free = new Map<ValueType, Local[]>();

  /**
   * @param fn The function; one scope is open.
   */
  constructor(fn: FunctionBuilder) {
    this.#fn = fn;
    this.open();
  }

  /** How many scopes are open inside of the first. */
  get depth(): number {
    return this.#open.length - 1;
  }

  /** Opens a scope. */
  open(): void {
    this.#open.push({ values: new Map(), named: new Map(), owned: [] });
  }

  /** Closes the last scope: what it knew is forgotten. */
  close(): void {
    const { owned } = this.#open.pop()!;
    for (const local of owned) {
      const free = this.#free.get(local.type);
      if (free === undefined) this.#free.set(local.type, [local]);
      else free.push(local);
    }
  }

  get #last(): Scope {
    return this.#open[this.#open.length - 1]!;
  }

  /**
   * A variable for the rest of the scope.
   *
   * @param type Its type.
   * @returns The variable; what it holds at first is unknown.
   */
  local(type: ValueType): Local {
    const local = this.#free.get(type)?.pop() ?? this.#fn.local(type);
    this.#last.owned.push(local);
    return local;
  }

  /**
   * The variable that holds a value.
   *
   * @param key Number of the value.
   * @returns The variable, if there is one.
   */
  value(key: number): Local | undefined {
    for (let k = this.#open.length - 1; k >= 0; k--) {
      const local = this.#open[k]!.values.get(key);
      if (local !== undefined) return local;
    }
    return undefined;
  }

  /**
   * Says which variable holds a value until the end of the scope.
   *
   * @param key Number of the value.
   * @param local The variable.
   */
  setValue(key: number, local: Local): void {
    this.#last.values.set(key, local);
  }

  /**
   * The variable of a name.
   *
   * @param name The name.
   * @returns The variable, if there is one.
   */
  named(name: string): Local | undefined {
    for (let k = this.#open.length - 1; k >= 0; k--) {
      const local = this.#open[k]!.named.get(name);
      if (local !== undefined) return local;
    }
    return undefined;
  }

  /**
   * Names a variable until the end of the scope.
   *
   * @param name The name.
   * @param local The variable.
   */
  setNamed(name: string, local: Local): void {
    this.#last.named.set(name, local);
  }
}
