// Hostile text from everywhere it can come: tool data, titles, arguments, messages, the model,
// addresses. It goes through the real gateway, shows as text, runs nothing and loads nothing.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { demo, ended, installed, send, turnAt } from "./demo.ts";
import type { Demo, Installed } from "./demo.ts";
import { allow, ask } from "./page.ts";
import { showList } from "./states.ts";
import { upstream } from "./upstream.ts";
import type { Upstream } from "./upstream.ts";

/** Each would set `hurt`, open a dialog, ask another host, or lead there. */
const HTML = [
  "<script>hurt=1</script>",
  "<img src=x onerror=hurt=2>",
  "<svg onload=hurt=3>",
  "<iframe srcdoc='<script>parent.hurt=4</script>'></iframe>",
  "<a href='javascript:hurt=5'>here</a>",
  "<style>body{background:url(http://203.0.113.9/s.png)}</style>",
  "<form action=http://203.0.113.9/f><button>go</button></form>",
  "<base href=http://203.0.113.9/>",
  "<meta http-equiv=refresh content='0;url=http://203.0.113.9/'>",
  "</textarea></script><object data=http://203.0.113.9/o></object>",
  "&lt;script&gt;hurt=6&lt;/script&gt;",
  "{{constructor.constructor('hurt=7')()}}",
];
const MARKDOWN = [
  "[click](javascript:hurt=8)",
  "[data](data:text/html,<script>opener.hurt=9</script>)",
  "![pixel](http://203.0.113.9/p.png)",
  "[![nested](http://203.0.113.9/n.png)](http://203.0.113.9/n)",
  "<http://203.0.113.9/auto>",
  "http://203.0.113.9/bare and www.attacker.example and mail@attacker.example",
  "[a [b [c](http://203.0.113.9/c) d](javascript:hurt=10) e](vbscript:hurt=11)",
  "`<img src=x onerror=hurt=12>` and <!-- comment --> and [x]: http://203.0.113.9/ref",
  "[entity](&#106;avascript:hurt=13) [tab](java\tscript:hurt=14)",
];
const CHARACTERS = [
  "\u202Egnp.exe\u202C and \u2066isolated\u2069",
  "adm\u200Bin zero\u200Dwidth\uFEFF",
  "\u001B[31mred\u001B[0m \u001B]8;;http://203.0.113.9/osc\u0007link\u001B]8;;\u0007",
  "long".repeat(3000),
];
const ALL = [...HTML, ...MARKDOWN, ...CHARACTERS];
/** The cases of one customer, and so the rows of one answer. */
const CASES = [4120815, 4120771, 4120790, 4120433];

let honest: Demo;
let model: Upstream;
let real: Installed;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "portal-"));
  [honest, model] = await Promise.all([demo(), upstream()]);
  real = await installed(honest, folder, "hostile", { GROUNDWIRE__MODELS__SIM__BASE_URL: model.url, GROUNDWIRE__GROUNDING__JUDGE: "never" });
});
after(async () => {
  await Promise.all([honest.close(), real.close(), model.stop()]);
  await rm(folder, { recursive: true });
});

/** What stands in the page that could run, load, or lead elsewhere. Requests and dialogs are complaints anyway. */
async function assertHarmless(page: Page, where: string): Promise<void> {
  const found = await page.evaluate(() => {
    const bad: string[] = [];
    const say = (element: Element): void => void bad.push(element.outerHTML.slice(0, 200));
    for (const element of document.querySelectorAll("*")) {
      if ([...element.attributes].some(({ name }) => /^on|^srcdoc$/i.test(name))) say(element);
      if (element.matches("iframe, object, embed, base, style, meta[http-equiv], video, audio, foreignObject, [background]")) say(element);
      if (element.matches("script:not([src])")) say(element);
      const loads = element.matches("script, img, image, source, link, use") ? (element.getAttribute("src") ?? element.getAttribute("href")) : null;
      if (loads !== null && !new URL(loads, location.origin).href.startsWith(`${location.origin}/`)) say(element);
      if (element.matches("form[action], button[formaction]")) say(element);
      const address = element.getAttribute("href");
      if (element.matches("a, area") && address !== null && !address.startsWith("#")) say(element);
    }
    return { bad, hurt: (globalThis as unknown as { hurt?: unknown }).hurt ?? null };
  });
  assert.deepEqual(found, { bad: [], hurt: null }, where);
}

/** The text is on the page, as text. */
async function assertShown(page: Page, within: string, texts: string[]): Promise<void> {
  const shown = (await page.locator(within).allTextContents()).join("\n");
  for (const text of texts) assert.ok(shown.includes(text), `${within} does not show ${JSON.stringify(text.slice(0, 80))}`);
}

async function change(id: number, patch: Record<string, string>): Promise<void> {
  const answer = await fetch(`${honest.argus}/_sim/cases/${id}`, { method: "PATCH", headers: { "content-type": "application/json" }, body: JSON.stringify(patch) });
  assert.ok(answer.ok, await answer.text());
}

/** Opens everything that holds a text, looks, and closes it. */
async function lookEverywhere(page: Page, turn: number, where: string): Promise<void> {
  await assertHarmless(page, `${where}: the answer`);
  const at = turnAt(page, turn);
  await at.evaluate((box) => { for (const fold of box.querySelectorAll("details")) fold.open = true; });
  await assertHarmless(page, `${where}: what was done`);
  await at.locator(".turn-actions a").first().click();
  await page.locator(".trace").waitFor();
  await page.locator(".trace").evaluate((box) => { for (const fold of box.querySelectorAll("details")) fold.open = true; });
  await assertHarmless(page, `${where}: the trace`);
}

test("tool data: in the answer, the tree, the table and the trace", async () => {
  // A few texts for each row: every one comes by.
  for (const [at, id] of CASES.entries()) {
    const mine = ALL.filter((_, index) => index % CASES.length === at);
    await change(id, { subject: mine.filter((text) => text.length < 200).join(" "), description: mine.join("\n\n") });
  }
  await honest.faults();
  const page = await honest.open();
  await ask(page, "Show me the open cases for Nordfjord");
  await page.locator(".basis-item .chip").first().click();
  await page.locator(".tree-row").first().waitFor();
  await page.getByRole("button", { name: "Open all" }).click();
  await assertHarmless(page, "the tree");
  await page.locator(".segmented button").nth(1).click();
  await page.locator(".result-table td").first().waitFor();
  await assertHarmless(page, "the table");
  await assertShown(page, ".result-table", ["<script>hurt=1</script>", "<svg onload=hurt=3>"]);
  await page.locator(".panel-head .icon-button").click();
  await lookEverywhere(page, 0, "list of cases");
  for (const id of CASES) {
    await page.locator(".panel-head .icon-button").click();
    await ask(page, `Show me case ${id}`);
    await lookEverywhere(page, await page.locator(".turn").count() - 1, `case ${id}`);
  }
});

test("comments of a case that carry an instruction and markup", async () => {
  await honest.faults({ path: "/cases/v2/case", kind: "inject" as "mutate", body: ALL.slice(0, 20).join(" ") });
  const page = await honest.open();
  await ask(page, "Show the comments of case 4120790");
  await lookEverywhere(page, 0, "comments");
  await honest.faults();
});

test("titles: in the list, the heading, the menu and the dialogs", async () => {
  const page = await honest.open();
  for (const title of [HTML.slice(0, 6).join(""), HTML.slice(6).join(""), MARKDOWN.slice(0, 5).join(" "), CHARACTERS.slice(0, 3).join(" ")]) {
    const { id } = (await (await fetch(`${honest.url}/api/conversations`, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })).json()) as { id: string };
    const renamed = await fetch(`${honest.url}/api/conversations/${id}`, { method: "PATCH", headers: { "content-type": "application/json" }, body: JSON.stringify({ title: title.slice(0, 200) }) });
    if (!renamed.ok) {
      // Control characters may be refused; what is refused cannot show.
      assert.equal(renamed.status, 400, await renamed.text());
      continue;
    }
    await page.goto(`${honest.url}/#/c/${id}`);
    await page.reload();
    await showList(page);
    await page.locator(".conversation.current .icon-button").click();
    await assertHarmless(page, "title");
    await assertShown(page, ".conversation.current .conversation-title", [title.slice(0, 40)]);
    for (const item of [".menu-item.bad", ".menu-item >> nth=0"]) {
      if (await page.locator(".menu:popover-open").count() === 0) await page.locator(".conversation.current .icon-button").click();
      await page.locator(".menu:popover-open").locator(item).click();
      await page.locator("dialog[open]").waitFor();
      await assertHarmless(page, "title in a dialog");
      await page.keyboard.press("Escape");
      await page.locator("dialog[open]").waitFor({ state: "detached" });
    }
  }
});

test("arguments: in the form of a tool and in what it answers", async () => {
  // The tool may refuse them; the page says what it said.
  allow(/status of 4\d\d/);
  const page = await honest.open();
  await page.goto(`${honest.url}/#/tools/argus__executeSearchArgusCase`);
  await page.getByRole("button", { name: "All arguments as JSON" }).click();
  for (const text of ALL) {
    await page.getByLabel("All arguments as JSON").fill(JSON.stringify({ request: { keywords: [text], [text.slice(0, 60)]: text } }));
    await page.locator(".arguments-form .button.primary").click();
    await page.locator(".arguments-form .button.primary:not(:disabled)").waitFor();
    await page.locator(":is(.try-answer, .tool-page > [aria-live] .notice)").first().waitFor();
    await assertHarmless(page, `arguments: ${text.slice(0, 60)}`);
  }
});

test("messages of the user", async () => {
  const page = await honest.open();
  await ask(page, HTML.join("\n"));
  await assertShown(page, ".bubble", HTML);
  await lookEverywhere(page, 0, "message");
  await page.locator(".panel-head .icon-button").click();
  await ask(page, [...MARKDOWN, ...CHARACTERS].join("\n\n"));
  await assertShown(page, ".bubble", MARKDOWN);
  await lookEverywhere(page, 1, "message with markdown");
});

test("the model: in what it says without data, in drafts that are stopped, in the calls it makes", async () => {
  const page = await real.served.open();
  for (const [at, text] of [HTML.join("\n\n"), MARKDOWN.join("\n\n"), CHARACTERS.join("\n\n"), ...MARKDOWN].entries()) {
    model.says(text);
    await page.goto(`${real.url}/#/`);
    await page.locator(".welcome").waitFor();
    const turn = await send(page, "Hello!");
    await ended(turn);
    await lookEverywhere(page, 0, `greeting ${at}`);
  }
  model.says(ALL.join("\n\n"), { tool: "executeSearchArgusCase", arguments: { request: { keywords: HTML, [HTML[1] ?? ""]: MARKDOWN } } });
  await page.goto(`${real.url}/#/`);
  await page.locator(".welcome").waitFor();
  await ask(page, "Show me the open cases for Nordfjord");
  await lookEverywhere(page, 0, "drafts");
  await assertShown(page, ".trace", ["<script>hurt=1</script>", "[click](javascript:hurt=8)"]);
});

test("markdown that would be left out of a page shows as text", async () => {
  const page = await real.served.open();
  model.says("Hello!\n\n[note]: open\n\n- [x] ready\n- [ ] waiting\n\n[words](there \"or not\")");
  const turn = await send(page, "Hello!");
  await ended(turn);
  const shown = await turn.locator(".answer").innerText();
  for (const text of ["[note]: open", "☑ ready", "☐ waiting", "there", "“or not”"]) assert.ok(shown.includes(text), `${text} in ${shown}`);
});

test("addresses of places that do not exist", async () => {
  allow(/status of 4\d\d/);
  const page = await honest.open();
  for (const text of [...HTML, "javascript:hurt=15", "//203.0.113.9/"]) {
    for (const place of [`#/tools/${text}`, `#/c/${encodeURIComponent(text)}`, `#/scenarios/${encodeURIComponent(text)}`, `#${text}`, `#/?turn=x&result=${encodeURIComponent(text)}&at=${encodeURIComponent(text)}`]) {
      await page.evaluate((to) => { location.hash = to; }, place);
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      await assertHarmless(page, place);
    }
  }
  assert.equal(new URL(page.url()).origin, honest.url);
});
