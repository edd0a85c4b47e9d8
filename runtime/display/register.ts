/**
 * Tells the lower layers how nodes, runs, tensors and frames are drawn and, in a
 * Jupyter kernel, shows every run. Importing it is enough; outside of a
 * notebook it starts nothing.
 *
 * @module
 */

import { registerDescriber } from "../core/describe.ts";
import { isNode, Run } from "../flow/mod.ts";
import { describeNode, describeRun } from "./flow_view.ts";
import { describeFrame, isFrame } from "./frame_view.ts";
import { currentKernel } from "./kernel.ts";
import { currentSender, improveCells } from "./cell_results.ts";
import { showRuns } from "./show_runs.ts";
import { describeTensor, isTensor } from "./tensor_view.ts";

registerDescriber({
  kind: "frame",
  accepts: isFrame,
  describe: describeFrame,
});

registerDescriber({
  kind: "tensor",
  accepts: isTensor,
  describe: describeTensor,
});

registerDescriber({
  kind: "node",
  accepts: isNode,
  describe: describeNode,
});

registerDescriber({
  kind: "run",
  accepts: (value): value is Run<unknown> => value instanceof Run,
  describe: describeRun,
});

if (currentKernel() !== undefined) {
  const sender = currentSender();
  if (sender !== undefined) improveCells(sender);
  showRuns();
}
