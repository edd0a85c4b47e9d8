/**
 * How values show themselves. Lower layers know nothing of figures or HTML:
 * the display layer registers here what it can draw, and a node or a tensor
 * that a notebook shows asks here. Without the display layer everything shows
 * as plain text.
 *
 * @module
 */

/** Texts or JSON values by MIME type. */
export type Description = Readonly<Record<string, unknown>>;

/** Draws one kind of value. */
export interface Describer<T> {
  /** What kind of value it draws, for example `node`; the last one wins. */
  readonly kind: string;
  /** Whether a value is of its kind. */
  accepts(value: unknown): value is T;
  /** What a front end gets to show; always with `text/plain`. */
  describe(value: T): Description | Promise<Description>;
}

const describers = new Map<string, Describer<unknown>>();

/**
 * Registers how one kind of value is drawn; one of the same kind is replaced.
 *
 * @param describer Draws the kind of value.
 */
export function registerDescriber<T>(describer: Describer<T>): void {
  describers.delete(describer.kind);
  describers.set(describer.kind, describer as Describer<unknown>);
}

/**
 * Whether somebody has registered how a value is drawn.
 *
 * @param value The value.
 * @returns True where it does not show as plain text.
 */
export function isDescribed(value: unknown): boolean {
  return describers.values().some((describer) => describer.accepts(value));
}

/**
 * What a front end gets to show for a value.
 *
 * @param value The value.
 * @param text Its plain text, used where no describer accepts the value.
 * @returns Texts or JSON values by MIME type.
 */
export function describe(
  value: unknown,
  text: string,
): Description | Promise<Description> {
  for (const describer of [...describers.values()].reverse()) {
    if (describer.accepts(value)) return describer.describe(value);
  }
  return { "text/plain": text };
}
