/**
 * Sizes as parameters: numbers that come from shapes are handed to a kernel
 * when it runs, so that one text serves many shapes and nothing is compiled
 * again while a sequence grows.
 *
 * @module
 */

/** Collects the sizes that a kernel's text reads as parameters. */
export class SizeTable {
  readonly #slots = new Map<number, number>();
  readonly #reserved: readonly number[];

  /**
   * @param reserved Sizes that take the first parameters, each its own; none by
   * default.
   */
  constructor(reserved: readonly number[] = []) {
    this.#reserved = reserved;
  }

  /** The values, in the order of their parameters. */
  get values(): readonly number[] {
    return [...this.#reserved, ...this.#slots.keys()];
  }

  /**
   * The parameter that holds a size. Equal sizes share one.
   *
   * @param value The size.
   * @returns Number of the parameter.
   */
  slot(value: number): number {
    let slot = this.#slots.get(value);
    if (slot === undefined) {
      slot = this.#reserved.length + this.#slots.size;
      this.#slots.set(value, slot);
    }
    return slot;
  }
}
