import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  CancelledError,
  DataError,
  ParameterError,
} from "../../runtime/core/errors.ts";
import { generateCommand, readGenerateArguments } from "./generate_command.ts";
import { TestTerminal } from "./testing_terminal.ts";

const FOLDER = new URL("../../../shared/data/models/", import.meta.url);
const MODEL = fileURLToPath(new URL("stories260K.bin", FOLDER));
const TOKENIZER = fileURLToPath(new URL("tok512.bin", FOLDER));
const ignore = !existsSync(MODEL);
const WHY = ignore ? " (skipped: ../shared/data is not there)" : "";
const STORY =
  "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball.";

Deno.test("options are read, and refused out of their range", () => {
  const values = readGenerateArguments([
    "--max-tokens",
    "5",
    "--top-p=0.9",
    "--stop",
    "a",
    "--stop",
    "b",
  ]);
  assert.equal(values.maxTokens, 5);
  assert.equal(values.topP, 0.9);
  assert.deepEqual(values.stop, ["a", "b"]);
  for (
    const args of [
      ["--max-tokens", "0"],
      ["--max-tokens", "1.5"],
      ["--temperature", "-1"],
      ["--temperature", "warm"],
      ["--top-p", "1.1"],
      ["--stop", ""],
      ["--promt", "a"],
    ]
  ) {
    assert.throws(
      () => readGenerateArguments(args),
      ParameterError,
      args.join(" "),
    );
  }
  assert.throws(
    () => readGenerateArguments(["--max-tokens", "many", "--top-p", "2"]),
    /--max-tokens "many": .*\n.*--top-p "2": /,
  );
});

const MODEL_OPTIONS = ["--model", MODEL, "--tokenizer", TOKENIZER];

Deno.test({
  name: `the known story alone goes to standard output${WHY}`,
  ignore,
  fn: async () => {
    const terminal = new TestTerminal();
    const pieces: string[] = [];
    terminal.onWrite = (text) => pieces.push(text);
    await generateCommand([
      ...MODEL_OPTIONS,
      "--prompt",
      "",
      "--temperature",
      "0",
      "--stop",
      " She wanted",
    ], terminal);
    assert.equal(terminal.output, STORY);
    assert.ok(pieces.length > 20, "it is written as it comes");
    assert.equal(terminal.notes.length, 2);
  },
});

Deno.test({
  name: `--json tells of tokens and times, the prompt may come in${WHY}`,
  ignore,
  fn: async () => {
    const terminal = new TestTerminal(["Once ", "upon"]);
    await generateCommand(
      [...MODEL_OPTIONS, "--json", "--max-tokens", "5"],
      terminal,
    );
    const { finishReason, ids, logProbabilities, promptTokens, text, timings } =
      JSON.parse(terminal.output);
    assert.equal(text, " a time, there was");
    assert.equal(ids.length, 5);
    assert.equal(logProbabilities.length, 5);
    assert.ok(logProbabilities.every((x: number) => x < 0));
    assert.equal(finishReason, "length");
    assert.equal(promptTokens, 3);
    assert.ok(timings.generationTokensPerSecond > 0);
  },
});

Deno.test({
  name: `Ctrl-C cancels${WHY}`,
  ignore,
  fn: async () => {
    const terminal = new TestTerminal();
    terminal.onWrite = () => terminal.interrupt();
    await assert.rejects(
      () => generateCommand([...MODEL_OPTIONS, "--prompt", ""], terminal),
      CancelledError,
    );
    assert.ok(STORY.startsWith(terminal.output));
    assert.equal(terminal.listeners, 0);
  },
});

Deno.test({
  name: `a model without a tokenizer asks for one${WHY}`,
  ignore,
  fn: () =>
    assert.rejects(
      () =>
        generateCommand(
          ["--model", MODEL, "--prompt", "a"],
          new TestTerminal(),
        ),
      /no tokenizer[^]*--tokenizer PATH/,
    ),
});

Deno.test("what cannot be generated is an error that helps", async () => {
  const run = (...args: string[]) => generateCommand(args, new TestTerminal());
  await assert.rejects(
    () => run("--model", "no/such/model", "--prompt", "a"),
    DataError,
  );
  await assert.rejects(
    () => run("--model", "no/such/model", "--device", "abacus"),
    ParameterError,
  );
});
