// The other views, and what the page makes of hostile and of very long data.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { allow, assertAccessible, serve } from "./page.ts";
import type { Served } from "./page.ts";

let served: Served;
before(async () => (served = await serve()));
after(() => served.close());

for (const view of ["tools", "tools/argus__getArgusCaseByID", "models", "scenarios", "tokens"]) {
  test(`the view ${view} is accessible`, async () => {
    // A gateway that lacks a route answers 404, and the view says so.
    allow(/status of 404/);
    const page = await served.open();
    await page.goto(`${served.url}/#/${view}`);
    await page.locator(".view h1").waitFor();
    await page.waitForLoadState("networkidle");
    await assertAccessible(page, view);
  });
}

const CONVERSATION = "01a20115-4eb4-77bc-9d8b-000000000001";
const RESULT = "01a20115-4eb4-77bc-9d8b-000000000002";
const TURNS = 500;
const ROWS = 30_000;
const AT = "2026-02-09T08:15:30.000Z";
const turnId = (index: number): string => `01a20115-4eb4-77bc-9d8b-${String(index + 1000).padStart(12, "0")}`;
const HOSTILE = "<img src=x onerror=alert(1)> <script>alert(2)</script> ![pixel](http://203.0.113.9/p.png) [click](javascript:alert(3))";

/** A conversation of hundreds of turns, each on a result of ten megabytes. */
async function fake(page: Page): Promise<void> {
  const text = `Case 4140000 is open. ${HOSTILE}`;
  const messages = Array.from({ length: TURNS }, (_, index) => [
    { role: "user", content: `Question ${index}`, turn_id: turnId(index) },
    { role: "assistant", content: text, turn_id: turnId(index) },
  ]).flat();
  await page.route(`**/api/conversations/${CONVERSATION}`, (route) => route.fulfill({ json: { id: CONVERSATION, title: "Long", created_at: AT, updated_at: AT, messages } }));
  const call = { result_id: RESULT, server: "argus", tool: "search", arguments: {}, observed_at: AT, outcome: "ok" };
  const finished = { outcome: "answered", text, basis: [call], citations: [{ span: [5, 12], result_id: RESULT, pointer: "/data/20000/id" }], verdict: "grounded", usage: { prompt_tokens: 1, completion_tokens: 1, model_calls: 1 }, stopped: [] };
  await page.route("**/api/turns/*/events", (route) => route.fulfill({ contentType: "text/event-stream", body: `event: answer.finished\nid: 1\ndata: ${JSON.stringify(finished)}\n\n` }));
  const data = Array.from({ length: ROWS }, (_, index) => ({ id: 4_120_000 + index, subject: `${HOSTILE} ${index}`, status: "open", note: "x".repeat(150) }));
  const result = { id: RESULT, turn_id: turnId(0), ...call, freshness: "stale", digest: "d", content: { data } };
  await page.route(`**/api/results/${RESULT}`, (route) => route.fulfill({ json: result }));
}

test("a long conversation on large results draws little, finds its place, and runs nothing of the data", async () => {
  const page = await served.open();
  await fake(page);
  await page.goto(`${served.url}/#/c/${CONVERSATION}?turn=${turnId(100)}`);
  const turn = page.locator(`#turn-${turnId(100)}`);
  await turn.locator(".mark").click();
  await page.locator(".tree-row.active", { hasText: "4140000" }).waitFor();
  assert.ok(await page.locator(".tree-row").count() < 100);
  assert.ok(await page.locator(".turn .answer").count() < 60);
  await page.getByRole("searchbox", { name: "Search in the result" }).fill(`${ROWS + 4_120_000 - 1}`);
  await page.getByText("1 of 1", { exact: true }).waitFor();
  await assertAccessible(page, "large result");
  await page.getByRole("button", { name: "Table", exact: true }).click();
  await page.locator(".result-table td").first().waitFor();
  assert.ok(await page.locator(".result-table tr").count() < 100);
  assert.equal(await turn.locator("img, script, a[href^='http'], a[href^='javascript']").count(), 0);
});
