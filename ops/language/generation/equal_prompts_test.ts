import assert from "node:assert/strict";
import * as wf from "../../../runtime/tensor/mod.ts";
import { Decoder } from "./decoder.ts";
import { tinyModel } from "./testing_model.ts";

/** Logits behind the prompts and behind one more token. */
async function logitsOf(prompts: number[][]): Promise<Float32Array[]> {
  const model = await tinyModel();
  const decoder = new Decoder(model, prompts.length, 0);
  const first = await decoder.read(prompts, 4);
  assert.deepEqual(first.shape, [prompts.length, 32]);
  const ids = wf.tensor(prompts.map((_, row) => 3 + row), { dtype: "i32" });
  const second = await decoder.next(ids);
  return await wf.read(first, second);
}

Deno.test("prompts that stand there twice go on each by itself", async () => {
  const [long, short] = [[1, 5, 9, 7, 11], [1, 4]];
  const both = await logitsOf([long, short, long, short]);
  // As much padding, and no two that are equal
  const apart = await Promise.all(
    [long, short, long, short].map(async (prompt, row) => {
      const before = Array.from({ length: row }, (_, k) => [1, 20 + k]);
      return await logitsOf([...before, prompt]);
    }),
  );
  for (const step of [0, 1]) {
    for (let row = 0; row < 4; row++) {
      const own = both[step]!.slice(32 * row, 32 * (row + 1));
      const alone = apart[row]![step]!.slice(32 * row, 32 * (row + 1));
      own.forEach((one, k) =>
        assert.ok(Math.abs(one - alone[k]!) < 1e-4, `${step} ${row}`)
      );
    }
  }
  // The token behind them differs, and so must what follows
  const [first, third] = [both[1]!.slice(0, 32), both[1]!.slice(64, 96)];
  assert.ok(first.some((one, k) => Math.abs(one - third[k]!) > 1e-3));
});
