import assert from "node:assert/strict";
import reference from "../../fixtures/reference/evaluation.json" with {
  type: "json",
};
import { checkCausal, op } from "../../runtime/flow/mod.ts";
import { port } from "../../runtime/ports/mod.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import type { F64 } from "../../runtime/tensor/mod.ts";
import { backtest } from "./backtest.ts";
import { eventBacktest } from "./event_backtest.ts";
import { performanceOf } from "./performance.ts";
import {
  answerPositions,
  signalPositions,
  volatilityTarget,
} from "./signal_positions.ts";

const known = reference.backtest;
const inputs = {
  positions: wf.tensor(known.positions, { dtype: "f64" }),
  returns: wf.tensor(known.returns, { dtype: "f64" }),
};

function column(values: readonly number[]): F64 {
  return wf.tensor(values.map((value) => [value]), { dtype: "f64" });
}

function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
): void {
  assert.equal(actual.length, expected.length);
  for (let at = 0; at < actual.length; at++) {
    assert.ok(
      Math.abs(actual[at]! - expected[at]!) < 1e-12,
      `${what} ${at}: ${actual[at]} is not ${expected[at]}`,
    );
  }
}

Deno.test("backtest equals the same in pandas: returns, turnover, equity and every figure", async () => {
  const result = await backtest.run(inputs, { costs: known.costs });
  assertClose(await result.net.data(), known.net, "net");
  assertClose(await result.turnover.data(), known.turnover, "turnover");
  assertClose(await result.equity.data(), known.equity, "equity");
  const { performance } = result;
  for (
    const name of [
      "annualReturn",
      "annualVolatility",
      "sharpe",
      "sharpeError",
      "maximumDrawdown",
      "hitRate",
      "meanTurnover",
    ] as const
  ) assertClose([performance[name]], [known[name]], name);
  assert.equal(performance.finalEquity, (await result.equity.data()).at(-1));
});

Deno.test("backtest is causal", async () => {
  const outputs = ["held", "net", "turnover", "equity"];
  const { outputs: compared } = await checkCausal(
    backtest,
    inputs,
    { delay: 2 },
    { outputs },
  );
  assert.deepEqual(compared, outputs);
});

Deno.test("a signal that looks a row ahead is found in its positions, though its returns hide it", async () => {
  const peeking = op({
    name: "evaluate/peeking",
    version: "1",
    inputs: { returns: port.tensor("f64", ["t", "assets"]) },
    outputs: {
      positions: port.tensor("f64", ["t", "assets"]),
      net: port.tensor("f64", ["t"]),
    },
    run: async ({ returns }) => {
      const positions = wf.sign(wf.roll(returns, -1, { axis: 0 }));
      const { net } = await backtest.run({ positions, returns }, { costs: 0 });
      return { positions, net };
    },
  });
  const { returns } = inputs;
  // Row t + 1 of what is earned depends on row t + 1 only: too good, yet causal
  await checkCausal(peeking, { returns }, {}, { outputs: ["net"] });
  await assert.rejects(
    checkCausal(peeking, { returns }, {}, { outputs: ["positions"] }),
    /causal as output "positions"/,
  );
});

Deno.test("backtest holds positions a delay later, and never in the row that they are known in", async () => {
  const { held, net } = await backtest.run({
    positions: column([1, 0, 0, 0]),
    returns: column([0.5, 0.25, 0.125, 0.0625]),
  }, { delay: 2, costs: 0 });
  assertClose(await held.data(), [0, 0, 1, 0], "held");
  assertClose(await net.data(), [0, 0, 0.125, 0], "net");
  await assert.rejects(
    backtest.run(inputs, { delay: 0 }),
    /delay/,
  );
});

Deno.test("backtest charges a turn from long to short twice", async () => {
  const { net } = await backtest.run({
    positions: column([1, -1, -1, 0]),
    returns: column([0, 0, 0, 0]),
  }, { costs: 50 });
  assertClose(await net.data(), [0, -0.005, -0.01, 0], "net");
});

Deno.test("backtest compares with holding all from the first position on", async () => {
  const { holding } = await backtest.run({
    positions: column([0, -1, -1, -1]),
    returns: column([0.5, 0.5, 0.1, 0.1]),
  }, { costs: 0 });
  assertClose([holding.finalEquity], [1.21], "equity");
  assert.equal(holding.exposure, 0.5);
});

Deno.test("performanceOf: two returns in turn have neither skewness nor tails, so that the Sharpe ratio's error is √(periods a year / n)", () => {
  const returns = Float64Array.from(
    { length: 100 },
    (_, row) => row % 2 === 0 ? 0.02 : -0.01,
  );
  const performance = performanceOf({
    returns,
    turnover: new Float64Array(100),
    isInvested: Array(100).fill(true),
    periodsPerYear: 50,
  });
  assertClose([performance.sharpeError], [Math.sqrt(50 / 100)], "error");
  const deviation = 0.015 * Math.sqrt(100 / 99);
  assertClose(
    [performance.sharpe, performance.annualVolatility],
    [0.005 / deviation * Math.sqrt(50), deviation * Math.sqrt(50)],
    "Sharpe ratio and volatility",
  );
  assertClose(
    [performance.annualReturn, performance.maximumDrawdown],
    [(1.02 * 0.99) ** 25 - 1, 0.01],
    "return and drawdown",
  );
  assert.equal(performance.hitRate, 0.5);
});

Deno.test("performanceOf gives no Sharpe ratio where nothing moves", () => {
  const { sharpe, sharpeError, hitRate } = performanceOf({
    returns: new Float64Array(5),
    turnover: new Float64Array(5),
    isInvested: Array(5).fill(false),
    periodsPerYear: 252,
  });
  assert.deepEqual([sharpe, sharpeError, hitRate], [0, 0, 0]);
});

Deno.test("backtest refuses missing returns and returns in per cent", async () => {
  await assert.rejects(
    backtest.run({ positions: column([1, 1]), returns: column([0, NaN]) }),
    /"returns" is empty or not finite/,
  );
  await assert.rejects(
    backtest.run({ positions: column([1, 1]), returns: column([0, -2]) }),
    /lose all there is/,
  );
});

Deno.test("signalPositions: by class, by probability, under a threshold and without a forecast", async () => {
  const probabilities = wf.tensor(
    [[0.5, 0.2, 0.3], [0.1, 0.6, 0.3], [NaN, NaN, NaN], [0.2, 0.1, 0.7]],
    { dtype: "f64" },
  );
  const of = async (params: Parameters<typeof signalPositions.run>[1]) =>
    await (await signalPositions.run({ probabilities }, params)).positions
      .data();
  assertClose(await of({}), [-1, 0, 0, 1], "class");
  assertClose(await of({ threshold: 0.6 }), [0, 0, 0, 1], "threshold");
  assertClose(
    await of({ by: "probability" }),
    [-0.2, 0.2, 0, 0.5],
    "probability",
  );
  await assert.rejects(of({ exposures: [-1, 1] }), /in 3 classes/);
});

Deno.test("answerPositions stays flat without a class and refuses classes without an exposure", async () => {
  const of = async (answers: number[]) =>
    await (await answerPositions.run({
      answers: wf.tensor(answers, { dtype: "i32" }),
    })).positions.data();
  assertClose(await of([2, -1, 0, 1]), [1, 0, -1, 0], "positions");
  await assert.rejects(of([3]), /row 0 as its class has no exposure/);
});

Deno.test("volatilityTarget makes a strategy as volatile as it is told to, whatever the market does", async () => {
  const noise = await wf.random.normal(wf.random.key(8), [4000], {
    dtype: "f64",
  }).data();
  const daily = noise.map((_, row) => row % 1000 < 500 ? 0.005 : 0.02);
  const returns = noise.map((z, row) => z * daily[row]!);
  // The variance of the next row, as a perfect forecast would have it
  const variance = daily.map((_, row) => (daily[row + 1] ?? 0.01) ** 2);
  const { positions } = await volatilityTarget.run({
    positions: wf.full([4000], 1, { dtype: "f64" }),
    variance: wf.tensor(variance),
  }, { target: 0.08, most: 10 });
  const { performance } = await backtest.run({
    positions: wf.reshape(positions, [4000, 1]),
    returns: wf.reshape(wf.tensor(returns), [4000, 1]),
  }, { costs: 0 });
  const { annualVolatility } = performance;
  assert.ok(
    Math.abs(annualVolatility / 0.08 - 1) < 0.05,
    `${annualVolatility}`,
  );
  await assert.rejects(
    volatilityTarget.run({
      positions: wf.tensor([1], { dtype: "f64" }),
      variance: wf.tensor([0], { dtype: "f64" }),
    }),
    /its variance is not positive/,
  );
});

Deno.test("the ops on positions are causal", async () => {
  const positions = wf.tensor(known.positions.map(([first]) => first!), {
    dtype: "f64",
  });
  await checkCausal(volatilityTarget, {
    positions,
    variance: wf.full(positions.shape, 1e-4, { dtype: "f64" }),
  });
  await checkCausal(signalPositions, {
    probabilities: wf.softmax(inputs.returns, { axis: 1 }),
  }, { exposures: [-1, 1] });
});

Deno.test("eventBacktest shares a day among its events and charges both ways", async () => {
  const { days, net, turnover, equity, performance, holding } =
    await eventBacktest.run({
      days: wf.tensor([10, 10, 12, 15, 15], { dtype: "i32" }),
      positions: wf.tensor([1, -1, 0, 0.5, 0], { dtype: "f64" }),
      returns: wf.tensor([0.04, 0.02, -0.01, 0.08, 0.3], { dtype: "f64" }),
    }, { costs: 10 });
  assertClose(await days.data(), [10, 12, 15], "days");
  assertClose(await turnover.data(), [2, 0, 0.5], "turnover");
  assertClose(await net.data(), [0.01 - 0.002, 0, 0.02 - 0.0005], "net");
  assertClose(
    await equity.data(),
    [1.008, 1.008, 1.008 * 1.0195],
    "equity",
  );
  assert.equal(performance.exposure, 2 / 3);
  assertClose(
    [holding.finalEquity],
    [1.028 * 0.988 * 1.188],
    "all events held",
  );
});

Deno.test("eventBacktest is causal where data end with a day, and refuses days out of order", async () => {
  const days = Int32Array.from({ length: 40 }, (_, row) => row >> 2);
  const events = {
    days: wf.tensor(days),
    positions: wf.sin(wf.arange(0, 40, 1, { dtype: "f64" })),
    returns: wf.multiply(wf.cos(wf.arange(0, 40, 1, { dtype: "f64" })), 0.02),
  };
  await checkCausal(eventBacktest, events, {}, {
    cuts: [12, 24, 36],
    outputs: ["days", "net", "turnover", "equity"],
  });
  await assert.rejects(
    eventBacktest.run({ ...events, days: wf.tensor(days.toReversed()) }),
    /row 4 is of an earlier day/,
  );
});
