/**
 * Opens reports in a real Chromium and fails when one does not stand on its
 * own: an error in the console, a request to a network, a figure that is not
 * drawn, a page that is wider than a phone, no picture without scripts, or a
 * script that the page's policy should have refused.
 *
 * ```sh
 * deno run -A tools/check_pages.ts out/outlook/report.html --pictures=out/pages
 * ```
 *
 * @module
 */
// deno-lint-ignore-file no-console -- a command talks to its terminal

import { basename, join, resolve } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

const CHROMIUM_PATHS = [
  Deno.env.get("CHROMIUM") ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** No sandbox, as in a container; no background traffic. */
const CHROMIUM_ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 900 };

async function chromiumPath(): Promise<string> {
  for (const path of CHROMIUM_PATHS) {
    if (path === "") continue;
    try {
      if ((await Deno.stat(path)).isFile) return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new Error(
    "Cannot look at pages as there is no Chromium\n" +
      "  hint      sudo apt-get install chromium, or set CHROMIUM to its path",
  );
}

/** Collects what a page does that a report must not do. */
function watch(page: Page): string[] {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(`throws ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`logs ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!/^(file|data|blob):/.test(url)) faults.push(`asks for ${url}`);
  });
  return faults;
}

/** Scrolls through the page, so that every figure comes near the window. */
async function scrollThrough(page: Page): Promise<void> {
  const height = await page.evaluate<number>(
    "document.documentElement.scrollHeight",
  );
  for (let top = 0; top < height; top += 600) {
    await page.evaluate(`window.scrollTo(0, ${top})`);
    await page.waitForTimeout(60);
  }
  await page.evaluate("window.scrollTo(0, 0)");
  await page.waitForTimeout(300);
}

interface Look {
  readonly name: string;
  readonly scheme: "light" | "dark";
  readonly size: { readonly width: number; readonly height: number };
  readonly scripts: boolean;
}

const LOOKS: readonly Look[] = [
  { name: "light", scheme: "light", size: DESK, scripts: true },
  { name: "dark", scheme: "dark", size: DESK, scripts: true },
  { name: "phone", scheme: "light", size: PHONE, scripts: true },
  { name: "no-scripts", scheme: "light", size: DESK, scripts: false },
];

async function lookAt(
  browser: Browser,
  path: string,
  look: Look,
  pictures: string | undefined,
): Promise<string[]> {
  const context = await browser.newContext({
    colorScheme: look.scheme,
    viewport: look.size,
    javaScriptEnabled: look.scripts,
  });
  const page = await context.newPage();
  const faults = watch(page);
  await page.goto(`file://${path}`);
  const count = await page.locator(".weft-figure").count();
  if (look.scripts) {
    await scrollThrough(page);
    const drawn = await page.locator(".weft-figure .js-plotly-plot").count();
    const isLive = await page.evaluate<boolean>(`"Plotly" in window`);
    if (isLive && drawn !== count) {
      faults.push(`draws ${drawn} of ${count} figures`);
    }
    const [width, room] = await page.evaluate<[number, number]>(
      "[document.documentElement.scrollWidth, window.innerWidth]",
    );
    if (width > room) faults.push(`is ${width} pixels wide in ${room}`);
    faults.push(...await breakIn(page, faults));
  } else {
    for (const figure of await page.locator(".weft-figure svg").all()) {
      if (!await figure.isVisible()) faults.push("hides a figure");
    }
  }
  if (pictures !== undefined) {
    const name = `${basename(path, ".html")}-${look.name}.png`;
    await page.screenshot({ path: join(pictures, name), fullPage: true });
  }
  await context.close();
  return faults.map((fault) => `${look.name}: ${fault}`);
}

/** Tries to run a foreign script; a page with a policy must refuse it. */
async function breakIn(page: Page, faults: string[]): Promise<string[]> {
  const before = faults.length;
  const isIn = await page.evaluate<boolean>(`(() => {
    const script = document.createElement("script");
    script.textContent = "window.weftForeign = true";
    document.body.append(script);
    return window.weftForeign === true;
  })()`);
  await page.waitForTimeout(50);
  faults.length = before; // The refusal itself is logged as an error
  return isIn ? ["runs a foreign script"] : [];
}

async function lookAtPrint(browser: Browser, path: string): Promise<string[]> {
  const page = await browser.newPage({ viewport: DESK });
  await page.goto(`file://${path}`);
  await scrollThrough(page);
  await page.emulateMedia({ media: "print" });
  const faults: string[] = [];
  for (const still of await page.locator(".weft-still").all()) {
    if (!await still.isVisible()) faults.push("print: hides a figure");
  }
  for (const live of await page.locator(".weft-live").all()) {
    if (await live.isVisible()) faults.push("print: shows a live figure");
  }
  await page.close();
  return faults;
}

async function main(args: readonly string[]): Promise<void> {
  const paths = args.filter((arg) => !arg.startsWith("--")).map((arg) =>
    resolve(arg)
  );
  if (paths.length === 0) {
    throw new Error("Cannot check pages as none is named");
  }
  const pictures = args.find((arg) => arg.startsWith("--pictures="))?.split(
    "=",
  )[1];
  if (pictures !== undefined) await Deno.mkdir(pictures, { recursive: true });
  const browser = await chromium.launch({
    executablePath: await chromiumPath(),
    args: CHROMIUM_ARGUMENTS,
  });
  const faults: string[] = [];
  try {
    for (const path of paths) {
      for (const look of LOOKS) {
        const found = await lookAt(browser, path, look, pictures);
        faults.push(...found.map((fault) => `${path}, ${fault}`));
      }
      const found = await lookAtPrint(browser, path);
      faults.push(...found.map((fault) => `${path}, ${fault}`));
    }
  } finally {
    await browser.close();
  }
  if (faults.length > 0) throw new Error(faults.join("\n"));
  for (const path of paths) {
    console.log(
      `✓ ${path} stands on its own: ${
        LOOKS.map((look) => look.name).join(", ")
      }, print`,
    );
  }
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
