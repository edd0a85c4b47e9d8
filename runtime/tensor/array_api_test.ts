import assert from "node:assert/strict";
import * as wf from "./mod.ts";

/** Functions of the array API standard 2024.12, without those left out. */
const STANDARD = `
  abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_invert
  bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor ceil clip
  copysign cos cosh divide equal exp expm1 floor floor_divide greater
  greater_equal hypot isfinite isinf isnan less less_equal log log10 log1p log2
  logaddexp logical_and logical_not logical_or logical_xor maximum minimum
  multiply negative not_equal positive pow reciprocal remainder round sign
  signbit sin sinh sqrt square subtract tan tanh trunc
  arange asarray eye full full_like linspace meshgrid ones ones_like tril triu
  zeros zeros_like astype take take_along_axis
  cholesky cross det diagonal eigh inv matmul matrix_norm matrix_power
  matrix_rank matrix_transpose outer pinv qr slogdet solve svd tensordot trace
  vecdot vector_norm
  broadcast_arrays broadcast_to concat expand_dims flip moveaxis permute_dims
  repeat reshape roll squeeze stack tile unstack
  argmax argmin count_nonzero nonzero searchsorted where
  unique_all unique_counts unique_inverse unique_values argsort sort
  cumulative_prod cumulative_sum max mean min prod std sum var all any diff
`.trim().split(/\s+/);

/** Names that differ by more than their underscores. */
const OURS: Readonly<Record<string, string>> = {
  abs: "absolute",
  asarray: "tensor",
  astype: "cast",
  bitwise_invert: "bitwiseNot",
  broadcast_arrays: "broadcastTensors",
  copysign: "copySign",
  inv: "inverse",
  isfinite: "isFinite",
  isinf: "isInf",
  isnan: "isNaN",
  logaddexp: "logAddExp",
  matrix_transpose: "transpose",
  moveaxis: "moveAxis",
  pow: "power",
  searchsorted: "searchSorted",
  signbit: "signBit",
  slogdet: "signLogDet",
  var: "variance",
};

Deno.test("the tensor module has the functions of the array API standard", () => {
  const names = new Set(Object.keys(wf));
  const missing = STANDARD.filter((name) => {
    const camel = name.replace(/_([a-z])/g, (_, one) => one.toUpperCase());
    return !names.has(OURS[name] ?? camel);
  });
  assert.deepEqual(missing, []);
});
