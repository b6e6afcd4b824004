// Evidence: from each value to its place and back, how fresh it is, and how the answer came about.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { demo, turnAt } from "./demo.ts";
import type { Demo, Fault } from "./demo.ts";
import { ask, assertAccessible } from "./page.ts";

const QUESTION = "Show me the open cases for Nordfjord";

let honest: Demo;
before(async () => (honest = await demo()));
after(() => honest.close());

interface Cited {
  span: [number, number];
  result_id: string;
  pointer: string;
}

interface Record_ {
  text: string;
  config_digest: string;
  rule: string;
  citations: Cited[];
  results: { id: string; arguments: unknown; content: unknown }[];
  stopped: { text: string; code: string; reason: string }[];
  exchanges: { step: string; answer?: { content?: string; model?: string } }[];
}

/** What the gateway wrote down about a turn. */
async function recordOf(served: Demo, turn: Locator): Promise<Record_> {
  const id = ((await turn.getAttribute("id")) ?? "").replace("turn-", "");
  return (await (await fetch(`${served.url}/api/turns/${id}`)).json()) as Record_;
}

const at = (content: unknown, pointer: string): unknown =>
  pointer.split("/").slice(1).reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], content);

test("each cited value is marked and leads to the place that holds it", async () => {
  const page = await honest.open();
  await ask(page, QUESTION);
  const record = await recordOf(honest, turnAt(page, 0));
  const points = [...record.text];
  const wanted = new Map(record.citations.map(({ span }) => [span.join("-"), points.slice(...span).join("")]));
  const marks = page.locator(".mark");
  assert.deepEqual(await marks.allInnerTexts(), [...wanted.values()]);
  for (const mark of await marks.all()) {
    await mark.click();
    const cited = ((await mark.getAttribute("data-cites")) ?? "").split(" ").map((index) => record.citations[Number(index)] as Cited);
    await page.locator(".mark.shown").first().waitFor();
    const place = new URLSearchParams(new URL(page.url()).hash.split("?")[1]).get("at") ?? "";
    assert.ok(cited.some(({ pointer }) => pointer === place), place);
    await page.locator(".selected code", { hasText: new RegExp(`^${place}$`) }).waitFor();
    const held = String(at(record.results[0]?.content, place));
    await page.locator(".tree-row.active", { hasText: held }).waitFor();
    assert.equal(await page.locator(".selected-value").innerText(), held);
  }
});

test("by key: from a mark into the tree, through it, and back to the mark", async () => {
  const page = await honest.open();
  await ask(page, QUESTION);
  const mark = page.locator(".mark", { hasText: "4120771" });
  await mark.focus();
  await page.keyboard.press("Enter");
  await page.locator(".tree:focus").waitFor();
  const row = page.locator(".tree-row.active");
  const active = (text: string): Promise<void> => row.filter({ hasText: text }).waitFor();
  const place = page.locator(".selected code");
  const isAt = (pointer: string): Promise<void> => place.filter({ hasText: new RegExp(`^${pointer}$`) }).waitFor();
  await active("4120771");
  await isAt("/data/1/id");
  // The tree says which row is the active one, though the rows come and go.
  assert.equal(await page.locator(".tree").getAttribute("aria-activedescendant"), await row.getAttribute("id"));
  await page.keyboard.press("ArrowLeft");
  await isAt("/data/1");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await row.getAttribute("aria-expanded"), "false");
  await page.keyboard.press("*");
  assert.equal(await row.getAttribute("aria-expanded"), "true");
  await page.keyboard.type("subj");
  await active("Beacon-like traffic");
  await page.keyboard.press("End");
  await page.keyboard.press("Home");
  assert.equal(await row.getAttribute("aria-level"), "1");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.locator(".tree-row").count(), 1);
  await page.keyboard.press("ArrowRight");
  await page.getByRole("searchbox", { name: "Search in the result" }).focus();
  await page.keyboard.type("phishing");
  await page.locator(".tree-search").getByText(/^1 of \d+$/).waitFor();
  const first = await row.innerText();
  assert.match(first, /phishing/i);
  await page.keyboard.press("Enter");
  await page.locator(".tree-search").getByText(/^2 of \d+$/).waitFor();
  await page.keyboard.press("Shift+Enter");
  assert.equal(await row.innerText(), first);
  await page.keyboard.press("Escape");
  await page.locator(".tree").focus();
  await page.keyboard.press("Escape");
  await page.locator(".mark:focus", { hasText: "4120771" }).waitFor();
});

test("a field leads back to every sentence that uses it, in this answer and in later ones", async () => {
  const page = await honest.open({ viewport: { width: 1400, height: 700 } });
  await ask(page, QUESTION);
  await ask(page, "Summarise that in one sentence");
  await ask(page, "Which customers can I see?");
  const mark = turnAt(page, 0).locator(".mark", { hasText: "pendingVendor" });
  const link = new URL((await mark.getAttribute("href")) ?? "", page.url()).href;
  const fresh = await honest.open({ viewport: { width: 1400, height: 700 } });
  await fresh.goto(link);
  const uses = fresh.locator(".use");
  await fresh.locator(".use-turn").nth(1).waitFor();
  assert.equal(await uses.count(), 2);
  assert.deepEqual(await fresh.locator(".use-turn > .quiet").allInnerTexts(), [`In the answer to: ${QUESTION}`, "In the answer to: Summarise that in one sentence"]);
  await fresh.locator(".tree-row.active", { hasText: "used 2×" }).waitFor();
  await assertAccessible(fresh, "uses");
  await uses.nth(1).click();
  await turnAt(fresh, 1).locator(".mark:focus", { hasText: "pendingVendor" }).waitFor();
  // Another field of the tree is chosen by hand.
  await fresh.getByRole("searchbox", { name: "Search in the result" }).fill("Beacon-like traffic");
  await uses.filter({ hasText: /Case 4120771 \(Beacon-like traffic/ }).first().waitFor();
  await fresh.getByRole("searchbox", { name: "Search in the result" }).fill("lastUpdatedTime");
  await fresh.getByText("The answer does not use this place.").waitFor();
});

test("the same rows as a table: sorted by a column, each cell leads to its place", async () => {
  const page = await honest.open();
  await ask(page, QUESTION);
  await page.locator(".basis .chip").click();
  await page.getByRole("button", { name: "Table", exact: true }).click();
  const column = async (name: string): Promise<string[]> => {
    const index = (await page.locator(".result-table thead th").allInnerTexts()).findIndex((text) => text.startsWith(name));
    return page.locator(".result-table tbody tr").evaluateAll((rows, cell) => rows.map((row) => (row as HTMLTableRowElement).cells[cell]?.innerText ?? ""), index);
  };
  const ids = await column("id");
  await page.getByRole("columnheader", { name: "id", exact: true }).getByRole("button").click();
  assert.deepEqual(await column("id"), ids.toSorted());
  assert.equal(await page.locator("th[aria-sort=ascending]").innerText(), "id ↑");
  await page.getByTitle("/data/1/priority", { exact: true }).click();
  await page.locator(".tree-row.active", { hasText: "high" }).waitFor();
  assert.equal(await page.locator(".selected code").innerText(), "/data/1/priority");
});

const badge = (turn: Locator, text: string): Locator => turn.locator(".basis .badge", { hasText: new RegExp(`^${text}$`) });

test("results go from fresh to stale to superseded, their age counts up, and refreshing repeats the call", async () => {
  const page = await honest.open();
  await page.clock.install();
  await ask(page, QUESTION);
  const first = turnAt(page, 0);
  await badge(first, "fresh").waitFor();
  await page.clock.runFor(45_000);
  // Besides the clock that is set the time goes on, on a slow machine for a while.
  await first.locator(".age", { hasText: /^(?:[4-9]\d s|[12] min) ago$/ }).waitFor();
  await page.clock.runFor(180_000);
  await first.locator(".age", { hasText: /^[3-5] min ago$/ }).waitFor();
  await ask(page, "Which customers can I see?");
  await badge(first, "stale").waitFor();
  await badge(turnAt(page, 1), "fresh").waitFor();
  await first.getByRole("button", { name: /^Refresh: call executeSearchArgusCase/ }).click();
  await turnAt(page, 2).locator(".basis").waitFor({ timeout: 60_000 });
  await badge(first, "superseded").waitFor();
  await badge(turnAt(page, 2), "fresh").waitFor();
  assert.equal(await first.getByRole("button", { name: /^Refresh/ }).count(), 0, "what was replaced is not refreshed");
  const [old, now] = [await recordOf(honest, first), await recordOf(honest, turnAt(page, 2))];
  assert.deepEqual(now.results[0]?.arguments, old.results[0]?.arguments);
  assert.notEqual(now.results[0]?.id, old.results[0]?.id);
  // The same in the panel, and from the old result to the new one.
  await first.locator(".basis .chip").click();
  await page.locator(".result-head .badge", { hasText: "superseded" }).waitFor();
  await page.getByRole("link", { name: "Replaced by a newer result" }).click();
  await page.locator(".result-head .badge", { hasText: "fresh" }).waitFor();
  await page.locator(".result-head").getByRole("button", { name: /^Refresh/ }).click();
  await turnAt(page, 3).locator(".basis").waitFor({ timeout: 60_000 });
  await page.locator(".result-head .badge", { hasText: "superseded" }).waitFor();
  await page.reload();
  await badge(turnAt(page, 3), "fresh").waitFor();
  await badge(turnAt(page, 2), "superseded").waitFor();
});

interface Expected {
  behaviour: string;
  fault?: Fault;
  /** What the chip says. */
  chip: string;
  /** A statement that was stopped, with its code in words. */
  stopped?: [text: string, code: string];
  /** What the panel must tell besides. */
  tells: (string | RegExp)[];
}

const EXPECTED: Expected[] = [
  { behaviour: "fabricates", chip: "Draft replaced by the result\nshown from the result itself", stopped: ["fin-srv-88", "a value that no result has"], tells: ["Draft turned down; it is written once more"] },
  { behaviour: "swaps_entities", chip: "Draft replaced by the result\nshown from the result itself", stopped: ["pendingCustomer", "a value of something else"], tells: ["pendingCustomer is not of 4120815"] },
  { behaviour: "phantom_call", chip: "Draft replaced by the result\nshown from the result itself", stopped: ["just checked the firewall", "a call that did not happen"], tells: ["no call was about firewall logs"] },
  { behaviour: "judge_rejects_all", chip: "Draft replaced by the result\nshown from the result itself", stopped: ["4120815", "the second reading said no"], tells: ["Words of the second reading", "0 claims found supported, 21 not", "not convinced", "the draft is not supported by the results"] },
  { behaviour: "skips_tools", chip: "Every value supported", tells: ["Nothing was stopped.", "21 claims"] },
  { behaviour: "hides_error", fault: { path: "/", kind: "status", status: 500 }, chip: "Nothing to check\ntool failed", tells: [/executeSearchArgusCase\s*error/] },
  { behaviour: "http_500", chip: "Draft replaced by the result\nshown from the result itself", tells: ["made by the gateway", "Draft 1 was not finished", "The model server refused the request."] },
];

for (const { behaviour, fault, chip, stopped, tells } of EXPECTED) {
  test(`how it was answered is told in full: ${behaviour}`, async () => {
    const served = await demo({ behaviour });
    try {
      if (fault) await served.faults(fault);
      const page = await served.open();
      await ask(page, QUESTION);
      const turn = turnAt(page, 0);
      assert.equal(await turn.locator(".verdict").innerText(), chip);
      if (stopped) {
        await turn.locator(".stopped summary").click();
        await turn.locator(".stopped-list li", { hasText: stopped[1] }).locator(".stopped-text", { hasText: stopped[0] }).first().waitFor();
        assert.ok(!(await turn.locator(".answer").innerText()).includes("4999317"));
      }
      await turn.locator(".verdict").click();
      await page.locator(".trace").waitFor();
      await page.locator(".trace details").evaluateAll((all) => all.forEach((one) => ((one as HTMLDetailsElement).open = true)));
      const text = await page.locator(".trace").innerText();
      const record = await recordOf(served, turn);
      const always = ["call tools", record.rule, "Tools offered (12)", "argus__executeSearchArgusCase", "Called argus · executeSearchArgusCase", "Where the time went", record.config_digest, `sim/${behaviour}`];
      for (const wanted of [...(behaviour === "http_500" ? always.slice(0, -1) : always), ...tells]) {
        assert.ok(typeof wanted === "string" ? text.includes(wanted) : wanted.test(text), `the panel tells ${String(wanted)}:\n${text.slice(0, 3_000)}`);
      }
      for (const { reason } of record.stopped) assert.ok(text.includes(reason), reason);
      await assertDrafts(page, record);
    } finally {
      await served.close();
    }
  });
}

/** Each draft's text stands in the panel, with what was stopped struck out. */
async function assertDrafts(page: Page, record: Record_): Promise<void> {
  const written = record.exchanges.filter(({ step }) => step === "draft" || step === "repair").map(({ answer }) => answer?.content ?? "").filter(Boolean);
  assert.deepEqual(await page.locator(".draft-text").allTextContents(), written);
  const codes = new Set(record.stopped.map(({ code }) => code));
  if (codes.size > 0 && !codes.has("judge_rejected")) assert.ok(await page.locator(".draft-text del").count() > 0);
}

test("what found nothing is told as such", async () => {
  await honest.faults({ path: "/", kind: "empty" });
  try {
    const page = await honest.open();
    await ask(page, QUESTION);
    assert.match(await page.locator(".verdict").innerText(), /no data$/);
    await badge(turnAt(page, 0), "empty").waitFor();
  } finally {
    await honest.faults();
  }
});
