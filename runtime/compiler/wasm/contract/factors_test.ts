import { check } from "./testing_check.ts";
import { product } from "./testing_kernels.ts";

Deno.test("renderContract reads f16 as f32", () => {
  const half = { dtype: "f16", steps: [19, 0, 1] } as const;
  check({
    ...product("f32", [11, 13, 19]),
    left: half,
    right: { dtype: "f16", steps: [0, 1, 13] },
    outputs: ["f16"],
  });
});

Deno.test("renderContract reads views with gaps, backwards and from within", () => {
  check({
    axes: [7, 9, 11],
    dtype: "f32",
    left: { dtype: "f32", steps: [-40, 0, 2], start: 263 },
    right: { dtype: "f32", steps: [0, -1, 17], start: 12 },
  });
  check({
    axes: [12, 16, 10],
    dtype: "f64",
    left: { dtype: "f64", steps: [2, 0, 31], start: 1 },
    right: { dtype: "f64", steps: [0, 3, 0] },
  });
});

Deno.test("renderContract reads padded factors", () => {
  check({
    ...product("f32", [10, 11, 12]),
    factor: (pool, loaded, side) => {
      const axis = pool.axis(side);
      const inside = pool.make("less", "bool", [axis, pool.size(7)]);
      return pool.load(side, "f32", loaded.args[0]!, inside);
    },
  });
});

Deno.test("renderContract takes factors apart that are packed codes", () => {
  const [m, n, k] = [9, 24, 70];
  check({
    ...product("f32", [m, n, k]),
    more: [
      { dtype: "f32", size: 16 },
      { dtype: "f32", size: n * Math.ceil(k / 10) },
    ],
    right: { dtype: "u8", steps: [0, k / 2, 1] },
    factor: (pool, loaded, side) => {
      if (side === 0) return loaded;
      const [column, step] = [pool.axis(1), pool.axis(2)];
      const two = pool.size(2);
      const byte = pool.load(
        1,
        "u8",
        pool.make("add", "i32", [
          pool.make("multiply", "i32", [column, pool.size(k / 2)]),
          pool.make("quotient", "i32", [step, two]),
        ]),
      );
      const code = pool.make("and", "i32", [
        pool.make("shiftRight", "i32", [
          pool.make("cast", "i32", [byte]),
          pool.make("multiply", "i32", [
            pool.make("modulo", "i32", [step, two]),
            pool.size(4),
          ]),
        ]),
        pool.constant(15),
      ]);
      const scale = pool.load(
        3,
        "f32",
        pool.make("add", "i32", [
          pool.make("multiply", "i32", [column, pool.size(7)]),
          pool.make("quotient", "i32", [step, pool.size(10)]),
        ]),
      );
      return pool.make("multiply", "f32", [pool.load(2, "f32", code), scale]);
    },
  });
});

for (const along of [true, false]) {
  const way = along ? "steps" : "columns";
  Deno.test(`renderContract reads 4-bit codes along ${way}`, () => {
    const [n, k] = [64, 192];
    for (const dtype of ["u8", "i8"] as const) {
      for (const m of [1, 3, 7, 20]) {
        check({
          ...product("f32", [m, n, k]),
          more: [
            { dtype: "f32", size: 16 },
            { dtype: "f32", size: n * k / 32 },
          ],
          right: { dtype, steps: [0, along ? k / 2 : 1, along ? 1 : n / 2] },
          factor: (pool, loaded, side) => {
            if (side === 0) return loaded;
            const [column, step] = [pool.axis(1), pool.axis(2)];
            const [fast, slow, length] = along
              ? [step, column, k]
              : [column, step, n];
            const part = (by: number) =>
              pool.make("add", "i32", [
                pool.make("multiply", "i32", [slow, pool.size(length / by)]),
                pool.make("quotient", "i32", [fast, pool.size(by)]),
              ]);
            const odd = pool.make("modulo", "i32", [fast, pool.size(2)]);
            const shift = pool.make("multiply", "i32", [odd, pool.constant(4)]);
            const byte = pool.load(1, dtype, part(2));
            const code = pool.make("and", "i32", [
              pool.make("shiftRight", "i32", [
                pool.make("cast", "i32", [byte]),
                shift,
              ]),
              pool.constant(15),
            ]);
            const safe = pool.make("cast", "i32", [
              pool.make("cast", "u8", [code]),
            ]);
            const value = pool.load(
              2,
              "f32",
              pool.make("minimum", "i32", [safe, pool.constant(15)]),
            );
            const scale = pool.load(3, "f32", part(32));
            return pool.make("multiply", "f32", [value, scale]);
          },
        });
      }
    }
  });
}

Deno.test("renderContract casts factors of another dtype", () => {
  check({
    axes: [8, 9, 10],
    dtype: "f32",
    left: { dtype: "i8", steps: [10, 0, 1] },
    right: { dtype: "f64", steps: [0, 1, 9] },
    factor: (pool, loaded) => pool.make("cast", "f32", [loaded]),
  });
  check({
    axes: [8, 9, 10],
    dtype: "f64",
    left: { dtype: "f32", steps: [10, 0, 1] },
    right: { dtype: "bool", steps: [0, 1, 9] },
    factor: (pool, loaded) => pool.make("cast", "f64", [loaded]),
  });
});

Deno.test("renderContract applies functions to factors and sums", () => {
  check({
    ...product("f32", [10, 20, 9]),
    factor: (pool, loaded, side) =>
      side === 0 ? pool.make("exp", "f32", [loaded]) : loaded,
    stores: ({ pool, sum, index }) => [{
      output: 0,
      index,
      value: pool.make("multiply", "f32", [
        sum,
        pool.make("sigmoid", "f32", [sum]),
      ]),
    }],
  });
});
