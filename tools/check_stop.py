"""Checks that the Stop button of a notebook aborts work and keeps the kernel.

A real Jupyter client starts a real Deno kernel, starts to read a tensor and
then a run that would not end for long, and interrupts the kernel as front ends
do: with SIGINT. The cells must end with a "CancelledError", and the kernel must
answer afterwards with its variables. Needs jupyter_client:

    .venv/bin/python tools/check_stop.py
"""

import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

from jupyter_client.manager import KernelManager

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATIENCE = 60.0

SETUP = """
import { op, z } from "@weft/weft";
import * as wf from "@weft/weft/tensor";
const kept = "kept";
const endless = op({
  name: "demo/endless",
  outputs: { x: z.number() },
  run: async (_inputs, _params, { signal, progress }) => {
    await import("nodejs-polars");
    for (let step = 0; ; step++) {
      progress((step % 100) / 100, `step ${step}`);
      await wf.sum(wf.random.normal(wf.random.key(step), [300, 300])).item();
      signal.throwIfAborted();
    }
  },
});
"""

ENDLESS_READ = """
let power = wf.random.normal(wf.random.key(1), [1000, 1000]);
for (let k = 0; k < 10_000; k++) power = wf.matmul(power, power);
await wf.sum(power).item();
"""


def outcome(client, message_id):
    """Waits for the reply to a cell; gives its status and what it showed."""
    shown = []
    reply = None
    deadline = time.monotonic() + PATIENCE
    idle = False
    while reply is None or not idle:
        if time.monotonic() > deadline:
            raise SystemExit("Cannot go on as the kernel does not answer")
        try:
            message = client.get_iopub_msg(timeout=0.2)
            if message["parent_header"].get("msg_id") == message_id:
                shown.append(message)
                if message["content"].get("execution_state") == "idle":
                    idle = True
        except Exception as error:  # queue.Empty: nothing came in time
            if type(error).__name__ != "Empty":
                raise
        if reply is None:
            try:
                message = client.get_shell_msg(timeout=0.2)
                if message["parent_header"].get("msg_id") == message_id:
                    reply = message["content"]
            except Exception as error:
                if type(error).__name__ != "Empty":
                    raise
    return reply, shown


def require(condition, message, found):
    if not condition:
        raise SystemExit(f"{message}: current value is {found!r}")


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weft-stop-"))
    kernel = folder / "kernels" / "deno"
    kernel.mkdir(parents=True)
    deno = shutil.which("deno")
    (kernel / "kernel.json").write_text(json.dumps({
        "argv": [deno, "jupyter", "--kernel", "--conn", "{connection_file}"],
        "display_name": "Deno",
        "language": "typescript",
    }))
    os.environ["JUPYTER_DATA_DIR"] = str(folder)
    manager = KernelManager(kernel_name="deno")
    manager.start_kernel(cwd=str(ROOT / "notebooks"))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        reply, _ = outcome(client, client.execute(SETUP))
        require(reply["status"] == "ok", "Cannot set the cells up", reply)

        # Tensors that are read without a run come first: nothing listens yet
        message_id = client.execute(ENDLESS_READ)
        time.sleep(1.5)
        manager.interrupt_kernel()
        reply, _ = outcome(client, message_id)
        require(
            reply["status"] == "error" and "CancelledError" in json.dumps(reply),
            "The stopped read must say that it was cancelled", reply,
        )
        require(manager.is_alive(), "The kernel must live on", "dead")

        message_id = client.execute("await endless().value()")
        time.sleep(1.5)
        began = time.monotonic()
        manager.interrupt_kernel()
        reply, shown = outcome(client, message_id)
        seconds = time.monotonic() - began
        require(reply["status"] == "error", "The stopped cell must fail", reply)
        require(
            "CancelledError" in json.dumps(reply) + json.dumps(shown, default=str),
            "The stopped cell must say that it was cancelled", reply,
        )
        panels = [
            message for message in shown
            if message["msg_type"] in ("display_data", "update_display_data")
        ]
        require(len(panels) >= 2, "The run must show a live panel", len(panels))
        require(
            "cancelled" in panels[-1]["content"]["data"]["text/html"],
            "The panel must end as cancelled", panels[-1]["content"]["data"],
        )
        require(manager.is_alive(), "The kernel must live on", "dead")

        reply, shown = outcome(client, client.execute("kept"))
        require(reply["status"] == "ok", "The kernel must answer", reply)
        texts = [
            message["content"]["data"]["text/plain"] for message in shown
            if message["msg_type"] == "execute_result"
        ]
        require("kept" in "".join(texts), "Variables must be kept", texts)

        # The abort must not follow later cells: after a body that imported a
        # module, Deno's kernel starts all cells in the context of that body
        code = "await wf.sum(wf.ones([3])).item()"
        reply, _ = outcome(client, client.execute(code))
        require(reply["status"] == "ok", "Tensors must compute after Stop", reply)

        # Stop while nothing runs must not kill the kernel either
        manager.interrupt_kernel()
        time.sleep(0.3)
        require(manager.is_alive(), "The kernel must live on", "dead")
        print(f"✓ Stop ended the run after {seconds:.1f} s and the kernel lives on")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
