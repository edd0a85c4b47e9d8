import assert from "node:assert/strict";
import fixture from "../../../fixtures/reference/quantization.json" with {
  type: "json",
};
import { ParameterError } from "../../core/errors.ts";
import { deviceNames } from "../../compiler/devices.ts";
import { compile } from "../compile.ts";
import { tensor, zeros } from "../creation.ts";
import { withExecution } from "../execution.ts";
import { dynamicMap } from "../network/quantize_8bit.ts";
import {
  recordedBytes,
  recordedFloats,
  recordedNoise,
} from "../network/testing_quantization.ts";
import { read, realize } from "../realize.ts";
import type { F32 } from "../tensor.ts";
import { type Adam8bitState, adamW8bit } from "./adam_8bit.ts";

/** One parameter in plain numbers, in f32, as the kernel of bitsandbytes goes about it. */
class Twin {
  readonly mean: { codes: Uint8Array; absmax: Float32Array };
  readonly square: { codes: Uint8Array; absmax: Float32Array };
  #steps = 0;

  constructor(
    readonly values: Float32Array,
    readonly settings: {
      readonly rate: number;
      readonly beta1: number;
      readonly beta2: number;
      readonly decay: number;
    },
  ) {
    const none = () => ({
      codes: new Uint8Array(values.length),
      absmax: new Float32Array(Math.ceil(values.length / 256)),
    });
    [this.mean, this.square] = [none(), none()];
  }

  step(gradient: Float32Array): void {
    const { rate, beta1, beta2, decay } = this.settings;
    this.#steps++;
    const correction = Math.sqrt(1 - beta2 ** this.#steps);
    const scale = rate * correction / (1 - beta1 ** this.#steps);
    for (let block = 0; block < this.mean.absmax.length; block++) {
      const [from, end] = [256 * block, 256 * block + 256];
      const own = gradient.subarray(from, end);
      const means = own.map((g, k) =>
        Number.isFinite(g)
          ? SIGNED[this.mean.codes[from + k]!]! * this.mean.absmax[block]! *
              beta1 + (1 - beta1) * g
          : 0
      );
      const squares = own.map((g, k) =>
        Number.isFinite(g)
          ? UNSIGNED[this.square.codes[from + k]!]! *
              this.square.absmax[block]! * beta2 + (1 - beta2) * g * g
          : 0
      );
      own.forEach((g, k) => {
        if (!Number.isFinite(g)) return;
        const moved = this.values[from + k]! -
          scale * means[k]! / (Math.sqrt(squares[k]!) + correction * 1e-8);
        this.values[from + k] = moved * (1 - rate * decay);
      });
      this.mean.absmax[block] = Math.max(...means.map(Math.abs));
      this.square.absmax[block] = Math.max(...squares);
      own.forEach((_, k) => {
        const m = means[k]!;
        let code = nearest(SIGNED, m / (this.mean.absmax[block]! || 1));
        if (m < 0 && SIGNED[code]! >= 0) code--;
        if (m > 0 && SIGNED[code]! < 0) code++;
        this.mean.codes[from + k] = code;
        this.square.codes[from + k] = nearest(
          UNSIGNED,
          squares[k]! / (this.square.absmax[block]! || 1),
        );
      });
    }
  }
}

const SIGNED = dynamicMap(true);
const UNSIGNED = dynamicMap(false);

function nearest(map: Float32Array, x: number): number {
  let best = 0;
  map.forEach((value, k) => {
    if (Math.abs(value - x) < Math.abs(map[best]! - x)) best = k;
  });
  return best;
}

function close(actual: Float32Array, right: Float32Array, tolerance: number) {
  assert.equal(actual.length, right.length);
  actual.forEach((x, k) => {
    const error = Math.abs(x - right[k]!);
    assert.ok(
      error <= tolerance * (1 + Math.abs(right[k]!)),
      `${x} instead of ${right[k]} at ${k}`,
    );
  });
}

/** Codes on the edge of two may fall to either side. */
function closeCodes(actual: Uint8Array, right: Uint8Array) {
  assert.equal(actual.length, right.length);
  let other = 0;
  actual.forEach((code, k) => {
    assert.ok(Math.abs(code - right[k]!) <= 1, `${code}, not ${right[k]}`);
    if (code !== right[k]) other++;
  });
  assert.ok(other <= actual.length / 500, `${other} codes differ`);
}

function moments(state: Adam8bitState, index: number) {
  const { mean, meanSquare } = state.moments[index]!;
  assert.ok("codes" in mean && "codes" in meanSquare);
  return { mean, meanSquare };
}

for (const device of deviceNames()) {
  Deno.test(`steps are those of bitsandbytes on ${device}`, async () => {
    await withExecution({ device }, async () => {
      const optimizer = adamW8bit({
        learningRate: 0.01,
        beta2: 0.95,
        weightDecay: 0,
      });
      let params: readonly F32[] = [
        tensor(recordedNoise(4200, 11)),
        tensor(recordedNoise(10, 12)),
      ];
      let state = optimizer.init(params);
      const update = compile(optimizer.update<readonly F32[]>);
      for (let step = 0; step < 5; step++) {
        const large = recordedNoise(4200, 100 + step).map((x, k) =>
          x * 2 ** -(Math.floor(k / 100) % 12)
        );
        const grads = [tensor(large), tensor(recordedNoise(10, 200 + step))];
        const next = update(grads, state, params);
        await realize(next);
        ({ params, state } = next);
      }
      const { adamW8bit: right } = fixture;
      const { mean, meanSquare } = moments(state, 0);
      const [large, small, codes, scales, squares, squareScales] = await read(
        params[0]!,
        params[1]!,
        mean.codes,
        mean.absmax,
        meanSquare.codes,
        meanSquare.absmax,
      );
      close(large, recordedFloats(right.large), 2e-6);
      close(small, recordedFloats(right.small), 2e-6);
      closeCodes(codes, recordedBytes(right.mean));
      close(scales, recordedFloats(right.meanScale), 1e-5);
      closeCodes(squares, recordedBytes(right.meanSquare));
      close(squareScales, recordedFloats(right.meanSquareScale), 1e-5);
    });
  });
}

Deno.test("steps are those of the slow twin, with decay, lost signs and NaN", async () => {
  const settings = { rate: 0.02, beta1: 0.9, beta2: 0.99, decay: 0.1 };
  const twin = new Twin(recordedNoise(4100, 21), settings);
  const optimizer = adamW8bit({
    learningRate: settings.rate,
    beta2: settings.beta2,
    weightDecay: settings.decay,
  });
  let params = tensor(twin.values.slice());
  let state = optimizer.init(params);
  for (let step = 0; step < 4; step++) {
    const gradient = recordedNoise(4100, 300 + step);
    gradient[5] = step === 2 ? NaN : 0.5;
    gradient[6] = step === 1 ? Infinity : 0.5;
    gradient[7] = -1e-9;
    gradient[8] = 1e-9;
    twin.step(gradient);
    const before = params;
    const next = optimizer.update(tensor(gradient), state, params);
    await realize(next);
    ({ params, state } = next);
    if (step === 2) {
      const [then, now] = await read(before, params);
      assert.equal(now[5], then[5]);
      assert.notEqual(now[6], then[6]);
    }
  }
  const { mean, meanSquare } = moments(state, 0);
  const [values, codes, squares] = await read(
    params,
    mean.codes,
    meanSquare.codes,
  );
  // A number on the edge of two codes may take another one, in f64
  close(values, twin.values, 1e-3);
  const far = values.filter((x, k) => Math.abs(x - twin.values[k]!) > 5e-6);
  assert.ok(far.length < 5, `${far.length} parameters differ`);
  closeCodes(codes, twin.mean.codes);
  closeCodes(squares, twin.square.codes);
  assert.deepEqual([codes[7], codes[8]], [126, 127]);
});

Deno.test("the first step moves every weight by the learning rate", async () => {
  const optimizer = adamW8bit({ learningRate: 0.25, weightDecay: 0 });
  const start = zeros([5000]);
  const gradient = recordedNoise(5000, 1);
  const next = optimizer.update(
    tensor(gradient),
    optimizer.init(start),
    start,
  );
  const [moved] = await read(next.params);
  moved.forEach((x, k) => {
    if (Math.abs(gradient[k]!) < 1e-4) return;
    assert.ok(Math.abs(x + 0.25 * Math.sign(gradient[k]!)) < 1e-4);
  });
});

Deno.test("settings out of range are refused", () => {
  assert.throws(() => adamW8bit({ beta1: 1 }), ParameterError);
  assert.throws(() => adamW8bit({ epsilon: 0 }), ParameterError);
  assert.throws(() => adamW8bit({ learningRate: -1 }), ParameterError);
  assert.throws(() => adamW8bit({ weightDecay: -1 }), ParameterError);
  const optimizer = adamW8bit();
  const x = zeros([2]);
  assert.throws(
    () => optimizer.update([x, x], optimizer.init([x]), [x, x]),
    ParameterError,
  );
});
