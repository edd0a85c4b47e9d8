/**
 * GGUF files that are split into parts, named as llama.cpp names them:
 * "model-00001-of-00003.gguf".
 *
 * @module
 */

const PART = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/;
const DIGITS = 5;
const MAX_PARTS = 1000;

/**
 * The parts that a file is one of.
 *
 * @param file The name of the file.
 * @returns The names of all parts, the first first; null where it is no part of
 * several.
 */
export function partsOf(file: string): readonly string[] | null {
  const match = PART.exec(file);
  if (match === null) return null;
  const [, stem, index, total] = match;
  const count = Number(total);
  const isPart = Number(index) >= 1 && Number(index) <= count;
  if (!isPart || count > MAX_PARTS) return null;
  return Array.from(
    { length: count },
    (_, i) => `${stem}-${String(i + 1).padStart(DIGITS, "0")}-of-${total}.gguf`,
  );
}

/**
 * Whether a file is a part that is not the first.
 *
 * @param file The name of the file.
 * @returns Whether it is.
 */
export function isLaterPart(file: string): boolean {
  const parts = partsOf(file);
  return parts !== null && parts[0] !== file;
}
