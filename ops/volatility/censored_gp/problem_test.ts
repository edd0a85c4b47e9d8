import * as wf from "../../../runtime/tensor/mod.ts";
import type { F64 } from "../../../runtime/tensor/mod.ts";
import { PriorCovariance } from "../gaussian_process/regression.ts";
import { close, matrix } from "../gaussian_process/testing.ts";
import { type CensoredMethod, INFERENCES } from "./inference.ts";
import { CensoredProblem } from "./problem.ts";

const X = [0, 0.4, 1, 1.5, 2, 2.4, 2.9, 3.3];
const LIMITS = [-0.6, 0.9] as const;
const TARGETS = Float64Array.from(
  X,
  (x) => Math.min(Math.max(1.2 * Math.sin(1.7 * x), LIMITS[0]), LIMITS[1]),
);
const SIDES = Int8Array.from(
  TARGETS,
  (y) => y === LIMITS[1] ? 1 : y === LIMITS[0] ? -1 : 0,
);

for (const method of ["ep", "vi", "laplace"] as CensoredMethod[]) {
  Deno.test(`the evidence has the gradient that finite differences show: ${method}`, async () => {
    const prior = new PriorCovariance({
      kernel: {
        kind: "product",
        kernels: [
          { kind: "constant", variance: 1.1 },
          { kind: "rbf", lengthScale: 0.7 },
        ],
      },
      noiseVariance: 0.05,
    });
    const problem = new CensoredProblem(
      prior,
      { x: matrix(X.map((x) => [x])), targets: TARGETS, sides: SIDES },
      INFERENCES[method],
    );
    const at = async (logs: Float64Array) => {
      await problem.settle(logs.map(Math.exp), 0);
      return await problem.evidence(wf.exp(wf.tensor(logs)), 0).item();
    };
    const logs = prior.start.map(Math.log);
    await problem.settle(prior.start, 0);
    const gradient = await wf.grad((position: F64): F64 =>
      problem.evidence(wf.exp(position), 0)
    )(wf.tensor(logs)).data();
    const step = 1e-4;
    for (let index = 0; index < logs.length; index += 1) {
      const moved = (by: number) =>
        at(logs.map((value, other) => other === index ? value + by : value));
      const difference = (await moved(step) - await moved(-step)) / (2 * step);
      close(gradient[index], difference, 2e-6, `${method} ${index}`);
    }
  });
}
