"""scikit-learn's GaussianProcessRegressor on data given as JSON.

Reads {"x": [[...]], "y": [...], "rounds": N, "maxIterations": N} from stdin and
fits constant x rbf (a length scale a column) + white noise from 1, 1 and 0.1 by
its own L-BFGS-B, one start. Writes {"name", "fitMs", "evaluations",
"evaluationMs", "likelihood"}.
"""

import json
import sys
import time
import warnings

import numpy as np
import scipy.optimize
import sklearn
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

warnings.simplefilter("ignore")
case = json.load(sys.stdin)
x, y = np.array(case["x"]), np.array(case["y"])
evaluations = []


def search(objective, start, bounds):
    count = 0

    def counted(theta):
        nonlocal count
        count += 1
        return objective(theta)

    found = scipy.optimize.minimize(
        counted, start, method="L-BFGS-B", jac=True, bounds=bounds,
        options={"maxiter": case["maxIterations"], "gtol": 1e-2},
    )
    evaluations.append(count)
    return found.x, found.fun


kernel = ConstantKernel(1.0, (1e-3, 1e3)) * RBF(np.ones(x.shape[1]), (1e-3, 1e3))
kernel = kernel + WhiteKernel(0.1, (1e-6, 1e2))
small = GaussianProcessRegressor(kernel, optimizer=search)
small.fit(x[:50], y[:50])
evaluations.clear()
times, likelihood = [], None
for _ in range(case["rounds"]):
    began = time.perf_counter()
    fitted = GaussianProcessRegressor(kernel, optimizer=search).fit(x, y)
    times.append(1000 * (time.perf_counter() - began))
    likelihood = fitted.log_marginal_likelihood_value_
single = []
for _ in range(2 * case["rounds"] + 1):
    began = time.perf_counter()
    fitted.log_marginal_likelihood(kernel.theta, eval_gradient=True)
    single.append(1000 * (time.perf_counter() - began))
print(json.dumps({
    "name": f"scikit-learn {sklearn.__version__}",
    "fitMs": times,
    "evaluations": evaluations,
    "evaluationMs": single,
    "likelihood": likelihood,
}))
