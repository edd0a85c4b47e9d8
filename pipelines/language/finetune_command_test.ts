import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  CancelledError,
  DataError,
  ParameterError,
} from "../../runtime/core/errors.ts";
import { loadAdapter } from "../../ops/language/adapter/adapter_files.ts";
import { readFinetuneArguments } from "./finetune_arguments.ts";
import { finetuneCommand } from "./finetune_command.ts";
import { generateCommand } from "./generate_command.ts";
import { TestTerminal } from "./testing_terminal.ts";

const FOLDER = new URL("../../../shared/data/models/", import.meta.url);
const MODEL = fileURLToPath(new URL("stories260K.bin", FOLDER));
const TOKENIZER = fileURLToPath(new URL("tok512.bin", FOLDER));
const ignore = !existsSync(MODEL);
const WHY = ignore ? " (skipped: ../shared/data is not there)" : "";

Deno.test("options of fine-tuning are read, and refused out of their range", () => {
  const values = readFinetuneArguments([
    "--rank=8",
    "--no-packing",
    "--warmup",
    "0.1",
    "--targets",
    "q_proj,v_proj",
  ]);
  assert.deepEqual(
    [values.rank, values.packing, values.warmup, values.base],
    [8, false, 0.1, "nf4"],
  );
  for (
    const args of [
      ["--rank", "0"],
      ["--steps", "1.5"],
      ["--learning-rate", "0"],
      ["--schedule", "square"],
      ["--base", "q4_0"],
      ["--ranks", "3"],
    ]
  ) {
    assert.throws(
      () => readFinetuneArguments(args),
      ParameterError,
      args.join(" "),
    );
  }
});

async function inFolder(body: (folder: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "weft-finetune-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("files of examples that are none are refused with their line", async () => {
  await inFolder(async (folder) => {
    const data = join(folder, "data.jsonl");
    const run = () =>
      finetuneCommand(
        ["--model", "none", "--data", data, "--out", folder],
        new TestTerminal(),
      );
    await assert.rejects(run, DataError);
    await writeFile(data, '{"text":"a"}\n\n{"txt":"b"}\n');
    await assert.rejects(run, /data\.jsonl:3/);
    await writeFile(data, '{"text":"a"}\nnothing\n');
    await assert.rejects(run, /data\.jsonl:2/);
  });
  for (const args of [[], ["--model", "x"], ["--model", "x", "--data", "y"]]) {
    await assert.rejects(
      () => finetuneCommand(args, new TestTerminal()),
      (error: Error) =>
        error instanceof ParameterError || error instanceof DataError,
    );
  }
});

Deno.test("where the adapter cannot go is told before anything is trained", async () => {
  await inFolder(async (folder) => {
    const data = join(folder, "data.jsonl");
    await writeFile(data, '{"text":"a"}\n');
    const run = (out: string, terminal = new TestTerminal()) =>
      finetuneCommand(
        ["--model", "none", "--data", data, "--out", out],
        terminal,
      );
    await assert.rejects(run(data), /Cannot write an adapter to/);
    const out = join(folder, "adapter");
    await mkdir(out);
    await writeFile(join(out, "adapter_config.json"), "{}");
    const terminal = new TestTerminal();
    await assert.rejects(run(out, terminal), DataError);
    assert.match(terminal.notes[0]!, /will replace/);
  });
});

Deno.test({
  name: `a story is learnt by heart, in two parts${WHY}`,
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const data = join(folder, "data.jsonl");
      const out = join(folder, "adapter");
      const text = "Tom had a big green dog. The dog ate the moon.";
      await writeFile(data, `${JSON.stringify({ text })}\n`);
      const model = ["--model", MODEL, "--tokenizer", TOKENIZER];
      const args = [
        ...model,
        ...["--data", data, "--eval", data, "--out", out],
        ...["--steps", "30", "--evaluate-every", "10", "--rank", "8"],
        ...["--sequence-length", "64", "--learning-rate", "0.02"],
        "--resume",
        "--json",
      ];
      const first = new TestTerminal();
      const stopping = finetuneCommand(args, {
        write: (piece) => first.write(piece),
        note(line) {
          first.note(line);
          if (line.startsWith("step 10/")) first.interrupt();
        },
        input: first.input,
        isInputTerminal: false,
        isOutputTerminal: false,
        onInterrupt: (listener) => first.onInterrupt(listener),
      });
      await assert.rejects(stopping, CancelledError);
      assert.match(first.notes.at(-1)!, /--resume goes on/);
      const [checkpoint] = await readdir(join(out, "checkpoints"));
      assert.match(checkpoint!, /^checkpoint-[12]\d$/);

      const second = new TestTerminal();
      await finetuneCommand(args, second);
      const report = JSON.parse(second.output);
      assert.equal(report.history.length, 30);
      assert.equal(report.examples.examples, 1);
      assert.ok(report.evaluations.at(-1).loss < 0.5);
      assert.deepEqual(
        JSON.parse(await readFile(join(out, "training_report.json"), "utf8")),
        report,
      );
      const adapter = await loadAdapter(out);
      assert.equal(adapter.config.baseModel, MODEL);

      const told = new TestTerminal();
      await generateCommand([
        ...model,
        ...["--adapter", out, "--prompt", "Tom had", "--max-tokens", "40"],
      ], told);
      assert.match(told.output, /a big green dog\. The dog ate the moon/);
    }),
});
