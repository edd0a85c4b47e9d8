import assert from "node:assert/strict";
import { defaultDevice, deviceNamed, deviceNames } from "./devices.ts";

Deno.test("deviceNamed finds devices and names those that exist", () => {
  for (const name of deviceNames()) {
    assert.equal(deviceNamed(name).name, name);
  }
  assert.throws(() => deviceNamed("abacus"), /unknown device "abacus"/);
});

Deno.test("defaultDevice computes in all dtypes", () => {
  for (const dtype of ["f64", "f32", "f16", "i32", "bool"] as const) {
    assert.ok(defaultDevice().supports(dtype));
  }
});

/** What the default device is in a process with given permissions. */
async function deviceInProcess(
  permissions: readonly string[],
  preference: string,
): Promise<string> {
  const registry = new URL("./devices.ts", import.meta.url).href;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--quiet", ...permissions, "-"],
    env: { WEFT_DEVICE: preference },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(
    new TextEncoder().encode(`import { defaultDevice } from "${registry}";
    try { console.log(defaultDevice().name); }
    catch (error) { console.log(error.summary); }`),
  );
  await writer.close();
  const { stdout } = await child.output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("WEFT_DEVICE is the preference, and an error where it cannot be met", async () => {
  const env = ["--allow-env=WEFT_DEVICE"];
  assert.equal(await deviceInProcess(env, "reference"), "reference");
  assert.equal(await deviceInProcess(env, ""), "automatic");
  assert.match(await deviceInProcess(env, "abacus"), /unknown device "abacus"/);
  assert.equal(
    await deviceInProcess([], "abacus"),
    "automatic",
    "what must not be read is not asked for",
  );
});
