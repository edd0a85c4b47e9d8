/**
 * Compute pipelines, one for each text.
 *
 * @module
 */

import { WeftError } from "../../core/errors.ts";
import { nextSlice, sliceIsOver } from "../clock.ts";

/** A kernel's code. */
export interface ShaderSource {
  /** The WGSL text. */
  readonly text: string;
  /** Name of its entry point. */
  readonly entryPoint: string;
  /** Bytes of its parameters, the uniform binding 0. */
  readonly parameterBytes: number;
  /** Number of storage bindings; they follow the parameters. */
  readonly storages: number;
  /** What it computes, for people. */
  readonly label: string;
}

/** A kernel, ready to be dispatched. */
export interface Pipeline {
  /** The pipeline. */
  readonly pipeline: GPUComputePipeline;
  /** What its bind group looks like. */
  readonly layout: GPUBindGroupLayout;
}

interface Layout {
  readonly group: GPUBindGroupLayout;
  readonly pipeline: GPUPipelineLayout;
}

/** Pipelines of one device, by content. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Promise<Pipeline>>();
  readonly #layouts = new Map<string, Layout>();

  /**
   * @param device The device.
   */
  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Number of pipelines that were asked for. */
  get size(): number {
    return this.#pipelines.size;
  }

  /**
   * The pipeline of a text; compiled when it is asked for the first time.
   *
   * @param source The text.
   * @returns The pipeline.
   * @throws {WeftError} When the text does not compile; it shows the line.
   */
  get(source: ShaderSource): Promise<Pipeline> {
    const { entryPoint, parameterBytes, storages, text } = source;
    const key = `${storages} ${parameterBytes} ${entryPoint}\n${text}`;
    let pipeline = this.#pipelines.get(key);
    if (pipeline === undefined) {
      pipeline = this.#compile(source);
      this.#pipelines.set(key, pipeline);
      pipeline.catch(() => this.#pipelines.delete(key));
    }
    return pipeline;
  }

  async #compile(source: ShaderSource): Promise<Pipeline> {
    // Deno compiles inside of the call.
    if (sliceIsOver()) await nextSlice(undefined);
    const { entryPoint, label, text } = source;
    const layout = this.#layout(source);
    this.#device.pushErrorScope("validation");
    const module = this.#device.createShaderModule({ label, code: text });
    const invalid = this.#device.popErrorScope();
    const made = this.#device.createComputePipelineAsync({
      label,
      layout: layout.pipeline,
      compute: { module, entryPoint },
    });
    made.catch(() => {});
    if (await invalid !== null) throw await textError(source, module);
    try {
      return { pipeline: await made, layout: layout.group };
    } catch (error) {
      throw new WeftError(`Cannot make a pipeline of the kernel "${label}"`, {
        cause: error,
      });
    }
  }

  /**
   * A layout for one number of bytes of parameters: Deno does not look anew at
   * how many a pipeline needs after one with the same layout.
   */
  #layout({ parameterBytes, storages }: ShaderSource): Layout {
    const label = `weft ${storages} buffers, ${parameterBytes} bytes`;
    const known = this.#layouts.get(label);
    if (known !== undefined) return known;
    const entries: GPUBindGroupLayoutEntry[] = [{
      binding: 0,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: "uniform", minBindingSize: parameterBytes },
    }];
    for (let binding = 1; binding <= storages; binding++) {
      entries.push({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: "storage" },
      });
    }
    const group = this.#device.createBindGroupLayout({ label, entries });
    const pipeline = this.#device.createPipelineLayout({
      label,
      bindGroupLayouts: [group],
    });
    const layout = { group, pipeline };
    this.#layouts.set(label, layout);
    return layout;
  }
}

/** An error that shows where a text is wrong. */
async function textError(
  { label, text }: ShaderSource,
  module: GPUShaderModule,
): Promise<WeftError> {
  const { messages } = await module.getCompilationInfo();
  const message = messages.find((one) => one.type === "error") ?? messages[0];
  return new WeftError(`Cannot compile the kernel "${label}" as WGSL`, {
    actual: message === undefined
      ? "a text that the driver refuses"
      : drawMessage(text, message),
    hint: "This is a defect of Weft: please report it with this message",
  });
}

/**
 * Draws a message of the compiler with the line that it is about.
 *
 * @param text The text.
 * @param message The message; lines and columns count from 1, 0 is unknown.
 * @returns Several lines for people.
 */
export function drawMessage(
  text: string,
  message: Pick<GPUCompilationMessage, "message" | "lineNum" | "linePos">,
): string {
  const summary = message.message.trim();
  const line = text.split("\n")[message.lineNum - 1];
  // Deno's messages are drawings already.
  if (line === undefined || summary.includes("\n")) return summary;
  const number = `${message.lineNum} | `;
  const column = Math.max(0, message.linePos - 1);
  const caret = " ".repeat(number.length + column) + "^";
  return `${summary}\n${number}${line}\n${caret}`;
}
