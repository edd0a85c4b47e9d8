/**
 * Programs with kernels written by hand, for tests of how programs run.
 *
 * @module
 */

import {
  allocate,
  type DType,
  type TypedArray,
} from "../../../device/dtypes.ts";
import { hostStorage, type Storage } from "../../../device/graph.ts";
import { evaluateProgram } from "../../ir/evaluate_program.ts";
import { type Expr, ExprPool } from "../../ir/expr.ts";
import type {
  BufferSpec,
  Kernel,
  Program,
  RoutineStep,
  RowKernel,
} from "../../ir/kernel.ts";
import type { WebGpuKernel } from "../abi.ts";
import type { Renderer } from "./plan.ts";
import { WebGpuProgram } from "./prepared.ts";

/** A program under construction. */
export class ProgramDraft {
  readonly #buffers: BufferSpec[] = [];
  readonly #steps: Program["steps"][number][] = [];
  readonly #leaves: number[] = [];
  readonly #scalars: DType[] = [];

  /** A new buffer. */
  buffer(role: BufferSpec["role"], size: number, dtype: DType = "f32"): number {
    const buffer = this.#buffers.push({ role, size, dtype }) - 1;
    if (role === "leaf") this.#leaves.push(buffer);
    return buffer;
  }

  /** A new scalar. */
  scalar(dtype: DType = "f32"): number {
    return this.#scalars.push(dtype) - 1;
  }

  /** Adds a step. */
  step(step: Program["steps"][number]): void {
    this.#steps.push(step);
  }

  /** `out[i] = a[i] + b[i]`. */
  add(a: number, b: number, out: number): void {
    this.step(
      elementwise(
        this,
        "add",
        [a, b],
        out,
        (pool, [x, y]) => pool.make("add", "f32", [x!, y!]),
      ),
    );
  }

  /** `out[i] = a[i] * s`. */
  scale(a: number, scalar: number, out: number): void {
    const dtype = this.#scalars[scalar]!;
    const kernel = elementwise(
      this,
      "scale",
      [a],
      out,
      (pool, [x]) =>
        pool.make("multiply", "f32", [
          x!,
          pool.make("scalar", dtype, [], 0),
        ]),
    );
    this.step({ ...kernel, scalars: [{ scalar, dtype }] });
  }

  /** `out[i] = a[i] + 1`, by way of a temporary of the kernel. */
  increment(a: number, out: number): void {
    this.step(
      elementwise(
        this,
        "increment",
        [a],
        out,
        (pool, [x]) => pool.make("add", "f32", [x!, pool.constant(1, "f32")]),
      ),
    );
  }

  /** `out[i] = i < n ? a[i] : 0` for bytes. */
  bytes(a: number, out: number): void {
    this.step(elementwise(this, "bytes", [a], out, (_, [x]) => x!));
  }

  /** What a buffer is. */
  spec(buffer: number): BufferSpec {
    return this.#buffers[buffer]!;
  }

  /** The program. */
  finish(results: readonly number[]): Program {
    return {
      buffers: this.#buffers,
      steps: this.#steps,
      leaves: this.#leaves.map((buffer, leaf) => ({ buffer, leaf })),
      scalars: this.#scalars.map((dtype, k) => ({ leaf: k, dtype })),
      results,
    };
  }
}

function elementwise(
  draft: ProgramDraft,
  name: string,
  inputs: readonly number[],
  out: number,
  value: (pool: ExprPool, loads: readonly Expr[]) => Expr,
): RowKernel {
  const pool = new ExprPool();
  const operand = (buffer: number) => {
    const { dtype, size } = draft.spec(buffer);
    return { buffer, dtype, size };
  };
  const loads = inputs.map((buffer, k) =>
    pool.load(k, draft.spec(buffer).dtype, pool.axis(0))
  );
  return {
    kind: "row",
    name,
    node: 7,
    nodes: [7],
    pool,
    axes: [draft.spec(out).size],
    outer: 1,
    operands: inputs.map(operand),
    scalars: [],
    outputs: [operand(out)],
    inPlace: [],
    flops: draft.spec(out).size,
    bytes: 12 * draft.spec(out).size,
    cut: "",
    stages: [],
    rowStores: [
      { output: 0, index: pool.axis(0), value: value(pool, loads) },
    ],
  };
}

/** The part that all texts share; `type` is that of all buffers. */
function textOf(buffers: number, type: string, body: string): string {
  const bindings = Array.from(
    { length: buffers },
    (_, k) =>
      `@group(0) @binding(${
        k + 1
      }) var<storage, read_write> b${k}: array<${type}>;`,
  );
  return `@group(0) @binding(0) var<uniform> p: array<vec4<u32>, 1>;
${bindings.join("\n")}
@compute @workgroup_size(64)
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let i = id.y * groups.x * 64u + id.x;
  if (i >= p[0].x) { return; }
  ${body}
}
`;
}

const TEXTS: Readonly<Record<string, readonly string[]>> = {
  add: [textOf(3, "f32", "b2[i] = b0[i] + b1[i];")],
  scale: [textOf(2, "f32", "b1[i] = b0[i] * bitcast<f32>(p[0].y);")],
  increment: [
    textOf(3, "f32", "b2[i] = b0[i] + 0.25;"),
    textOf(3, "f32", "b1[i] = b2[i] + 0.75;"),
  ],
  bytes: [textOf(2, "u32", "b1[i] = b0[i];")],
  slow: [textOf(
    2,
    "f32",
    `var x = b0[i];
  for (var k = 0u; k < 20000u; k++) { x = fract(x * 1.37 + 0.11); }
  b1[i] = x;`,
  )],
  broken: [textOf(2, "f32", "b1[i] = b0[i] + 1u;")],
};

/** Renders the kernels of {@linkcode ProgramDraft}. */
export const renderByHand: Renderer = (
  step: Kernel | RoutineStep,
): WebGpuKernel | undefined => {
  if (step.kind === "routine") return undefined;
  const { size, dtype } = step.outputs[0]!;
  const count = dtype === "f32" ? size : Math.ceil(size / 4);
  const groups = Math.ceil(count / 64);
  const rows = Math.ceil(groups / 65535);
  return {
    phases: TEXTS[step.name]!.map((text) => ({
      text,
      entryPoint: "main",
      workgroups: [Math.ceil(groups / rows), rows, 1] as const,
      sizes: [count],
      usesF16: false,
      flops: step.flops,
      bytes: step.bytes,
    })),
    temporaries: step.name === "increment" ? [4 * size] : [],
  };
};

/** Options of a run that nobody watches. */
export const QUIET = { blame: () => undefined };

/** Runs a program on the GPU and in the interpreter. */
export async function runBoth(
  program: Program,
  leaves: readonly TypedArray[],
  scalars: readonly number[] = [],
): Promise<{ actual: TypedArray[]; expected: TypedArray[] }> {
  const prepared = new WebGpuProgram(program, renderByHand);
  const results = await prepared.run(leaves.map(hostStorage), scalars, QUIET);
  const actual = await readAll(results);
  for (const storage of results) storage.dispose();
  return { actual, expected: evaluateProgram(program, leaves, scalars) };
}

/** Reads all at once. */
export function readAll(storages: readonly Storage[]): Promise<TypedArray[]> {
  return Promise.all(storages.map((storage) => storage.read()));
}

/** Numbers that tell places apart. */
export function ramp(size: number, dtype: DType = "f32"): TypedArray {
  const array = allocate(dtype, size);
  for (let k = 0; k < size; k++) array[k] = (k * 7 + 3) % 251;
  return array;
}
