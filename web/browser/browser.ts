// Chromium and the pages in it: how it is found and started, what a page complains about, and
// the portal of web/dist in place of the gateway's. It knows nothing of tests.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";
import { assertCurrentPortal, builtFiles } from "./gateway.ts";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
/** A step of a test ends within this; a machine under load is slow. */
const STEP_MS = 20_000;
const TYPES: Record<string, string> = { html: "text/html", js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
const DEFAULTS: BrowserContextOptions = { viewport: { width: 1400, height: 900 }, locale: "en-GB", reducedMotion: "reduce" };
/** `dist`: web/dist is laid over the gateway's own portal, so that work on it needs no new binary. */
const OVERLAY = process.env["GROUNDWIRE_PORTAL"] === "dist";

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath(), args: FLAGS });
}

function browserPath(): string {
  const places = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const found = places.find((path) => path && existsSync(path));
  assert.ok(found, "no Chromium (Debian: apt-get install chromium); name one in CHROMIUM");
  return found;
}

/** Fails unless the pages will be those of web/dist. */
export async function assertPortal(url: string): Promise<void> {
  if (!OVERLAY) await assertCurrentPortal(url);
}

/** A context of its own; `complain` hears errors, broken policies, dialogs and requests to other origins. */
export async function newContext(browser: Browser, url: string, complain: (what: string) => void, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ ...DEFAULTS, ...options });
  context.on("weberror", (error) => complain(`error: ${error.error().message}`));
  context.on("console", (message) => message.type() === "error" && complain(`console: ${message.text()}`));
  context.on("dialog", (dialog) => {
    complain(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on("request", (request) => {
    const own = request.url().startsWith(`${url}/`) || request.url().startsWith("blob:");
    if (!own) complain(`request to another origin: ${request.url().slice(0, 200)}`);
  });
  context.setDefaultTimeout(STEP_MS);
  if (OVERLAY) await overlay(context, url);
  return context;
}

/** What belongs to the content that the gateway has, and so not to another. */
const OF_CONTENT = ["content-type", "content-length", "content-encoding", "etag", "transfer-encoding", "connection", "date", "x-request-id"];

/** The files of web/dist in place of the gateway's, under the gateway's headers. */
async function overlay(context: BrowserContext, url: string): Promise<void> {
  const given = Object.fromEntries((await fetch(url)).headers);
  for (const name of OF_CONTENT) delete given[name];
  for (const [path, body] of builtFiles()) {
    const type = TYPES[path.split(".").at(-1) ?? ""] ?? "application/octet-stream";
    const headers = { ...given, "content-type": `${type}; charset=utf-8` };
    await context.route(`${url}${path === "/index.html" ? "/" : path}`, (route) => route.fulfill({ body, headers }));
  }
}
