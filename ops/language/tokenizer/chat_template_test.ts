import assert from "node:assert/strict";
import { DataError } from "../../../runtime/core/errors.ts";
import { renderChatTemplate } from "./chat_template.ts";
import { makeTokenizer } from "./make_tokenizer.ts";
import { recordedTokenizer, references } from "./testing_references.ts";

const USER = [{ role: "user", content: "Hi" }];
const VARIABLES = {
  beginToken: "<s>",
  endToken: "</s>",
  addGenerationPrompt: true,
};

Deno.test("templates render as Python's Jinja does", () => {
  assert.equal(references.rendered.length, 16);
  for (
    const { template, chat, addGenerationPrompt, text } of references.rendered
  ) {
    assert.equal(
      renderChatTemplate(
        references.templates[template]!,
        references.chats[chat]!,
        { ...VARIABLES, addGenerationPrompt },
      ),
      text,
      `${template}, ${chat}`,
    );
  }
});

Deno.test("a tokenizer renders by the template of its config", () => {
  const render = (template: unknown) =>
    makeTokenizer(recordedTokenizer("gpt-2", {
      bos_token: "<|im_start|>",
      eos_token: "<|im_end|>",
      chat_template: template,
    })).renderChat(USER, { addGenerationPrompt: false });
  const ask = "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}";
  const expected = "<|im_start|>Hi<|im_end|>";
  assert.equal(render(ask), expected);
  assert.equal(
    render([{ name: "tools", template: "no" }, {
      name: "default",
      template: ask,
    }]),
    expected,
  );
  assert.equal(render([{ name: "only", template: ask }]), expected);
  assert.equal(render({ default: ask }), expected);
  assert.throws(() => render(undefined), /the model has no chat template/);
});

Deno.test("what a template refuses is told in its words", () => {
  assert.throws(
    () =>
      renderChatTemplate(
        references.templates["inst"]!,
        [{ role: "tool", content: "x" }],
        VARIABLES,
      ),
    /its template says "Only user, system and assistant are supported: tool"/,
  );
});

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

const HOSTILE = {
  "no Jinja": "{% for %}",
  "an open block": "{% if true %}",
  "a huge range": "{% for i in range(1000000000) %}{% endfor %}",
  "endless numbers": "{{ range(0, 1, 0) }}",
  "empty loops in loops":
    "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}",
  "loops in loops":
    "{% for a in range(9000) %}{% for b in range(9000) %}x{% endfor %}{% endfor %}",
  "a text that doubles":
    "{% set s = namespace(x='ab') %}{% for a in range(60) %}{% set s.x = s.x ~ s.x %}{% endfor %}{{ s.x }}",
  "a list that doubles":
    "{% set s = namespace(x=[1]) %}{% for a in range(60) %}{% set s.x = s.x + s.x %}{% endfor %}",
  "a list in itself twice": `{% set x = [1] %}${
    "{% set x = [x, x] %}".repeat(60)
  }{{ x|tojson }}`,
  "a mapping in itself twice": `{% set x = {'a': 1} %}${
    "{% set x = {'a': x, 'b': x} %}".repeat(60)
  }{{ x }}`,
  "a namespace in itself twice": `{% set x = namespace(a=1) %}${
    "{% set x = namespace(a=x, b=x) %}".repeat(60)
  }{{ x|tojson }}`,
  "namespaces that grow later": `${
    range(60).map((i) =>
      `{% set n${i} = namespace(x=1) %}{% set l${i} = [n${i}, n${i}] %}`
    ).join("")
  }${
    range(59).map((i) => `{% set n${i + 1}.x = l${i} %}`).join("")
  }{{ n59|tojson }}`,
  "a namespace in itself":
    "{% set x = namespace(a=1) %}{% set x.a = x %}{{ x|tojson }}",
  "itself": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
  "deep nesting": "{{ " + "(".repeat(50_000) + "1" + ")".repeat(50_000) + " }}",
  "too long a text": "x".repeat(300_000),
};

for (const [name, template] of Object.entries(HOSTILE)) {
  Deno.test(`a template with ${name} ends in our error`, () => {
    assert.throws(
      () => renderChatTemplate(template, USER, VARIABLES),
      DataError,
    );
  });
}

Deno.test("a template reaches nothing but what it is given", () => {
  for (
    const name of [
      "globalThis",
      "Deno",
      "messages.constructor",
      "messages[0].__proto__",
      "raise_exception.constructor",
    ]
  ) {
    const text = (() => {
      try {
        return renderChatTemplate(`{{ ${name} is defined }}`, USER, VARIABLES);
      } catch (error) {
        assert.ok(error instanceof DataError);
        return "false";
      }
    })();
    assert.equal(text, "false", name);
  }
});

Deno.test("the day can be told", () => {
  const year = renderChatTemplate("{{ strftime_now('%Y') }}", USER, VARIABLES);
  assert.match(year, /^20\d\d$/);
});
