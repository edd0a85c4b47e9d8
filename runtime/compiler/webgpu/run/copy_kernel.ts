/**
 * A kernel that copies bytes between places that bindings cannot start at. It
 * runs in the pass of the other kernels, which a copy of buffers would end.
 *
 * @module
 */

const WORKGROUP = 64;
const MAX_GROUPS = 65535;
const WORD_BYTES = 4;

/** Parameters: first byte of the source and of the target, number of bytes. */
const HEAD = `@group(0) @binding(0) var<uniform> p: array<vec4<u32>, 1>;
@group(0) @binding(1) var<storage, read_write> source: array<u32>;
@group(0) @binding(2) var<storage, read_write> copied: array<u32>;

@compute @workgroup_size(${WORKGROUP})
fn main(
  @builtin(global_invocation_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let k = id.y * groups.x * ${WORKGROUP}u + id.x;
`;

/** All numbers are multiples of 4. */
const WORDS = `${HEAD}  if (k < p[0].z / 4u) {
    copied[p[0].y / 4u + k] = source[p[0].x / 4u + k];
  }
}
`;

/** Each invocation writes the bytes of one word of the target. */
const BYTES = `${HEAD}  let word = p[0].y / 4u + k;
  let end = p[0].y + p[0].z;
  if (word * 4u >= end) {
    return;
  }
  var value = copied[word];
  for (var lane = 0u; lane < 4u; lane++) {
    let target_byte = word * 4u + lane;
    if (target_byte >= p[0].y && target_byte < end) {
      let source_byte = target_byte - p[0].y + p[0].x;
      let bits = extractBits(source[source_byte / 4u], 8u * (source_byte % 4u), 8u);
      value = insertBits(value, bits, 8u * lane, 8u);
    }
  }
  copied[word] = value;
}
`;

/** A copy, as it is dispatched. */
export interface CopyDispatch {
  /** The text. */
  readonly text: string;
  /** Its parameters. */
  readonly sizes: readonly number[];
  /** Number of workgroups. */
  readonly workgroups: readonly [number, number, number];
}

/**
 * A copy of some bytes.
 *
 * @param source First byte of the source, behind the start of its binding.
 * @param target First byte of the target, behind the start of its binding.
 * @param bytes Number of bytes.
 * @returns What to dispatch; source and target are bindings 1 and 2.
 */
export function copyDispatch(
  source: number,
  target: number,
  bytes: number,
): CopyDispatch {
  const isWhole = (source | target | bytes) % WORD_BYTES === 0;
  const words = Math.ceil((target % WORD_BYTES + bytes) / WORD_BYTES);
  const groups = Math.max(1, Math.ceil(words / WORKGROUP));
  const rows = Math.ceil(groups / MAX_GROUPS);
  return {
    text: isWhole ? WORDS : BYTES,
    sizes: [source, target, bytes],
    workgroups: [Math.ceil(groups / rows), rows, 1],
  };
}
