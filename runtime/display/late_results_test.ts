import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  holdCellsOpen,
  noteOutput,
  type ResultSender,
} from "./late_results.ts";

Deno.test("holdCellsOpen sends first and ends the cell a while later, once wrapped", async () => {
  const order: string[] = [];
  const sender: ResultSender = {
    broadcastResult: (count, result) => {
      order.push(`sent ${count} ${result}`);
      setTimeout(() => order.push("left the kernel"), 5);
      return Promise.resolve();
    },
  };
  holdCellsOpen(sender);
  const once = sender.broadcastResult;
  holdCellsOpen(sender);
  strictEqual(sender.broadcastResult, once);
  noteOutput(100_000);
  await sender.broadcastResult?.(3, "x");
  order.push("ended");
  deepStrictEqual(order, ["sent 3 x", "left the kernel", "ended"]);
});

Deno.test("holdCellsOpen leaves a kernel alone that it does not know", () => {
  const sender: ResultSender = {};
  holdCellsOpen(sender);
  deepStrictEqual(sender, {});
});
