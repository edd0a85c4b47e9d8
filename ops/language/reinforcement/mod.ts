/**
 * Learning from rewards.
 *
 * @module
 */

export * from "./define_grpo.ts";
export type { GradedAnswer, Reward } from "./draw_answers.ts";
export * from "./group_advantages.ts";
export * from "./grpo_loss.ts";
export type { GrpoStep } from "./grpo_record.ts";
export type { GrpoSettings, GrpoSettingsInput } from "./grpo_settings.ts";
export * from "./train_grpo.ts";
