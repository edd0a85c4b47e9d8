import assert from "node:assert/strict";
import * as mini from "zod/mini";
import { z } from "zod";
import { DefinitionError, PortError } from "../core/errors.ts";
import { zeros } from "../tensor/mod.ts";
import {
  Bindings,
  type CheckPlace,
  file,
  outlineOf,
  port,
  type PortValue,
  type PortValues,
  toPort,
} from "./mod.ts";

const place: CheckPlace = {
  path: ["demo/op"],
  port: "x",
  bindings: new Bindings(),
};

Deno.test("port.value accepts what its schema accepts, with defaults filled in", () => {
  const settings = port.value(
    z.object({ window: z.number().int().default(5), name: z.string() }),
  );
  const value: { window: number; name: string } = settings.check(
    { name: "a" },
    place,
  );
  assert.deepEqual(value, { window: 5, name: "a" });
  assert.deepEqual(settings.check(value, place), value);
});

Deno.test("port.value names op, port and the path inside the value", () => {
  const rows = port.value(z.array(z.object({ close: z.number() })));
  assert.throws(
    () => rows.check([{ close: 1 }, { close: "2" }], place),
    (error) =>
      error instanceof PortError &&
      /port "x" of "demo\/op": at "\[1\]\.close": invalid input: expected number/
        .test(error.message),
  );
});

Deno.test("port.value takes schemas of zod mini", () => {
  const value: number = port.value(mini.number()).check(3, place);
  assert.equal(value, 3);
  assert.throws(() => port.value(mini.number()).check("3", place), PortError);
});

Deno.test("port.value refuses asynchronous schemas", () => {
  const slow = port.value(z.string().refine(() => Promise.resolve(true)));
  assert.throws(() => slow.check("a", place), DefinitionError);
});

Deno.test("toPort takes ports and bare schemas and nothing else", () => {
  assert.equal(toPort(z.number()).kind, "value");
  const text = port.text();
  assert.equal(toPort(text), text);
  for (const bad of [{}, null, "text", () => 0, z]) {
    assert.throws(() => toPort(bad as never), DefinitionError);
  }
});

Deno.test("a schema that accepts a missing value makes an optional port", () => {
  assert.equal(toPort(z.number().optional()).isOptional, true);
  assert.equal(toPort(z.number().default(1)).isOptional, true);
  assert.equal(toPort(z.number()).isOptional, false);
});

Deno.test("PortValues gives optional keys for ports that may be left out", () => {
  const ports = {
    a: port.text(),
    b: port.optional(port.text()),
    c: z.number().optional(),
    d: z.unknown(),
    e: port.list(z.number()),
    f: port.record(port.text()),
  };
  const value: PortValues<typeof ports> = { a: "", d: 1, e: [1], f: { k: "" } };
  const full: PortValues<typeof ports> = { ...value, b: "b", c: 1 };
  // @ts-expect-error: "a" must be there
  const lacking: PortValues<typeof ports> = { d: 1, e: [1], f: {} };
  // @ts-expect-error: the elements are numbers
  const wrong: PortValue<typeof ports["e"]> = ["1"];
  assert.ok(full && lacking && wrong);
});

Deno.test("port.text takes texts only", () => {
  assert.equal(port.text().check("a", place), "a");
  assert.throws(() => port.text().check(1, place), /it is a number/);
});

Deno.test("port.file takes files with the right extension and tells how to make one", () => {
  const table = port.file({ extensions: [".csv", "parquet"] });
  const csv = file("/data/prices.CSV");
  assert.equal(table.check(csv, place), csv);
  assert.throws(
    () => table.check("/data/a.csv", place),
    /file\("\/data\/a.csv"\)/,
  );
  assert.throws(() => table.check(file("/data/a.txt"), place), /"txt"/);
});

Deno.test("port.list checks every element and names its place", () => {
  const bindings = new Bindings();
  const list = port.list(port.tensor("f64", ["n"]));
  const two = zeros([2], { dtype: "f64" });
  assert.equal(list.check([two, two], { ...place, bindings }).length, 2);
  assert.throws(
    () =>
      list.check([two, zeros([3], { dtype: "f64" })], {
        ...place,
        bindings,
      }),
    /port "x\[1\]"[^]*dimension "n" is 3, not 2 \(n = 2 from port "x\[0\]"\)/,
  );
  assert.throws(() => list.check({}, place), /it is an object/);
});

Deno.test("port.record gives its entries sorted by name, as their digest has no order", () => {
  const record = port.record(z.number());
  const checked = record.check({ b: 1, a: 2 }, place);
  assert.deepEqual(Object.keys(checked), ["a", "b"]);
  assert.equal(
    record.codec.version({ b: 1, a: 2 }),
    record.codec.version({ a: 2, b: 1 }),
  );
});

Deno.test("port.record checks every entry and names its key", () => {
  const record = port.record(z.number());
  assert.deepEqual(record.check({ a: 1 }, place), { a: 1 });
  assert.throws(() => record.check({ a: 1, b: "2" }, place), /port "x\.b"/);
  assert.throws(() => record.check([1], place), /it is a list/);
  assert.throws(() => record.check(new Map(), place), /"Map"/);
  const odd = JSON.parse('{"__proto__": 1}');
  assert.deepEqual(Object.keys(record.check(odd, place)), ["__proto__"]);
});

Deno.test("port.optional takes undefined and what the port takes", () => {
  const optional = port.optional(port.text({ doc: "a name" }));
  assert.equal(optional.check(undefined, place), undefined);
  assert.equal(optional.check("a", place), "a");
  assert.throws(() => optional.check(null, place), /it is null/);
  assert.equal(optional.doc, "a name");
  optional.checkOutline(outlineOf(undefined), place);
});

Deno.test("outlines of lists and records are checked element by element", () => {
  const tensors = port.list(port.tensor("f64", ["n"]));
  const good = outlineOf([zeros([2], { dtype: "f64" })]);
  const bad = outlineOf([zeros([2], { dtype: "f64" }), "text"]);
  tensors.checkOutline(good, place);
  assert.throws(() => tensors.checkOutline(bad, place), /port "x\[1\]"/);
  const record = port.record(port.text());
  record.checkOutline(outlineOf({ a: "b" }), place);
  assert.throws(
    () => record.checkOutline(outlineOf({ a: [] }), place),
    /port "x\.a"[^]*it is a list/,
  );
  assert.throws(
    () => record.checkOutline(tensors.outline(new Bindings()), place),
    PortError,
  );
  assert.throws(
    () =>
      record.checkOutline(port.record(tensors).outline(new Bindings()), place),
    /port "x\.…"/,
  );
});

Deno.test("an outline of unknown kind fits every port", () => {
  for (
    const each of [
      port.text(),
      port.tensor("f64", ["n"]),
      port.list(port.text()),
      port.frame(),
      port.file(),
    ]
  ) each.checkOutline({ kind: "value" }, place);
});
