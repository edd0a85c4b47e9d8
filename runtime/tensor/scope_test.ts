import assert from "node:assert/strict";
import { AsyncResource } from "node:async_hooks";
import { ScopedValue } from "./scope.ts";

Deno.test("ScopedValue holds for a body and what it awaits, inner ones first", async () => {
  const value = new ScopedValue<string>();
  await value.run("outer", async () => {
    assert.equal(value.current, "outer");
    await Promise.resolve();
    assert.equal(value.run("inner", () => value.current), "inner");
    assert.equal(value.current, "outer");
  });
  assert.equal(value.current, undefined);
});

Deno.test("ScopedValue does not hold in the context of a body that is over", async () => {
  const value = new ScopedValue<string>();
  // What a notebook kernel does to a later cell.
  let late: (() => string | undefined) | undefined;
  const keepContext = () => {
    late = AsyncResource.bind(() => value.current);
  };
  await value.run("outer", async () => {
    const inner = value.run("inner", async () => {
      keepContext();
      assert.equal(late!(), "inner");
      await Promise.resolve();
    });
    await inner;
    assert.equal(late!(), "outer");
  });
  assert.equal(late!(), undefined);
});

Deno.test("ScopedValue ends when a body throws, now or later", async () => {
  const value = new ScopedValue<string>();
  const late: (() => string | undefined)[] = [];
  const fail = () => {
    late.push(AsyncResource.bind(() => value.current));
    throw new Error("failed");
  };
  assert.throws(() => value.run("now", fail), /failed/);
  await assert.rejects(
    value.run("later", async () => {
      await Promise.resolve();
      fail();
    }),
    /failed/,
  );
  assert.deepEqual(late.map((read) => read()), [undefined, undefined]);
});
