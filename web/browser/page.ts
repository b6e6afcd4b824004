// The portal in a real browser before a real gateway, for tests. Whatever a page complains
// about (an error, a broken policy, a dialog, a request to another origin) fails the test that
// it happened in; what a test wants to happen it allows beforehand. After a failed test the
// gateway's output is shown.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterEach } from "node:test";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { assertPortal, launch, newContext } from "./browser.ts";
import { startGateway } from "./gateway.ts";
import type { Gateway, GatewayOptions } from "./gateway.ts";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const TURN_MS = 60_000;

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

/** One browser for all gateways of a file; it ends with the last of them. */
let shared: Promise<Browser> | null = null;
let borrowers = 0;

function borrow(): Promise<Browser> {
  borrowers += 1;
  return shared ??= launch();
}

async function giveBack(): Promise<void> {
  borrowers -= 1;
  if (borrowers > 0) return;
  const browser = await shared;
  shared = null;
  await browser?.close();
}

/** A browser before a demo with these options, or before the gateway of GROUNDWIRE_URL. */
export async function serve(options: GatewayOptions = {}): Promise<Served> {
  return browse(await startGateway(options));
}

/** A browser before a gateway that runs. */
export async function browse(gateway: Gateway): Promise<Served> {
  const { url } = gateway;
  await assertPortal(url).catch(async (error: unknown) => {
    await gateway.stop();
    throw error;
  });
  const browser = await borrow();
  return {
    url,
    async open(options = {}) {
      const context = await newContext(browser, url, (what) => complaints.push(what), options);
      contexts.push(context);
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
    async close() {
      await giveBack();
      await gateway.stop();
      if (failed) console.error(`--- output of the gateway at ${url}\n${gateway.output()}---`);
    },
  };
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

/** What axe finds; nothing is what it shall find. An open menu covers the rest, so it is looked at by itself. */
export async function assertAccessible(page: Page, where: string): Promise<void> {
  // It is large, so a document gets it once.
  if (await page.evaluate(() => !("axe" in globalThis))) await page.evaluate(axe);
  const found = await page.evaluate(async (rules) => {
    const { axe: tool } = globalThis as unknown as { axe: { run(root: unknown, options: unknown): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } };
    const { violations } = await tool.run(document.querySelector("[popover]:popover-open") ?? document, { runOnly: rules, resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
  }, RULES);
  assert.deepEqual(found, [], where);
}
