// Chat, evidence and the list of conversations.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, assertAccessible, serve } from "./page.ts";
import type { Served } from "./page.ts";

let served: Served;
before(async () => (served = await serve()));
after(() => served.close());

const QUESTION = "Show me the open cases for Nordfjord";

for (const colorScheme of ["light", "dark"] as const) {
  test(`an answer with its evidence and its trace is accessible, ${colorScheme}`, async () => {
    const page = await served.open({ colorScheme });
    await page.locator("#message").waitFor();
    await assertAccessible(page, "welcome");
    await ask(page, QUESTION);
    await assertAccessible(page, "answer");
    await page.locator(".mark").nth(1).click();
    await page.locator(".tree-row.active").waitFor();
    await assertAccessible(page, "evidence");
    await page.getByRole("button", { name: "Table", exact: true }).click();
    await assertAccessible(page, "table");
    await page.locator(".verdict").click();
    await page.locator(".trace").waitFor();
    await assertAccessible(page, "trace");
  });
}

test("the list, the evidence and the menu fit on a phone, in Norwegian", async () => {
  const page = await served.open({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, locale: "nb-NO" });
  await ask(page, "Vis åpne saker for Havbris");
  await assertAccessible(page, "answer");
  await page.locator(".mark").nth(1).tap();
  await page.locator(".tree-row.active").waitFor();
  await assertAccessible(page, "evidence");
  await page.locator(".use").first().tap();
  await page.locator(".panel").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Meny" }).tap();
  await assertAccessible(page, "menu");
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
});

test("a mark leads to its place by key, and the place back to its sentence", async () => {
  const page = await served.open();
  await ask(page, QUESTION);
  const mark = page.locator(".mark").nth(1);
  const value = await mark.innerText();
  await mark.focus();
  await page.keyboard.press("Enter");
  const row = page.locator(".tree-row.active");
  await row.waitFor();
  assert.ok((await row.innerText()).includes(value));
  await page.locator(".tree:focus").waitFor();
  await page.locator(".use").first().focus();
  await page.keyboard.press("Enter");
  await page.locator(".mark:focus").waitFor();
  assert.equal(await page.locator(".mark:focus").innerText(), value);
  await page.locator(".tree").focus();
  await page.keyboard.press("Escape");
  await page.locator(".panel").waitFor({ state: "detached" });
});

test("what follows makes earlier results stale, and choices are answered by digit", async () => {
  const page = await served.open();
  await ask(page, QUESTION);
  await page.locator(".badge", { hasText: /^fresh$/ }).waitFor();
  await ask(page, "Show me the case");
  assert.equal(await page.locator(".badge", { hasText: /^fresh$/ }).count(), 0);
  await assertAccessible(page, "choices");
  await page.locator(".choice").first().focus();
  await page.keyboard.press("2");
  await page.locator(".turn").nth(2).locator(".turn-actions").waitFor();
});

test("a second tab follows a turn of the first, and a reload loses nothing", async () => {
  const page = await served.open();
  await ask(page, QUESTION);
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.locator(".basis").waitFor();
  await ask(page, "Any change on the first one?");
  await other.locator(".turn").nth(1).locator(".turn-actions").waitFor();
  await page.fill("#message", "half a thought");
  await page.reload();
  await page.locator(".turn").nth(1).locator(".basis").waitFor();
  assert.equal(await page.inputValue("#message"), "half a thought");
});

test("conversations are renamed, found, exported and deleted", async () => {
  const page = await served.open();
  await ask(page, QUESTION);
  const name = `Renamed ${Date.now()}`;
  const actions = page.locator(".conversation.current .icon-button");
  await actions.click();
  await page.getByRole("button", { name: "Rename" }).click();
  await page.keyboard.type(name);
  await page.keyboard.press("Enter");
  await page.locator(".conversation.current", { hasText: name }).waitFor();
  await page.keyboard.press("Control+k");
  await page.keyboard.type(name);
  await page.waitForFunction(() => document.querySelectorAll(".conversation").length === 1);
  await actions.click();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Export as Markdown" }).click()]);
  assert.match(file.suggestedFilename(), /\.md$/);
  await actions.click();
  await page.getByRole("button", { name: "Delete" }).click();
  await assertAccessible(page, "delete dialog");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("No conversation matches.").waitFor();
  assert.equal(page.url().replace(/#.*/, ""), `${served.url}/`);
});
