// axe finds nothing on any view, in any state, in both themes and on a phone.
import { after, before, test } from "node:test";
import type { BrowserContextOptions } from "playwright-core";
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

const LOOKS: [string, BrowserContextOptions][] = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["a phone", { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }],
];

for (const [name, options] of LOOKS) {
  test(`every state is accessible: ${name}`, async () => {
    allow(...EXPECTED);
    const page = await honest.open(options);
    for await (const where of states(page)) await assertAccessible(page, where);
  });

  test(`what was stopped is accessible: ${name}`, async () => {
    const page = await fabricating.open(options);
    await ask(page, ENGLISH.cases);
    await page.locator(".stopped > summary").click();
    await assertAccessible(page, "stopped statements");
    await page.locator(".verdict").click();
    await page.locator(".trace").waitFor();
    await page.locator(".trace").evaluate((trace) => { for (const fold of trace.querySelectorAll("details")) fold.open = true; });
    await assertAccessible(page, "the trace of stopped statements");
  });

  test(`a confirmation is accessible: ${name}`, async () => {
    const page = await confirming.open(options);
    await ask(page, ENGLISH.cases);
    await page.locator(".confirmation .button.primary").waitFor();
    await assertAccessible(page, "confirmation");
    await page.locator(".confirmation .button.primary").click();
    await page.locator(".turn").nth(1).locator(".turn-actions").waitFor();
    await page.locator(".confirmation .answered").waitFor();
    await assertAccessible(page, "confirmed");
  });
}
