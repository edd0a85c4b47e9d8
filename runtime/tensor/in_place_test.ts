import assert from "node:assert/strict";
import fc from "fast-check";
import { deviceNames } from "../compiler/devices.ts";
import * as wf from "./mod.ts";

const SIZE = 8192;
const f32 = { dtype: "f32" } as const;

/** Which buffer holds the data of a tensor that has been computed. */
function placeOf(tensor: wf.Tensor): unknown {
  const storage = tensor.node.storage!;
  assert.ok(storage !== undefined, "the tensor has not been computed");
  if ("address" in storage) return storage.address;
  if (!("retain" in storage)) return undefined;
  const shared = (storage as { retain(): { buffer: unknown; release(): void } })
    .retain();
  shared.release();
  return shared.buffer;
}

/** `0, 1, 2, …` that lies in the memory of the device. */
async function counting(
  device: string,
  size = SIZE,
): Promise<wf.F32> {
  const made = wf.multiply(wf.arange(size, undefined, 1, f32), 1);
  await wf.withExecution({ device }, () => wf.realize(made));
  return made;
}

const devices = deviceNames().filter((name) => name !== "reference");

for (const device of devices) {
  const test = (name: string, body: () => Promise<void>) =>
    Deno.test(`${device}: ${name}`, () => wf.withExecution({ device }, body));

  test("a slice is written into the buffer of what was donated", async () => {
    const write = wf.compile(
      (x: wf.F32, value: wf.F32, at: wf.Operand<"i32">) =>
        wf.dynamicUpdateSlice(x, value, at),
      { donate: [0] },
    );
    let x = await counting(device);
    const place = placeOf(x);
    for (const at of [7, 100, SIZE + 5]) {
      x = write(x, wf.full([3], -1, f32), at);
      await wf.realize(x);
      assert.equal(placeOf(x), place);
    }
    const expected = Float32Array.from({ length: SIZE }, (_, k) => k);
    expected.fill(-1, 7, 10).fill(-1, 100, 103).fill(-1, SIZE - 3);
    assert.deepEqual(await x.data(), expected);
  });

  test("slices of any dtype are written at any place of any axis", () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom<wf.DType>("f32", "f16", "i32", "i8", "u8", "bool"),
        fc.array(fc.integer({ min: 1, max: 40 }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.nat(2),
        fc.nat(50),
        fc.integer({ min: -3, max: 45 }),
        async (dtype, shape, place, part, at) => {
          const axis = place % shape.length;
          const length = 1 + part % shape[axis]!;
          const own = shape.with(axis, length);
          const numbers = (size: number[], from: number) =>
            wf.cast(
              wf.remainder(
                wf.reshape(
                  wf.arange(size.reduce((n, one) => n * one, 1), undefined, 1, {
                    dtype: "i32",
                  }),
                  size,
                ),
                from,
              ),
              dtype,
            );
          const run = (donate: number[]) =>
            wf.compile(
              (x: wf.Tensor, y: wf.Tensor, start: wf.Operand<"i32">) => {
                const made = wf.dynamicUpdateSlice(x, y, start, { axis });
                return [made, wf.cast(made, "f32")] as const;
              },
              { donate },
            );
          const [x, y] = [numbers(shape, 7), numbers(own, 5)];
          await wf.realize(x, y);
          const [made, wide] = run([0])(x, y, at);
          const data = await wf.withExecution(
            { device: "reference" },
            () => run([])(numbers(shape, 7), numbers(own, 5), at)[0].data(),
          );
          assert.deepEqual(await made.data(), data);
          assert.deepEqual([...await wide.data()], [...data].map(Number));
        },
      ),
      { numRuns: 40 },
    ));

  test("long slices at odd places are written in one piece", async () => {
    const write = wf.compile(
      (x: wf.F32, value: wf.F32, at: wf.Operand<"i32">) => ({
        x: wf.dynamicUpdateSlice(x, value, at, { axis: 1 }),
      }),
      { donate: [0] },
    );
    for (const at of [0, 1, 2, 3, 4, 513]) {
      const x = wf.reshape(await counting(device, 4 * 2048), [4, 2048]);
      await wf.realize(x);
      const value = wf.negative(
        wf.reshape(wf.arange(4 * 1001, undefined, 1, f32), [4, 1001]),
      );
      const data = await write(x, value, at).x.data();
      for (let row = 0; row < 4; row++) {
        for (let k = 0; k < 2048; k++) {
          const inside = k >= at && k < at + 1001;
          assert.equal(
            data[row * 2048 + k],
            inside ? -(row * 1001 + k - at) : row * 2048 + k,
          );
        }
      }
    }
  });

  test("readers of the old value come first, those of the new one after", async () => {
    const step = wf.compile(
      (x: wf.F32, y: wf.F32) => {
        const next = wf.dynamicUpdateSlice(x, wf.slice(y, [0, 4]), 0);
        const last = wf.dynamicUpdateSlice(next, wf.zeros([4]), 8);
        return {
          // Asked for in an order that is not that of the values.
          after: wf.sum(last),
          between: wf.sum(next),
          before: wf.sum(x),
          last,
        };
      },
      { donate: [0] },
    );
    const x = await counting(device);
    const total = SIZE * (SIZE - 1) / 2;
    const place = placeOf(x);
    const { after, before, between, last } = step(x, wf.full([SIZE], 2, f32));
    const sums = await wf.read(before, between, after);
    const close = (a: number, b: number) => assert.ok(Math.abs(a - b) < 8);
    close(sums[0][0]!, total);
    close(sums[1][0]!, total - 6 + 8);
    close(sums[2][0]!, total - 6 + 8 - 38);
    assert.equal((await last.data())[9], 0);
    assert.equal(placeOf(last), place);
  });

  test("a slice that hangs on the old value is copied where it must be", async () => {
    const swap = wf.compile((x: wf.F32, y: wf.F32) => {
      const part = (one: wf.F32) => wf.slice(one, [0, 8]);
      return [
        wf.dynamicUpdateSlice(x, part(y), 4),
        wf.dynamicUpdateSlice(y, part(x), 4),
      ] as const;
    }, { donate: [0, 1] });
    const x = await counting(device);
    const y = wf.negative(await counting(device));
    await wf.realize(y);
    const [a, b] = swap(x, y);
    const [one, two] = await wf.read(a, b);
    assert.deepEqual([...one.slice(2, 7)], [2, 3, -0, -1, -2]);
    assert.deepEqual([...two.slice(2, 7)], [-2, -3, 0, 1, 2]);
  });

  test("elementwise results take the place of what they come from", async () => {
    const step = wf.compile(
      (state: { p: wf.F32; m: wf.F32 }, g: wf.F32) => {
        const m = wf.add(wf.multiply(state.m, 0.5), g);
        return { state: { p: wf.subtract(state.p, m), m }, norm: wf.sum(g) };
      },
      { donate: [0] },
    );
    let state = { p: await counting(device), m: await counting(device) };
    const places = new Set([placeOf(state.p), placeOf(state.m)]);
    assert.equal(places.size, 2);
    const g = wf.ones([SIZE]);
    for (let k = 0; k < 3; k++) {
      const next = step(state, g);
      state = next.state;
      assert.equal(await next.norm.item(), SIZE);
      await wf.realize(state);
      assert.deepEqual(
        new Set([placeOf(state.p), placeOf(state.m)]),
        places,
      );
    }
    // m goes k, k/2 + 1, k/4 + 1.5, k/8 + 1.75.
    const [p, m] = await wf.read(state.p, state.m);
    assert.equal(m[80], 10 + 1.75);
    assert.equal(p[80], 80 - (40 + 1) - (20 + 1.5) - (10 + 1.75));
  });

  test("parameters are replaced after all that reads them", async () => {
    const step = wf.compile((p: wf.F32, x: wf.F32) => {
      const loss = (own: wf.F32) => wf.sum(wf.multiply(own, x));
      const [value, slope] = wf.valueAndGrad(loss)(p);
      const next = wf.subtract(p, slope);
      return { next, value, old: wf.sum(wf.square(p)), gap: wf.max(p) };
    }, { donate: [0] });
    const p = await counting(device, SIZE);
    const place = placeOf(p);
    const { gap, next, old, value } = step(p, wf.ones([SIZE]));
    const [top] = await wf.read(gap, value, old);
    assert.equal(top[0], SIZE - 1);
    assert.equal((await next.data())[5], 4);
    assert.equal(placeOf(next), place);
  });

  test("what another tensor holds, too, stays as it was", async () => {
    const step = wf.compile((x: wf.F32) => wf.add(x, 1), { donate: [0] });
    const x = await counting(device);
    const view = wf.reshape(x, [2, SIZE / 2]);
    await wf.realize(view);
    const next = step(x);
    assert.equal((await next.data())[3], 4);
    assert.equal((await view.data())[3], 3);
  });

  test("a tensor may be given twice, or be captured", async () => {
    const x = await counting(device);
    const own = x;
    const step = wf.compile(
      (a: wf.F32, b: wf.F32) =>
        wf.add(wf.add(a, wf.multiply(b, 10)), wf.multiply(own, 100)),
      { donate: [0] },
    );
    const next = step(x, x);
    assert.deepEqual([...(await next.data()).slice(0, 3)], [0, 111, 222]);
    assert.throws(() => wf.sum(x), /donated to a compiled function/);
    const y = await counting(device);
    await assert.rejects(step(y, y).data(), /Cannot read data that were donat/);
  });

  test("what hangs on donated data cannot be computed afterwards", async () => {
    const step = wf.compile((x: wf.F32) => wf.add(x, 1), { donate: [0] });
    const x = await counting(device);
    const late = wf.multiply(x, 2);
    const next = step(x);
    assert.equal((await next.data())[1], 2);
    await assert.rejects(late.data(), /data that were donated/);
  });

  test("what is still lazy goes through as well", async () => {
    const step = wf.compile((x: wf.F32) => wf.add(x, 1), { donate: [0] });
    const x = wf.multiply(await counting(device), 2);
    const next = step(step(step(x)));
    assert.deepEqual([...(await next.data()).slice(0, 3)], [3, 5, 7]);
  });

  test("donated data stay when nothing has run", async () => {
    const step = wf.compile((x: wf.F32) => wf.add(x, 1), { donate: [0] });
    const next = step(await counting(device));
    const signal = AbortSignal.abort();
    await assert.rejects(
      wf.withExecution({ signal }, () => next.data()),
      { name: "CancelledError" },
    );
    assert.equal((await next.data())[1], 2);
  });

  test("two steps of the same data under way at once", async () => {
    const step = wf.compile(
      (x: wf.F32) => ({ next: wf.add(x, 1), sum: wf.sum(x), max: wf.max(x) }),
      { donate: [0] },
    );
    const { max, next, sum } = step(await counting(device));
    const [most, , data] = await Promise.all([
      max.item(),
      sum.item(),
      next.data(),
    ]);
    assert.equal(most, SIZE - 1);
    assert.equal(data[7], 8);
  });

  test("checks for bad numbers keep what was donated", async () => {
    const step = wf.compile(
      (x: wf.F32) => wf.divide(1, x),
      { donate: [0] },
    );
    const next = step(await counting(device));
    await assert.rejects(
      wf.withExecution({ checkFinite: true }, () => next.data()),
      /current value at \[0\] is Infinity/,
    );
  });
}

Deno.test("a run that fails loses what was donated, and says so", async () => {
  const step = wf.compile((x: wf.F64, m: wf.F64) => {
    const next = wf.add(x, 1);
    return { next: wf.add(next, wf.sum(wf.cholesky(m))) };
  }, { donate: [0] });
  await wf.withExecution({ device: "wasm" }, async () => {
    const x = wf.multiply(wf.ones([SIZE], { dtype: "f64" }), 2);
    await wf.realize(x);
    const bad = wf.tensor([[1, 2], [2, 1]], { dtype: "f64" });
    const { next } = step(x, bad);
    await assert.rejects(next.data(), /not positive definite/);
    await assert.rejects(next.data(), /Cannot read data that were donated/);
  });
});

Deno.test("explain tells what is written in place", async () => {
  const x = await counting("wasm");
  const write = wf.compile(
    (one: wf.F32, at: wf.Operand<"i32">) =>
      wf.dynamicUpdateSlice(one, wf.ones([2]), at),
    { donate: [0] },
  );
  assert.match(wf.explain(write(x, 3)), /write: row \[2\].*written in place/);
  const step = wf.compile((one: wf.F32) => wf.add(one, 1), { donate: [0] });
  const y = await counting("wasm");
  assert.match(wf.explain(step(y)), /ends as result; in place/);
});

Deno.test("webgpu: what is donated to a program in pieces is written over by the one that reads it", () =>
  wf.withExecution({ device: "webgpu" }, async () => {
    const step = wf.compile((x: wf.F32, y: wf.F64, w: wf.F64) => ({
      // Numbers in f64 are computed on another device.
      x: wf.add(x, wf.cast(wf.sum(wf.exp(w)), "f32")),
      y: wf.multiply(y, 2),
    }), { donate: [0, 1] });
    const x = await counting("webgpu");
    const y = wf.add(wf.zeros([SIZE], { dtype: "f64" }), 2);
    await wf.realize(y);
    const places = [placeOf(x), placeOf(y)];
    const made = step(x, y, wf.zeros([5], { dtype: "f64" }));
    await wf.realize(made);
    assert.deepEqual([placeOf(made.x), placeOf(made.y)], places);
    assert.equal((await made.x.data())[3], 8);
    assert.equal((await made.y.data())[3], 4);
  }));
