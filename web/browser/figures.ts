// Measures the portal in Chromium before the binary in demo mode and prints what it saw: first
// load, time to the first progress and to the answer, a long conversation, a large result. It
// decides nothing: times are the machine's as much as ours.
//   npm run progress              30 questions
//   npm run progress -- 100
import type { BrowserContext, Page } from "playwright-core";
import { assertPortal, launch, newContext } from "./browser.ts";
import { startGateway } from "./gateway.ts";
import { CONVERSATION, FIRST_ID, MARKED, TURNS, layLongConversation } from "./long.ts";

const LOADS = 7;
const SCROLLS = 60;
const ASKED = ["Show me the open cases for Nordfjord", "Critical cases for Bergtun today", "Show me the open cases for Havbris"];
const questions = Number(process.argv[2] ?? 30);

interface Seen { progress: number; answer: number }
/** What the measuring code leaves in the page. */
interface Watching { seen: Promise<Seen>; gaps: number[] }

const kb = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
const ms = (value: number): string => `${value.toFixed(0)} ms`;
function row(what: string, values: number[]): void {
  const sorted = values.toSorted((a, b) => a - b);
  console.log(`${what.padEnd(64)} median ${ms(sorted[sorted.length >> 1] ?? NaN).padStart(8)}   worst ${ms(sorted.at(-1) ?? NaN).padStart(8)}   (${values.length})`);
}

/** Sends a message and says when, from the key on, the gateway's first step and the answer stood in the page. */
async function timedTurn(page: Page, message: string): Promise<Seen> {
  const before = await page.locator(".turn").count();
  await page.fill("#message", message);
  await page.evaluate((at) => {
    const seen = new Promise<Seen>((resolve) => {
      let sent = NaN;
      let progress = NaN;
      addEventListener("keydown", (event) => (sent = event.timeStamp), { once: true, capture: true });
      const watcher = new MutationObserver(() => {
        const turn = document.querySelectorAll(".turn")[at];
        const steps = [...(turn?.querySelectorAll(".step") ?? [])];
        // Until the gateway has sent something the page says itself that it is sending.
        if (Number.isNaN(progress) && steps.some((step) => !step.textContent?.startsWith("Sending"))) progress = performance.now() - sent;
        if (!turn?.querySelector(".answer")) return;
        watcher.disconnect();
        resolve({ progress, answer: performance.now() - sent });
      });
      watcher.observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    (globalThis as unknown as Watching).seen = seen;
  }, before);
  await page.keyboard.press("Enter");
  const result = await page.evaluate(() => (globalThis as unknown as Watching).seen);
  await page.locator(".turn").nth(before).locator(".turn-actions").waitFor();
  return result;
}

async function measureLoads(make: () => Promise<BrowserContext>, url: string): Promise<void> {
  const times: number[] = [];
  let bytes = { scripts: 0, files: 0, answers: 0 };
  for (let load = 0; load < LOADS; load += 1) {
    const context = await make();
    const page = await context.newPage();
    const from = performance.now();
    await page.goto(url);
    await page.locator("#message").waitFor();
    times.push(performance.now() - from);
    bytes = await page.evaluate(() => {
      const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")] as PerformanceResourceTiming[];
      const sum = (some: PerformanceResourceTiming[]): number => some.reduce((total, entry) => total + entry.transferSize, 0);
      const answers = entries.filter(({ name }) => /^\/(api\/|openapi\.json)/.test(new URL(name).pathname));
      return { scripts: sum(entries.filter(({ name }) => name.endsWith(".js"))), files: sum(entries) - sum(answers), answers: sum(answers) };
    });
    await context.close();
  }
  row("first load, empty cache, until a message can be written", times);
  console.log(`${"first load, transferred".padEnd(64)} scripts ${kb(bytes.scripts)}   all files ${kb(bytes.files)}   answers of the API ${kb(bytes.answers)}`);
}

async function measureTurns(make: () => Promise<BrowserContext>, url: string): Promise<void> {
  const context = await make();
  const page = await context.newPage();
  const seen: Seen[] = [];
  for (let turn = 0; turn < questions; turn += 1) {
    // Each in a conversation of its own, as a first question is.
    await page.goto(`${url}/#/`);
    await page.locator(".welcome").waitFor();
    seen.push(await timedTurn(page, ASKED[turn % ASKED.length] ?? ""));
  }
  row("Enter → first progress of the gateway in the page", seen.map(({ progress }) => progress));
  row("Enter → answer in the page", seen.map(({ answer }) => answer));
  await context.close();
}

/** The gaps between frames while it scrolls. */
async function scrolled(page: Page, over: string, deltaY: number): Promise<number[]> {
  await page.locator(over).first().hover();
  await page.evaluate(() => {
    const gaps: number[] = [];
    let last = performance.now();
    const frame = (now: number): void => {
      gaps.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    (globalThis as unknown as Watching).gaps = gaps;
  });
  for (let step = 0; step < SCROLLS; step += 1) {
    await page.mouse.wheel(0, deltaY);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  return page.evaluate(() => (globalThis as unknown as Watching).gaps.slice(1));
}

async function measureLong(make: () => Promise<BrowserContext>, url: string): Promise<void> {
  const context = await make();
  const page = await context.newPage();
  await page.goto(url);
  const bytes = await layLongConversation(page);
  let from = performance.now();
  await page.goto(`${url}/#/c/${CONVERSATION}`);
  const last = page.locator(".turn").nth(TURNS - 1).locator(".mark");
  await last.waitFor();
  row(`open a conversation of ${TURNS} turns`, [performance.now() - from]);
  row(`gap between frames, scrolling it`, await scrolled(page, "#conversation", -1500));
  await page.goto(`${url}/#/`);
  await page.goto(`${url}/#/c/${CONVERSATION}`);
  await last.waitFor();
  from = performance.now();
  await last.click();
  await page.locator(".tree-row.active", { hasText: String(FIRST_ID + MARKED) }).waitFor();
  row(`click on a value → its place in a result of ${(bytes / 1e6).toFixed(1)} MB`, [performance.now() - from]);
  row("gap between frames, scrolling its tree", await scrolled(page, ".tree-row", 1500));
  from = performance.now();
  await page.getByRole("searchbox", { name: "Search in the result" }).fill(`${FIRST_ID + MARKED + 9}`);
  await page.getByText("1 of 1", { exact: true }).waitFor();
  row("search in it", [performance.now() - from]);
  from = performance.now();
  await page.getByRole("button", { name: "Table", exact: true }).click();
  await page.locator(".result-table td").first().waitFor();
  row("its table", [performance.now() - from]);
  await context.close();
}

const gateway = await startGateway();
try {
  await assertPortal(gateway.url);
  const browser = await launch();
  const make = (): Promise<BrowserContext> => newContext(browser, gateway.url, (what) => console.error(`the page complained: ${what}`));
  console.log(`Chromium ${browser.version()}, ${gateway.output().split("\n")[1] ?? gateway.url}`);
  await measureLoads(make, gateway.url);
  await measureTurns(make, gateway.url);
  await measureLong(make, gateway.url);
  await browser.close();
} finally {
  await gateway.stop();
}
