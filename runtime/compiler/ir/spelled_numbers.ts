/**
 * Attributes as text that is equal for equal attributes only.
 *
 * @module
 */

/**
 * A number as text, the sign of 0 included.
 *
 * @param value The number.
 * @returns The text.
 */
export function spelled(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/**
 * Attributes as JSON, which itself has no words for NaN, infinity and -0.
 *
 * @param attributes The attributes.
 * @returns The text.
 */
export function attributesText(attributes: object): string {
  return JSON.stringify(attributes, spellNumbers);
}

function spellNumbers(_: string, value: unknown): unknown {
  const plain = typeof value !== "number" ||
    (Number.isFinite(value) && !Object.is(value, -0));
  return plain ? value : spelled(value);
}
