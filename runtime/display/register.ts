/**
 * Tells the lower layers how nodes, tensors and frames are drawn and, in a
 * Jupyter kernel, shows every run. Importing it is enough; outside of a
 * notebook it starts nothing.
 *
 * @module
 */

import { registerDescriber } from "../core/describe.ts";
import { graphOf, isNode } from "../flow/mod.ts";
import { describeFrame, isFrame } from "./frame_view.ts";
import { graphSvg } from "./graph.ts";
import { currentKernel } from "./kernel.ts";
import { showRuns } from "./show_runs.ts";
import { describeTensor, isTensor } from "./tensor_view.ts";
import { formatCount } from "./text.ts";

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
  describe: async (node) => {
    const { nodes, roots } = graphOf(node);
    return {
      "text/html": await graphSvg(nodes, { roots }),
      "image/svg+xml": await graphSvg(nodes, { roots, theme: "paper" }),
      "text/plain": `${String(node)} (${formatCount(nodes.length, "node")})`,
    };
  },
});

if (currentKernel() !== undefined) showRuns();
