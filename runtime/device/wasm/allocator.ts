/**
 * Hands out pieces of a range of addresses: best fit, neighbours that are free
 * are joined at once. Knows nothing of the memory behind the addresses.
 *
 * @module
 */

/** All addresses and lengths are multiples of this. */
export const ALIGNMENT = 64;

/** A piece of the range; the pieces form a chain by address. */
interface Piece {
  address: number;
  size: number;
  previous: Piece | undefined;
  next: Piece | undefined;
  /** Position in its bin, or -1 while it is handed out. */
  place: number;
}

/** Bins a power of two. */
const BINS_PER_DOUBLING = 4;

/** Number of the bin of free pieces of a size. */
function binOf(size: number): number {
  const units = size / ALIGNMENT;
  const exponent = 31 - Math.clz32(units);
  const part = Math.floor(units / 2 ** exponent * BINS_PER_DOUBLING);
  return exponent * BINS_PER_DOUBLING + part - BINS_PER_DOUBLING;
}

/** An allocator of addresses. */
export class Allocator {
  readonly #pieces = new Map<number, Piece>();
  readonly #bins: Piece[][] = [];
  #last: Piece | undefined;
  #end: number;
  #heldBytes = 0;

  /**
   * @param start First address; a multiple of {@linkcode ALIGNMENT}.
   */
  constructor(start: number) {
    this.#end = start;
  }

  /** End of the range. */
  get end(): number {
    return this.#end;
  }

  /** Bytes that are handed out. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Number of pieces that are handed out. */
  get heldPieces(): number {
    return this.#pieces.size;
  }

  /** Bytes that are free right before the end of the range. */
  get freeAtEnd(): number {
    return this.#last !== undefined && this.#last.place >= 0
      ? this.#last.size
      : 0;
  }

  /**
   * Adds addresses at the end of the range.
   *
   * @param bytes How many; a multiple of {@linkcode ALIGNMENT}.
   */
  extend(bytes: number): void {
    const piece: Piece = {
      address: this.#end,
      size: bytes,
      previous: this.#last,
      next: undefined,
      place: -1,
    };
    if (this.#last !== undefined) this.#last.next = piece;
    this.#last = piece;
    this.#end += bytes;
    this.#release(piece);
  }

  /**
   * Hands out addresses.
   *
   * @param bytes How many at least.
   * @returns The first one, or undefined when no free piece is long enough.
   */
  allocate(bytes: number): number | undefined {
    const size = Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
    const piece = this.#bestFit(size);
    if (piece === undefined) return undefined;
    this.#take(piece);
    if (piece.size > size) this.#split(piece, size);
    this.#pieces.set(piece.address, piece);
    this.#heldBytes += size;
    return piece.address;
  }

  /**
   * Takes addresses back.
   *
   * @param address What {@linkcode allocate} gave.
   */
  free(address: number): void {
    const piece = this.#pieces.get(address);
    if (piece === undefined) return;
    this.#pieces.delete(address);
    this.#heldBytes -= piece.size;
    this.#release(piece);
  }

  #bestFit(size: number): Piece | undefined {
    for (let bin = binOf(size); bin < this.#bins.length; bin++) {
      let best: Piece | undefined;
      for (const piece of this.#bins[bin] ?? []) {
        if (piece.size < size) continue;
        if (
          best === undefined || piece.size < best.size ||
          (piece.size === best.size && piece.address < best.address)
        ) best = piece;
      }
      if (best !== undefined) return best;
    }
    return undefined;
  }

  #split(piece: Piece, size: number): void {
    const rest: Piece = {
      address: piece.address + size,
      size: piece.size - size,
      previous: piece,
      next: piece.next,
      place: -1,
    };
    if (rest.next === undefined) this.#last = rest;
    else rest.next.previous = rest;
    piece.next = rest;
    piece.size = size;
    this.#put(rest);
  }

  /** Makes a piece free, joined with its free neighbours. */
  #release(piece: Piece): void {
    const { previous, next } = piece;
    if (next !== undefined && next.place >= 0) {
      this.#take(next);
      this.#join(piece, next);
    }
    if (previous !== undefined && previous.place >= 0) {
      this.#take(previous);
      this.#join(previous, piece);
      this.#put(previous);
    } else this.#put(piece);
  }

  #join(piece: Piece, next: Piece): void {
    piece.size += next.size;
    piece.next = next.next;
    if (next.next === undefined) this.#last = piece;
    else next.next.previous = piece;
  }

  #put(piece: Piece): void {
    const number = binOf(piece.size);
    while (this.#bins.length <= number) this.#bins.push([]);
    const bin = this.#bins[number]!;
    piece.place = bin.length;
    bin.push(piece);
  }

  #take(piece: Piece): void {
    const bin = this.#bins[binOf(piece.size)]!;
    const moved = bin.pop()!;
    if (moved !== piece) {
      bin[piece.place] = moved;
      moved.place = piece.place;
    }
    piece.place = -1;
  }
}
