// What is written or under way when one goes elsewhere: another conversation, another view,
// another person. Requests are held back to be gone from in their middle.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page, Route } from "playwright-core";
import { demo, ended, send, turnAt } from "./demo.ts";
import type { Demo } from "./demo.ts";
import { CONVERSATION, layLongConversation, TURNS, turnId } from "./long.ts";
import { allow, ask } from "./page.ts";

const QUESTION = "Show me the open cases for Nordfjord";
const NETWORK = /Failed to load resource|net::ERR_/;

let honest: Demo;
let slow: Demo;
before(async () => {
  [honest, slow] = await Promise.all([demo(), demo({ behaviour: "slow" })]);
});
after(() => Promise.all([honest.close(), slow.close()]));

/** Holds the next POST to a path back; it comes when the page has sent it. */
async function holdBack(page: Page, path: string): Promise<() => Promise<Route>> {
  let come: (route: Route) => void = () => undefined;
  const came = new Promise<Route>((resolve) => (come = resolve));
  await page.route(path, (route) => (route.request().method() === "POST" ? come(route) : route.fallback()));
  return () => came;
}

/** A conversation with one turn; its address. */
async function conversation(page: Page, message: string): Promise<string> {
  await page.goto(`${honest.url}/#/`);
  await page.locator(".welcome").waitFor();
  await ask(page, message);
  return page.url();
}

async function openAt(page: Page, address: string, message: string): Promise<void> {
  await page.goto(address);
  await page.locator(".bubble", { hasText: message }).first().waitFor();
}

test("a message on its way stays in its conversation when another is opened", async () => {
  const page = await honest.open();
  const first = await conversation(page, "Hello");
  const second = await conversation(page, "Good morning");
  await page.fill("#message", "half a thought");
  await openAt(page, first, "Hello");
  const sent = await holdBack(page, "**/api/conversations/*/turns");
  await page.fill("#message", QUESTION);
  await page.keyboard.press("Enter");
  const route = await sent();
  await openAt(page, second, "Good morning");
  const [answer] = await Promise.all([page.waitForResponse("**/api/conversations/*/turns"), route.continue()]);
  assert.equal(answer.status(), 200);
  assert.equal(await page.inputValue("#message"), "half a thought");
  assert.equal(await page.locator(".toast").count(), 0);
  assert.equal(await page.locator(".turn").count(), 1);
  await openAt(page, first, "Hello");
  await ended(turnAt(page, 1));
  assert.equal(await turnAt(page, 1).locator(".bubble").innerText(), QUESTION);
  assert.equal(await page.inputValue("#message"), "");
});

test("a message that is refused after another conversation was opened is a draft where it came from", async () => {
  allow(NETWORK);
  const page = await honest.open();
  const first = await conversation(page, "Hello");
  const second = await conversation(page, "Good morning");
  await page.fill("#message", "half a thought");
  await openAt(page, first, "Hello");
  const sent = await holdBack(page, "**/api/conversations/*/turns");
  await page.fill("#message", QUESTION);
  await page.keyboard.press("Enter");
  const route = await sent();
  await page.fill("#message", "and then?");
  await openAt(page, second, "Good morning");
  await route.abort("connectionrefused");
  await page.getByText("The gateway cannot be reached.").first().waitFor();
  assert.equal(await page.inputValue("#message"), "half a thought");
  assert.equal(await page.locator(".turn").count(), 1);
  await openAt(page, first, "Hello");
  assert.equal(await page.inputValue("#message"), `${QUESTION}\nand then?`);
});

test("a new conversation that is made while another is opened does not take its place", async () => {
  const page = await honest.open();
  const address = await conversation(page, "Hello");
  await page.goto(`${honest.url}/#/`);
  await page.locator(".welcome").waitFor();
  const made = await holdBack(page, "**/api/conversations");
  await page.fill("#message", QUESTION);
  await page.keyboard.press("Enter");
  const route = await made();
  await openAt(page, address, "Hello");
  const response = await route.fetch();
  const { id } = (await response.json()) as { id: string };
  await Promise.all([page.waitForResponse(`**/api/conversations/${id}/turns`), route.fulfill({ response })]);
  assert.equal(page.url(), address);
  assert.deepEqual(await page.locator(".bubble").allInnerTexts(), ["Hello"]);
  await openAt(page, `${honest.url}/#/c/${id}`, QUESTION);
  await ended(turnAt(page, 0));
  assert.deepEqual(await page.locator(".bubble").allInnerTexts(), [QUESTION]);
});

test("what is typed while a new conversation is being made stays, and it is made once", async () => {
  const page = await honest.open();
  const made = await holdBack(page, "**/api/conversations");
  await page.fill("#message", QUESTION);
  await page.keyboard.press("Enter");
  const route = await made();
  await page.fill("#message", "and then?");
  await page.keyboard.press("Enter");
  await route.continue();
  await ended(turnAt(page, 0));
  assert.equal(await page.locator(".turn").count(), 1);
  assert.equal(await page.inputValue("#message"), "and then?");
  await page.reload();
  await page.locator(".turn").waitFor();
  assert.equal(await page.inputValue("#message"), "and then?");
  await page.goto(`${honest.url}/#/`);
  await page.locator(".welcome").waitFor();
  assert.equal(await page.inputValue("#message"), "");
});

test("an answer that is asked for again stands in for the old one after a reload too", async () => {
  const page = await slow.open();
  const old = await send(page, QUESTION);
  await ended(old);
  await page.getByRole("button", { name: "Ask again" }).click();
  await turnAt(page, 0).getByText("Writing draft 1").waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Stop" }).waitFor();
  assert.equal(await page.locator(".turn").count(), 1);
  await ended(turnAt(page, 0));
  assert.equal(await page.locator(".turn").count(), 1);
  await page.locator(".mark").first().waitFor();
});

test("Escape belongs to the input method while it composes", async () => {
  const page = await slow.open();
  const turn = await send(page, QUESTION);
  await turn.getByText("Writing draft 1").waitFor();
  await page.locator("#message").dispatchEvent("keydown", { key: "Escape", isComposing: true, bubbles: true });
  await ended(turn);
  await turn.locator(".answer").waitFor();
});

test("a message that is being changed is kept while one looks elsewhere in the conversation", async () => {
  const page = await honest.open();
  await layLongConversation(page);
  await page.goto(`${honest.url}/#/c/${CONVERSATION}?turn=${turnId(100)}`);
  const turn = page.locator(`#turn-${turnId(100)}`);
  await turn.locator(".mark").waitFor();
  await turn.hover();
  await turn.getByRole("button", { name: "Edit and send again" }).click();
  await page.getByLabel("Changed message").fill("What I meant");
  await page.getByRole("button", { name: "To the latest message" }).press("Enter");
  await page.locator(`#turn-${turnId(TURNS - 1)} .mark`).waitFor();
  await page.waitForFunction((id) => (document.getElementById(id)?.getBoundingClientRect().bottom ?? 0) < -2000, `turn-${turnId(100)}`);
  assert.equal(await page.getByLabel("Changed message").inputValue(), "What I meant");
});

test("the sign-in stays until it is answered", async () => {
  allow(/status of 401/);
  const page = await honest.open();
  await page.route("**/api/**", (route) => route.fulfill({ status: 401, json: { error: { code: "token_missing", message: "A token is needed" } } }));
  await page.reload();
  const field = page.locator("dialog:modal input[type=password]");
  await field.waitFor();
  for (let times = 0; times < 4; times += 1) await page.keyboard.press("Escape");
  await field.waitFor();
  await field.fill("a token");
});

test("who forgets the token leaves nothing behind that was written or runs", async () => {
  const page = await slow.open();
  const turn = await send(page, QUESTION);
  await turn.getByText("Writing draft 1").waitFor();
  await page.fill("#message", "half a thought");
  const kept = (): Promise<string[]> => page.evaluate(() => Object.keys(localStorage).filter((key) => /draft|running/.test(key)));
  assert.equal((await kept()).length, 2);
  await page.evaluate(() => sessionStorage.setItem("groundwire.token", "a token"));
  await page.reload();
  await page.getByRole("button", { name: "Settings" }).click();
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Forget the token" }).click()]);
  await page.locator(".turn").waitFor();
  assert.equal(await page.inputValue("#message"), "");
  assert.deepEqual(await kept(), []);
});

test("a conversation that is deleted in one tab leaves another view of the other alone", async () => {
  const page = await honest.open();
  await conversation(page, "Hello");
  const other = await page.context().newPage();
  await other.goto(page.url());
  await ended(turnAt(other, 0));
  await other.locator('.views a[href="#/tools"]').click();
  await other.locator(".view .tool-row").first().waitFor();
  const count = await other.locator(".conversation").count();
  await page.locator(".conversation.current .icon-button").click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.locator(".welcome").waitFor();
  await other.waitForFunction((before) => document.querySelectorAll(".conversation").length === before - 1, count);
  assert.equal(new URL(other.url()).hash, "#/tools");
  await other.locator(".views a").first().click();
  await other.locator(".welcome").waitFor();
});
