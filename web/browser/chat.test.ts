// Chat: what shows while a turn runs, and that nothing is lost when something breaks.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { demo, ended, installed, send, turnAt } from "./demo.ts";
import type { Demo, Installed } from "./demo.ts";
import { allow, ask, assertAccessible } from "./page.ts";

const QUESTION = "Show me the open cases for Nordfjord";
/** Reconnecting makes the browser complain about requests that failed. */
const NETWORK = /Failed to load resource|net::ERR_/;

let honest: Demo;
let slow: Demo;
let real: Installed;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "portal-"));
  [honest, slow] = await Promise.all([demo(), demo({ behaviour: "slow" })]);
  real = await installed(honest, folder, "slow");
});
after(async () => {
  await Promise.all([honest.close(), slow.close(), real.close()]);
  await rm(folder, { recursive: true });
});

/** Every line that the progress list of the last turn shows while it runs, in order. */
async function watchSteps(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(globalThis, { seenSteps: seen });
    const look = (): void => {
      for (const line of document.querySelectorAll("div.progress .step-words")) {
        const text = line.childNodes[0]?.textContent ?? "";
        if (!seen.includes(text)) seen.push(text);
      }
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  return () => page.evaluate(() => (globalThis as unknown as { seenSteps: string[] }).seenSteps);
}

test("each step shows while it is being done", async () => {
  const page = await slow.open();
  await slow.faults({ path: "/", kind: "latency", delay_ms: 400 });
  const seen = await watchSteps(page);
  const turn = await send(page, QUESTION);
  const call = turn.locator("div.progress .step", { hasText: "Calling argus · executeSearchArgusCase" });
  await call.waitFor();
  assert.match(await call.locator("summary").innerText(), /"customer":\["nordfjord"\]/);
  assert.equal(await turn.locator(".answer").count(), 0, "no text before it is approved");
  await assertAccessible(page, "running turn");
  await ended(turn);
  await slow.faults();
  const order = ["Decided: call tools", "Calling argus · executeSearchArgusCase", "Called argus · executeSearchArgusCase", "Writing draft 1", "Draft 1 written", "Checked: all 21 claims hold"];
  const steps = await seen();
  assert.deepEqual(steps.filter((step) => order.includes(step)), order);
  await turn.locator("details.progress > summary").click();
  await turn.getByText("Second reading: approved").waitFor();
});

test("a draft that does not hold is turned down in sight, and written once more", async () => {
  const rejecting = await demo({ behaviour: "judge_rejects_all" });
  try {
    const page = await rejecting.open();
    const turn = await send(page, QUESTION);
    await ended(turn);
    await turn.locator("details.progress > summary").click();
    const steps = await turn.locator(".steps .step-words").allInnerTexts();
    const kinds = ["Decided", "Called", "Draft 1", "Checked", "Second reading: not approved", "Draft turned down", "Draft 2", "Checked", "Second reading: not approved"];
    assert.deepEqual(steps.map((step, at) => step.startsWith(kinds[at] ?? "?")), kinds.map(() => true), steps.join("\n"));
  } finally {
    await rejecting.close();
  }
});

test("a turn is stopped in the middle, by button and by key, and can be asked again", async () => {
  const page = await slow.open();
  const turn = await send(page, QUESTION);
  await turn.getByText("Writing draft 1").waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await turn.getByText("Stopped before an answer was released.").waitFor();
  assert.equal(await turn.locator(".answer").count(), 0);
  assert.equal(await turn.locator(".verdict").innerText(), "stopped");
  const second = await send(page, QUESTION);
  await second.getByText("Writing draft 1").waitFor();
  await page.keyboard.press("Escape");
  await second.getByText("Stopped before an answer was released.").waitFor();
  await second.getByRole("button", { name: "Ask again" }).click();
  await page.locator(".mark").first().waitFor({ timeout: 60_000 });
});

test("asking again and editing replace the answer, here and after a reload", async () => {
  const page = await honest.open();
  await ask(page, QUESTION);
  const first = await turnAt(page, 0).getAttribute("id");
  await page.getByRole("button", { name: "Ask again" }).click();
  await page.waitForFunction((id) => document.querySelector(".turn")?.id !== id, first);
  await ended(turnAt(page, 0));
  assert.equal(await page.locator(".turn").count(), 1);
  await turnAt(page, 0).hover();
  await page.getByRole("button", { name: "Edit and send again" }).click();
  const field = page.getByLabel("Changed message");
  assert.equal(await field.inputValue(), QUESTION);
  await field.fill("Show me the open cases for Havbris");
  await page.keyboard.press("Enter");
  await page.locator(".bubble", { hasText: "Havbris" }).waitFor();
  await ended(turnAt(page, 0));
  await page.reload();
  await page.locator(".bubble", { hasText: "Havbris" }).waitFor();
  await page.locator(".basis").waitFor();
  assert.equal(await page.locator(".turn").count(), 1);
  // A turn that others follow is not replaced: they would go with it.
  await ask(page, "Which of them has the highest priority?");
  await turnAt(page, 0).getByRole("button", { name: "Ask again as a new message" }).click();
  await ended(turnAt(page, 2));
  assert.equal(await turnAt(page, 2).locator(".bubble").innerText(), "Show me the open cases for Havbris");
});

test("suggestions fit the servers that are connected", async () => {
  const page = await honest.open();
  const all = page.locator(".suggestions button");
  await all.first().waitFor();
  const both = await all.allInnerTexts();
  const one = await real.served.open();
  await one.locator(".suggestions button").first().waitFor();
  const argus = await one.locator(".suggestions button").allInnerTexts();
  const sysdig = both.filter((question) => /workloads|images|runtime/.test(question));
  assert.ok(sysdig.length > 0, "the demo has both servers");
  assert.deepEqual(argus.filter((question) => sysdig.includes(question)), []);
  assert.ok(argus.length > 0);
  await page.route("**/api/tools", async (route) => {
    const list = (await (await route.fetch()).json()) as { servers: { name: string; state: string }[] };
    await route.fulfill({ json: { ...list, servers: list.servers.map((server) => (server.name === "argus" ? { ...server, state: "down" } : server)) } });
  });
  await page.reload();
  await page.getByText("Not reachable now: argus.").waitFor();
  assert.ok((await all.allInnerTexts()).every((question) => !argus.includes(question)));
  await page.unroute("**/api/tools");
  await page.reload();
  await page.getByRole("button", { name: "Show me the open cases with high priority" }).click();
  await page.locator(".mark").first().waitFor({ timeout: 60_000 });
});

test("links lead to a conversation, a turn, a result and a place in it, in a fresh browser", async () => {
  const page = await honest.open();
  await ask(page, QUESTION);
  await ask(page, "Which events were there in the last 24 hours?");
  await ask(page, "Which customers can I see?");
  const mark = turnAt(page, 0).locator(".mark", { hasText: "pendingVendor" }).first();
  const place = new URL((await mark.getAttribute("href")) ?? "", page.url()).href;
  const [first, conversation] = [(await turnAt(page, 0).getAttribute("id")) ?? "", page.url()];

  const other = await honest.open({ viewport: { width: 1400, height: 600 } });
  await other.goto(conversation);
  await turnAt(other, 2).locator(".basis").waitFor();
  await other.goto(`${conversation}?turn=${first.replace("turn-", "")}`);
  await other.locator(`#${first}:focus`).waitFor();
  assert.ok(await inSight(other, `#${first} .bubble`));

  const third = await honest.open({ viewport: { width: 1400, height: 600 } });
  await third.goto(place);
  await third.locator(".tree-row.active", { hasText: "pendingVendor" }).waitFor();
  await third.locator(`#${first} .mark.shown`).waitFor();
  assert.ok(await inSight(third, `#${first} .bubble`), "the turn that the place belongs to is in sight");
  await third.goto(place.replace(/&at=.*/, ""));
  await third.locator(".tree-row").first().waitFor();
  await third.goBack();
  await third.locator(".tree-row.active", { hasText: "pendingVendor" }).waitFor();
});

const inSight = (page: Page, selector: string): Promise<boolean> =>
  page.locator(selector).evaluate((element) => new Promise<boolean>((resolve) => new IntersectionObserver(([seen]) => resolve(seen?.isIntersecting ?? false)).observe(element)));

test("each conversation keeps what is not sent yet, across a reload", async () => {
  const page = await honest.open();
  await ask(page, "Hello");
  const here = page.url();
  await page.fill("#message", "half a thought");
  await page.getByRole("link", { name: "New conversation", exact: true }).first().click();
  await page.locator(".welcome").waitFor();
  assert.equal(await page.inputValue("#message"), "");
  await page.fill("#message", "another one");
  await page.reload();
  await page.locator(".welcome").waitFor();
  assert.equal(await page.inputValue("#message"), "another one");
  await page.goto(here);
  await page.locator(".turn").waitFor();
  assert.equal(await page.inputValue("#message"), "half a thought");
});

test("a second tab follows a running turn, can stop it, and takes it up after a reload", async () => {
  const page = await slow.open();
  await send(page, "Hello");
  await ended(turnAt(page, 0));
  const other = await page.context().newPage();
  await other.goto(page.url());
  await ended(turnAt(other, 0));
  const turn = await send(page, QUESTION);
  await turnAt(other, 1).getByText("Writing draft 1").waitFor();
  assert.equal(await turn.locator(".answer").count(), 0, "it still runs");
  await other.reload();
  await turnAt(other, 1).getByText("Draft 1 written").waitFor();
  await other.getByRole("button", { name: "Stop" }).click();
  await turn.getByText("Stopped before an answer was released.").waitFor();
  const next = await send(page, QUESTION);
  await ended(next);
  await ended(turnAt(other, 2));
  assert.equal(await turnAt(other, 2).locator(".answer").innerText(), await next.locator(".answer").innerText());
});

test("a lost network resumes the stream where it broke off; nothing is doubled or lost", async () => {
  allow(NETWORK);
  const page = await slow.open();
  const resumed: (string | undefined)[] = [];
  page.on("request", (request) => void (/\/events$/.test(request.url()) && resumed.push(request.headers()["last-event-id"])));
  const turn = await send(page, QUESTION);
  await turn.getByText("Writing draft 1").waitFor();
  await page.context().setOffline(true);
  await turn.getByText("Connection lost").waitFor();
  await page.context().setOffline(false);
  await ended(turn);
  assert.equal(await turn.getByText("Connection lost").count(), 0);
  assert.ok(resumed.some((last) => Number(last) >= 4), `resumed after what was seen: ${resumed.join()}`);
  await turn.locator("details.progress > summary").click();
  const steps = await turn.locator(".steps .step-words").allInnerTexts();
  assert.deepEqual(steps.map((step) => step.split(/[:\n]/)[0]), ["Decided", "Called argus · executeSearchArgusCase", "Draft 1 written", "Checked", "Second reading"]);
  assert.equal(await turn.locator(".answer .mark").count(), 21);
  const text = await turn.locator(".answer").innerText();
  await page.reload();
  await turnAt(page, 0).locator(".basis").waitFor();
  assert.equal(await turnAt(page, 0).locator(".answer").innerText(), text);
});

test("a gateway that ends and comes back: the page waits for it, and loses no conversation", async () => {
  allow(NETWORK);
  const page = await real.served.open();
  await ask(page, "Hello");
  const stopped = await send(page, QUESTION);
  await stopped.getByText("Writing draft 1").waitFor();
  await real.down();
  await stopped.getByText("Stopped before an answer was released.").waitFor();
  await real.up();
  const turn = await send(page, QUESTION);
  await turn.getByText("Writing draft 1").waitFor();
  await real.crash();
  await turn.getByText("Connection lost").waitFor();
  await page.fill("#message", "Are you there?");
  await real.up();
  await turn.getByText("This turn is no longer at the gateway.").waitFor();
  await turn.getByRole("button", { name: "Ask again as a new message" }).waitFor();
  assert.equal(await page.inputValue("#message"), "Are you there?");
  await page.keyboard.press("Enter");
  await ended(page.locator(".turn").last());
  assert.equal(await turnAt(page, 0).locator(".bubble").innerText(), "Hello");
});

test("without a gateway the page says so, keeps the message, and goes on when it is back", async () => {
  allow(NETWORK);
  const page = await honest.open();
  await ask(page, "Hello");
  await page.route("**/api/**", (route) => route.abort("connectionrefused"));
  await page.fill("#message", QUESTION);
  await page.keyboard.press("Enter");
  await page.getByText("The gateway cannot be reached.").first().waitFor();
  assert.equal(await page.inputValue("#message"), QUESTION);
  assert.equal(await page.locator(".turn").count(), 1);
  await page.reload();
  await page.getByText("The conversation could not be opened.").waitFor();
  await assertAccessible(page, "no gateway");
  await page.unroute("**/api/**");
  await page.locator(".middle").getByRole("button", { name: "Try again" }).click();
  await page.locator(".turn").waitFor();
  await page.locator(".conversations").getByRole("button", { name: "Try again" }).click();
  await page.locator(".conversation.current").waitFor();
  assert.equal(await page.inputValue("#message"), QUESTION);
});

test("conversations are renamed, found, exported and deleted", async () => {
  const page = await honest.open();
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
  const saved = async (format: string): Promise<string> => {
    await actions.click();
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: `Export as ${format}` }).click()]);
    return readFile(await file.path(), "utf8");
  };
  assert.match(await saved("Markdown"), /Show me the open cases for Nordfjord[\s\S]*4120815/);
  const exported = JSON.parse(await saved("JSON")) as { turns: { message: string; citations: unknown[] }[] };
  assert.equal(exported.turns[0]?.message, QUESTION);
  assert.ok((exported.turns[0]?.citations.length ?? 0) > 0);
  await actions.click();
  await page.getByRole("button", { name: "Delete" }).click();
  await assertAccessible(page, "delete dialog");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("No conversation matches.").waitFor();
  assert.equal(page.url().replace(/#.*/, ""), `${honest.url}/`);
});
