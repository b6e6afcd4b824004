// Makes docs/screenshots/*.png from the binary in demo mode: the main views in both themes and
// on a phone. With pngquant on the machine the files are made small.
//   npm run screenshots
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { assertPortal, launch, newContext } from "./browser.ts";
import { startGateway } from "./gateway.ts";
import type { Gateway } from "./gateway.ts";

const FOLDER = fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));
const MOST_BYTES = 1_500_000;
const WIDE = { width: 1280, height: 800 };
const LIGHT: BrowserContextOptions = { viewport: WIDE, colorScheme: "light" };
const DARK: BrowserContextOptions = { viewport: WIDE, colorScheme: "dark" };
const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

async function ask(page: Page, message: string): Promise<void> {
  const before = await page.locator(".turn").count();
  await page.fill("#message", message);
  await page.keyboard.press("Enter");
  await page.locator(".turn").nth(before).locator(".turn-actions").waitFor();
  await page.locator("#message").blur();
}

const toTop = (page: Page): Promise<void> => page.locator(".scroller").evaluate((box) => void box.scrollTo({ top: 0 }));

async function answered(page: Page): Promise<void> {
  await ask(page, "Show me the open cases for Nordfjord");
}

async function evidence(page: Page): Promise<void> {
  await answered(page);
  await page.locator(".mark").nth(3).click();
  await page.locator(".tree-row.active").waitFor();
}

async function trace(page: Page): Promise<void> {
  await answered(page);
  await page.locator(".verdict").click();
  await page.locator(".trace").waitFor();
}

async function stopped(page: Page): Promise<void> {
  await answered(page);
  await page.locator(".stopped > summary").click();
  await toTop(page);
}

async function read(page: Page): Promise<void> {
  await answered(page);
  await toTop(page);
}

const view = (hash: string, until: string) => async (page: Page): Promise<void> => {
  await page.evaluate((to) => { location.hash = to; }, hash);
  await page.locator(until).first().waitFor();
};

async function tried(page: Page): Promise<void> {
  await view("#/tools/argus__getArgusCaseByID", ".arguments-form")(page);
  await page.locator(".arguments-form input").first().fill("4120771");
  await page.locator(".arguments-form .button.primary").click();
  await page.locator(".try-answer").waitFor();
}

async function probed(page: Page): Promise<void> {
  await view("#/models", ".card")(page);
  await page.locator(".card .button").first().click();
  await page.locator(".findings").waitFor();
}

async function ran(page: Page): Promise<void> {
  await view("#/scenarios", ".scenario")(page);
  await page.locator(".scenario .button").first().click();
  await page.locator(".view h1 .badge-good").waitFor();
}

type Demo = "honest" | "fabricates" | "confirms";
const SHOTS: [string, Demo, BrowserContextOptions, (page: Page) => Promise<void>][] = [
  ["evidence-light", "honest", LIGHT, evidence],
  ["evidence-dark", "honest", DARK, evidence],
  ["how-answered-light", "honest", LIGHT, trace],
  ["stopped-dark", "fabricates", DARK, stopped],
  ["confirmation-light", "confirms", LIGHT, answered],
  ["tool-light", "honest", LIGHT, tried],
  ["scenario-dark", "honest", DARK, ran],
  ["models-light", "honest", LIGHT, probed],
  ["chat-phone", "honest", { ...PHONE, colorScheme: "light" }, read],
  ["evidence-phone", "honest", { ...PHONE, colorScheme: "dark" }, evidence],
];

async function shoot(browser: Browser, gateway: Gateway, name: string, options: BrowserContextOptions, reach: (page: Page) => Promise<void>): Promise<void> {
  const context = await newContext(browser, gateway.url, (what) => { throw new Error(`${name}: ${what}`); }, options);
  const page = await context.newPage();
  await page.goto(gateway.url);
  await page.locator("#message").waitFor();
  await reach(page);
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await page.screenshot({ path: `${FOLDER}${name}.png`, animations: "disabled", caret: "hide" });
  await context.close();
}

function shrink(): void {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".png")).map((name) => `${FOLDER}${name}`);
  try {
    execFileSync("pngquant", ["--force", "--ext", ".png", "--skip-if-larger", "--strip", "64", ...files], { stdio: "ignore" });
  } catch {
    console.log("pngquant did not run: the files stay as the browser made them");
  }
  const bytes = files.map((file) => statSync(file).size).reduce((a, b) => a + b, 0);
  console.log(`${files.length} images, ${(bytes / 1000).toFixed(0)} kB in ${FOLDER}`);
  if (bytes > MOST_BYTES) throw new Error(`more than ${MOST_BYTES / 1000} kB; install pngquant, or take fewer`);
}

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const demos: Record<Demo, Gateway> = {
  honest: await startGateway({ behaviour: "honest" }),
  fabricates: await startGateway({ behaviour: "fabricates" }),
  confirms: await startGateway({ confirm: ["executeSearchArgusCase"] }),
};
const browser = await launch();
try {
  await assertPortal(demos.honest.url);
  for (const [name, demo, options, reach] of SHOTS) await shoot(browser, demos[demo], name, options, reach);
  shrink();
} finally {
  await browser.close();
  await Promise.all(Object.values(demos).map((demo) => demo.stop()));
}
