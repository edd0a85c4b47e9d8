/**
 * Kernels over buffers that are too long to be bound whole, rendered in pieces.
 *
 * @module
 */

import { byteSize } from "../../../device/dtypes.ts";
import type { WebGpuCapabilities } from "../../../device/webgpu/adapter.ts";
import type { Kernel, Operand } from "../../ir/kernel.ts";
import {
  type Window,
  windowed,
  type WindowedKernel,
} from "../../ir/windows.ts";
import type { WebGpuKernel } from "../abi.ts";
import type { ByteWindow } from "./plan.ts";
import { ALIGNMENT, paddedBytes } from "./ranges.ts";

/** A piece of a kernel, rendered. */
export interface RenderedPiece {
  /** The piece. */
  readonly kernel: Kernel;
  /** Its text. */
  readonly made: WebGpuKernel;
  /** What is bound of each operand and output. */
  readonly windows: readonly ByteWindow[];
}

/** How often shorter windows are tried where temporaries are too long. */
const ATTEMPTS = 5;

/**
 * Cuts a kernel in pieces and renders them.
 *
 * @param kernel The kernel.
 * @param capabilities What the GPU can bind.
 * @param render Renders a piece.
 * @returns The pieces, in order; undefined where there is no way.
 */
export function renderPieces(
  kernel: Kernel,
  capabilities: Pick<
    WebGpuCapabilities,
    "maxStorageBufferBindingSize" | "maxStorageBuffersPerShaderStage"
  >,
  render: (piece: Kernel) => WebGpuKernel,
): RenderedPiece[] | undefined {
  const { maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } =
    capabilities;
  let bindingBytes = maxStorageBufferBindingSize;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const pieces = windowed(kernel, {
      bindingBytes,
      alignment: ALIGNMENT,
      bindings: maxStorageBuffersPerShaderStage,
    });
    if (pieces === undefined) return undefined;
    const made = pieces.map((piece) => renderPiece(piece, render));
    const fits = made.every(({ made: { temporaries }, windows }) =>
      windows.length + temporaries.length <= maxStorageBuffersPerShaderStage &&
      temporaries.every((bytes) => bytes <= maxStorageBufferBindingSize)
    );
    if (fits) return made;
    // Temporaries grow with the results.
    bindingBytes /= 2;
  }
  return undefined;
}

function renderPiece(
  { kernel, operands, outputs }: WindowedKernel,
  render: (piece: Kernel) => WebGpuKernel,
): RenderedPiece {
  return {
    kernel,
    made: render(kernel),
    windows: [
      ...operands.map((one, k) => bytesOfWindow(kernel.operands[k]!, one)),
      ...outputs.map((one, k) => bytesOfWindow(kernel.outputs[k]!, one)),
    ],
  };
}

function bytesOfWindow({ dtype }: Operand, window: Window): ByteWindow {
  const bytes = byteSize(dtype);
  return {
    offset: window.start * bytes,
    bytes: paddedBytes(window.size * bytes),
  };
}
