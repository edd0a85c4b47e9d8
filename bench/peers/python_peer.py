"""NumPy and PyTorch on the CPU: does what it is told in lines of JSON.

A line is {"case": ..., "library": "numpy" | "torch"} or {"repeat": COUNT}; the
answer is a line too: {"ready": NAME or null} or {"done": true}.
"""

import json
import sys


def product_shapes(case):
    """Shapes of two factors; None in f16, whose product is slow on processors."""
    if case["dtype"] == "f16":
        return None
    lead = () if case["batch"] == 1 else (case["batch"],)
    return (*lead, case["m"], case["k"]), (*lead, case["k"], case["n"])


def numpy_step(case):
    import numpy as np

    rng = np.random.default_rng(0)

    def random(*shape, dtype="f32"):
        kind = {"f32": np.float32, "f64": np.float64}[dtype]
        return rng.uniform(-1, 1, shape).astype(kind)

    kind = case["kind"]
    if kind == "matmul":
        shapes = product_shapes(case)
        if shapes is None:
            return None
        a, b = (random(*shape, dtype=case["dtype"]) for shape in shapes)
        return lambda: a @ b
    if kind == "matvec":
        a, x = random(case["m"], case["k"]), random(case["k"])
        return lambda: a @ x
    if kind == "elementwise":
        x = random(case["size"])

        def chain():
            y = x
            for k in range(5):
                y = y * np.float32(0.9) + np.float32(0.1 * k)
            return y

        return chain
    if kind == "softmax":
        x = random(case["rows"], case["columns"])

        def softmax():
            e = np.exp(x - x.max(-1, keepdims=True))
            return e / e.sum(-1, keepdims=True)

        return softmax
    if kind == "cholesky":
        n = case["n"]
        i = np.arange(n)
        a = np.exp(-(((i[:, None] - i[None]) / 8) ** 2)) + 0.5 * np.eye(n)
        a = a.astype(np.float64 if case["dtype"] == "f64" else np.float32)
        return lambda: np.linalg.cholesky(a)
    return None


def torch_step(case):
    import torch
    import torch.nn.functional as F

    generator = torch.Generator().manual_seed(0)

    def random(*shape, dtype="f32"):
        kind = {"f32": torch.float32, "f64": torch.float64}
        return (torch.rand(shape, generator=generator) * 2 - 1).to(kind[dtype])

    kind = case["kind"]
    if kind == "matmul":
        shapes = product_shapes(case)
        if shapes is None:
            return None
        a, b = (random(*shape, dtype=case["dtype"]) for shape in shapes)
        return lambda: a @ b
    if kind == "matvec":
        a, x = random(case["m"], case["k"]), random(case["k"])
        return lambda: a @ x
    if kind == "cholesky":
        i = torch.arange(case["n"], dtype=torch.float64)
        a = torch.exp(-(((i[:, None] - i[None]) / 8) ** 2))
        a = (a + 0.5 * torch.eye(case["n"], dtype=torch.float64)).to(
            torch.float64 if case["dtype"] == "f64" else torch.float32
        )
        return lambda: torch.linalg.cholesky(a)
    if kind == "layerNorm":
        x = random(case["rows"], case["columns"])
        return lambda: F.layer_norm(x, [case["columns"]])
    if kind == "elementwise":
        x = random(case["size"])

        def chain():
            y = x
            for k in range(5):
                y = y * 0.9 + 0.1 * k
            return y

        return chain
    if kind == "softmax":
        x = random(case["rows"], case["columns"])
        return lambda: F.softmax(x, -1)
    if kind == "attention":
        shape = (1, case["heads"], case["length"], case["headSize"])
        inputs = [random(*shape) for _ in range(3)]
        if not case["backward"]:
            return lambda: F.scaled_dot_product_attention(*inputs, is_causal=True)

        def both():
            own = [one.detach().requires_grad_() for one in inputs]
            F.scaled_dot_product_attention(*own, is_causal=True).sum().backward()
            return own

        return both
    if kind == "mlpStep":
        model = torch.nn.Sequential(
            torch.nn.Linear(case["inputs"], case["hidden"]),
            torch.nn.ReLU(),
            torch.nn.Linear(case["hidden"], case["outputs"]),
        )
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
        x, y = random(case["batch"], case["inputs"]), random(
            case["batch"], case["outputs"]
        )

        def step():
            optimizer.zero_grad()
            F.mse_loss(model(x), y).backward()
            optimizer.step()

        return step
    if kind == "adamWStep":
        parameter = torch.nn.Parameter(random(case["size"]))
        parameter.grad = random(case["size"])
        optimizer = torch.optim.AdamW([parameter], fused=True)
        return optimizer.step
    return None


def main():
    step = None
    for line in sys.stdin:
        order = json.loads(line)
        if "repeat" in order:
            for _ in range(order["repeat"]):
                step()
            answer = {"done": True}
        else:
            try:
                library = __import__(order["library"])
                make = numpy_step if order["library"] == "numpy" else torch_step
                step = make(order["case"])
                name = f"{order['library']} {library.__version__}"
                answer = {"ready": name if step else None}
            except ImportError:
                answer = {"ready": None}
        print(json.dumps(answer), flush=True)


main()
