/**
 * How compiled WGSL kernels are called.
 *
 * Bindings of group 0: binding 0 is `var<uniform>`, the parameters, an
 * `array<vec4<u32>, N>` whose word `i` is `[i / 4][i % 4]`: first the sizes,
 * then one word for each scalar (the bits of an f32, also for f16, or of a
 * whole number). It is there also when it has no words (N is then 1). Then
 * follow one binding for each operand, each output and each temporary, in this
 * order, all `var<storage, read_write>` so that they may lie in one arena. An
 * output that is laid over an operand is bound twice. Elements of 1 byte lie
 * packed in `array<u32>`; f16 in `array<f16>`; all other dtypes in arrays of
 * their own type, or of vectors of it. Buffers are padded to 16 bytes.
 *
 * @module
 */

/** One dispatch of a kernel; dispatches wait for each other. */
export interface WebGpuPhase {
  /** The module's text; equal texts share one pipeline. */
  readonly text: string;
  /** Name of its entry point. */
  readonly entryPoint: string;
  /** Number of workgroups along x, y and z, each within the limits. */
  readonly workgroups: readonly [number, number, number];
  /** Values of the sizes, in order. */
  readonly sizes: readonly number[];
  /** Whether the text needs `enable f16;`. */
  readonly usesF16: boolean;
  /** Arithmetic operations of this dispatch, about. */
  readonly flops: number;
  /** Bytes that this dispatch reads and writes, about. */
  readonly bytes: number;
}

/** A kernel, compiled for the `webgpu` device. */
export interface WebGpuKernel {
  /** Its dispatches, in order. */
  readonly phases: readonly WebGpuPhase[];
  /** Bytes of each temporary that lives while the kernel runs. */
  readonly temporaries: readonly number[];
  /** What may be wrong with the data; undefined where nothing can be. */
  readonly failures?: WebGpuFailures;
}

/**
 * How a kernel tells that it cannot compute what it was asked for: it cannot
 * throw, so that it notes why, in a buffer that is bound behind its outputs. The
 * notes are 0 before the program runs; whoever reads a result looks at them first.
 */
export interface WebGpuFailures {
  /** Bytes of the notes. */
  readonly bytes: number;
  /**
   * The error that notes tell of.
   *
   * @param notes The notes.
   * @returns The error; undefined where all went well.
   */
  error(notes: Int32Array): Error | undefined;
}

/** What a renderer must know of the adapter. */
export interface WebGpuLimits {
  /** Invocations of a workgroup at most. */
  readonly maxComputeInvocationsPerWorkgroup: number;
  /** Bytes of workgroup memory at most. */
  readonly maxComputeWorkgroupStorageSize: number;
  /** Workgroups along one axis at most. */
  readonly maxComputeWorkgroupsPerDimension: number;
  /** Storage buffers of a kernel at most. */
  readonly maxStorageBuffersPerShaderStage: number;
  /** Whether f16 arithmetic exists. */
  readonly hasF16: boolean;
  /** Whether the adapter is a real GPU rather than a software one. */
  readonly isHardware: boolean;
}
