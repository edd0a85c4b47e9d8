/**
 * Kernels over buffers that are too long to be bound whole, rendered in pieces.
 *
 * @module
 */

import { byteSize } from "../../../device/dtypes.ts";
import type { WebGpuCapabilities } from "../../../device/webgpu/adapter.ts";
import type { Kernel, Operand } from "../../ir/kernel.ts";
import { unfused } from "../../ir/unfuse.ts";
import {
  type Window,
  windowed,
  type WindowedKernel,
} from "../../ir/windows.ts";
import type { WebGpuKernel } from "../abi.ts";
import type { ByteWindow } from "./plan.ts";
import { ALIGNMENT, bytesOfSpec, paddedBytes } from "./ranges.ts";

/** A piece of a kernel, rendered. */
export interface RenderedPiece {
  /** The piece. */
  readonly kernel: Kernel;
  /** Its text. */
  readonly made: WebGpuKernel;
  /** What is bound of each operand and output. */
  readonly windows: readonly ByteWindow[];
}

/** A kernel in pieces. */
export interface RenderedPieces {
  /** The pieces, in order. */
  readonly pieces: readonly RenderedPiece[];
  /** Bytes of buffers between them. */
  readonly kept: readonly number[];
}

/** How often shorter windows are tried where temporaries are too long. */
const ATTEMPTS = 5;

/** What the GPU can bind. */
type Bindable = Pick<
  WebGpuCapabilities,
  "maxStorageBufferBindingSize" | "maxStorageBuffersPerShaderStage"
>;

/** Renders a piece. */
type RenderPiece = (piece: Kernel) => WebGpuKernel;

/**
 * Cuts a kernel in pieces and renders them.
 *
 * @param kernel The kernel.
 * @param capabilities What the GPU can bind.
 * @param firstBuffer Number of the first of the buffers between the pieces.
 * @param render Renders a piece.
 * @returns The pieces; undefined where there is no way.
 */
export function renderPieces(
  kernel: Kernel,
  capabilities: Bindable,
  firstBuffer: number,
  render: RenderPiece,
): RenderedPieces | undefined {
  const whole = renderWindows(kernel, capabilities, render);
  if (whole !== undefined) return { pieces: whole, kept: [] };
  const parts = kernel.kind === "row"
    ? unfused(kernel, firstBuffer)
    : undefined;
  if (parts === undefined) return undefined;
  const pieces: RenderedPiece[] = [];
  for (const part of parts.kernels) {
    const own = renderWindows(part, capabilities, render);
    if (own === undefined) return undefined;
    pieces.push(...own);
  }
  const kept = parts.kept.map(bytesOfSpec);
  return { pieces, kept };
}

function renderWindows(
  kernel: Kernel,
  capabilities: Bindable,
  render: RenderPiece,
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
  render: RenderPiece,
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
