// A browser on the built portal, under the gateway's content-security policy. Whatever the
// page complains about, a broken policy included, fails the test.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";

const PORT = 5187;
export const PORTAL = `http://127.0.0.1:${PORT}`;
const GATEWAY = process.env["GROUNDWIRE_URL"] ?? "http://127.0.0.1:8080";
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

function browserPath(): string {
  const places = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const found = places.find((path) => path && existsSync(path));
  assert.ok(found, "no Chromium; name one in CHROMIUM");
  return found;
}

export interface Served {
  open(options?: BrowserContextOptions): Promise<Page>;
  close(): Promise<void>;
}

/** The portal before the gateway, and a browser. */
export async function serve(): Promise<Served> {
  const script = new URL("../scripts/preview.mjs", import.meta.url).pathname;
  const server = spawn(process.execPath, [script, GATEWAY, String(PORT)], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve, reject) => {
    server.stdout.once("data", resolve);
    server.once("exit", () => reject(new Error("the preview server ended")));
  });
  const browser: Browser = await chromium.launch({ executablePath: browserPath(), args: ["--no-sandbox"] });
  return {
    async open(options = {}) {
      const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, locale: "en-GB", reducedMotion: "reduce", ...options });
      const page = await context.newPage();
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
      await page.goto(PORTAL);
      return page;
    },
    async close() {
      await browser.close();
      server.kill();
    },
  };
}

const complaints: string[] = [];

/** Fails when a page complained since the last look; some complaints may be asked for. */
export function noComplaints(...allowed: RegExp[]): void {
  const left = complaints.splice(0).filter((text) => !allowed.some((one) => one.test(text)));
  assert.deepEqual(left, []);
}

export async function ask(page: Page, message: string): Promise<void> {
  const before = await page.locator(".turn").count();
  await page.fill("#message", message);
  await page.keyboard.press("Enter");
  await page.locator(".turn").nth(before).waitFor();
  await page.locator(".turn").nth(before).locator(".turn-actions").waitFor({ timeout: 60_000 });
}

/** What axe finds; nothing is what it shall find. */
export async function assertAccessible(page: Page, where: string): Promise<void> {
  await page.evaluate(axe);
  const found = await page.evaluate(async (rules) => {
    const { axe: tool } = globalThis as unknown as { axe: { run(root: unknown, options: unknown): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } };
    const { violations } = await tool.run(document, { runOnly: rules });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
  }, RULES);
  assert.deepEqual(found, [], where);
}
