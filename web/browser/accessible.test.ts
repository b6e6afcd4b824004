// axe finds nothing on any view, in any state, in both themes and on a phone.
import { after, before, test } from "node:test";
import type { BrowserContextOptions, Page } from "playwright-core";
import { allow, ask, assertAccessible, serve } from "./page.ts";
import type { Served } from "./page.ts";
import { ENGLISH, EXPECTED, states } from "./states.ts";

let honest: Served;
let fabricating: Served;
let confirming: Served;
before(async () => {
  [honest, fabricating, confirming] = await Promise.all([serve(), serve({ behaviour: "fabricates" }), serve({ confirm: ["executeSearchArgusCase"] })]);
});
after(() => Promise.all([honest.close(), fabricating.close(), confirming.close()]));

type Theme = "light" | "dark";

const LOOKS: [string, BrowserContextOptions, Theme[]][] = [
  ["light and dark", {}, ["light", "dark"]],
  ["a phone", { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }, ["light"]],
];

/** A state is reached once and looked at in each theme. */
async function assertIn(themes: Theme[], page: Page, where: string): Promise<void> {
  for (const colorScheme of themes) {
    await page.emulateMedia({ colorScheme });
    await assertAccessible(page, `${where}, ${colorScheme}`);
  }
}

for (const [name, options, themes] of LOOKS) {
  test(`every state is accessible: ${name}`, async () => {
    allow(...EXPECTED);
    const page = await honest.open(options);
    for await (const where of states(page)) await assertIn(themes, page, where);
  });

  test(`what was stopped is accessible: ${name}`, async () => {
    const page = await fabricating.open(options);
    await ask(page, ENGLISH.cases);
    await page.locator(".stopped > summary").click();
    await assertIn(themes, page, "stopped statements");
    await page.locator(".verdict").click();
    await page.locator(".trace").waitFor();
    await page.locator(".trace").evaluate((trace) => { for (const fold of trace.querySelectorAll("details")) fold.open = true; });
    await assertIn(themes, page, "the trace of stopped statements");
  });

  test(`a confirmation is accessible: ${name}`, async () => {
    const page = await confirming.open(options);
    await ask(page, ENGLISH.cases);
    await page.locator(".confirmation .button.primary").waitFor();
    await assertIn(themes, page, "confirmation");
    await page.locator(".confirmation .button.primary").click();
    await page.locator(".turn").nth(1).locator(".turn-actions").waitFor();
    await page.locator(".confirmation .answered").waitFor();
    await assertIn(themes, page, "confirmed");
  });
}
