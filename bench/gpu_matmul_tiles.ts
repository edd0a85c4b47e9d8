/**
 * Times every tile of the matrix product on the GPU that is there:
 * `deno run -A bench/gpu_matmul_tiles.ts [sizes]`, sizes such as `1024,4096`.
 *
 * @module
 */

import type { DType } from "../runtime/device/dtypes.ts";
import type { WebGpuKernel, WebGpuLimits } from "../runtime/compiler/webgpu/abi.ts";
import { ExprPool } from "../runtime/compiler/ir/expr.ts";
import type { ContractKernel } from "../runtime/compiler/ir/kernel.ts";
import { CANDIDATE_TILES } from "../runtime/compiler/webgpu/contract/candidates.ts";
import { renderContract } from "../runtime/compiler/webgpu/contract/render.ts";
import type { ContractTile } from "../runtime/compiler/webgpu/contract/tile.ts";
