// Who reads Norwegian meets no English: none of our own texts, on no view and in no state.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { en } from "../src/text/en.ts";
import type { TextKey } from "../src/text/en.ts";
import { nb } from "../src/text/nb.ts";
import { allow, serve } from "./page.ts";
import type { Served } from "./page.ts";
import { EXPECTED, NORWEGIAN, states } from "./states.ts";

let served: Served;
before(async () => (served = await serve()));
after(() => served.close());

/** Texts of the data, of the model and of tools: what they say is not ours. */
const DATA = ".answer, .tree, .result-table, code, pre, kbd, .bubble, .conversation-title, .draft-text, .description, .clamp, .use, label[lang=en]";

/** What is put into a text: numbers where it counts, else anything. */
const COUNTED = /^\{(n|at|total|status|prompt|completion|calls)\}$/;

/** An English text as a pattern. */
function pattern(text: string): string {
  const parts = text.split(/(\{\w+\})/);
  return parts.map((part) => (COUNTED.test(part) ? "[\\d.,\\s]+" : /^\{\w+\}$/.test(part) ? ".+" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))).join("");
}

const norwegian = new Set<string>(Object.values(nb));
const english = (Object.keys(en) as TextKey[]).filter((key) => en[key] !== nb[key] && !norwegian.has(en[key]));
const patterns = english.map((key) => pattern(en[key]));

/** What is read or heard on the page and stands among the English texts. */
function leftovers(page: Page): Promise<string[]> {
  return page.evaluate(({ patterns, data }) => {
    const texts: string[] = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (!node.parentElement?.closest(`${data}, noscript`)) texts.push(node.textContent ?? "");
    }
    for (const element of document.body.querySelectorAll("[aria-label], [title], [placeholder]")) {
      if (element.matches(data)) continue;
      texts.push(...["aria-label", "title", "placeholder"].map((name) => element.getAttribute(name) ?? ""));
    }
    const wanted = new RegExp(`^(?:${patterns.join("|")})$`);
    return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== "" && wanted.test(text)))];
  }, { patterns, data: DATA });
}

test("no English text is left over in Norwegian", async () => {
  allow(...EXPECTED);
  const page = await served.open({ locale: "nb-NO" });
  assert.equal(await page.locator("html").getAttribute("lang"), "nb");
  for await (const where of states(page, NORWEGIAN)) assert.deepEqual(await leftovers(page), [], where);
});

test("in English the same look finds a lot", async () => {
  const page = await served.open();
  await page.locator(".suggestions button").first().waitFor();
  const found = await leftovers(page);
  for (const key of ["chat.welcome", "chat.welcome_text", "list.new", "nav.tools", "settings.title", "chat.write"] as const) assert.ok(found.includes(en[key]), key);
});

test("the language is changed in the settings and stays", async () => {
  const page = await served.open();
  await page.locator(".brand .icon-button").first().click();
  await page.getByRole("radio", { name: "Norsk" }).check();
  await page.getByRole("heading", { name: nb["settings.title"] }).waitFor();
  await page.reload();
  await page.getByText(nb["chat.welcome"]).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "nb");
});
