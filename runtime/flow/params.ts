/**
 * Params of a call: checked against the schema, with defaults filled in.
 *
 * @module
 */

import { type $ZodError, safeParse } from "zod/v4/core";
import { ParameterError } from "../core/errors.ts";
import { closestName, preview } from "../core/preview.ts";
import type { OpInfo } from "./op_info.ts";

const NO_PARAMS: unknown = Object.freeze({});

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let inner = value;
  for (const key of path) {
    if (typeof inner !== "object" || inner === null) return undefined;
    inner = (inner as Record<PropertyKey, unknown>)[key];
  }
  return inner;
}

function placeOf(path: readonly PropertyKey[]): string {
  return path.length === 0
    ? "params"
    : path.map((key, index) =>
      typeof key === "number"
        ? `[${key}]`
        : `${index === 0 ? "" : "."}${String(key)}`
    ).join("");
}

function problem(info: OpInfo, given: unknown, error: $ZodError): Error {
  const [first] = error.issues;
  const place = placeOf(first?.path ?? []);
  const current = preview(at(given, first?.path ?? []));
  const others = error.issues.slice(1).map((issue) =>
    `${placeOf(issue.path)}: ${issue.message}`
  );
  return new ParameterError(
    `Cannot use params of op "${info.name}" as "${place}" does not fit: current value is ${current}`,
    {
      path: [info.name],
      expected: [first?.message ?? "", ...others].join("\n"),
      actual: `${place} = ${current}`,
    },
  );
}

/** The names of the params; undefined where the schema leaves them open. */
function namesOf(info: OpInfo): string[] | undefined {
  if (info.params === undefined) return [];
  const { def } = info.params._zod;
  const isClosed = def.type === "object" && "shape" in def &&
    !("catchall" in def && def.catchall !== undefined);
  return isClosed ? Object.keys(def.shape as object) : undefined;
}

function refuseUnknown(info: OpInfo, given: unknown): void {
  const known = namesOf(info);
  if (known === undefined || typeof given !== "object" || given === null) {
    return;
  }
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const meant = closestName(name, known);
    throw new ParameterError(
      `Cannot use params of op "${info.name}" as it has no param "${name}"`,
      {
        path: [info.name],
        expected: known.length === 0
          ? "no params"
          : known.map((each) => `"${each}"`).join(", "),
        actual: `"${name}"`,
        ...(meant === undefined ? {} : { hint: `Did you mean "${meant}"?` }),
      },
    );
  }
}

/**
 * Checks the params of a call.
 *
 * @param info The op.
 * @param given What was given; undefined counts as `{}`.
 * @returns The params after defaults.
 * @throws {ParameterError} If they do not match the schema, naming the param.
 */
export function parseParams(info: OpInfo, given: unknown = NO_PARAMS): unknown {
  refuseUnknown(info, given);
  if (info.params === undefined) return NO_PARAMS;
  const result = safeParse(info.params, given);
  if (!result.success) throw problem(info, given, result.error);
  return result.data;
}
