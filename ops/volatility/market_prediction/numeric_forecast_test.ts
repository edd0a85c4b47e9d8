import assert from "node:assert/strict";
import { checkCausal } from "../../../runtime/flow/mod.ts";
import { allClose, close, vector } from "../gaussian_process/testing.ts";
import { numericForecast } from "./numeric_forecast.ts";

const PRICES = [100, 101, 99.5, 102, 103.3, 101.7, 104, 104.4];

Deno.test("numericForecast by drift moves the last price by the mean log return", async () => {
  const { forecast } = await numericForecast.run(
    { prices: vector(PRICES) },
    { window: 3 },
  );
  const found = await forecast.data();
  assert.ok(found.slice(0, 4).every(Number.isNaN));
  allClose(
    found.slice(4),
    [4, 5, 6, 7].map((row) =>
      PRICES[row - 1]! * (PRICES[row - 1]! / PRICES[row - 4]!) ** (1 / 3)
    ),
    1e-10,
  );
});

Deno.test("numericForecast by autoregression continues a noiseless one exactly", async () => {
  const logs = [4.2];
  for (let day = 1; day < 12; day += 1) logs.push(0.9 + 0.8 * logs[day - 1]!);
  const { forecast } = await numericForecast.run(
    { prices: vector(logs.map(Math.exp)) },
    { method: "ar1", window: 4 },
  );
  allClose(
    (await forecast.data()).slice(5),
    logs.slice(5).map(Math.exp),
    1e-8,
  );
});

Deno.test("numericForecast keeps prices that never move, and is causal", async () => {
  for (const method of ["drift", "ar1"] as const) {
    const still = await numericForecast.run(
      { prices: vector([7, 7, 7, 7]) },
      { method, window: 2 },
    );
    close((await still.forecast.data())[3], 7, 1e-12);
    await checkCausal(numericForecast, { prices: vector(PRICES) }, {
      method,
      window: 2,
    });
  }
});

Deno.test("numericForecast refuses prices that are not positive", async () => {
  await assert.rejects(
    numericForecast.run({ prices: vector([1, 0, 2]) }),
    /"prices" as positive: value at row 1 is 0/,
  );
});
