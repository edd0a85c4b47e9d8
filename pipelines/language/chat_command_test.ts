import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DataError, ParameterError } from "../../runtime/core/errors.ts";
import { chatCommand, readChatArguments } from "./chat_command.ts";
import { TestTerminal } from "./testing_terminal.ts";

const FOLDER = new URL("../../../shared/data/models/", import.meta.url);
const MODEL = fileURLToPath(new URL("stories260K.bin", FOLDER));
const ignore = !existsSync(MODEL);
const WHY = ignore ? " (skipped: ../shared/data is not there)" : "";

Deno.test("options of the chat are read, and others refused", () => {
  assert.equal(readChatArguments(["--system", "Be kind"]).system, "Be kind");
  assert.throws(() => readChatArguments(["--prompt", "a"]), ParameterError);
});

/** A tokenizer of bytes with a template, as "tokenizer.json". */
async function withTokenizer(
  body: (path: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "weft-chat-"));
  const path = join(folder, "tokenizer.json");
  const characters = [
    ..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,!?:#",
    "Ġ",
    "Ċ",
  ];
  // As many tokens as the model has.
  const letters = characters.slice(0, 26);
  const pairs = letters.flatMap((a) => letters.map((b) => a + b));
  characters.push(...pairs.slice(0, 512 - characters.length));
  const vocab = Object.fromEntries(characters.map((one, id) => [one, id]));
  await writeFile(
    path,
    JSON.stringify({
      version: "1.0",
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: {
        type: "ByteLevel",
        add_prefix_space: false,
        trim_offsets: true,
        use_regex: true,
      },
      post_processor: null,
      decoder: { type: "ByteLevel" },
      model: { type: "BPE", vocab, merges: [] },
    }),
  );
  await writeFile(
    join(folder, "tokenizer_config.json"),
    JSON.stringify({
      chat_template:
        "{% for m in messages %}{{ m.role }}:{{ m.content }}#{% endfor %}",
    }),
  );
  try {
    await body(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const options = ["--model", MODEL, "--temperature", "0", "--max-tokens", "8"];

Deno.test({
  name: `a conversation is answered, reset and ended${WHY}`,
  ignore,
  fn: () =>
    withTokenizer(async (path) => {
      const terminal = new TestTerminal([
        "hel",
        "lo\n\n",
        "more\n/reset\nhello\n/exit\nnever\n",
      ]);
      await chatCommand([...options, "--tokenizer", path], terminal);
      const answers = terminal.output.split("\n");
      assert.equal(answers.length, 4);
      assert.ok(answers[0]!.length >= 8);
      // What was said before matters, until it is forgotten.
      assert.equal(answers[2], answers[0]);
      assert.notEqual(answers[1], answers[0]);
      assert.equal(terminal.listeners, 0);
    }),
});

Deno.test({
  name: `Ctrl-C stops an answer, and the next line is answered${WHY}`,
  ignore,
  fn: () =>
    withTokenizer(async (path) => {
      const whole = new TestTerminal(["hello\n"]);
      await chatCommand([...options, "--tokenizer", path], whole);
      const terminal = new TestTerminal(["hello\n", "again\n"]);
      let written = 0;
      terminal.onWrite = () => {
        if (++written === 3) terminal.interrupt();
      };
      await chatCommand([...options, "--tokenizer", path], terminal);
      const [first, second] = terminal.output.split("\n");
      const [expected] = whole.output.split("\n");
      assert.ok(first!.length < expected!.length);
      assert.ok(expected!.startsWith(first!));
      assert.ok(second!.length >= 8);
      assert.ok(terminal.notes.includes("(stopped)"));
    }),
});

Deno.test({
  name: `a model without a template is refused before anybody types${WHY}`,
  ignore,
  fn: async () => {
    const tokenizer = fileURLToPath(new URL("tok512.bin", FOLDER));
    await assert.rejects(
      () =>
        chatCommand(
          [...options, "--tokenizer", tokenizer],
          new TestTerminal(),
        ),
      DataError,
    );
  },
});
