import assert from "node:assert/strict";
import { ModuleBuilder, splatBytes } from "./assembler.ts";
import { ByteWriter } from "./assembler_bytes.ts";
import { hasRelaxedSimd } from "./assembler_features.ts";
import { LANE, LANE_MEMORY, MEMORY, PLAIN } from "./assembler_opcodes.ts";

type Fn = (...args: number[]) => number;

function instantiate(module: ModuleBuilder) {
  const memory = new WebAssembly.Memory({
    initial: 1,
    maximum: 16,
    shared: true,
  });
  const made = new WebAssembly.Instance(
    new WebAssembly.Module(module.build()),
    { env: { memory } },
  );
  return { memory, exports: made.exports as Record<string, Fn> };
}

Deno.test("numbers are written as LEB128, at the ends of each length", () => {
  const encode = (write: (to: ByteWriter) => void) => {
    const to = new ByteWriter(1);
    write(to);
    return [...to.bytes];
  };
  assert.deepEqual(encode((to) => to.unsigned(0)), [0]);
  assert.deepEqual(encode((to) => to.unsigned(127)), [127]);
  assert.deepEqual(encode((to) => to.unsigned(128)), [0x80, 1]);
  assert.deepEqual(
    encode((to) => to.unsigned(2 ** 32 - 1)),
    [0xff, 0xff, 0xff, 0xff, 0x0f],
  );
  assert.deepEqual(encode((to) => to.signed(63)), [63]);
  assert.deepEqual(encode((to) => to.signed(64)), [0xc0, 0]);
  assert.deepEqual(encode((to) => to.signed(-64)), [0x40]);
  assert.deepEqual(encode((to) => to.signed(-65)), [0xbf, 0x7f]);
  assert.deepEqual(
    encode((to) => to.signed64(-(2n ** 63n))),
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f],
  );
});

Deno.test("constants of all types arrive as they are", () => {
  const module = new ModuleBuilder();
  const integers = [0, 1, -1, 63, 64, -64, -65, 8191, 8192, -2147483648];
  const all = module.function([], ["f64"], "sum");
  all.f64(0.5);
  for (const value of integers) {
    all.i32(value);
    all.op("f64.convert_i32_s", "f64.add");
    all.i64(BigInt(value));
    all.op("f64.convert_i64_s", "f64.add");
  }
  all.f32(0.25);
  all.op("f64.promote_f32", "f64.add");
  all.v128(splatBytes("i32", -7));
  all.lane("i32x4.extract_lane", 3);
  all.op("f64.convert_i32_s", "f64.add");
  const expected = integers.reduce((a, b) => a + b, 0) * 2 + 0.75 - 7;
  assert.equal(instantiate(module).exports["sum"]!(), expected);
});

Deno.test("loops, blocks, choices and calls do as in any language", () => {
  const module = new ModuleBuilder();
  // Sum of the odd numbers below n, at most limit of them.
  const isOdd = module.function(["i32"], ["i32"]);
  isOdd.get(isOdd.parameters[0]!);
  isOdd.i32(1);
  isOdd.op("i32.and");
  const fn = module.function(["i32", "i32"], ["i32"], "run");
  const [n, limit] = fn.parameters as [typeof fn.parameters[0], never];
  const k = fn.local("i32");
  const total = fn.local("i32");
  const found = fn.local("i32");
  fn.block((done) => {
    fn.loop((again) => {
      fn.get(k);
      fn.get(n!);
      fn.op("i32.ge_s");
      fn.branchIf(done);
      fn.get(k);
      fn.call(isOdd);
      fn.if(() => {
        fn.get(found);
        fn.get(limit);
        fn.op("i32.ge_s");
        fn.branchIf(done);
        fn.get(found);
        fn.i32(1);
        fn.op("i32.add");
        fn.set(found);
        fn.get(total);
        fn.get(k);
        fn.op("i32.add");
        fn.set(total);
      });
      fn.get(k);
      fn.i32(1);
      fn.op("i32.add");
      fn.set(k);
      fn.branch(again);
    });
  });
  fn.get(total);
  const { exports } = instantiate(module);
  assert.equal(exports["run"]!(10, 100), 25);
  assert.equal(exports["run"]!(10, 2), 4);
  assert.equal(exports["run"]!(0, 2), 0);
});

Deno.test("memory, lanes and shuffles move the bytes they name", () => {
  const module = new ModuleBuilder();
  const fn = module.function(["i32"], [], "run");
  const at = fn.parameters[0]!;
  fn.get(at);
  fn.get(at);
  fn.memory("v128.load", 0, 2);
  fn.get(at);
  fn.memory("v128.load32_splat", 16);
  fn.shuffle([28, 29, 30, 31, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3]);
  fn.memory("v128.store", 32);
  fn.get(at);
  fn.get(at);
  fn.memory("v128.load", 0);
  fn.laneMemory("v128.store32_lane", 2, 48);
  const { memory, exports } = instantiate(module);
  const words = new Int32Array(memory.buffer);
  words.set([10, 11, 12, 13, 99], 4);
  exports["run"]!(16);
  assert.deepEqual([...words.slice(12, 17)], [99, 12, 11, 10, 12]);
});

Deno.test("every opcode is one that the engine knows", () => {
  // After `unreachable` the stack holds whatever an instruction asks for.
  const module = new ModuleBuilder();
  const fn = module.function([]);
  const each = <T extends object>(table: T, write: (name: keyof T) => void) => {
    for (const name of Object.keys(table) as (keyof T)[]) {
      fn.op("unreachable");
      write(name);
    }
  };
  each(PLAIN, (name) => {
    if (!name.includes("relaxed") || hasRelaxedSimd()) fn.op(name);
  });
  each(MEMORY, (name) => fn.memory(name, 4, 0));
  each(LANE_MEMORY, (name) => fn.laneMemory(name, 0, 4));
  each(LANE, (name) => fn.lane(name, 0));
  fn.op("unreachable");
  assert.ok(WebAssembly.validate(module.build()));
});
