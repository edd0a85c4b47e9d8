import assert from "node:assert/strict";
import { probeWebGpu } from "./adapter.ts";
import { connectWebGpu } from "./connection.ts";
import { drawMessage, type ShaderSource } from "./pipelines.ts";

const ignore = !(await probeWebGpu()).available;

/** A kernel that stores the last of its parameters. */
function lastParameter(vectors: number): ShaderSource {
  return {
    text: `
      @group(0) @binding(0) var<uniform> parameters: array<vec4u, ${vectors}>;
      @group(0) @binding(1) var<storage, read_write> y0: array<u32>;
      @compute @workgroup_size(1) fn main() {
        y0[0] = y0[0] * 10u + parameters[${vectors - 1}].w;
      }`,
    entryPoint: "main",
    parameterBytes: 16 * vectors,
    storages: 1,
    label: "last parameter",
  };
}

Deno.test({
  name: "PipelineCache lets kernels with many and few parameters follow",
  ignore,
  async fn() {
    const { device, pipelines } = await connectWebGpu();
    const words = new Uint32Array(40).fill(1);
    words[3] = 2;
    words[39] = 3;
    const bufferOf = (size: number, usage: number) =>
      device.createBuffer({ size, usage });
    const parameters = bufferOf(
      160,
      GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    );
    device.queue.writeBuffer(parameters, 0, words);
    const result = bufferOf(
      16,
      GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC,
    );
    const copy = bufferOf(
      16,
      GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    );
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const vectors of [10, 1, 10]) {
      const source = lastParameter(vectors);
      const { layout, pipeline } = await pipelines.get(source);
      pass.setPipeline(pipeline);
      pass.setBindGroup(
        0,
        device.createBindGroup({
          layout,
          entries: [
            {
              binding: 0,
              resource: { buffer: parameters, size: source.parameterBytes },
            },
            { binding: 1, resource: { buffer: result } },
          ],
        }),
      );
      pass.dispatchWorkgroups(1);
    }
    pass.end();
    encoder.copyBufferToBuffer(result, 0, copy, 0, 16);
    device.queue.submit([encoder.finish()]);
    await copy.mapAsync(GPUMapMode.READ);
    assert.equal(new Uint32Array(copy.getMappedRange())[0], 323);
    for (const buffer of [parameters, result, copy]) buffer.destroy();
  },
});

Deno.test("drawMessage shows the line and the place", () => {
  const text = "fn main() {\n  let x: f32 = 1u;\n}";
  const drawn = drawMessage(text, {
    message: "expected f32",
    lineNum: 2,
    linePos: 7,
  });
  assert.equal(
    drawn,
    "expected f32\n2 |   let x: f32 = 1u;\n          ^",
  );
});

Deno.test("drawMessage tells a message that has no place", () => {
  const message = { message: " too many bindings\n", lineNum: 0, linePos: 0 };
  assert.equal(drawMessage("fn main() {}", message), "too many bindings");
});
