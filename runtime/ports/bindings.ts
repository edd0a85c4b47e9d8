/**
 * What one op call has fixed so far: the size of each dimension name and the
 * dtype of each set of dtypes.
 *
 * @module
 */

/** A size or dtype together with the port that fixed it. */
export interface Binding<T> {
  /** The size or the dtype. */
  readonly value: T;
  /** The port that fixed it, for error messages. */
  readonly port: string;
}

/**
 * The dimension sizes and dtypes of one op call. One name has one size and one
 * set of dtypes one dtype across all inputs and outputs of the call, so a call
 * makes one of these and checks every port against it.
 */
export class Bindings {
  readonly #sizes = new Map<string, Binding<number>>();
  readonly #dtypes = new Map<string, Binding<string>>();

  /**
   * Looks up the size of a dimension.
   *
   * @param name The dimension name.
   * @returns The size and who fixed it, or `undefined` when it is still free.
   */
  size(name: string): Binding<number> | undefined {
    return this.#sizes.get(name);
  }

  /**
   * Fixes the size of a dimension; the first port to do so wins, and callers
   * compare with {@linkcode Bindings.size} before.
   *
   * @param name The dimension name.
   * @param size The size.
   * @param port The port that fixes it.
   */
  bindSize(name: string, size: number, port: string): void {
    if (!this.#sizes.has(name)) this.#sizes.set(name, { value: size, port });
  }

  /**
   * Looks up the dtype that a set of dtypes has taken in this call.
   *
   * @param dtypes The set, in any order.
   * @returns The dtype and who fixed it, or `undefined` when it is still free.
   */
  dtype(dtypes: readonly string[]): Binding<string> | undefined {
    return this.#dtypes.get(setName(dtypes));
  }

  /**
   * Fixes the dtype of a set of dtypes; the first port to do so wins.
   *
   * @param dtypes The set, in any order.
   * @param dtype The member that it takes.
   * @param port The port that fixes it.
   */
  bindDType(dtypes: readonly string[], dtype: string, port: string): void {
    const name = setName(dtypes);
    if (!this.#dtypes.has(name)) {
      this.#dtypes.set(name, { value: dtype, port });
    }
  }
}

function setName(dtypes: readonly string[]): string {
  return [...dtypes].sort().join("|");
}
