import assert from "node:assert/strict";
import {
  CancelledError,
  NumericalError,
  ParameterError,
} from "../../core/errors.ts";
import { type Evaluation, minimizeVector } from "./lbfgs.ts";

function rosenbrock(x: Float64Array): Evaluation {
  let value = 0;
  const gradient = new Float64Array(x.length);
  for (let i = 0; i + 1 < x.length; i++) {
    const valley = x[i + 1]! - x[i]! ** 2;
    value += 100 * valley ** 2 + (1 - x[i]!) ** 2;
    gradient[i]! += -400 * x[i]! * valley - 2 * (1 - x[i]!);
    gradient[i + 1]! += 200 * valley;
  }
  return { value, gradient };
}

function assertNear(
  actual: Float64Array,
  expected: number[],
  by: number,
): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((x, i) => {
    assert.ok(Math.abs(actual[i]! - x) <= by, `${i}: ${actual[i]}, not ${x}`);
  });
}

Deno.test("minimizeVector walks the Rosenbrock valley to (1, 1)", async () => {
  const found = await minimizeVector(rosenbrock, new Float64Array([-1.2, 1]), {
    tolerance: 1e-10,
  });
  assertNear(found.point, [1, 1], 1e-9);
  assert.equal(found.converged, true);
  assert.equal(found.reason, "gradient");
  assert.ok(found.gradientNorm <= 1e-10);
  assert.ok(found.iterations < 60);
});

Deno.test("minimizeVector solves Rosenbrock's problem in 30 dimensions", async () => {
  const found = await minimizeVector(rosenbrock, new Float64Array(30), {
    tolerance: 1e-9,
    valueTolerance: 0,
  });
  assertNear(found.point, new Array(30).fill(1), 1e-8);
  assert.equal(found.converged, true);
});

Deno.test("minimizeVector solves an ill-conditioned quadratic exactly", async () => {
  const scales = [1, 10, 1e3, 1e5];
  const target = [1, -2, 3, -4];
  const found = await minimizeVector(
    (x) => ({
      value: x.reduce((s, v, i) => s + scales[i]! * (v - target[i]!) ** 2, 5),
      gradient: x.map((v, i) => 2 * scales[i]! * (v - target[i]!)),
    }),
    new Float64Array(4),
    { tolerance: 1e-8 },
  );
  assertNear(found.point, target, 1e-8);
  assert.equal(found.value, 5);
});

Deno.test("minimizeVector reports the start when it is already a minimum", async () => {
  const found = await minimizeVector(rosenbrock, new Float64Array([1, 1]));
  assert.deepEqual(
    [found.iterations, found.evaluations, found.converged],
    [0, 1, true],
  );
});

Deno.test("minimizeVector steps back from points that cannot be computed", async () => {
  // Minimum of x - log(x) at 1; there is nothing left of 0.
  for (const kind of ["NaN", "Infinity", "throw"]) {
    const found = await minimizeVector(
      (x) => {
        if (x[0]! <= 0) {
          if (kind === "throw") throw new NumericalError("No logarithm");
          const value = kind === "NaN" ? NaN : Infinity;
          return { value, gradient: new Float64Array([NaN]) };
        }
        return {
          value: 100 * (x[0]! - Math.log(x[0]!)),
          gradient: new Float64Array([100 - 100 / x[0]!]),
        };
      },
      new Float64Array([40]),
      { tolerance: 1e-8 },
    );
    assertNear(found.point, [1], 1e-9);
    assert.equal(found.converged, true);
    assert.ok(found.refusedPoints > 0);
  }
});

Deno.test("minimizeVector lets other errors of the objective through", async () => {
  await assert.rejects(
    minimizeVector(() => {
      throw new TypeError("broken");
    }, new Float64Array(1)),
    TypeError,
  );
});

Deno.test("minimizeVector refuses a start where value or gradient is not finite", async () => {
  for (const value of [NaN, Infinity]) {
    await assert.rejects(
      minimizeVector(
        () => ({ value, gradient: new Float64Array(1) }),
        new Float64Array(1),
      ),
      (error) =>
        error instanceof NumericalError &&
        error.summary.endsWith(`current value is ${value}`),
    );
  }
  await assert.rejects(
    minimizeVector(
      () => ({ value: 1, gradient: new Float64Array([0, NaN]) }),
      new Float64Array(2),
    ),
    /component 1 is NaN/,
  );
});

Deno.test("minimizeVector says that it gave up at maxIterations", async () => {
  const found = await minimizeVector(rosenbrock, new Float64Array([-1.2, 1]), {
    maxIterations: 3,
  });
  assert.deepEqual(
    [found.iterations, found.converged, found.reason],
    [3, false, "maxIterations"],
  );
  assert.ok(found.value < rosenbrock(new Float64Array([-1.2, 1])).value);
});

Deno.test("minimizeVector ends with success when rounding stops the fall of the value", async () => {
  const found = await minimizeVector(
    (x) => ({
      value: 1e6 + x[0]! ** 4,
      gradient: new Float64Array([4 * x[0]! ** 3]),
    }),
    new Float64Array([3]),
    { tolerance: 0, maxIterations: 1000 },
  );
  assert.equal(found.reason, "value");
  assert.equal(found.converged, true);
});

Deno.test("minimizeVector says so when no step along a wrong gradient helps", async () => {
  const found = await minimizeVector(
    (x) => ({ value: x[0]!, gradient: new Float64Array([-1]) }),
    new Float64Array([1]),
  );
  assert.deepEqual(
    [found.converged, found.reason, found.point[0]],
    [false, "lineSearch", 1],
  );
});

Deno.test("minimizeVector refuses an objective without a lower bound", async () => {
  await assert.rejects(
    minimizeVector(
      (x) => ({
        value: x[0]! < -1e6 ? -Infinity : x[0]!,
        gradient: new Float64Array([1]),
      }),
      new Float64Array(1),
    ),
    /unbounded/,
  );
});

Deno.test("minimizeVector stops at the next evaluation after an abort", async () => {
  const controller = new AbortController();
  let calls = 0;
  await assert.rejects(
    minimizeVector(
      (x) => {
        calls++;
        if (calls === 5) controller.abort();
        return rosenbrock(x);
      },
      new Float64Array([-1.2, 1]),
      { signal: controller.signal },
    ),
    CancelledError,
  );
  assert.equal(calls, 5);
});

Deno.test("minimizeVector tells each iteration, with falling values", async () => {
  const values: number[] = [];
  const found = await minimizeVector(rosenbrock, new Float64Array([-1.2, 1]), {
    onIteration: ({ iteration, value }) => {
      assert.equal(iteration, values.length + 1);
      values.push(value);
    },
  });
  assert.equal(values.length, found.iterations);
  values.forEach((value, i) => assert.ok(i === 0 || value <= values[i - 1]!));
});

Deno.test("minimizeVector checks its options and the gradient's length", async () => {
  for (
    const options of [
      { history: 0 },
      { maxIterations: 1.5 },
      { tolerance: -1 },
      { valueTolerance: NaN },
    ]
  ) {
    await assert.rejects(
      minimizeVector(rosenbrock, new Float64Array(2), options),
      ParameterError,
    );
  }
  await assert.rejects(
    minimizeVector(
      () => ({ value: 0, gradient: new Float64Array(3) }),
      new Float64Array(2),
    ),
    /does not fit the point/,
  );
});

Deno.test("minimizeVector ends where the gradient is too small to be squared", async () => {
  const found = await minimizeVector(
    (x) => ({
      value: 1 + 1e-200 * x[0]!,
      gradient: new Float64Array([1e-200]),
    }),
    new Float64Array([0]),
    { tolerance: 0 },
  );
  assert.equal(found.reason, "lineSearch");
  assert.equal(found.converged, false);
});
