import assert from "node:assert/strict";
import * as wf from "../../../runtime/tensor/mod.ts";
import { censoredGp } from "../censored_gp/censored_gp.ts";
import { censoredGpPredict } from "../censored_gp/censored_gp_predict.ts";
import {
  columnScaling,
  scaleColumns,
} from "../gaussian_process/forecast_rows.ts";
import { close } from "../gaussian_process/testing.ts";
import { censoredReturnForecast } from "./censored_return_forecast.ts";

const DAYS = 220;
const SPLITS = [
  { trainStart: 0, trainEnd: 160, testStart: 160, testEnd: 200 },
  { trainStart: 0, trainEnd: 200, testStart: 203, testEnd: DAYS },
];

async function simulate() {
  const shocks = await wf.random.normal(wf.random.key(7), [2, DAYS], {
    dtype: "f64",
  }).data();
  const ahead = shocks.slice(0, DAYS);
  const returns = ahead.map((value, day) =>
    0.01 * Math.sin(value) + 0.008 * shocks[DAYS + day]!
  );
  return { ahead, returns };
}

const column = (values: Float64Array) =>
  wf.tensor(values, { shape: [values.length, 1] });

Deno.test("censoredReturnForecast without limits is the posterior refitted each day", async () => {
  const { ahead, returns } = await simulate();
  const found = await censoredReturnForecast.run({
    returns: wf.tensor(returns),
    ahead: column(ahead),
    splits: SPLITS,
  }, { tail: 0, trainRows: 120 });
  const means = await found.mean.data();
  const variances = await found.forecast.data();
  const volatility = await found.volatility.data();
  for (const [index, row] of [[0, 160], [0, 199], [1, 219]] as const) {
    const split = SPLITS[index]!;
    const fit = found.fits[index]!;
    const start = split.trainEnd - 120;
    const own = columnScaling(ahead.slice(start, split.trainEnd), 1);
    const target = columnScaling(returns.slice(start, split.trainEnd), 1);
    const fitted = await censoredGp.run({
      x: column(scaleColumns(ahead.slice(start, row), own)),
      y: wf.tensor(scaleColumns(returns.slice(start, row), target)),
    }, {
      kernel: fit.kernel,
      noiseVariance: fit.noiseVariance,
      standardise: false,
      optimise: false,
    });
    const at = await censoredGpPredict.run({
      ...fitted,
      xNew: column(scaleColumns(ahead.slice(row, row + 1), own)),
    });
    const [mean = NaN, scale = NaN] = [target.means[0], target.scales[0]];
    close(means[row], mean + scale * await at.latentMean.item(), 1e-10);
    close(
      variances[row],
      scale ** 2 * await at.uncensoredVariance.item(),
      1e-12,
    );
    close(volatility[row], Math.sqrt(252 * variances[row]!), 1e-12);
  }
});

Deno.test("censoredReturnForecast is causal, limits and all", async () => {
  const { ahead, returns } = await simulate();
  const run = async (values: Float64Array) => {
    const { forecast, mean } = await censoredReturnForecast.run({
      returns: wf.tensor(values),
      ahead: column(ahead),
      splits: SPLITS,
    }, { left: -0.01, right: 0.012 });
    return [await forecast.data(), await mean.data()] as const;
  };
  const before = await run(returns);
  const after = await run(
    returns.map((value, row) => row < 180 ? value : value + 0.02),
  );
  for (const [index, series] of before.entries()) {
    assert.deepEqual(
      [...series.slice(160, 181)],
      [...after[index]!.slice(160, 181)],
    );
    assert.notEqual(series[182], after[index]![182]);
    assert.ok(Number.isNaN(series[159]) && Number.isNaN(series[201]));
  }
});

Deno.test("censoredReturnForecast sees through a limit that cuts a third of the returns off", async () => {
  const { ahead, returns } = await simulate();
  const limit = 0.006;
  const run = async (right: number | null) => {
    const found = await censoredReturnForecast.run({
      returns: wf.tensor(returns.map((value) => Math.min(value, limit))),
      ahead: column(ahead),
      splits: SPLITS,
    }, { tail: 0, right, trainRows: 150 });
    return {
      variance: await found.forecast.data(),
      observed: await found.observedMean.data(),
      fits: found.fits,
    };
  };
  const seen = await run(limit);
  const blind = await run(null);
  assert.ok(seen.fits[0]!.censored > 30);
  // The noise of the simulation has the variance 6.4e-5.
  close(seen.variance[190], 6.4e-5, 2e-5);
  assert.ok(blind.variance[190]! < 0.8 * seen.variance[190]!);
  assert.ok(seen.observed.subarray(160, 200).every((mean) => mean < limit));
});

Deno.test("censoredReturnForecast corrects a scale that is too small", async () => {
  const { returns } = await simulate();
  const scale = wf.full([DAYS], 0.002, { dtype: "f64" });
  const { forecast } = await censoredReturnForecast.run({
    returns: wf.tensor(returns),
    scale,
    splits: SPLITS,
  }, { tail: 0 });
  const variance = returns.slice(0, 160).reduce((sum, x) => sum + x * x, 0) /
    160;
  const found = (await forecast.data())[161]!;
  assert.ok(Math.abs(found / variance - 1) < 0.1, `${found} ${variance}`);
});

Deno.test("censoredReturnForecast takes the level of another measure", async () => {
  const { returns } = await simulate();
  const run = async (factor: number) => {
    const { fits, forecast } = await censoredReturnForecast.run({
      returns: wf.tensor(returns),
      variance: wf.tensor(returns.map((value) => factor * value ** 2)),
      splits: SPLITS,
    }, { tail: 0 });
    return { level: fits[0]!.level, at: (await forecast.data())[170]! };
  };
  const [once, thrice] = [await run(1), await run(3)];
  close(once.level, 1, 0.1);
  close(thrice.level / once.level, 3, 1e-10);
  close(thrice.at / once.at, 3, 1e-10);
});

Deno.test("censoredReturnForecast refuses short windows and scales that are not positive", async () => {
  const { returns } = await simulate();
  const inputs = { returns: wf.tensor(returns), splits: SPLITS };
  await assert.rejects(
    censoredReturnForecast.run({
      ...inputs,
      splits: [{ trainStart: 0, trainEnd: 5, testStart: 5, testEnd: 9 }],
    }),
    /a training window has 5 usable rows/,
  );
  await assert.rejects(
    censoredReturnForecast.run({
      ...inputs,
      scale: wf.zeros([DAYS], { dtype: "f64" }),
    }),
    /"scale" as positive/,
  );
});
