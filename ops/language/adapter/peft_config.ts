/**
 * `adapter_config.json`, as PEFT writes it.
 *
 * @module
 */

import { DataError } from "../../../runtime/core/errors.ts";
import { checkConfig } from "./add_adapter.ts";
import type { LoraConfig } from "./lora_adapter.ts";

/** The longest file that is read, in bytes. */
export const MAX_CONFIG_BYTES = 1_000_000;

/** Settings that change nothing of what a stored adapter computes. */
const HARMLESS = new Set([
  "auto_mapping",
  "base_model_name_or_path",
  "ensure_weight_tying",
  "eva_config",
  "exclude_modules",
  "fan_in_fan_out",
  "inference_mode",
  "init_lora_weights",
  "layers_pattern",
  "layers_to_transform",
  "lora_alpha",
  "lora_dropout",
  "megatron_core",
  "peft_type",
  "peft_version",
  "qalora_group_size",
  "r",
  "revision",
  "runtime_config",
  "target_modules",
  "task_type",
  "use_rslora",
]);

/** Ways to start that leave the base model as it is. */
const STARTS = [true, false, "gaussian", "eva", "orthogonal"];

/**
 * Reads the settings of an adapter.
 *
 * @param text The text of `adapter_config.json`.
 * @returns The settings.
 * @throws {DataError} When it is no adapter of PEFT, not a plain LoRA, or a
 * setting is used that is not known here; names the setting.
 */
export function parsePeftConfig(text: string): LoraConfig {
  const json = parseObject(text);
  if (json["peft_type"] !== "LORA") {
    throw refused("peft_type", json["peft_type"], '"LORA"');
  }
  for (const [name, value] of Object.entries(json)) {
    if (HARMLESS.has(name) || isOff(value)) continue;
    if (name === "bias" && value === "none") continue;
    throw refused(name, value, "an adapter that does not use it");
  }
  const start = json["init_lora_weights"] ?? true;
  if (!STARTS.some((one) => one === start)) {
    // Such starts change the base model, too.
    throw refused("init_lora_weights", start, STARTS.join(", "));
  }
  const config: LoraConfig = {
    rank: numberOf(json, "r", 8),
    alpha: numberOf(json, "lora_alpha", 8),
    dropout: numberOf(json, "lora_dropout", 0),
    targetModules: targetsOf(json["target_modules"]),
    rankStabilized: json["use_rslora"] === true,
    baseModel: nameOf(json["base_model_name_or_path"]),
  };
  try {
    checkConfig(config);
  } catch (error) {
    throw new DataError("Cannot use the settings of an adapter", {
      cause: error,
    });
  }
  return config;
}

function parseObject(text: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new DataError("Cannot read the settings of an adapter", {
      expected: "JSON",
      cause: error,
    });
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new DataError("Cannot read the settings of an adapter", {
      expected: "a JSON object",
    });
  }
  return { ...json };
}

/** Whether a setting is one that is not made use of. */
function isOff(value: unknown): boolean {
  if (value === null || value === false || value === undefined) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function refused(name: string, value: unknown, expected: string): DataError {
  const actual = (JSON.stringify(value) ?? "nothing").slice(0, 100);
  return new DataError(
    `Cannot use an adapter with the setting "${name}": current value is ${actual}`,
    { expected, actual },
  );
}

function numberOf(
  json: Readonly<Record<string, unknown>>,
  name: string,
  missing: number,
): number {
  const value = json[name] ?? missing;
  if (typeof value !== "number") throw refused(name, value, "a number");
  return value;
}

function nameOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  throw refused("base_model_name_or_path", value, "a text");
}

function targetsOf(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all.map((one) => {
    if (typeof one === "string") return one;
    throw refused("target_modules", value, "texts");
  });
}

/** What PEFT wants to know beside the settings. */
export interface PeftConfigOptions {
  /** Whether the base stores linear weights as `[inputs, outputs]`, as GPT-2 on the hub does; false by default. */
  readonly fanInFanOut?: boolean | undefined;
}

/**
 * Writes the settings of an adapter.
 *
 * @param config The settings.
 * @param options `fanInFanOut` (false).
 * @returns The text of `adapter_config.json`.
 */
export function formatPeftConfig(
  config: LoraConfig,
  options: PeftConfigOptions = {},
): string {
  const json = {
    base_model_name_or_path: config.baseModel,
    bias: "none",
    fan_in_fan_out: options.fanInFanOut ?? false,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: config.alpha,
    lora_dropout: config.dropout,
    modules_to_save: null,
    peft_type: "LORA",
    r: config.rank,
    target_modules: config.targetModules,
    task_type: "CAUSAL_LM",
    use_dora: false,
    use_rslora: config.rankStabilized,
  };
  return `${JSON.stringify(json, null, 2)}\n`;
}
