/**
 * Files of examples.
 *
 * @module
 */

import { readFile, stat } from "node:fs/promises";
import { prettifyError } from "zod";
import type { TrainingExample } from "../../ops/language/tuning/examples.ts";
import { TRAINING_EXAMPLE } from "../../ops/language/tuning/training_example.ts";
import { DataError } from "../../runtime/core/errors.ts";

/** The largest file that is read, in bytes. */
const MAX_BYTES = 2 ** 29;

/**
 * Reads examples, one JSON object a line; empty lines are skipped.
 *
 * @param path The file.
 * @returns The examples.
 * @throws {DataError} When the file cannot be read, is too large, or a line is no
 * example; names the line.
 */
export async function readExamples(path: string): Promise<TrainingExample[]> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) {
      throw new DataError(`Cannot read ${size} bytes of examples at once`, {
        expected: `at most ${MAX_BYTES} bytes`,
      });
    }
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new DataError(`Cannot read the examples in "${path}"`, { cause });
  }
  return text.split("\n").flatMap((line, index) =>
    line.trim() === "" ? [] : [exampleOf(line, `${path}:${index + 1}`)]
  );
}

function exampleOf(line: string, place: string): TrainingExample {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw new DataError(`Cannot read the example at ${place}`, {
      expected: "a JSON object",
      cause,
    });
  }
  const parsed = TRAINING_EXAMPLE.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new DataError(`Cannot read the example at ${place}`, {
    expected: '{"prompt", "completion"}, {"messages"} or {"text"}',
    actual: prettifyError(parsed.error),
  });
}
