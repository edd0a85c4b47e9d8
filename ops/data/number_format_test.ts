import assert from "node:assert/strict";
import {
  detectDecimalSign,
  isMissingText,
  isPlainNumber,
  parseFormattedNumber,
} from "./number_format.ts";

Deno.test("isPlainNumber takes program notation and nothing that Number misreads", () => {
  for (const text of ["0", "-12.5", "+3", ".5", "5.", "1e6", "2.5E-3"]) {
    assert.equal(isPlainNumber(text), true, text);
  }
  for (
    const text of ["", " ", "0x10", "Infinity", "1_000", "1,5", "--1", "."]
  ) {
    assert.equal(isPlainNumber(text), false, text);
  }
});

Deno.test("isMissingText knows the usual signs for no value", () => {
  for (const text of ["", "-", "NA", "n/a", "NaN", "null", "None", "#N/A"]) {
    assert.equal(isMissingText(text), true, text);
  }
  for (const text of ["0", "-1", "nil", "x"]) {
    assert.equal(isMissingText(text), false, text);
  }
});

Deno.test("parseFormattedNumber reads thousands, decimals and currency signs", () => {
  assert.equal(parseFormattedNumber("1,234.5", "point"), 1234.5);
  assert.equal(parseFormattedNumber("$1,234,567.89", "point"), 1234567.89);
  assert.equal(parseFormattedNumber("-$12.5", "point"), -12.5);
  assert.equal(parseFormattedNumber("1.234,5", "comma"), 1234.5);
  assert.equal(parseFormattedNumber("1 234 567,8", "comma"), 1234567.8);
  assert.equal(parseFormattedNumber("1.234", "comma"), 1234);
  assert.equal(parseFormattedNumber("12", "comma"), 12);
});

Deno.test("parseFormattedNumber refuses groups that are not of three digits and units", () => {
  for (const text of ["1,23", "12,3456.7", "1,234,56", "1.2M", "5%", "1.2.3"]) {
    assert.equal(parseFormattedNumber(text, "point"), undefined, text);
  }
  for (const text of ["1.23,4", "12.5", "1.234.56", "1,2,3"]) {
    assert.equal(parseFormattedNumber(text, "comma"), undefined, text);
  }
});

Deno.test("detectDecimalSign decides from all numbers together", () => {
  assert.equal(detectDecimalSign(["1,234.50", "2,000"], false), "point");
  assert.equal(detectDecimalSign(["1,234,567"], false), "point");
  assert.equal(detectDecimalSign(["1,234"], true), "point");
  assert.equal(detectDecimalSign(["12,34", "1.234,5"], false), "comma");
  assert.equal(detectDecimalSign(["$5"], false), "point");
});

Deno.test("detectDecimalSign does not guess between 1234 and 1.234", () => {
  assert.equal(detectDecimalSign(["1,234", "5,678"], false), "ambiguous");
  assert.equal(detectDecimalSign(["1,234.5", "1.234,5"], false), "mixed");
  assert.equal(detectDecimalSign(["12,34"], true), "mixed");
});
