/**
 * The folders that commands write to, made before hours are spent on what goes
 * there.
 *
 * @module
 */

import { access, constants, mkdir } from "node:fs/promises";
import { ParameterError } from "../runtime/core/errors.ts";

/** Folders of a command, as its options say. */
export interface CommandFolders {
  /** Where reports go. */
  readonly out: string;
  /** The folder of results, "memory" or "none". */
  readonly store: string;
}

/**
 * Makes the folders of a command.
 *
 * @param folders What the options say.
 * @throws {ParameterError} Where one cannot be written to.
 */
export async function makeFolders(
  { out, store }: CommandFolders,
): Promise<void> {
  await makeFolder(out, "--out", "a report");
  if (store === "memory" || store === "none") return;
  await makeFolder(store, "--store", "results");
}

/**
 * Makes a folder that a command writes to.
 *
 * @param path The folder.
 * @param option The option that names it.
 * @param what What goes there.
 * @throws {ParameterError} Where it cannot be written to.
 */
export async function makeFolder(
  path: string,
  option: string,
  what: string,
): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
  } catch (cause) {
    throw new ParameterError(`Cannot write ${what} to the folder "${path}"`, {
      cause,
      expected: "a folder that this process may write to",
      actual: `${option} ${path}`,
      hint: cause instanceof Deno.errors.NotCapable
        ? `Tasks may write below "out" and ".weft" only; for another folder copy the task's command from deno.json, with --allow-write=out,.weft,${path}`
        : `Choose another folder by ${option}`,
    });
  }
}
