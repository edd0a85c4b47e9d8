import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ParameterError } from "../runtime/core/errors.ts";
import config from "../deno.json" with { type: "json" };
import { makeFolders } from "./make_folder.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

async function inFolder(
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "weft-folders-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("makeFolders makes what is missing, and no folder for a store in memory", async () => {
  await inFolder(async (folder) => {
    const out = join(folder, "a", "b");
    await makeFolders({ out, store: "memory" });
    await makeFolders({ out, store: join(folder, "store") });
    assert.ok((await stat(out)).isDirectory());
    assert.ok((await stat(join(folder, "store"))).isDirectory());
  });
});

Deno.test("makeFolders names the option whose folder is none", async () => {
  await inFolder(async (folder) => {
    const taken = join(folder, "taken");
    await writeFile(taken, "");
    await assert.rejects(
      makeFolders({ out: join(taken, "out"), store: "none" }),
      (error: unknown) =>
        error instanceof ParameterError &&
        /Choose another folder by --out/.test(error.message),
    );
    await assert.rejects(
      makeFolders({ out: folder, store: join(taken, "store") }),
      /Choose another folder by --store/,
    );
  });
});

/** Tasks that write reports. */
const TASKS = ["demo", "outlook", "stock-movement", "volatility", "retuning"];

Deno.test("tasks that write reports may write to their own folders only, and say how to change that", async () => {
  for (const name of TASKS) {
    const { command } = Object.entries(config.tasks).map(([task, value]) => ({
      task,
      command: typeof value === "string" ? value : value.command,
    })).find(({ task }) => task === name)!;
    const allowed = /--allow-write(=\S*)?/.exec(command)?.[1] ?? "";
    assert.match(allowed, /^=out,\.weft(,\$HOME\/\.cache\/huggingface)?$/);
  }
  await inFolder(async (folder) => {
    const out = join(folder, "elsewhere");
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-check",
        "--no-prompt",
        "--allow-read",
        "--allow-write=out,.weft",
        "--allow-env",
        "--allow-ffi",
        "--allow-sys",
        "pipelines/volatility/main.ts",
        "--out",
        out,
      ],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stderr);
    assert.equal(code, 1, text);
    assert.ok(
      text.includes(`Cannot write a report to the folder "${out}"`),
      text,
    );
    assert.ok(text.includes(`--allow-write=out,.weft,${out}`), text);
  });
});
