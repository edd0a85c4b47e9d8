import assert from "node:assert/strict";
import { capacityClass, tokenClass } from "./size_classes.ts";

Deno.test("classes are few, and never below what is asked for", () => {
  for (const classOf of [tokenClass, capacityClass]) {
    const classes = new Set<number>();
    for (let count = 1; count <= 2048; count++) {
      const rounded = classOf(count);
      assert.ok(rounded >= count && Number.isInteger(rounded));
      assert.equal(classOf(rounded), rounded);
      if (count > 64) assert.ok(rounded < count * 1.5);
      classes.add(rounded);
    }
    assert.ok(classes.size < 40, `${classes.size} classes`);
  }
  assert.equal(tokenClass(3), 4);
  assert.equal(tokenClass(65), 80);
  assert.equal(capacityClass(1), 64);
  assert.equal(capacityClass(65), 96);
});
