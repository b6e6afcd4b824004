// Every view and state of the portal, one after the other, in whatever language and at whatever
// width: what holds everywhere is tested by going through them.
import type { Page } from "playwright-core";
import { ask } from "./page.ts";

export interface Words {
  cases: string;
  vague: string;
}

export const ENGLISH: Words = { cases: "Show me the open cases for Nordfjord", vague: "Show me the case" };
export const NORWEGIAN: Words = { cases: "Vis åpne saker for Havbris", vague: "Vis saken" };

/** A tool whose form needs an argument, and one that answers without any. */
const TOOL = "argus__getArgusCaseByID";
const UNKNOWN = "01a20115-4eb4-77bc-9d8b-00000000dead";

/** What the page complains of on the way: routes that refuse on purpose. */
export const EXPECTED = [/status of 404/, /status of 401/, /status of 503/, /ERR_INTERNET_DISCONNECTED/];

/** Opens the menu where the list does not stand beside the view. */
export async function showList(page: Page): Promise<void> {
  if (await page.locator(".sidebar").count() === 0) await page.locator(".main-head .icon-button").first().click();
  await page.locator(".sidebar").waitFor();
}

async function closePanel(page: Page): Promise<void> {
  await page.locator(".panel-head .icon-button").click();
  await page.locator(".panel").waitFor({ state: "detached" });
}

/** Unfolds everything that can be unfolded. */
async function unfold(page: Page, within: string): Promise<void> {
  await page.locator(within).evaluateAll((boxes) => {
    for (const box of boxes) for (const fold of box.querySelectorAll("details")) fold.open = true;
  });
}

/** Goes to a view and waits for its data, or for the words that there is none. */
async function view(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => { location.hash = to; }, hash);
  await page.locator(".view h1").waitFor();
  // Whatever a view is made of, it comes after the words that it is being loaded.
  await page.locator(".view-inner > :nth-child(3):not(.quiet)").first().waitFor();
}

async function* answers(page: Page, words: Words): AsyncGenerator<string> {
  await page.locator("#message").waitFor();
  await page.locator(".suggestions").waitFor();
  yield "welcome";
  await ask(page, words.cases);
  yield "an answer";
  await unfold(page, ".turn");
  yield "an answer with what was done";
  await page.locator(".mark").nth(1).click();
  await page.locator(".tree-row.active").waitFor();
  yield "evidence in the tree";
  await unfold(page, ".panel");
  await page.locator(".segmented button").nth(1).click();
  await page.locator(".result-table td").first().waitFor();
  yield "evidence in the table";
  await closePanel(page);
  await page.locator(".verdict").first().click();
  await page.locator(".trace").waitFor();
  yield "how it was answered";
  await unfold(page, ".trace");
  yield "how it was answered, unfolded";
  await closePanel(page);
  await ask(page, words.vague);
  await page.locator(".choices").waitFor();
  yield "choices";
  await page.locator(".user-message .icon-button").last().click();
  await page.locator(".edit-message").waitFor();
  yield "a message that is changed";
  await page.keyboard.press("Escape");
}

async function* dialogs(page: Page): AsyncGenerator<string> {
  await showList(page);
  yield "the list";
  await page.locator(".conversation.current .icon-button").click();
  yield "the menu of a conversation";
  await page.locator(".menu:popover-open .menu-item").first().click();
  await page.locator("dialog[open]").waitFor();
  yield "the dialog to rename";
  await page.keyboard.press("Escape");
  await page.locator(".conversation.current .icon-button").click();
  await page.locator(".menu:popover-open .menu-item.bad").click();
  await page.locator("dialog[open]").waitFor();
  yield "the dialog to delete";
  await page.keyboard.press("Escape");
  await page.locator(".brand .icon-button").first().click();
  await page.locator("dialog[open]").waitFor();
  yield "settings";
  await page.keyboard.press("Escape");
  await page.locator("dialog[open]").waitFor({ state: "detached" });
}

async function* views(page: Page): AsyncGenerator<string> {
  // By its link, as people go there; on a phone this closes the list.
  await showList(page);
  await page.locator('.views a[href="#/tools"]').click();
  await page.locator(".view .tool-row").first().waitFor();
  yield "tools";
  await view(page, `#/tools/${TOOL}`);
  await unfold(page, ".view");
  yield "a tool";
  await page.locator(".arguments-form .button.primary").click();
  await page.locator(".arguments-form .notice.bad").first().waitFor();
  yield "a tool called without an argument that it needs";
  await page.locator(".arguments-form input").first().fill("4120790");
  await page.locator(".arguments-form .button.primary").click();
  await page.locator(".try-answer").waitFor();
  yield "a tool with its answer";
  await view(page, "#/models");
  await page.locator(".card .button").first().click();
  await page.locator(".findings").waitFor();
  yield "models, one of them probed";
  yield* scenarios(page);
  yield* tokens(page);
}

async function* scenarios(page: Page): AsyncGenerator<string> {
  await view(page, "#/scenarios");
  yield "scenarios";
  await page.locator(".scenario .button").first().click();
  await page.locator(".view h1 .badge-good").waitFor({ timeout: 60_000 });
  yield "a scenario that ran";
  await page.locator(".ran-turn .text-button").first().click();
  await page.locator(".trace").waitFor();
  yield "the trace of a scenario";
  await closePanel(page);
  await view(page, "#/scenarios");
  await page.locator(".earlier-runs").waitFor();
  await unfold(page, ".view");
  yield "scenarios and earlier runs";
}

async function* tokens(page: Page): AsyncGenerator<string> {
  await view(page, "#/tokens");
  yield "tokens";
  await page.locator(".inline-form input").fill("Reporting");
  await page.locator(".inline-form .button").click();
  await page.locator(".view table").waitFor();
  yield "a new token";
  await page.locator(".view table .text-button").last().click();
  await page.locator("dialog[open]").waitFor();
  yield "the dialog to revoke";
  await page.locator("dialog[open] .button.danger").click();
  await page.locator("dialog[open]").waitFor({ state: "detached" });
}

async function* problems(page: Page): AsyncGenerator<string> {
  await page.evaluate((id) => { location.hash = `#/c/${id}`; }, UNKNOWN);
  await page.locator(".notice.bad").first().waitFor();
  yield "a conversation that does not exist";
  await view(page, "#/tools/nobody__nothing");
  yield "a tool that does not exist";
  await page.route("**/api/models", (route) => route.fulfill({ status: 503, json: { error: { code: "store_unavailable", message: "The store cannot be reached" } } }));
  await view(page, "#/models");
  await page.locator(".view .notice.bad").waitFor();
  yield "a view that could not be loaded";
  await page.evaluate(() => { location.hash = "#/"; });
  await page.locator("#message").waitFor();
  await page.context().setOffline(true);
  await page.fill("#message", "?");
  await page.keyboard.press("Enter");
  await page.locator(".toast.bad").waitFor();
  yield "a message that could not be sent";
  await page.context().setOffline(false);
  await page.route("**/api/**", (route) => route.fulfill({ status: 401, json: { error: { code: "token_missing", message: "A token is needed" } } }));
  await page.reload();
  await page.locator("dialog[open] input[type=password]").waitFor();
  yield "signing in";
  await page.unrouteAll();
}

/** All of them, on a page that was just opened; each is named when it is reached. */
export async function* states(page: Page, words: Words = ENGLISH): AsyncGenerator<string> {
  yield* answers(page, words);
  yield* dialogs(page);
  yield* views(page);
  yield* problems(page);
}
