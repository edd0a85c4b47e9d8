/**
 * Functions in WGSL that operators call: what WGSL leaves open (NaN, signs of
 * zero, conversions out of range) is decided here by bits. Compilers of shaders
 * may take it that NaN and infinities do not occur.
 *
 * @module
 */

import { type ScalarType, widen, type Width } from "./types.ts";

/** What the text of a function may ask for. */
export interface FunctionContext {
  /** Numbers that a value holds. */
  readonly width: Width;
  /**
   * A type in the function's width.
   *
   * @param type Type of one number.
   */
  of(type: ScalarType): string;
  /** The number 0 as u32, which compilers do not know. */
  zeroBits(): string;
  /**
   * Name of another function, in the same width.
   *
   * @param name Its name.
   */
  call(name: string): string;
}

/** Text of a function under a name that is given to it. */
type FunctionText = (name: string, context: FunctionContext) => string;

/** A function that only exists for one number, applied four times. */
function eachLane(
  type: ScalarType,
  one: (name: string) => string,
): FunctionText {
  return (name, { width }) => {
    if (width === 1) return one(name);
    const v = widen(type, 4);
    const lanes = ["x", "y", "z", "w"].map((k) => `${name}_1(a.${k}, b.${k})`);
    return `${one(`${name}_1`)}
fn ${name}(a: ${v}, b: ${v}) -> ${v} {
  return ${v}(${lanes.join(", ")});
}`;
  };
}

/** Whole numbers in the order of floats, NaN above all. */
function orderKey(sign: "" | "~"): FunctionText {
  return (name, { of, call }) => {
    const [F, I] = [of("f32"), of("i32")];
    return `fn ${name}(x: ${F}) -> ${I} {
  let bits = select(bitcast<${I}>(x), ${I}(0i), x == ${F}(0f));
  let key = bits ^ ((bits >> ${of("u32")}(31u)) & ${I}(2147483647i));
  return select(${sign}key, ${I}(2147483647i), ${call("isNaN")}(x));
}`;
  };
}

/** Applies a function of one number to four. */
function toEachLane(
  result: ScalarType,
  one: (name: string, context: FunctionContext) => string,
): FunctionText {
  return (name, context) => {
    if (context.width === 1) return one(name, context);
    const v = widen(result, 4);
    const lanes = ["x", "y", "z", "w"].map((k) => `${name}_1(x.${k})`);
    return `${one(`${name}_1`, context)}
fn ${name}(x: vec4<f32>) -> ${v} {
  return ${v}(${lanes.join(", ")});
}`;
  };
}

/**
 * An angle beyond 10 or -10 as quarter turns, modulo 4, and what remains: it is
 * multiplied with as many bits of 2 / pi as matter.
 */
function reduceAngle(name: string): string {
  return `fn ${name}_high(a: u32, b: u32) -> u32 {
  let low = (a & 65535u) * (b & 65535u);
  let left = (a >> 16u) * (b & 65535u) + (low >> 16u);
  let right = (a & 65535u) * (b >> 16u) + (left & 65535u);
  return (a >> 16u) * (b >> 16u) + (left >> 16u) + (right >> 16u);
}
fn ${name}(x: f32) -> vec2<f32> {
  var bits_of_ratio = array<u32, 9>(0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u,
    0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu, 0xdebbc561u);
  let bits = bitcast<u32>(x);
  if ((bits & 0x7f800000u) == 0x7f800000u) {
    return vec2<f32>(0f, bitcast<f32>(bits | 0x7fc00000u));
  }
  let m = (bits & 0x7fffffu) | 0x800000u;
  let from_bit = clamp((bits >> 23u) & 255u, 130u, 254u) - 120u;
  let word = from_bit >> 5u;
  let shift = from_bit & 31u;
  var window: array<u32, 3>;
  for (var k = 0u; k < 3u; k++) {
    let next = select(bits_of_ratio[word + k + 1u] >> (32u - shift), 0u,
      shift == 0u);
    window[k] = (bits_of_ratio[word + k] << shift) | next;
  }
  let p2 = m * window[2];
  let low1 = m * window[1];
  let p1 = low1 + ${name}_high(m, window[2]);
  let p0 = m * window[0] + ${name}_high(m, window[1]) +
    select(0u, 1u, p1 < low1);
  var turns = p0 >> 30u;
  var high = (p0 << 2u) | (p1 >> 30u);
  var low = (p1 << 2u) | (p2 >> 30u);
  let is_above = high >= 0x80000000u;
  if (is_above) {
    turns += 1u;
    low = ~low + 1u;
    high = ~high + select(0u, 1u, low == 0u);
  }
  var scale = 0i;
  if (high == 0u) {
    high = low;
    low = 0u;
    scale = 32i;
  }
  let zeros = countLeadingZeros(high) & 31u;
  if (zeros > 0u) { high = (high << zeros) | (low >> (32u - zeros)); }
  let size = bitcast<f32>((95i - scale - i32(zeros)) << 23u);
  let rest = f32(high) * size * 1.57079637f;
  if (x < 0f) {
    return vec2<f32>(f32((4u - turns) & 3u), select(-rest, rest, is_above));
  }
  return vec2<f32>(f32(turns & 3u), select(rest, -rest, is_above));
}`;
}

function extremum(sign: ">" | "<", join: "&" | "|"): FunctionText {
  // Where both are equal they may be zeros with different signs.
  return (name, { of, call }) => {
    const [F, U] = [of("f32"), of("u32")];
    return `fn ${name}(a: ${F}, b: ${F}) -> ${F} {
  let tie = bitcast<${F}>(bitcast<${U}>(a) ${join} bitcast<${U}>(b));
  return select(select(b, a, (a ${sign} b) | ${call("isNaN")}(a)), tie, a == b);
}`;
  };
}

/** Exact, as long division on the bits of the mantissas. */
function floatRemainder(name: string): string {
  return `fn ${name}(a: f32, b: f32) -> f32 {
  let x = bitcast<u32>(a) & 0x7fffffffu;
  let y = bitcast<u32>(b) & 0x7fffffffu;
  let sign = bitcast<u32>(a) & 0x80000000u;
  let other = bitcast<u32>(b) & 0x80000000u;
  if (x >= 0x7f800000u || y > 0x7f800000u || y == 0u) {
    return bitcast<f32>(0x7fc00000u | sign);
  }
  var rest = x;
  if (x >= y) {
    var scale = i32(x >> 23u);
    var bits = x & 0x7fffffu;
    if (scale == 0) { scale = 1; } else { bits |= 0x800000u; }
    var least = i32(y >> 23u);
    var divisor = y & 0x7fffffu;
    if (least == 0) { least = 1; } else { divisor |= 0x800000u; }
    bits %= divisor;
    loop {
      if (scale <= least) { break; }
      let step = u32(min(scale - least, 8));
      bits = (bits << step) % divisor;
      scale -= i32(step);
    }
    if (bits == 0u) { return bitcast<f32>(sign); }
    let up = min(i32(countLeadingZeros(bits)) - 8, least - 1);
    let moved = bits << u32(up);
    scale = least - up;
    rest = select(moved, (moved & 0x7fffffu) | (u32(scale) << 23u),
      moved >= 0x800000u);
  }
  let result = bitcast<f32>(rest | sign);
  return select(result, result + b, rest != 0u && sign != other);
}`;
}

function integerPower(type: "i32" | "u32"): (name: string) => string {
  const odd = `select(1i, -1i, (b & 1i) != 0i)`;
  const negative = type === "u32" ? "" : `  if (b < 0i) {
    return select(select(0i, ${odd}, a == -1i), 1i, a == 1i);
  }
`;
  return (name) =>
    `fn ${name}(a: ${type}, b: ${type}) -> ${type} {
${negative}  var result = ${type}(1);
  var square = a;
  var rest = u32(b);
  loop {
    if (rest == 0u) { break; }
    if ((rest & 1u) != 0u) { result *= square; }
    square *= square;
    rest >>= 1u;
  }
  return result;
}`;
}

const FUNCTIONS = {
  isNaN: (name, { of }) => {
    const U = of("u32");
    return `fn ${name}(x: ${of("f32")}) -> ${of("bool")} {
  return (bitcast<${U}>(x) & ${U}(0x7fffffffu)) > ${U}(0x7f800000u);
}`;
  },
  isFinite: (name, { of }) => {
    const U = of("u32");
    return `fn ${name}(x: ${of("f32")}) -> ${of("bool")} {
  return (bitcast<${U}>(x) & ${U}(0x7f800000u)) != ${U}(0x7f800000u);
}`;
  },
  isNonZero: (name, { of }) => {
    const U = of("u32");
    return `fn ${name}(x: ${of("f32")}) -> ${of("bool")} {
  return (bitcast<${U}>(x) & ${U}(0x7fffffffu)) != ${U}(0u);
}`;
  },
  maximum: extremum(">", "&"),
  minimum: extremum("<", "|"),
  keyOfMax: orderKey(""),
  keyOfMin: orderKey("~"),
  isBetter: (name, { of }) => {
    const I = of("i32");
    return `fn ${name}(a: ${I}, at: ${I}, b: ${I}, bt: ${I}) -> ${of("bool")} {
  return (b > a) | ((b == a) & (bt < at));
}`;
  },
  sign: (name, { of, call }) => {
    const F = of("f32");
    return `fn ${name}(x: ${F}) -> ${F} {
  let plain = select(${F}(-1f), ${F}(1f), x > ${F}(0f));
  return select(plain, x, (x == ${F}(0f)) | ${call("isNaN")}(x));
}`;
  },
  copySign: (name, { of }) => {
    const [F, U] = [of("f32"), of("u32")];
    return `fn ${name}(x: ${F}, y: ${F}) -> ${F} {
  let size = bitcast<${U}>(x) & ${U}(0x7fffffffu);
  return bitcast<${F}>(size | (bitcast<${U}>(y) & ${U}(0x80000000u)));
}`;
  },
  powerOfTwo: (name, { of }) => {
    const [F, I] = [of("f32"), of("i32")];
    return `fn ${name}(x: ${F}) -> ${F} {
  return bitcast<${F}>((${I}(x) + 127i) << ${of("u32")}(23u));
}`;
  },
  exponentOf: (name, { of }) => {
    const [F, I] = [of("f32"), of("i32")];
    return `fn ${name}(x: ${F}) -> ${F} {
  return ${F}((bitcast<${I}>(x) >> ${of("u32")}(23u)) - 127i);
}`;
  },
  mantissaOf: (name, { of }) => {
    const [F, U] = [of("f32"), of("u32")];
    return `fn ${name}(x: ${F}) -> ${F} {
  let bits = bitcast<${U}>(x) & ${U}(0x7fffffu);
  return bitcast<${F}>(bits | ${U}(0x3f800000u));
}`;
  },
  quarterTurns: toEachLane(
    "f32",
    (name) =>
      `${reduceAngle(`${name}_of`)}
fn ${name}(x: f32) -> f32 { return ${name}_of(x).x; }`,
  ),
  angleRest: toEachLane(
    "f32",
    (name) =>
      `${reduceAngle(`${name}_of`)}
fn ${name}(x: f32) -> f32 { return ${name}_of(x).y; }`,
  ),
  // Wider than a native exp of the whole number, which loses digits with size.
  exp: (name, { of, zeroBits }) => {
    const [F, U] = [of("f32"), of("u32")];
    // A sum with 1.5 * 2^23 is rounded to a whole number, which its last bits
    // are then: this is far cheaper than round() and a second exp2().
    return `fn ${name}(x: ${F}) -> ${F} {
  let inside = clamp(x * 1.44269504f, ${F}(-126f), ${F}(127f));
  let whole = bitcast<${U}>(inside + 12582912f) | ${U}(${zeroBits()});
  let n = bitcast<${F}>(whole) - 12582912f;
  let most = bitcast<${U}>(x - n * 0.693359375f) | ${U}(${zeroBits()});
  let rest = bitcast<${F}>(most) + n * 2.12194440e-4f;
  let scale = bitcast<${F}>((whole << ${U}(23)) + ${U}(0x3f800000));
  return exp2(rest * 1.44269504f) * scale;
}`;
  },
  toI32: (name, { of, call }) => {
    const [F, I] = [of("f32"), of("i32")];
    return `fn ${name}(x: ${F}) -> ${I} {
  let inside = ${I}(clamp(x, ${F}(-2147483648f), ${F}(2147483520f)));
  let high = select(inside, ${I}(2147483647i), x >= ${F}(2147483648f));
  return select(high, ${I}(0i), ${call("isNaN")}(x));
}`;
  },
  toU32: (name, { of, call }) => {
    const [F, U] = [of("f32"), of("u32")];
    return `fn ${name}(x: ${F}) -> ${U} {
  let inside = ${U}(clamp(x, ${F}(0f), ${F}(4294967040f)));
  let high = select(inside, ${U}(4294967295u), x >= ${F}(4294967296f));
  return select(high, ${U}(0u), ${call("isNaN")}(x));
}`;
  },
  floorRest: (name, { of }) => {
    const I = of("i32");
    return `fn ${name}(rest: ${I}, b: ${I}) -> ${I} {
  return select(rest, rest + b, (rest != ${I}(0i)) & ((rest ^ b) < ${I}(0i)));
}`;
  },
  // Numbers below the normal ones are scaled up first.
  log: (name, { of }) => {
    const F = of("f32");
    return `fn ${name}(x: ${F}) -> ${F} {
  let small = x < ${F}(1.17549435e-38f);
  let scaled = select(x, x * 8388608f, small);
  let shift = select(${F}(0f), ${F}(-23f), small);
  return (log2(scaled) + shift) * 0.693147181f;
}`;
  },
  remainder: eachLane("f32", floatRemainder),
  powerI32: eachLane("i32", integerPower("i32")),
  powerU32: eachLane("u32", integerPower("u32")),
} as const satisfies Record<string, FunctionText>;

/** Name of a function. */
export type FunctionName = keyof typeof FUNCTIONS;

/**
 * Whether there is a function of a name.
 *
 * @param name The name.
 */
export function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(FUNCTIONS, name);
}

/**
 * The text of a function.
 *
 * @param name Which.
 * @param as Name that the text gives it.
 * @param context Width, and names of other functions.
 * @returns The text.
 */
export function functionText(
  name: FunctionName,
  as: string,
  context: FunctionContext,
): string {
  return FUNCTIONS[name](as, context);
}
