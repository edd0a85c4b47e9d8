import assert from "node:assert/strict";
import { reference } from "../../fixtures/reference/volatility.ts";
import * as wf from "../../runtime/tensor/mod.ts";
import { garch11 } from "./garch11.ts";
import { garch11Panel } from "./garch11_panel.ts";
import { assertClose, normals, series } from "./testing.ts";

const members = [
  reference.garch.normal.returns.slice(0, 600),
  reference.garch.student.returns.slice(0, 600).map((value) => value / 100),
  reference.garch.normal.returns.slice(600),
];
const returns = wf.stack(members.map(series), { axis: 0 });

for (const distribution of ["normal", "studentT"] as const) {
  Deno.test(`garch11Panel (${distribution}) gives each series the fit of garch11`, async () => {
    const { fits, variance, next } = await garch11Panel.run({ returns }, {
      distribution,
      errors: true,
    });
    const [paths, nexts] = [await variance.data(), await next.data()];
    for (const [index, member] of members.entries()) {
      const alone = await garch11.run({ returns: series(member) }, {
        distribution,
      });
      const fit = fits[index] ?? assert.fail("a fit is missing");
      assertClose(fit.logLikelihood, alone.fit.logLikelihood, 1e-10);
      assertClose(fit.parameters.beta, alone.fit.parameters.beta, 1e-5, "beta");
      assertClose(
        fit.standardErrors?.alpha ?? NaN,
        alone.fit.standardErrors?.alpha ?? NaN,
        1e-4,
        "error of alpha",
      );
      assertClose(
        paths.subarray(index * 600, (index + 1) * 600),
        await alone.variance.data(),
        1e-5,
        "variance",
      );
      assertClose(nexts[index] as number, await alone.next.item(), 1e-5);
    }
  });
}

Deno.test("garch11Panel finds the parameters of many simulated series on average", async () => {
  const next = normals(77);
  const [count, rows] = [64, 1000];
  const paths = new Float64Array(count * rows);
  for (let index = 0; index < count; index++) {
    let variance = 1;
    for (let row = -200; row < rows; row++) {
      const residual = Math.sqrt(variance) * next();
      if (row >= 0) paths[index * rows + row] = residual;
      variance = 0.1 + 0.12 * residual ** 2 + 0.78 * variance;
    }
  }
  const { fits } = await garch11Panel.run({
    returns: wf.tensor(paths, { dtype: "f64", shape: [count, rows] }),
  }, { starts: 1 });
  const mean = (of: (fit: (typeof fits)[number]) => number) =>
    fits.reduce((sum, fit) => sum + of(fit), 0) / count;
  // Spreads of single estimates are near 0.03 and 0.07, of means an eighth of it
  assertClose(mean((fit) => fit.parameters.alpha), 0.12, 0.12, "alpha");
  assertClose(mean((fit) => fit.parameters.beta), 0.78, 0.05, "beta");
  assert.ok(fits.every((fit) => fit.converged));
});

Deno.test("garch11Panel says which series cannot be fitted", async () => {
  const flat = wf.stack([
    series(members[0] ?? []),
    wf.full([600], 2, { dtype: "f64" }),
  ]);
  await assert.rejects(
    garch11Panel.run({ returns: flat }),
    /Cannot fit GARCH\(1,1\) to series 1 as all returns are equal/,
  );
});
