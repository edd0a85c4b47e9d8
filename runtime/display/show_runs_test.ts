import { ok, strictEqual } from "node:assert/strict";

/** A command line whose op goes on until it is aborted, or even then. */
const COMMAND = `
import { op, z } from "@weft/weft";
import { showRuns } from "@weft/weft/display";
showRuns();
const endless = op({
  name: "demo/endless",
  params: z.object({ isDeaf: z.boolean() }),
  outputs: { x: z.number() },
  run: async (_inputs, { isDeaf }, { signal, log }) => {
    log("begun");
    for (;;) {
      if (!isDeaf) signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  },
});
try {
  await endless({}, { isDeaf: Deno.args[0] === "deaf" }).value({ store: "none" });
} catch (error) {
  console.log(error.name);
}
if (Deno.args[0] === "deaf") await new Promise((resolve) => setTimeout(resolve, 60_000));
`;

async function interrupted(kind: string, times: number) {
  const folder = await Deno.makeTempDir();
  const script = `${folder}/command.ts`;
  await Deno.writeTextFile(script, COMMAND);
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--no-lock",
      "--config",
      config,
      script,
      kind,
    ],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // A process whose parent ignores SIGINT ignores it too; it must not hang.
  const end = setTimeout(() => child.kill("SIGKILL"), 60_000);
  let said = "";
  const decoder = new TextDecoder();
  const reading = (async () => {
    for await (const chunk of child.stderr) {
      said += decoder.decode(chunk, { stream: true });
    }
  })();
  for (let sent = 0; sent < times;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (!said.includes("begun")) continue;
    child.kill("SIGINT");
    sent++;
  }
  const [status, output] = await Promise.all([
    child.status,
    new Response(child.stdout).text(),
    reading,
  ]);
  clearTimeout(end);
  await Deno.remove(folder, { recursive: true });
  return { code: status.code, output, said };
}

Deno.test({
  name: "showRuns lets the first Ctrl-C cancel the run and the program go on",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const { code, output, said } = await interrupted("obedient", 1);
    strictEqual(code, 0, said);
    strictEqual(output.trim(), "CancelledError");
    ok(said.includes("  demo/endless: begun"), said);
    ok(said.includes("◼ 1 node: 1 cancelled in "), said);
    strictEqual(
      said.includes("\u001b"),
      false,
      "no escapes when it is no terminal",
    );
  },
});

Deno.test({
  name: "showRuns lets a second Ctrl-C end a program whose op does not listen",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const { code, said } = await interrupted("deaf", 2);
    ok(code === 130, `${code} ${said}`);
  },
});

Deno.test({
  name: "showRuns lets a run go on whose progress nobody reads any more",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const script = `
      import { op, z } from "@weft/weft";
      import { showRuns } from "@weft/weft/display";
      showRuns();
      const talkative = op({
        name: "demo/talkative",
        outputs: { x: z.number() },
        run: async (_inputs, _params, { log }) => {
          for (let line = 0; line < 20; line++) {
            log("line");
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
          return { x: 1 };
        },
      });
      console.log((await talkative().value({ store: "none" })).x);
    `;
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--no-lock", "--config", config, "-"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    await child.stderr.cancel();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(script));
    await writer.close();
    strictEqual((await new Response(child.stdout).text()).trim(), "1");
    strictEqual((await child.status).code, 0);
  },
});
