// Choices: questions back as buttons, and confirmations of exactly what would run.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Locator, Page } from "playwright-core";
import { demo, ended, installed, send, turnAt } from "./demo.ts";
import type { Demo } from "./demo.ts";
import { allow, ask, assertAccessible } from "./page.ts";
import { upstream } from "./upstream.ts";

const QUESTION = "Show me the open cases for Nordfjord";
const TOOL = "executeSearchArgusCase";
const CONFLICT = /status of 409/;

let honest: Demo;
let asking: Demo;
before(async () => {
  [honest, asking] = await Promise.all([demo(), demo({ confirm: [TOOL] })]);
});
after(() => Promise.all([honest.close(), asking.close()]));

const confirmation = (turn: Locator): Locator => turn.locator(".confirmation");

/** The text of the calls that wait, as it is read. */
const shownCalls = (box: Locator): Promise<string[]> => box.locator("pre").allInnerTexts();

/** The focus is where one goes on, and nothing was typed there. */
async function assertFocus(page: Page): Promise<void> {
  assert.deepEqual(await page.evaluate(() => [document.activeElement?.id, (document.querySelector("#message") as HTMLTextAreaElement).value]), ["message", ""]);
}

/** What the portal sent to answer a confirmation. */
function confirms(page: Page): string[] {
  const sent: string[] = [];
  page.on("request", (request) => void (request.url().endsWith("/confirm") && sent.push(request.postData() ?? "")));
  return sent;
}

test("a question back is answered by its buttons, by digit, and shows what was chosen", async () => {
  const page = await honest.open();
  await ask(page, QUESTION);
  await ask(page, "Show me the case");
  const question = turnAt(page, 1);
  const choices = question.locator(".choice");
  assert.equal(await choices.count(), 4);
  await page.getByText("↑ leads to the choices", { exact: false }).waitFor();
  await assertAccessible(page, "choices");
  await page.locator("#message").focus();
  await page.keyboard.press("ArrowUp");
  await choices.first().and(page.locator(":focus")).waitFor();
  await page.keyboard.press("2");
  await assertFocus(page);
  await ended(turnAt(page, 2));
  await assertFocus(page);
  assert.match(await turnAt(page, 2).locator(".bubble").innerText(), /4120771/);
  await question.locator(".choice.chosen", { hasText: "4120771" }).waitFor();
  assert.deepEqual(await choices.evaluateAll((all) => all.map((one) => (one as HTMLButtonElement).disabled)), [true, true, true, true]);
  await page.reload();
  await question.locator(".choice.chosen", { hasText: "4120771" }).waitFor();
  await ask(page, QUESTION);
  await ask(page, "Show me the case");
  await turnAt(page, 4).locator(".choice").last().click();
  await assertFocus(page);
  await ended(turnAt(page, 5));
  await turnAt(page, 4).locator(".choice.chosen", { hasText: "4120433" }).waitFor();
});

test("a confirmation shows exactly what would run, runs it on a yes, and stays as answered", async () => {
  const page = await asking.open();
  const sent = confirms(page);
  const turn = await send(page, QUESTION);
  await ended(turn);
  const box = confirmation(turn);
  await box.getByText("This runs only with your yes.").waitFor();
  assert.equal(await turn.locator(".answer").count(), 0, "it stands there once");
  assert.equal(await box.getByText("Do not run it").count(), 1, "the choices are buttons alone");
  const calls = (await shownCalls(box)).map((text) => JSON.parse(text) as { arguments: unknown });
  const shown = calls[0]?.arguments;
  const id = ((await turn.getAttribute("id")) ?? "").replace("turn-", "");
  const record = (await (await fetch(`${asking.url}/api/turns/${id}`)).json()) as { outcome: string; results: unknown[]; question: { calls: { server: string; tool: string; arguments: unknown }[] } };
  assert.equal(record.outcome, "confirmation");
  assert.deepEqual(record.results, []);
  assert.deepEqual(calls, record.question.calls);
  assert.deepEqual(record.question.calls.map(({ server, tool }) => [server, tool]), [["argus", TOOL]]);
  await assertAccessible(page, "confirmation");
  await box.getByRole("button", { name: "Run it" , exact: true }).click();
  await assertFocus(page);
  const next = turnAt(page, 1);
  await ended(next);
  assert.deepEqual(sent, ['{"confirm":true}']);
  await next.locator(".mark", { hasText: "4120771" }).waitFor();
  await box.getByText("You let it run.").waitFor();
  assert.equal(await box.getByRole("button").count(), 0);
  const ran = (await (await fetch(`${asking.url}/api/turns/${((await next.getAttribute("id")) ?? "").replace("turn-", "")}`)).json()) as { results: { tool: string; arguments: unknown }[] };
  assert.deepEqual(ran.results.map((result) => result.arguments), [shown]);
  await page.reload();
  await confirmation(turnAt(page, 0)).getByText("You let it run.").waitFor();
});

test("by keyboard alone: 2 turns a confirmation down, 1 lets it run", async () => {
  const page = await asking.open();
  const sent = confirms(page);
  await ended(await send(page, QUESTION));
  await page.keyboard.press("ArrowUp");
  await page.locator(".confirmation button:focus").waitFor();
  await page.keyboard.press("2");
  await assertFocus(page);
  await ended(turnAt(page, 1));
  await assertFocus(page);
  await confirmation(turnAt(page, 0)).getByText("You did not let it run.").waitFor();
  assert.equal(await turnAt(page, 1).locator(".mark").count(), 0);
  assert.equal(await turnAt(page, 1).locator(".progress .arguments").count(), 0, "no call");
  await page.fill("#message", "");
  await ended(await send(page, QUESTION));
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("1");
  await turnAt(page, 3).locator(".mark").first().waitFor({ timeout: 60_000 });
  assert.deepEqual(sent, ['{"confirm":false}', '{"confirm":true}']);
});

test("a yes or no in other words counts as the gateway took it, also after a reload", async () => {
  const page = await asking.open();
  await ended(await send(page, QUESTION));
  await ended(await send(page, "ok, run it"));
  await turnAt(page, 1).locator(".mark", { hasText: "4120771" }).waitFor();
  await ended(await send(page, QUESTION));
  await ended(await send(page, "no thanks"));
  for (const look of ["live", "stored"]) {
    if (look === "stored") await page.reload();
    await confirmation(turnAt(page, 0)).getByText("You let it run.").waitFor();
    await confirmation(turnAt(page, 2)).getByText("You did not let it run.").waitFor();
  }
});

test("a confirmation that was passed over lapses and cannot be clicked any more", async () => {
  const page = await asking.open();
  await ended(await send(page, QUESTION));
  await ended(await send(page, "Hello"));
  const box = confirmation(turnAt(page, 0));
  await box.getByText("Passed over, or answered elsewhere. It can no longer be answered here.").waitFor();
  assert.equal(await box.getByRole("button").count(), 0);
});

test("an answer that comes too late is told in plain words, and what happened instead is shown", async () => {
  allow(CONFLICT);
  const page = await asking.open();
  await ended(await send(page, QUESTION));
  // Another browser: it hears nothing of what happens here.
  const other = await asking.open();
  await other.goto(page.url());
  await confirmation(turnAt(other, 0)).getByRole("button", { name: "Do not run it" }).click();
  await ended(turnAt(other, 1));
  await confirmation(turnAt(page, 0)).getByRole("button", { name: "Run it", exact: true }).click();
  await page.getByText("There is nothing to answer any more").waitFor();
  await ended(turnAt(page, 1));
  await confirmation(turnAt(page, 0)).getByText("You did not let it run.").waitFor();
  assert.equal(await page.locator(".mark").count(), 0);
});

test("in Norwegian, and what is asked in Norwegian is answered in it", async () => {
  const page = await asking.open({ locale: "nb-NO", viewport: { width: 360, height: 740 } });
  await ended(await send(page, "Vis åpne saker for Nordfjord"));
  const box = confirmation(turnAt(page, 0));
  await assertAccessible(page, "confirmation on a phone");
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
  await box.getByRole("button", { name: "Kjør det", exact: true }).click();
  await ended(turnAt(page, 1));
  await box.getByText("Du lot det kjøre.").waitFor();
  assert.match(await turnAt(page, 1).locator(".bubble").innerText(), /^ja/i);
});

/** As a model writes it: a mark that turns the reading direction, a character without width, 64 bits, and a lot of it. */
const TRICKY = String.raw`{"request":{"customer":["nordfjord"],"keywords":["a\u202egpj.exe","ad\u200bmin",${'"long long long",'.repeat(200)}"the end"],"caseID":[9007199254740993]}}`;

test("what hides, reorders or would be rounded is read as what it is, to the end", async () => {
  const folder = await mkdtemp(join(tmpdir(), "portal-"));
  const model = await upstream();
  const real = await installed(honest, folder, "tricky", {
    GROUNDWIRE__MODELS__SIM__BASE_URL: model.url,
    GROUNDWIRE__GROUNDING__JUDGE: "never",
    GROUNDWIRE__MCP__SERVERS__ARGUS__OPTIONS__CONFIRM: JSON.stringify([TOOL]),
  });
  try {
    model.says("", { tool: TOOL, arguments: TRICKY });
    const page = await real.served.open();
    const turn = await send(page, QUESTION);
    await ended(turn);
    const box = confirmation(turn);
    const [shown = "", ...others] = await shownCalls(box);
    assert.deepEqual(others, []);
    const id = ((await turn.getAttribute("id")) ?? "").replace("turn-", "");
    const { question } = (await (await fetch(`${real.url}/api/turns/${id}`)).json()) as { question: { text: string } };
    assert.equal(`\`\`\`json\n${shown}\n\`\`\``, question.text.slice(question.text.indexOf("```"), question.text.lastIndexOf("```") + 3), "as the gateway wrote it");
    for (const text of [String.raw`a\u202egpj.exe`, String.raw`ad\u200bmin`, "9007199254740993", "the end"]) assert.ok(shown.includes(text), `${text} in ${shown.slice(0, 400)}`);
    const cut = await box.locator("pre").evaluate((pre) => [pre.scrollHeight - pre.clientHeight, pre.scrollWidth - pre.clientWidth]);
    assert.deepEqual(cut, [0, 0], "nothing of it has to be scrolled to inside a box");
    await assertAccessible(page, "long confirmation");
  } finally {
    await Promise.all([real.close(), model.stop()]);
    await rm(folder, { recursive: true });
  }
});
