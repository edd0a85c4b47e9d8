import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import pl from "nodejs-polars";
import { improveCells, noteOutput, type ResultSender } from "./cell_results.ts";
import { Shown } from "./show.ts";

Deno.test("improveCells sends first and ends the cell a while later, once wrapped", async () => {
  const order: string[] = [];
  const sender: ResultSender = {
    broadcastResult: (count, result) => {
      order.push(`sent ${count} ${result}`);
      setTimeout(() => order.push("left the kernel"), 5);
      return Promise.resolve();
    },
  };
  improveCells(sender);
  const once = sender.broadcastResult;
  improveCells(sender);
  strictEqual(sender.broadcastResult, once);
  noteOutput(100_000);
  await sender.broadcastResult?.(3, "x");
  order.push("ended");
  deepStrictEqual(order, ["sent 3 x", "left the kernel", "ended"]);
});

Deno.test("improveCells leaves a kernel alone that it does not know", () => {
  const sender: ResultSender = {};
  improveCells(sender);
  deepStrictEqual(sender, {});
});

Deno.test("improveCells shows frames and records that hold one, and nothing else, by its own hand", async () => {
  const sent: unknown[] = [];
  const sender: ResultSender = {
    broadcastResult: (_count, result) => {
      sent.push(result);
      return Promise.resolve();
    },
  };
  improveCells(sender);
  const frame = pl.DataFrame({ a: [1] });
  for (const result of [frame, { prices: frame }]) {
    await sender.broadcastResult?.(1, result);
    ok(sent.at(-1) instanceof Shown);
  }
  for (const result of [undefined, 1, "x", [1], { a: 1 }, new Map()]) {
    await sender.broadcastResult?.(1, result);
    strictEqual(sent.at(-1), result);
  }
});
