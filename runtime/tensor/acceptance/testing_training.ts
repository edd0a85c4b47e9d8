/**
 * A loop of training, to see how much memory it takes. As a program it trains on
 * the device that its first argument names, and prints the memory that the
 * process held after a tenth of the steps and in the end.
 *
 * @module
 */
// deno-lint-ignore-file no-console -- the numbers are for whoever started it

import * as wf from "../mod.ts";
import { numbers } from "./testing.ts";

/** A perceptron that is trained step by step. */
export interface Training {
  /**
   * Goes on training.
   *
   * @param steps How many steps.
   * @returns The loss of the last one.
   */
  readonly train: (steps: number) => Promise<number>;
}

/**
 * Begins to train. The first layer is large enough to stay on the device, the
 * second one is small.
 *
 * @returns The training.
 */
export function beginTraining(): Training {
  const widths = [4, 2048, 2];
  const x = numbers(4, widths[0]!);
  const y = numbers(4, widths.at(-1)!);
  let params = widths.slice(1).map((n, k) => ({
    weight: wf.multiply(numbers(widths[k]!, n), 0.1),
    bias: numbers(n),
  }));
  const loss = (layers: typeof params): wf.F32 => {
    let made = x;
    layers.forEach(({ bias, weight }, k) => {
      made = wf.add(wf.matmul(made, weight), bias);
      if (k === 0) made = wf.tanh(made);
    });
    return wf.mean(wf.square(wf.subtract(made, y)));
  };
  const optimizer = wf.optim.adamW({ learningRate: 1e-3 });
  let state = optimizer.init(params);
  const step = wf.compile((now: typeof params, past: typeof state) => {
    const [value, slopes] = wf.valueAndGrad(loss)(now);
    return { value, next: optimizer.update(slopes, past, now) };
  });
  const train = async (steps: number): Promise<number> => {
    let last = Promise.resolve(NaN);
    for (let k = 0; k < steps; k++) {
      const { next, value } = step(params, state);
      ({ params, state } = next);
      await wf.realize(
        value,
        state.step,
        ...[params, state.mean, state.meanSquare].flatMap((layers) =>
          layers.flatMap(({ bias, weight }) => [bias, weight])
        ),
      );
      if (k === steps - 1) last = value.item();
    }
    return await last;
  };
  return { train };
}

if (import.meta.main) {
  const [device = "wasm", count = "1000"] = Deno.args;
  const steps = Number(count);
  await wf.withExecution({ device }, async () => {
    const { train } = beginTraining();
    const first = await train(1);
    await train(steps / 10 - 1);
    const before = Deno.memoryUsage().rss;
    const last = await train(steps - steps / 10);
    const after = Deno.memoryUsage().rss;
    console.log(JSON.stringify({ first, last, before, after }));
  });
  Deno.exit(0);
}
