// A real browser on the portal of a real gateway. Whatever a page complains about (an error, a
// broken policy, a dialog, a request to another origin) fails the test that it happened in;
// what a test wants to happen it allows beforehand. After a failed test the gateway's output
// is shown.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterEach } from "node:test";
import { chromium } from "playwright-core";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { assertCurrentPortal, builtFiles, startGateway } from "./gateway.ts";
import type { Gateway, GatewayOptions } from "./gateway.ts";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const TURN_MS = 60_000;
/** `dist`: web/dist is laid over the gateway's own portal, so that work on it needs no new binary. */
const OVERLAY = process.env["GROUNDWIRE_PORTAL"] === "dist";

export interface Served {
  url: string;
  /** A page with the portal in a context of its own, which ends with the test. */
  open(options?: BrowserContextOptions): Promise<Page>;
  close(): Promise<void>;
}

const complaints: string[] = [];
const contexts: BrowserContext[] = [];
let allowed: RegExp[] = [];
let failed = false;

afterEach(async (test) => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  const left = complaints.splice(0).filter((text) => !allowed.some((one) => one.test(text)));
  allowed = [];
  failed ||= !("passed" in test && test.passed) || left.length > 0;
  assert.deepEqual(left, [], "the page complained");
});

/** Complaints that the running test brings about on purpose. */
export function allow(...patterns: RegExp[]): void {
  allowed.push(...patterns);
}

/** A browser before a demo with these options, or before the gateway of GROUNDWIRE_URL. */
export async function serve(options: GatewayOptions = {}): Promise<Served> {
  return browse(await startGateway(options));
}

/** A browser before a gateway that runs. */
export async function browse(gateway: Gateway): Promise<Served> {
  const { url } = gateway;
  if (!OVERLAY) await assertCurrentPortal(url).catch(async (error: unknown) => {
    await gateway.stop();
    throw error;
  });
  const browser: Browser = await chromium.launch({ executablePath: browserPath(), args: FLAGS });
  return {
    url,
    async open(options = {}) {
      const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, locale: "en-GB", reducedMotion: "reduce", ...options });
      contexts.push(context);
      listen(context, url);
      if (OVERLAY) await overlay(context, url);
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
    async close() {
      await browser.close();
      await gateway.stop();
      if (failed) console.error(`--- output of the gateway at ${url}\n${gateway.output()}---`);
    },
  };
}

export function browserPath(): string {
  const places = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const found = places.find((path) => path && existsSync(path));
  assert.ok(found, "no Chromium (Debian: apt-get install chromium); name one in CHROMIUM");
  return found;
}

function listen(context: BrowserContext, url: string): void {
  context.on("weberror", (error) => complaints.push(`error: ${error.error().message}`));
  context.on("console", (message) => message.type() === "error" && complaints.push(`console: ${message.text()}`));
  context.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on("request", (request) => {
    const own = request.url().startsWith(`${url}/`) || request.url().startsWith("blob:");
    if (!own) complaints.push(`request to another origin: ${request.url().slice(0, 200)}`);
  });
}

/** The files of web/dist in place of the gateway's, under the gateway's headers. */
async function overlay(context: BrowserContext, url: string): Promise<void> {
  const policy = (await fetch(url)).headers.get("content-security-policy") ?? "";
  for (const [path, body] of builtFiles()) {
    const type = { html: "text/html", js: "text/javascript", css: "text/css", svg: "image/svg+xml" }[path.split(".").at(-1) ?? ""];
    const headers = { "content-type": `${type}; charset=utf-8`, "content-security-policy": policy };
    await context.route(`${url}${path === "/index.html" ? "/" : path}`, (route) => route.fulfill({ body, headers }));
  }
}

/** Sends a message and waits for the end of its turn. */
export async function ask(page: Page, message: string): Promise<void> {
  const before = await page.locator(".turn").count();
  await page.fill("#message", message);
  await page.keyboard.press("Enter");
  await page.locator(".turn").nth(before).waitFor();
  await page.locator(".turn").nth(before).locator(".turn-actions").waitFor({ timeout: TURN_MS });
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

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
