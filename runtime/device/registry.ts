/**
 * The devices that exist here, and which of them is used.
 *
 * @module
 */

import { ParameterError } from "../core/errors.ts";
import type { Device } from "./device.ts";
import { referenceDevice } from "./reference/device.ts";

const devices = new Map<string, Device>([["reference", referenceDevice]]);

/** Names that are part of the plan but may not be there on this machine. */
const KNOWN = ["webgpu", "wasm", "reference"];

/**
 * Names of the devices that can be used here.
 *
 * @returns The names.
 */
export function deviceNames(): string[] {
  return [...devices.keys()];
}

/**
 * The device with a name.
 *
 * @param name The name.
 * @returns The device.
 * @throws {ParameterError} When there is no such device here.
 */
export function deviceNamed(name: string): Device {
  const device = devices.get(name);
  if (device !== undefined) return device;
  const known = KNOWN.includes(name);
  throw new ParameterError(
    `Cannot use ${known ? "" : "unknown "}device "${name}"${
      known ? " as it is not available here" : ""
    }`,
    {
      expected: `one of ${deviceNames().map((one) => `"${one}"`).join(", ")}`,
      actual: `"${name}"`,
      hint: 'Leave the device out, or set WEFT_DEVICE to "reference"',
    },
  );
}

let preferred: Device | undefined;

/**
 * The device of executions that name none: `WEFT_DEVICE` where the permission
 * to read it is already given (nobody is asked), else the best there is.
 *
 * @returns The device.
 * @throws {ParameterError} When `WEFT_DEVICE` names no device that exists.
 */
export function defaultDevice(): Device {
  if (preferred === undefined) {
    const name = preferenceFromEnvironment();
    preferred = name === undefined ? referenceDevice : deviceNamed(name);
  }
  return preferred;
}

function preferenceFromEnvironment(): string | undefined {
  const query = { name: "env", variable: "WEFT_DEVICE" } as const;
  if (Deno.permissions.querySync(query).state !== "granted") return undefined;
  const name = Deno.env.get("WEFT_DEVICE");
  return name === undefined || name === "" ? undefined : name;
}
