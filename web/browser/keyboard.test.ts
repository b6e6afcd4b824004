// A whole conversation without a pointer: ask, look at the evidence, come back, follow up,
// choose, confirm. Nothing is clicked; the focus goes only where keys take it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { serve } from "./page.ts";
import type { Served } from "./page.ts";

let served: Served;
let confirming: Served;
before(async () => {
  [served, confirming] = await Promise.all([serve(), serve({ confirm: ["executeSearchArgusCase"] })]);
});
after(() => Promise.all([served.close(), confirming.close()]));

const FARTHEST = 80;

/** Presses a key until the focus is on what is wanted. */
async function go(page: Page, selector: string, key = "Tab"): Promise<void> {
  for (let step = 0; step < FARTHEST; step += 1) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
    await page.keyboard.press(key);
  }
  assert.fail(`${FARTHEST} times ${key} do not lead to ${selector}; the focus is on ${await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200))}`);
}

async function type(page: Page, message: string): Promise<void> {
  const before = await page.locator(".turn").count();
  await page.keyboard.type(message);
  await page.keyboard.press("Enter");
  await page.locator(".turn").nth(before).locator(".turn-actions").waitFor({ timeout: 60_000 });
}

test("ask, evidence, back, follow up, choose", async () => {
  const page = await served.open();
  // The message field has the focus from the beginning.
  await page.locator("#message:focus").waitFor();
  await type(page, "Show me the open cases for Nordfjord");
  await page.locator("#message:focus").waitFor();
  await go(page, ".mark", "Shift+Tab");
  const value = await page.locator(":focus").innerText();
  await page.keyboard.press("Enter");
  const row = page.locator(".tree-row.active");
  await row.waitFor();
  assert.ok((await row.innerText()).includes(value), value);
  await go(page, ".tree");
  const marked = await row.innerText();
  await page.keyboard.press("ArrowUp");
  assert.notEqual(await row.innerText(), marked);
  await page.keyboard.press("ArrowDown");
  assert.equal(await row.innerText(), marked);
  await go(page, ".use");
  await page.keyboard.press("Enter");
  await page.locator(".mark:focus").waitFor();
  assert.equal(await page.locator(".mark:focus").innerText(), value);
  await go(page, ".panel *");
  await page.keyboard.press("Escape");
  await page.locator(".panel").waitFor({ state: "detached" });
  await go(page, "#message");
  await type(page, "Show me the case");
  await go(page, ".choice", "Shift+Tab");
  const chosen = await page.locator(".choice").nth(1).innerText();
  await page.keyboard.press("2");
  await page.locator(".turn").nth(2).locator(".turn-actions").waitFor({ timeout: 60_000 });
  const id = /\d{5,}/.exec(chosen)?.[0] ?? "";
  assert.ok(id !== "" && (await page.locator(".turn").nth(2).innerText()).includes(id), chosen);
});

test("confirm by digit, and by the button", async () => {
  const page = await confirming.open();
  await page.locator("#message:focus").waitFor();
  await type(page, "Show me the open cases for Nordfjord");
  const shown = page.locator(".confirmation").first();
  assert.match(await shown.innerText(), /executeSearchArgusCase[\s\S]*nordfjord/);
  assert.equal(await page.locator(".mark").count(), 0, "nothing has run");
  await go(page, ".confirmation .button.primary", "Shift+Tab");
  await page.keyboard.press("1");
  await page.locator(".turn").nth(1).locator(".mark").first().waitFor({ timeout: 60_000 });
  await go(page, "#message");
  await type(page, "Show me the open cases for Havbris");
  await go(page, ".confirmation .button:not(.primary)", "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.locator(".turn").nth(3).locator(".turn-actions").waitFor({ timeout: 60_000 });
  assert.equal(await page.locator(".turn").nth(3).locator(".mark").count(), 0, "what was refused has not run");
});

test("the list, its menu, a dialog and a view", async () => {
  const page = await served.open();
  await page.locator("#message:focus").waitFor();
  await type(page, "Show me the open cases for Bergtun");
  await page.keyboard.press("Control+k");
  await page.locator("#conversation-search:focus").waitFor();
  await go(page, ".conversation.current .icon-button");
  await page.keyboard.press("Enter");
  await page.locator(".menu:popover-open .menu-item:focus").waitFor();
  await page.keyboard.press("Enter");
  await page.locator("dialog[open] input:focus").waitFor();
  await page.keyboard.type("By keys alone");
  await page.keyboard.press("Enter");
  await page.locator(".conversation.current", { hasText: "By keys alone" }).waitFor();
  await page.locator("dialog[open]").waitFor({ state: "detached" });
  await go(page, '.views a[href="#/tools"]', "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.locator(".tool-row").first().waitFor();
  await go(page, ".tool-row a");
  await page.keyboard.press("Enter");
  await page.locator(".tool-page").waitFor();
  await page.goBack();
  await page.goBack();
  await page.locator(".turn .mark").first().waitFor();
});
