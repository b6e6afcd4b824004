// Operations: tools, models, scenarios and access tokens, and what a role may not do.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { demo, installed } from "./demo.ts";
import type { Demo, Installed } from "./demo.ts";
import { allow, assertAccessible } from "./page.ts";

let honest: Demo;
let guarded: Installed;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "portal-"));
  honest = await demo();
  guarded = await installed(honest, folder, "honest", { GROUNDWIRE__AUTH__MODE: "token" });
});
after(async () => {
  await Promise.all([honest.close(), guarded.close()]);
  await rm(folder, { recursive: true });
});

async function view(name: string): Promise<Page> {
  const page = await honest.open();
  await page.goto(`${honest.url}/#/${name}`);
  await page.locator(".view h1").waitFor();
  return page;
}

test("tools: servers with their state, each tool with its schema, and a form that calls it", async () => {
  allow(/status of 400/);
  const page = await view("tools");
  await page.locator(".card", { hasText: "argus" }).getByText("up", { exact: true }).waitFor();
  await page.locator(".card", { hasText: "sysdig" }).getByText("up", { exact: true }).waitFor();
  await page.getByRole("searchbox", { name: "Search tools" }).fill("getArgusCaseByID");
  await page.getByRole("link", { name: "getArgusCaseByID" }).click();
  await page.getByText("reads only").waitFor();
  await page.getByText("Schema of the arguments").click();
  assert.match(await page.getByRole("group", { name: "Schema of the arguments" }).innerText(), /"caseID"/);
  await page.getByRole("button", { name: "Call the tool" }).click();
  await page.getByText("caseID is required").waitFor();
  await page.getByLabel(/^caseID/).fill("4120771");
  await page.keyboard.press("Enter");
  const answer = page.locator(".try-answer");
  await answer.getByText("ok", { exact: true }).waitFor();
  await answer.locator(".tree-row", { hasText: "Beacon-like traffic" }).first().waitFor();
  await assertAccessible(page, "a tool that was tried");
  await page.getByRole("button", { name: "All arguments as JSON" }).click();
  await page.getByLabel("All arguments as JSON").fill('{"caseID": "no number"}');
  await page.getByRole("button", { name: "Call the tool" }).click();
  await page.locator(".try-answer .badge, .notice.bad").filter({ hasText: /invalid|caseID/ }).first().waitFor();
  await honest.faults({ path: "/", kind: "status", status: 503 });
  try {
    await page.getByLabel("All arguments as JSON").fill('{"caseID": 4120771}');
    await page.getByRole("button", { name: "Call the tool" }).click();
    await answer.getByText("error", { exact: true }).waitFor();
  } finally {
    await honest.faults();
  }
});

test("models: what the probe found, in plain words, and a probe of now", async () => {
  const page = await view("models");
  const card = page.locator(".card", { has: page.getByRole("heading", { name: "sim", exact: true }) });
  await card.getByText("sim/honest").first().waitFor();
  await card.getByRole("button", { name: "Probe now: sim", exact: true }).click();
  await card.getByText("The server can be reached.").waitFor();
  await card.getByText("It calls a tool when one is required.").waitFor();
  await card.getByText("It keeps to a JSON schema.").waitFor();
  assert.match(await card.locator(".age").innerText(), /just now|s ago/);
  await assertAccessible(page, "a probe");
  await page.reload();
  await card.getByText("It calls a tool when one is required.").waitFor();
});

test("models: what a probe could not find or try is told as such", async () => {
  const page = await honest.open();
  const probe = {
    at: "2026-02-09T08:15:30.000Z", reachable: true, answers: false, model_listed: null, models: [], streaming: null, usage: null, auto_calls: null,
    required_honoured: false, named_honoured: null, parallel_calls: null, json_schema_honoured: false, reasoning_field: null, problems: ["the server answered with status 500"],
  };
  await page.route("**/api/models", async (route) => {
    const list = (await (await route.fetch()).json()) as { items: object[] };
    await route.fulfill({ json: { ...list, items: [{ ...list.items[0], probe }] } });
  });
  await page.goto(`${honest.url}/#/models`);
  await page.getByText("It gave no usable answer to a question.").waitFor();
  await page.getByText("Not tried: Answers come piece by piece.").waitFor();
  await page.getByText("the server answered with status 500").waitFor();
  await page.getByText("It may call no tool though one is required").waitFor();
});

/** Starts a scenario with a model; its page is open then. */
async function run(page: Page, scenario: string, model: string): Promise<Locator> {
  await page.getByRole("combobox", { name: "Model" }).selectOption(model);
  await page.getByRole("searchbox", { name: "Search scenarios" }).fill(scenario);
  await page.getByRole("button", { name: `Run: ${scenario}`, exact: true }).click();
  await page.getByRole("heading", { name: scenario }).waitFor();
  return page.locator("h1 .badge");
}

test("scenarios: started with a chosen model, followed turn by turn, each turn with its trace", async () => {
  const page = await view("scenarios");
  // A run is over sooner than anybody sees it go on, so the first look is put back to its start.
  let looks = 0;
  await page.route("**/api/scenario-runs/*", async (route) => {
    if (route.request().method() !== "GET" || (looks += 1) > 1) return route.continue();
    const run = (await (await route.fetch()).json()) as object;
    const turn = { user: "Which critical cases does Havbris have?", turn_id: null, decision: null, rule: null, outcome: null, verdict: null, text: "", checks: [], running: true };
    return route.fulfill({ json: { ...run, state: "running", finished_at: null, turns: [turn] } });
  });
  const state = await run(page, "refresh/became_empty", "sim/slow");
  const turns = page.locator(".ran-turn");
  await turns.first().getByText("running", { exact: true }).waitFor();
  await state.filter({ hasText: "passed" }).waitFor({ timeout: 60_000 });
  assert.equal(await turns.count(), 2);
  const check = turns.nth(1).locator("tr", { hasText: "decision" });
  assert.deepEqual(await check.locator("th, td").allInnerTexts(), ["decision", "refresh", "refresh", "passed"]);
  await turns.first().getByRole("link", { name: "How this was answered" }).click();
  const trace = page.locator(".trace");
  await trace.getByText("Which critical cases does Havbris have?").first().waitFor();
  await trace.getByText("Result of executeSearchArgusCase").click();
  await trace.locator(".tree-row", { hasText: "4120817" }).first().waitFor();
  await assertAccessible(page, "a scenario run with a trace");
  await page.reload();
  await trace.getByText("Which critical cases does Havbris have?").first().waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "All scenarios" }).click();
  await page.getByText(/^Earlier runs/).click();
  await page.locator("tr", { hasText: "refresh/became_empty" }).getByText("passed").waitFor();
  assert.equal(await page.getByRole("combobox", { name: "Model" }).inputValue(), "sim/slow", "the model is remembered");
});

test("scenarios: a check that does not hold says what was wanted and what was got", async () => {
  const page = await view("scenarios");
  const state = await run(page, "call_tool/a_judge_that_is_down", "sim/malformed");
  await state.filter({ hasText: /failed|inconclusive/ }).waitFor({ timeout: 60_000 });
  const missed = page.locator("tr.missed").first();
  await missed.waitFor();
  const cells = await missed.locator("th, td").allInnerTexts();
  assert.equal(cells.at(-1), "failed");
  assert.notEqual(cells[1], cells[2]);
  await assertAccessible(page, "a run that failed");
});

test("scenarios: a run is stopped in the middle and forgotten", async () => {
  allow(/status of 404/);
  const page = await view("scenarios");
  await run(page, "call_tool/a_working_day", "sim/slow");
  await page.locator(".ran-turn").first().waitFor();
  const address = page.url();
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByRole("heading", { name: "Scenarios" }).waitFor();
  assert.equal(await page.locator("tr", { hasText: "call_tool/a_working_day" }).count(), 0);
  await page.goto(address);
  await page.getByText("The gateway does not know this run").waitFor();
});

test("access tokens are made with a role, shown once, and taken back", async () => {
  const page = await view("tokens");
  const name = `probe ${Date.now()}`;
  await page.getByLabel("New token").fill(name);
  await page.getByLabel("May do").selectOption("reader");
  await page.getByLabel("Expires").selectOption("30");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByText("This token is shown once.").waitFor();
  const secret = await page.locator(".notice code").innerText();
  const row = page.locator("tr", { hasText: name });
  assert.equal(await row.locator("td").nth(1).innerText(), "read");
  assert.notEqual(await row.locator("td").nth(3).innerText(), "never");
  await page.reload();
  await row.waitFor();
  assert.ok(!(await page.locator("body").innerText()).includes(secret));
  await row.getByRole("button", { name: `Revoke: ${name}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await row.waitFor({ state: "detached" });
});

test("who lacks a role is told which one is needed", async () => {
  allow(/status of 40[13]/);
  const page = await guarded.served.open();
  const signIn = async (token: string): Promise<void> => {
    await page.getByLabel("Token", { exact: true }).fill(token);
    await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Sign in" }).click()]);
  };
  await page.getByRole("dialog", { name: "Access token needed" }).waitFor();
  await assertAccessible(page, "sign-in");
  await signIn("gw_wrong");
  await page.getByRole("dialog", { name: "Access token needed" }).waitFor();
  await signIn(guarded.token("an analyst", "analyst"));
  await page.locator(".suggestions button").first().waitFor();
  await page.goto(`${guarded.url}/#/scenarios`);
  await page.getByText("it needs the role engineer or a higher one").waitFor();
  await page.goto(`${guarded.url}/#/models`);
  await page.getByRole("button", { name: "Probe now: sim", exact: true }).click();
  await page.getByText("it needs the role engineer or a higher one").waitFor();
  await page.goto(`${guarded.url}/#/tokens`);
  await page.getByText("it needs the role admin or a higher one").waitFor();
});
