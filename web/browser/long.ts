// A conversation of hundreds of turns, each on a result of ten megabytes, as the API would give
// it; the rest of the page comes from the gateway. Its texts are hostile as well.
import type { Page } from "playwright-core";

export const CONVERSATION = "01a20115-4eb4-77bc-9d8b-000000000001";
export const TURNS = 500;
export const ROWS = 30_000;
export const FIRST_ID = 4_120_000;
/** The row that the mark of each answer leads to. */
export const MARKED = 20_000;
const RESULT = "01a20115-4eb4-77bc-9d8b-000000000002";
const AT = "2026-02-09T08:15:30.000Z";
const HOSTILE = "<img src=x onerror=alert(1)> <script>alert(2)</script> ![pixel](http://203.0.113.9/p.png) [click](javascript:alert(3))";

export const turnId = (index: number): string => `01a20115-4eb4-77bc-9d8b-${String(index + 1000).padStart(12, "0")}`;

/** Lays it over the routes of the gateway; says how many bytes the result has. */
export async function layLongConversation(page: Page): Promise<number> {
  const text = `Case ${FIRST_ID + MARKED} is open. ${HOSTILE}`;
  const messages = Array.from({ length: TURNS }, (_, index) => [
    { role: "user", content: `Question ${index}`, turn_id: turnId(index) },
    { role: "assistant", content: text, turn_id: turnId(index) },
  ]).flat();
  const conversation = { id: CONVERSATION, title: "Long", created_at: AT, updated_at: AT, messages };
  await page.route(`**/api/conversations/${CONVERSATION}`, (route) => route.fulfill({ json: conversation }));
  const call = { result_id: RESULT, server: "argus", tool: "search", arguments: {}, observed_at: AT, outcome: "ok" };
  const citations = [{ span: [5, 12], result_id: RESULT, pointer: `/data/${MARKED}/id` }];
  const usage = { prompt_tokens: 1, completion_tokens: 1, model_calls: 1 };
  const finished = { outcome: "answered", text, basis: [call], citations, verdict: "grounded", usage, stopped: [] };
  const events = `event: answer.finished\nid: 1\ndata: ${JSON.stringify(finished)}\n\n`;
  await page.route("**/api/turns/*/events", (route) => route.fulfill({ contentType: "text/event-stream", body: events }));
  const data = Array.from({ length: ROWS }, (_, index) => ({ id: FIRST_ID + index, subject: `${HOSTILE} ${index}`, status: "open", note: "x".repeat(160) }));
  const body = JSON.stringify({ id: RESULT, turn_id: turnId(0), ...call, freshness: "stale", digest: "d", content: { data } });
  await page.route(`**/api/results/${RESULT}`, (route) => route.fulfill({ contentType: "application/json", body }));
  return Buffer.byteLength(body);
}
