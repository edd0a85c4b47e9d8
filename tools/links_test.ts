import assert from "node:assert/strict";
import { existsSync } from "node:fs";

const ROOT = new URL("../", import.meta.url);

/** The pages: those at the root and those in docs. */
function pages(): URL[] {
  return [ROOT, new URL("docs/", ROOT)].flatMap((folder) =>
    [...Deno.readDirSync(folder)]
      .filter(({ name }) => name.endsWith(".md"))
      .map(({ name }) => new URL(name, folder))
  );
}

/** Links of a page to files of this repository. */
function fileLinks(page: URL): URL[] {
  const text = Deno.readTextFileSync(page).replaceAll(/```[\s\S]*?```/g, "");
  return [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => new URL(target, page));
}

Deno.test("links of the README and the documentation lead to files that are there", () => {
  const links = pages().flatMap((page) =>
    fileLinks(page).map((to) => ({ page, to }))
  );
  assert.ok(links.length >= 10);
  const broken = links.filter(({ to }) => !existsSync(to))
    .map(({ page, to }) => `${page.pathname} → ${to.pathname}`);
  assert.deepEqual(broken, []);
});
