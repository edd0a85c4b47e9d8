import assert from "node:assert/strict";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fixture from "../../../fixtures/reference/qlora.json" with {
  type: "json",
};
import {
  CancelledError,
  DataError,
  NumericalError,
} from "../../../runtime/core/errors.ts";
import * as wf from "../../../runtime/tensor/mod.ts";
import type { LoraAdapter } from "../adapter/lora_adapter.ts";
import type { Row } from "./rows.ts";
import type { TrainProgress } from "./step_reports.ts";
import {
  RECORDED_SETTINGS,
  recordedRows,
  recordedStart,
} from "./testing_training.ts";
import { trainAdapter, type TrainRun } from "./train_adapter.ts";
import type { TrainSettings } from "./train_settings.ts";

async function train(
  changes: Partial<TrainSettings> = {},
  run: TrainRun = {},
  rows: readonly Row[] = recordedRows(),
  evaluation: readonly Row[] = [],
) {
  return await trainAdapter({
    model: await recordedStart(changes.seed === undefined ? 0 : 0.3),
    rows,
    evaluation,
    settings: { ...RECORDED_SETTINGS, ...changes },
    run,
  });
}

async function numbersOf({ layers }: LoraAdapter): Promise<Float32Array[]> {
  const factors = Object.keys(layers).sort().flatMap((name) => [
    wf.cast(layers[name]!.a, "f32"),
    wf.cast(layers[name]!.b, "f32"),
  ]);
  return await wf.read(...factors);
}

async function inFolder(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "weft-training-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("twenty steps of QLoRA have the losses of PyTorch and PEFT", async () => {
  const { history } = await train();
  const { losses, norms } = fixture.training;
  assert.equal(history.length, 20);
  history.forEach(({ loss, gradientNorm }, step) => {
    assert.ok(Math.abs(loss - losses[step]!) < 1e-3, `step ${step}: ${loss}`);
    const norm = norms[step]!;
    assert.ok(Math.abs(gradientNorm - norm) < 5e-3 * norm, String(step));
  });
});

Deno.test("batches that are added up are one large batch", async () => {
  const [whole, parts] = [
    await train({ batchSize: 4, steps: 3 }),
    await train({ batchSize: 1, accumulation: 4, steps: 3 }),
  ];
  whole.history.forEach(({ loss, gradientNorm }, step) => {
    const other = parts.history[step]!;
    assert.ok(Math.abs(loss - other.loss) < 1e-5);
    assert.ok(Math.abs(gradientNorm - other.gradientNorm) < 1e-4);
  });
});

Deno.test("what is computed again gives the same steps", async () => {
  const [kept, again, auto] = [
    await train({ checkpointing: false, steps: 3 }),
    await train({ checkpointing: true, steps: 3 }),
    await train({ checkpointing: "auto", steps: 3 }),
  ];
  assert.deepEqual(auto.history, kept.history);
  kept.history.forEach(({ loss }, step) => {
    assert.ok(Math.abs(loss - again.history[step]!.loss) < 1e-5);
  });
});

Deno.test("training goes on from a checkpoint bit for bit", async () => {
  for (const optimizer of ["adamW", "adamW8bit"] as const) {
    const settings = { steps: 6, seed: 5, shuffle: true, optimizer };
    const whole = await train(settings);
    await inFolder(async (folder) => {
      const stop = new AbortController();
      const first = train(settings, {
        folder,
        readEvery: 1,
        signal: stop.signal,
        onProgress: ({ step }) => {
          if (step === 3) stop.abort();
        },
      });
      await assert.rejects(first, CancelledError);
      assert.deepEqual(await readdir(folder), ["checkpoint-3"]);
      const second = await train(settings, { folder, resume: true });
      assert.deepEqual(second.history, whole.history);
      assert.deepEqual(
        await numbersOf(second.adapter),
        await numbersOf(whole.adapter),
      );
    });
  }
});

Deno.test("what a killed training left half written is cleared, and nothing else", async () => {
  await inFolder(async (folder) => {
    const path = (name: string) => join(folder, name);
    const half = (step: number) => `checkpoint-${step}.${crypto.randomUUID()}`;
    const first = await train({ steps: 2 }, { folder, checkpointEvery: 2 });
    // Killed as it replaced a whole checkpoint by one that is whole, too
    await rename(path("checkpoint-2"), path(`${half(2)}.part.old`));
    for (const name of [half(2), half(4)]) {
      await mkdir(path(`${name}.part`));
      await writeFile(path(`${name}.part/adapter_config.json`), "{");
    }
    const foreign = ["checkpoint-1.part", "checkpoint-1.mine.part", "notes"];
    for (const name of foreign) await mkdir(path(name));
    const again = await train({ steps: 2 }, { folder, resume: true });
    assert.deepEqual(again.history, first.history);
    assert.deepEqual(
      (await readdir(folder)).sort(),
      ["checkpoint-2", ...foreign].sort(),
    );
  });
});

Deno.test("seeds decide order and dropout", async () => {
  const settings = { steps: 3, shuffle: true };
  const [one, same, other] = [
    await train({ ...settings, seed: 1 }),
    await train({ ...settings, seed: 1 }),
    await train({ ...settings, seed: 2 }),
  ];
  assert.deepEqual(one.history, same.history);
  assert.notDeepEqual(one.history, other.history);
});

Deno.test("another training is not resumed, nor a damaged one", async () => {
  await inFolder(async (folder) => {
    await train({ steps: 2 }, { folder, checkpointEvery: 1 });
    assert.deepEqual(await readdir(folder), ["checkpoint-2"]);
    const run = { folder, resume: true };
    await assert.rejects(() => train({ steps: 3 }, run), DataError);
    const path = join(folder, "checkpoint-2", "optimizer.safetensors");
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 4));
    await assert.rejects(() => train({ steps: 2 }, run), DataError);
    await writeFile(join(folder, "checkpoint-2", "training.json"), "{}");
    await assert.rejects(() => train({ steps: 2 }, run), DataError);
  });
});

Deno.test("the best evaluation is kept, and training ends when it gets no better", async () => {
  const rows = recordedRows();
  // What is learnt of two rows says nothing about the others, which are noise.
  const made = await train(
    { steps: 40, patience: 2, evaluateEvery: 2, learningRate: 0.03 },
    {},
    rows.slice(0, 2),
    rows.slice(2),
  );
  assert.equal(made.stoppedEarly, true);
  assert.ok(made.steps < 40);
  const losses = made.evaluations.map(({ loss }) => loss);
  const best = losses.indexOf(Math.min(...losses));
  assert.equal(best, losses.length - 3);
  const again = await train(
    {
      steps: 40,
      evaluateEvery: made.evaluations[best]!.step,
      learningRate: 0.03,
    },
    { signal: AbortSignal.timeout(60_000) },
    rows.slice(0, 2),
    rows.slice(2),
  );
  assert.deepEqual(
    again.evaluations.find(({ step }) => step === made.evaluations[best]!.step),
    made.evaluations[best],
  );
  assert.deepEqual(
    await numbersOf(again.adapter),
    await numbersOf(made.adapter),
  );
});

Deno.test("progress tells of every step", async () => {
  const told: TrainProgress[] = [];
  const { history } = await train(
    { steps: 5 },
    { readEvery: 2, onProgress: (progress) => told.push(progress) },
  );
  assert.deepEqual(told.map(({ step }) => step), [1, 2, 3, 4, 5]);
  assert.deepEqual(
    told.map(({ loss }) => loss),
    history.map(({ loss }) => loss),
  );
  for (
    const { steps, tokensPerSecond, memoryBytes, secondsLeft, step } of told
  ) {
    assert.equal(steps, 5);
    assert.ok(tokensPerSecond > 0 && memoryBytes > 0);
    assert.ok(step === 5 ? secondsLeft === 0 : secondsLeft > 0);
  }
});

Deno.test("losses that are not finite are an error", async () => {
  await assert.rejects(
    () => train({ learningRate: 1e30, steps: 6 }),
    NumericalError,
  );
});

Deno.test("f16 follows f32 loosely", async () => {
  const { history } = await train({ dtype: "f16", steps: 6 });
  history.forEach(({ loss }, step) => {
    const right = fixture.training.losses[step]!;
    assert.ok(Math.abs(loss - right) < 0.05, `step ${step}: ${loss}`);
  });
});

Deno.test("8-bit steps learn, too", async () => {
  const { history } = await train({ optimizer: "adamW8bit" });
  assert.ok(history.at(-1)!.loss < history[0]!.loss - 1);
});
