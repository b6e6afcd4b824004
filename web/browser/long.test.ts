// Long conversations and large results: little is drawn, and everything is found.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Locator } from "playwright-core";
import { CONVERSATION, FIRST_ID, MARKED, ROWS, TURNS, layLongConversation, turnId } from "./long.ts";
import { assertAccessible, serve } from "./page.ts";
import type { Served } from "./page.ts";

let served: Served;
before(async () => (served = await serve()));
after(() => served.close());

test("a long conversation on large results draws little, finds its place, and runs nothing of the data", async () => {
  const page = await served.open();
  const bytes = await layLongConversation(page);
  assert.ok(bytes > 10_000_000, `${bytes}`);
  await page.goto(`${served.url}/#/c/${CONVERSATION}?turn=${turnId(100)}`);
  const turn = page.locator(`#turn-${turnId(100)}`);
  await turn.locator(".mark").click();
  await page.locator(".tree-row.active", { hasText: String(FIRST_ID + MARKED) }).waitFor();
  // Every sentence that rests on the place, those of answers that were never in sight too.
  await page.waitForFunction((turns) => document.querySelectorAll(".use-turn").length === turns, TURNS);
  assert.ok(await page.locator(".tree-row").count() < 100);
  assert.ok(await page.locator(".turn .answer").count() < 60);
  await page.getByRole("searchbox", { name: "Search in the result" }).fill(`${FIRST_ID + ROWS - 1}`);
  await page.getByText("1 of 1", { exact: true }).waitFor();
  await assertAccessible(page, "large result");
  await page.getByRole("button", { name: "Table", exact: true }).click();
  await page.locator(".result-table td").first().waitFor();
  assert.ok(await page.locator(".result-table tr").count() < 100);
  assert.equal(await turn.locator("img, script, a[href^='http'], a[href^='javascript']").count(), 0);
});

test("a long conversation is scrolled through from its start, and one key press leads to its end", async () => {
  const page = await served.open();
  await layLongConversation(page);
  await page.goto(`${served.url}/#/c/${CONVERSATION}`);
  const last = page.locator(`#turn-${turnId(TURNS - 1)}`);
  await last.locator(".mark").waitFor();
  await page.goto(`${served.url}/#/c/${CONVERSATION}?turn=${turnId(0)}`);
  await page.locator(`#turn-${turnId(0)}:focus .mark`).waitFor();
  const conversation = page.getByRole("region", { name: "Conversation", exact: true });
  await conversation.focus();
  for (const passed of [3, 6, 9]) {
    while (await page.locator(`#turn-${turnId(passed)}`).evaluate((turn) => turn.getBoundingClientRect().top > innerHeight)) await pageDown(conversation);
    await page.locator(`#turn-${turnId(passed)} .mark`).waitFor();
  }
  assert.ok(await page.locator(".turn .answer").count() < 60);
  await page.getByRole("button", { name: "To the latest message" }).press("Enter");
  await last.locator(".mark").waitFor();
  assert.ok(await last.evaluate((turn) => turn.getBoundingClientRect().top < innerHeight));
  assert.ok(await page.locator(".turn .answer").count() < 60);
});

/** One page further, and not before it is there: keys that run ahead of the scrolling lead past the place. */
async function pageDown(scroller: Locator): Promise<void> {
  const ended = await scroller.evaluateHandle((element) => ({ scrolled: new Promise((resolve) => element.addEventListener("scrollend", resolve, { once: true })) }));
  await scroller.press("PageDown");
  await ended.evaluate(({ scrolled }) => scrolled.then(() => undefined));
}
