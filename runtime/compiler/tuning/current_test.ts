import assert from "node:assert/strict";
import { tuningPath } from "./current.ts";
import { TuningTable } from "./table.ts";

const TABLE = TuningTable.EMPTY.with([
  { device: "wasm", shape: "none", choice: "panels 8 items 24" },
]);

/** The digest, and a sum, in a process of its own. */
async function digestInProcess(
  folder: string,
  permissions: readonly string[],
  variable: string,
): Promise<string> {
  const [current, tensors] = ["./current.ts", "../../tensor/mod.ts"]
    .map((file) => new URL(file, import.meta.url).href);
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--no-check", "--quiet", "--config", config],
      ...permissions,
      "-",
    ],
    cwd: folder,
    env: { WEFT_TUNING: variable },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(
    new TextEncoder().encode(
      `import { tuningDigest } from "${current}";
      import * as wf from "${tensors}";
      const total = await wf.sum(wf.matmul(wf.ones([9, 9]), wf.ones([9, 9])))
        .item();
      console.log(total, tuningDigest());`,
    ),
  );
  await writer.close();
  const { stdout } = await child.output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("the table is read where it may be, and never gets in the way", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/.weft`);
    await Deno.writeTextFile(`${folder}/.weft/tuning.json`, TABLE.text());
    await Deno.writeTextFile(`${folder}/damaged.json`, "{");
    const env = "--allow-env=WEFT_TUNING";
    const ask = (permissions: readonly string[], variable = "") =>
      digestInProcess(folder, permissions, variable);
    const answers = await Promise.all([
      ask([]),
      ask(["--allow-read=.weft"]),
      ask(["--allow-read", env]),
      ask(["--allow-read", env], `${folder}/none.json`),
      ask(["--allow-read", env], `${folder}/damaged.json`),
      ask(["--allow-read=.weft", env], `${folder}/damaged.json`),
    ]);
    const [none, tuned] = [`729 undefined`, `729 ${TABLE.key}`];
    assert.deepEqual(answers, [none, tuned, tuned, none, none, none]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "tuningPath: the usual place, where the environment is closed",
  permissions: { env: false },
  fn: () => assert.equal(tuningPath(), ".weft/tuning.json"),
});
