import assert from "node:assert/strict";
import { DTypeError, ShapeError, WeftError } from "../../../core/errors.ts";
import { tensor, zeros } from "../../creation.ts";
import { cast, exp, multiply, negative, square } from "../../elementwise.ts";
import { assertEqualOn, floats, noise } from "../../linear_algebra/testing.ts";
import { broadcastTo, slice } from "../../movement.ts";
import { read } from "../../realize.ts";
import { sum } from "../../reductions.ts";
import type { F32, F64 } from "../../tensor.ts";
import { grad } from "../../transforms.ts";
import { largestSize } from "../testing.ts";
import type { AttentionOptions } from "./inputs.ts";
import { scaledDotProductAttention } from "./scaled_dot_product_attention.ts";
import { attentionSpans, withBlockScores } from "./spans.ts";
import { composedAttention } from "./testing.ts";

const DOUBLE = { dtype: "f64", tolerance: 1e-12 } as const;

function random(shape: readonly number[], seed: number): F64 {
  const size = shape.reduce((product, n) => product * n, 1);
  return floats(DOUBLE, noise(size, seed), shape) as F64;
}

type Attention = typeof scaledDotProductAttention;

/** Gradients of a weighted sum, weights being no multiples of each other. */
function gradients(
  attention: Attention,
  [q, k, v]: readonly [F64, F64, F64],
  options: AttentionOptions,
): [F64, F64, F64] {
  const loss = (...args: [F64, F64, F64]): F64 => {
    const result = attention(...args, options);
    return sum(multiply(result, random(result.shape, 77)));
  };
  return grad(loss, { argnums: [0, 1, 2] })(q, k, v);
}

const HIDES: Record<
  string,
  (queries: number, keys: number) => AttentionOptions
> = {
  nothing: () => ({}),
  "a mask of all": (q, k) => ({ mask: exp(random([2, 4, q, k], 5)) }),
  "a mask of pairs": (q, k) => ({
    mask: cast(
      floats(DOUBLE, noise(q * k, 5).map((x) => +(x > -0.4)), [q, k]),
      "bool",
    ),
  }),
  "a mask of keys": (_, k) => ({
    mask: cast(
      floats(DOUBLE, noise(2 * k, 6).map((x) => +(x > -0.4)), [2, 1, 1, k]),
      "bool",
    ),
  }),
  "a mask of heads": (q, k) => ({ mask: random([4, q, k], 5) }),
  "padding": (_, k) => ({
    keyLengths: tensor([k, 2], { dtype: "i32" }),
    keyStarts: tensor([1, 0], { dtype: "i32" }),
  }),
};

for (const [name, hide] of Object.entries(HIDES)) {
  Deno.test(`attention by blocks equals the composed one with ${name}`, async () => {
    for (const [queries, keys] of [[5, 5], [3, 7], [7, 4], [1, 6]] as const) {
      for (const isCausal of [false, true]) {
        const options = { ...hide(queries, keys), isCausal, scale: 0.7 };
        const inputs = [
          random([2, 4, queries, 3], 1),
          random([2, 2, keys, 3], 2),
          random([2, 2, keys, 5], 3),
        ] as const;
        const right = gradients(composedAttention, inputs, options);
        for (const scores of [2 ** 21, 100, 7]) {
          const found = withBlockScores(
            scores,
            () => gradients(scaledDotProductAttention, inputs, options),
          );
          for (const k of [0, 1, 2] as const) {
            await assertEqualOn(DOUBLE, found[k], right[k], 1e-12);
          }
        }
      }
    }
  });
}

Deno.test("the last query sees all keys, as if earlier ones were there", async () => {
  const [q, k, v] = [1, 2, 3].map((seed) => random([2, 6, 4], seed));
  const all = scaledDotProductAttention(q!, k!, v!, { isCausal: true });
  const late = scaledDotProductAttention(
    slice(q!, null, [4]),
    k!,
    v!,
    { isCausal: true },
  );
  await assertEqualOn(DOUBLE, late, slice(all, null, [4]));
});

Deno.test("a query that sees nothing gives 0 and has no gradient", async () => {
  const inputs = [
    random([1, 3, 2], 1),
    random([1, 3, 2], 2),
    random([1, 3, 2], 3),
  ] as const;
  const mask = cast(tensor([[1, 1, 0], [0, 0, 0], [0, 1, 1]]), "bool");
  for (const scores of [2 ** 21, 3]) {
    await withBlockScores(scores, async () => {
      const result = scaledDotProductAttention(...inputs, { mask });
      const [ofQuery] = gradients(scaledDotProductAttention, inputs, { mask });
      const [found, gradient] = await read(result, ofQuery);
      assert.deepEqual([...found.slice(2, 4)].map(Math.abs), [0, 0]);
      assert.deepEqual([...gradient.slice(2, 4)].map(Math.abs), [0, 0]);
      assert.ok([...found, ...gradient].every(Number.isFinite));
    });
  }
});

Deno.test("NaN and infinite masks are kept where they matter", async () => {
  const ones = floats(DOUBLE, new Float64Array(4).fill(1), [2, 2]) as F64;
  const value = floats(DOUBLE, new Float64Array([1, 2]), [2, 1]) as F64;
  const broken = floats(DOUBLE, new Float64Array([1, NaN, 1, 1]), [
    2,
    2,
  ]) as F64;
  const [found] = await read(scaledDotProductAttention(broken, ones, value));
  assert.deepEqual([...found], [NaN, 1.5]);
  const mask = floats(DOUBLE, new Float64Array([0, -Infinity]));
  const [second] = await read(
    scaledDotProductAttention(ones, ones, value, { mask }),
  );
  assert.deepEqual([...second], [1, 1]);
});

Deno.test("attention in f16 is computed in f32", async () => {
  const half = (x: F64) => cast(x, "f16");
  const inputs = [1, 2, 3].map((seed) => half(random([2, 5, 3], seed)));
  const [q, k, v] = inputs;
  const wide = inputs.map((x) => cast(x, "f32"));
  const result = scaledDotProductAttention(q!, k!, v!);
  assert.equal(result.dtype, "f16");
  const [a, b] = await read(
    result,
    cast(scaledDotProductAttention(wide[0]!, wide[1]!, wide[2]!), "f16"),
  );
  assert.deepEqual([...a], [...b]);
});

Deno.test("gradients of gradients of attention", async () => {
  const [q, k, v] = [1, 2, 3].map((seed) => random([2, 4, 3], seed));
  const second = (attention: Attention) =>
    grad((x: F64) =>
      sum(square(grad((y: F64) => sum(exp(attention(y, k!, v!))))(x)))
    )(q!);
  await assertEqualOn(
    DOUBLE,
    withBlockScores(8, () => second(scaledDotProductAttention)),
    second(composedAttention),
  );
});

Deno.test("the scores of 4,096 positions are never held", () => {
  const sizes = [[1, 16, 4096, 64], [1, 4, 4096, 64]];
  const [q, k] = sizes.map((shape) => zeros(shape) as F32);
  for (const isCausal of [false, true]) {
    const loss = (...[a, b, c]: [F32, F32, F32]): F32 =>
      sum(scaledDotProductAttention(a, b, c, { isCausal }));
    const made = grad(loss, { argnums: [0, 1, 2] })(q!, k!, k!);
    // The query has 2²² elements, all scores of a head 2²⁴.
    assert.equal(largestSize(made), 2 ** 22);
  }
});

Deno.test("causal ranges skip keys that none of their queries sees", () => {
  const sizes = { groups: 2, repeats: 4, queries: 4096, keys: 4096 };
  const spans = attentionSpans(sizes, true);
  let covered = 0;
  let scores = 0;
  for (const { from, to, keys, blocks, together } of spans) {
    assert.equal(from, covered);
    assert.equal(keys, to);
    assert.equal((to - from) % blocks, 0);
    assert.ok((to - from) / blocks * keys * 4 * together <= 2 ** 21);
    scores += (to - from) * keys;
    covered = to;
  }
  assert.equal(covered, 4096);
  assert.ok(scores < 0.6 * 4096 ** 2);
});

Deno.test("causal scores that fit few blocks are cut as well, for all heads at once", () => {
  for (const [queries, most] of [[512, 0.63], [300, 0.8]] as const) {
    const sizes = { groups: 3, repeats: 3, queries, keys: queries };
    const spans = attentionSpans(sizes, true);
    const seen = spans.reduce(
      (all, one) => all + (one.to - one.from) * one.keys,
      0,
    );
    assert.ok(seen < most * queries ** 2);
    assert.ok(spans.every(({ together }) => together === 3));
  }
});

Deno.test("a long causal attention equals the composed one", async () => {
  const [q, k, v] = [[4, 290, 2], [2, 300, 2], [2, 300, 3]].map((shape, seed) =>
    random(shape, seed)
  ) as [F64, F64, F64];
  const options = { isCausal: true } as const;
  assert.equal(
    attentionSpans({ groups: 2, repeats: 2, queries: 290, keys: 300 }, true)
      .length,
    3,
  );
  const found = gradients(scaledDotProductAttention, [q, k, v], options);
  const right = gradients(composedAttention, [q, k, v], options);
  for (const at of [0, 1, 2] as const) {
    await assertEqualOn(DOUBLE, found[at], right[at], 1e-12);
  }
});

Deno.test("spans cover all queries of odd lengths", () => {
  for (const queries of [1, 37, 300, 1000, 4099]) {
    for (const keys of [1, 900, 5000]) {
      for (const isCausal of [false, true]) {
        const sizes = { groups: 6, repeats: 7, queries, keys };
        let covered = 0;
        for (const span of attentionSpans(sizes, isCausal)) {
          assert.equal(span.from, covered);
          assert.equal((span.to - span.from) % span.blocks, 0);
          assert.equal(6 % span.together, 0);
          covered = span.to;
        }
        assert.equal(covered, queries);
      }
    }
  }
});

Deno.test("attention of nothing", async () => {
  const none = zeros([2, 0, 3]);
  const some = zeros([2, 4, 3]);
  const empty = scaledDotProductAttention(none, some, some);
  assert.deepEqual(empty.shape, [2, 0, 3]);
  const [found] = await read(scaledDotProductAttention(some, none, none));
  assert.deepEqual([...found], new Array(24).fill(0));
});

Deno.test("batches broadcast, and one head needs no axis", async () => {
  const [q, k, v] = [
    random([3, 1, 2, 2], 1),
    random([1, 4, 2], 2),
    random([3, 1, 4, 2], 3),
  ];
  const result = scaledDotProductAttention(q, k, v);
  assert.deepEqual(result.shape, [3, 1, 2, 2]);
  const one = scaledDotProductAttention(
    slice(q, 1, 0),
    slice(k, 0),
    slice(v, 1, 0),
  );
  assert.deepEqual(one.shape, [2, 2]);
  await assertEqualOn(DOUBLE, one, slice(result, 1, 0));
  const wide = broadcastTo(k, [3, 1, 4, 2]);
  await assertEqualOn(DOUBLE, scaledDotProductAttention(q, wide, v), result);
});

Deno.test("attention refuses what does not fit", () => {
  const x = zeros([2, 4, 3]);
  const refuses = (
    error: new (...args: never[]) => Error,
    text: RegExp,
    body: () => unknown,
  ) =>
    assert.throws(
      body,
      (one) => one instanceof error && text.test(one.message),
    );
  refuses(
    ShapeError,
    /Cannot attend/,
    () => scaledDotProductAttention(x, zeros([2, 4, 2]), x),
  );
  refuses(
    ShapeError,
    /Cannot attend/,
    () => scaledDotProductAttention(zeros([3, 4, 3]), x, x),
  );
  refuses(
    ShapeError,
    /Cannot attend/,
    () => scaledDotProductAttention(x, x, zeros([2, 5, 3])),
  );
  refuses(
    DTypeError,
    /combine dtypes/,
    () => scaledDotProductAttention(x, x, cast(x, "f64") as unknown as F32),
  );
  refuses(
    DTypeError,
    /as a mask/,
    () =>
      scaledDotProductAttention(x, x, x, {
        mask: zeros([4, 4], { dtype: "i32" }),
      }),
  );
  refuses(
    ShapeError,
    /Cannot use a mask of shape \[3, 4\]/,
    () => scaledDotProductAttention(x, x, x, { mask: zeros([3, 4]) }),
  );
  refuses(
    ShapeError,
    /"keyLengths"/,
    () => scaledDotProductAttention(x, x, x, { keyLengths: [4, 4] }),
  );
  refuses(
    WeftError,
    /scale scores by NaN/,
    () => scaledDotProductAttention(x, x, x, { scale: NaN }),
  );
});

Deno.test("no gradient is given to a mask, not even silently", () => {
  const x = random([1, 3, 2], 1);
  assert.throws(
    () =>
      grad((mask: F64) => sum(scaledDotProductAttention(x, x, x, { mask })))(
        negative(random([3, 3], 2)),
      ),
    /Cannot differentiate attention for its mask/,
  );
});
