"""Answers prompts with llama.cpp: orders come in as lines of JSON.

Called by llama_cpp.ts: python3 llama_cpp_peer.py MODEL.gguf THREADS
"""

import json
import sys
import time

import numpy as np
from llama_cpp import Llama

threads = int(sys.argv[2])
model = Llama(
    sys.argv[1], n_ctx=512, n_threads=threads, n_threads_batch=threads, verbose=False
)


def best():
    """The most probable token, without a copy of all logits into lists."""
    size = model.n_vocab()
    logits = model._ctx.get_logits()
    return int(np.ctypeslib.as_array(logits, shape=(size,)).argmax())


for line in sys.stdin:
    order = json.loads(line)
    model.reset()
    times = []
    last = time.perf_counter()
    model.eval(order["prompt"])
    token = best()
    for _ in range(order["count"]):
        now = time.perf_counter()
        times.append((now - last) * 1000)
        last = now
        model.eval([token])
        token = best()
    print(json.dumps({"promptMs": times[0], "tokenMs": times[1:]}), flush=True)
