import assert from "node:assert/strict";
import { WeftError } from "../../../core/errors.ts";
import {
  allocate,
  type DType,
  type TypedArray,
} from "../../../device/dtypes.ts";
import { GraphNode, hostStorage, outputNode } from "../../../device/graph.ts";
import { sizeOf } from "../../../device/shapes.ts";
import { probeWebGpu } from "../../../device/webgpu/adapter.ts";
import { QUIET } from "./testing.ts";
import {
  BINDING_BYTES,
  checkGraph,
  checkProgram,
  graphOf,
  leaf,
  node,
  smallConnection,
} from "./testing_limits.ts";
import { WebGpuProgram } from "./prepared.ts";
import { ProgramDraft, ramp, renderByHand } from "./testing.ts";

const ignore = !(await probeWebGpu()).available;

/** Elements of f32 that one binding holds. */
const MOST = BINDING_BYTES / 4;

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

/** Small numbers, with NaN and infinities among them. */
function numbers(shape: readonly number[], dtype: DType = "f32"): GraphNode {
  const data = allocate(dtype, sizeOf(shape));
  for (let k = 0; k < data.length; k++) data[k] = ((k * 37) % 101) / 50 - 1;
  return leaf(dtype, shape, data as TypedArray);
}

function add(a: GraphNode, b: GraphNode): GraphNode {
  return node("add", {}, [a, b]);
}

function softmax(x: GraphNode, axis: number): GraphNode {
  const kept = x.shape.map((length, k) => k === axis ? 1 : length);
  const over = (op: "max" | "sum", y: GraphNode) => {
    const shape = x.shape.filter((_, k) => k !== axis);
    const reduced = node(op, { axes: [axis] }, [y], "f32", shape);
    const back = node("reshape", {}, [reduced], "f32", kept);
    return node("expand", {}, [back], "f32", x.shape);
  };
  const e = node("exp", {}, [node("subtract", {}, [x, over("max", x)])]);
  return node("divide", {}, [e, over("sum", e)]);
}

function matmul(a: GraphNode, b: GraphNode): GraphNode {
  const shape = [...a.shape.slice(0, -1), b.shape.at(-1)!];
  return node("matmul", {}, [a, b], "f32", shape);
}

function transposed(x: GraphNode): GraphNode {
  const shape = [x.shape[1]!, x.shape[0]!];
  return node("permute", { axes: [1, 0] }, [x], x.dtype, shape);
}

test("Elementwise kernels keep values, in lengths of all kinds", async () => {
  const connection = await smallConnection();
  for (const size of [MOST + 1, 3 * MOST, 5 * MOST - 7]) {
    const data = ramp(size);
    data.set([NaN, Infinity, -Infinity, -0], MOST - 3);
    const x = leaf("f32", [size], data);
    const y = numbers([size]);
    const iota = node("iota", {}, [], "i32", [size]);
    const place = node("cast", {}, [iota], "f32");
    await checkGraph([add(add(x, y), place)], connection);
  }
});

test("Bytes and booleans keep their words", async () => {
  const connection = await smallConnection();
  const size = 3 * BINDING_BYTES + 1235;
  const bytes = leaf("u8", [size]);
  const other = leaf("u8", [size], ramp(size, "u8").reverse() as TypedArray);
  const less = node("less", {}, [bytes, other], "bool");
  await checkGraph([add(bytes, other), less], connection);
  const rows = leaf("u8", [1501, 33]);
  const turned = transposed(rows);
  await checkGraph([turned], connection);
});

test("Softmax of rows, and of one that is long itself", async () => {
  const connection = await smallConnection();
  await checkGraph([softmax(numbers([100, 257]), 1)], connection, {
    error: 1e-5,
  });
  await checkGraph([softmax(numbers([7, 2000]), 1)], connection, {
    error: 1e-5,
  });
});

test("Sums of columns, rows and all", async () => {
  const connection = await smallConnection();
  const x = numbers([700, 60]);
  const tall = numbers([9000, 3]);
  const sums = [
    node("sum", { axes: [0] }, [x], "f32", [60]),
    node("sum", { axes: [1] }, [x], "f32", [700]),
    node("sum", { axes: [0, 1] }, [x], "f32", []),
    node("sum", { axes: [0] }, [tall], "f32", [3]),
    node("max", { axes: [0] }, [tall], "f32", [3]),
    node("sum", { axes: [0] }, [numbers([100_003])], "f32", []),
  ];
  for (const sum of sums) await checkGraph([sum], connection, { error: 1e-4 });
});

test("Contractions with a long left, right or result", async () => {
  const connection = await smallConnection();
  const cases = [
    matmul(numbers([513, 40]), numbers([40, 30])),
    matmul(numbers([6, 40]), numbers([40, 513])),
    matmul(numbers([6, 40]), transposed(numbers([513, 40]))),
    matmul(numbers([150, 12]), numbers([12, 170])),
    matmul(numbers([150, 70]), numbers([70, 170])),
    matmul(numbers([5, 40, 50]), numbers([5, 50, 30])),
    matmul(numbers([1, 3001]), numbers([3001, 6])),
    matmul(numbers([3, 6001]), transposed(numbers([5, 6001]))),
  ];
  for (const one of cases) await checkGraph([one], connection, { error: 1e-5 });
});

test("Results in the place of operands, with lengths that end in a word", async () => {
  const connection = await smallConnection();
  const scores = matmul(numbers([151, 12]), numbers([12, 171]));
  const weights = softmax(scores, 1);
  const mixed = matmul(weights, numbers([171, 5]));
  await checkGraph([mixed], connection, { error: 1e-5 });
  const draft = new ProgramDraft();
  const size = 3 * MOST + 5;
  const [a, b] = [0, 1].map(() => draft.buffer("leaf", size));
  const [t, u] = [0, 1].map(() => draft.buffer("temporary", size));
  const out = draft.buffer("result", size);
  draft.add(a!, b!, t!);
  draft.add(t!, b!, u!);
  draft.add(u!, b!, out);
  const plain = draft.finish([out]);
  const program = {
    ...plain,
    steps: plain.steps.map((step) =>
      step.kind === "row" ? { ...step, inPlace: [0] } : step
    ),
  };
  await checkProgram(program, [ramp(size), ramp(size)], connection);
});

test("Joined, padded, turned and chosen parts", async () => {
  const connection = await smallConnection();
  const [a, b] = [numbers([90, 70]), numbers([110, 70])];
  const joined = node("concat", { axis: 0 }, [a, b], "f32", [200, 70]);
  const [c, d] = [numbers([120, 30]), numbers([120, 45])];
  const beside = node("concat", { axis: 1 }, [c, d], "f32", [120, 75]);
  const padded = node("pad", { before: [3, 5], value: 7 }, [a], "f32", [
    97,
    81,
  ]);
  const back = node("slice", { starts: [89, 1], steps: [-1, 2] }, [a], "f32", [
    90,
    35,
  ]);
  const indices = leaf("i32", [300]);
  const taken = node(
    "take",
    { axis: 0 },
    [numbers([251, 70]), indices],
    "f32",
    [
      300,
      70,
    ],
  );
  const all = [joined, beside, padded, back, transposed(joined), taken];
  for (const one of all) await checkGraph([one], connection);
  await checkGraph(all.slice(0, 3), connection);
});

test("Running sums along rows, and long ones on the host", async () => {
  const connection = await smallConnection();
  const running = (x: GraphNode, axis: number) =>
    node("cumulativeSum", { axis, reverse: false }, [x]);
  await checkGraph([running(numbers([90, 120]), 1)], connection, {
    error: 1e-5,
  });
  await checkGraph([running(numbers([3 * MOST]), 0)], connection, {
    error: 1e-5,
    hostSteps: 1,
  });
  const scaled = node("multiply", {}, [
    running(numbers([3 * MOST]), 0),
    node("constant", { value: 0.5 }, [], "f32", [3 * MOST]),
  ]);
  await checkGraph([scaled], connection, { error: 1e-5, hostSteps: 1 });
});

test("Loops whose results lie across run on the host", async () => {
  const connection = await smallConnection();
  const spec = { dtype: "f32", shape: [900] } as const;
  const body = graphOf([spec, spec], ([carry, slice]) => {
    const next = add(carry!, slice!);
    return [next, next];
  });
  const loop = node(
    "scan",
    { body, carries: 1, sequences: 1, length: 40, reverse: false },
    [numbers([900]), numbers([40, 900])],
    "f32",
    [900],
    [spec, { dtype: "f32", shape: [40, 900] }],
  );
  const result = node("output", { index: 1 }, [loop], "f32", [40, 900]);
  await checkGraph([result], connection, { error: 1e-5, hostSteps: 1 });
});

test("Softmax along columns, and of a row longer than a binding", async () => {
  const connection = await smallConnection();
  const shapes = [[200, 300, 0], [9000, 3, 0], [2, 9001, 1], [1, 20_000, 1]];
  for (const [rows, columns, axis] of shapes) {
    const x = softmax(numbers([rows!, columns!]), axis!);
    await checkGraph([x], connection, { error: 1e-5 });
  }
});

test("Routines with long buffers run on the host", async () => {
  const connection = await smallConnection();
  const x = numbers([3, 2500]);
  const sorted = node(
    "routine",
    { name: "argsort", attributes: { descending: false } },
    [x],
    "i32",
    x.shape,
    [{ dtype: "i32", shape: x.shape }],
  );
  const result = node("output", { index: 0 }, [sorted], "i32", x.shape);
  await checkGraph([result], connection, { hostSteps: 1 });
});

test("Loops over long sequences, with long carries and short ones", async () => {
  const connection = await smallConnection();
  for (const [row, length] of [[201, 60], [256, 40], [MOST + 3, 3]] as const) {
    const shape = [row];
    const spec = { dtype: "f32", shape } as const;
    const body = graphOf([spec, spec], ([carry, slice]) => {
      const sum = node("sum", { axes: [0] }, [carry!], "f32", []);
      const all = node("expand", {}, [sum], "f32", shape);
      const small = node("constant", { value: 1 / row }, [], "f32", shape);
      const next = add(node("multiply", {}, [all, small]), slice!);
      return [next, add(next, slice!)];
    });
    const loop = node(
      "scan",
      { body, carries: 1, sequences: 1, length, reverse: true },
      [numbers(shape), numbers([length, row])],
      "f32",
      shape,
      [spec, { dtype: "f32", shape: [length, row] }],
    );
    const roots = [
      node("output", { index: 0 }, [loop], "f32", shape),
      node("output", { index: 1 }, [loop], "f32", [length, row]),
    ];
    await checkGraph(roots, connection, { error: 1e-5 });
  }
});

test("Tensors longer than any buffer run on the host as a whole", async () => {
  const connection = await smallConnection({ maxBufferSize: 65536 });
  const x = numbers([40_000]);
  await checkGraph([add(x, x)], connection);
});

test("What the host cannot do either is told with op, length and limit", async () => {
  const connection = await smallConnection({ maxBufferSize: 65536 });
  const size = 40_000;
  const draft = new ProgramDraft();
  const out = draft.buffer("result", size);
  draft.add(draft.buffer("leaf", size), draft.buffer("leaf", size), out);
  const program = new WebGpuProgram(
    draft.finish([out]),
    renderByHand,
    () => Promise.resolve(connection),
  );
  const broken = {
    ...hostStorage(ramp(size)),
    array: undefined,
    read: () => Promise.reject(new RangeError("no memory")),
  };
  await assert.rejects(
    program.run([broken, broken], [], { ...QUIET, blame: () => ["demo"] }),
    (error: WeftError) => {
      assert.ok(error instanceof WeftError);
      assert.match(error.message, /"add" with a tensor of 1 MB/);
      assert.match(error.message, /at most 1 MB in a buffer of the GPU/);
      assert.match(error.message, /demo/);
      assert.match(error.message, /no memory/);
      return true;
    },
  );
});

test("A slice is written over a part of what no binding holds", async () => {
  const connection = await smallConnection();
  const size = 2 * MOST + 5;
  const spec = (...shape: number[]) => ({ dtype: "f32", shape } as const);
  const start = { dtype: "i32", shape: [] } as const;
  const body = graphOf([spec(size), spec(7), start], (inputs) => [
    node("dynamicUpdateSlice", { axis: 0 }, inputs),
  ]);
  for (const at of [3, MOST - 2, 2 * MOST]) {
    const inputs = [
      numbers([size]),
      numbers([7]),
      leaf("i32", [], new Int32Array([at])),
    ];
    const call = new GraphNode(
      "call",
      { body, donated: [0] },
      inputs,
      "f32",
      [size],
      undefined,
      [spec(size)],
    );
    await checkGraph([outputNode(call, 0)], connection);
  }
});
