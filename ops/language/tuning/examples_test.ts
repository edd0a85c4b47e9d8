import assert from "node:assert/strict";
import { DataError } from "../../../runtime/core/errors.ts";
import { LETTERS } from "../generation/testing_letters.ts";
import { makeTokenizer } from "../tokenizer/make_tokenizer.ts";
import { encodeExample, IGNORED, type TrainingExample } from "./examples.ts";

const BEGIN = 1;
const END = 2;
const TURNS = makeTokenizer({
  ...LETTERS,
  chatTemplate:
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'assistant' %}a {{ m.content }}</s>{% else %}u {{ m.content }} {% endif %}{% endfor %}{% if add_generation_prompt %}a {% endif %}",
});

/** What is given in brackets, then what is learnt, as text. */
function shown(example: TrainingExample): string {
  const { tokens, labels } = encodeExample(TURNS, example);
  assert.equal(tokens.length, labels.length);
  return Array.from(tokens, (token, k) => {
    const text = TURNS.decode([token], { skipSpecialTokens: false });
    assert.ok(labels[k] === IGNORED || labels[k] === token);
    return labels[k] === IGNORED ? `[${text}]` : text;
  }).join("").replaceAll("][", "");
}

Deno.test("completions are learnt with an end, prompts are not", () => {
  assert.equal(shown({ prompt: "ab", completion: "cd" }), "[<s>ab]cd</s>");
  const { tokens } = encodeExample(TURNS, { prompt: "ab", completion: "cd" });
  assert.deepEqual([tokens[0], tokens.at(-1)], [BEGIN, END]);
});

Deno.test("of a chat every answer is learnt, with its end", () => {
  const user = (content: string) => ({ role: "user", content });
  const assistant = (content: string) => ({ role: "assistant", content });
  assert.equal(
    shown({
      messages: [user("hi"), assistant("yo"), user("x"), assistant("z")],
    }),
    "[<s>u hi a ]yo</s>[u x a ]z</s>",
  );
  assert.equal(
    shown({ messages: [user("hi"), assistant("yo"), user("x")] }),
    "[<s>u hi a ]yo</s>",
  );
});

Deno.test("texts are learnt whole", () => {
  assert.equal(shown({ text: "abc" }), "<s>abc</s>");
});

Deno.test("examples that teach nothing are refused", () => {
  assert.throws(
    () => encodeExample(TURNS, { prompt: "ab", completion: "" }),
    DataError,
  );
  assert.throws(
    () => encodeExample(TURNS, { messages: [{ role: "user", content: "hi" }] }),
    DataError,
  );
});

Deno.test("templates that change what came before are refused", () => {
  const odd = makeTokenizer({
    ...LETTERS,
    chatTemplate:
      "{{ messages | length }}{% for m in messages %}{{ m.content }}{% endfor %}",
  });
  const said = (role: string) => ({ role, content: "a" });
  assert.throws(
    () => encodeExample(odd, { messages: [said("user"), said("assistant")] }),
    DataError,
  );
});
