// What fits: no view scrolls sideways, at any width and with large text; nothing moves for those
// who want it so; the focus is seen.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { allow, ask, serve } from "./page.ts";
import type { Served } from "./page.ts";
import { ENGLISH, EXPECTED, states } from "./states.ts";

let served: Served;
let slow: Served;
before(async () => {
  served = await serve();
  slow = await serve({ behaviour: "slow" });
});
after(async () => {
  await served.close();
  await slow.close();
});

/** The last is the one at which the states are walked through. */
const WIDTHS = [320, 768, 1280, 1920, 360];
/** What scrolls up and down, and so must not scroll sideways either. */
const COLUMNS = "html, body, .sidebar, .conversation-scroll, .main, .scroller, .view, .panel, .result, .trace, dialog[open], .dialog-body";

/** The boxes that are wider inside than outside. */
function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(async (columns) => {
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const wide = [...document.querySelectorAll(columns)].filter((box) => box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).display !== "inline");
    return wide.map((box) => {
      const edge = box.getBoundingClientRect().right;
      const beyond = [...box.querySelectorAll("*")].filter((inner) => inner.getBoundingClientRect().right > edge + 1).slice(0, 3);
      return `${box.tagName}.${box.className}: ${box.scrollWidth} in ${box.clientWidth}; ${beyond.map((inner) => inner.outerHTML.slice(0, 100)).join(" | ")}`;
    });
  }, COLUMNS);
}

test("nothing scrolls sideways, from 320 to 1920 pixels", async () => {
  allow(...EXPECTED);
  const page = await served.open({ viewport: { width: 360, height: 740 } });
  for await (const where of states(page)) {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 740 });
      assert.deepEqual(await tooWide(page), [], `${where}, ${width} pixels`);
    }
  }
});

test("with text of twice the size everything still fits", async () => {
  allow(...EXPECTED);
  const page = await served.open({ viewport: { width: 1280, height: 900 } });
  const browser = await page.context().newCDPSession(page);
  await browser.send("Page.setFontSizes", { fontSizes: { standard: 32, fixed: 26 } });
  await page.reload();
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize), "32px");
  for await (const where of states(page)) assert.deepEqual(await tooWide(page), [], where);
});

/** How many animations run now. */
const running = (page: Page): Promise<number> => page.evaluate(() => document.getAnimations().filter((one) => one.playState === "running").length);

test("nothing moves for those who want it so", async () => {
  for (const [reducedMotion, moves] of [["reduce", false], ["no-preference", true]] as const) {
    const page = await slow.open({ reducedMotion });
    await page.fill("#message", ENGLISH.cases);
    await page.keyboard.press("Enter");
    await page.locator(".step-line.busy").first().waitFor();
    assert.equal(await running(page) > 0, moves, reducedMotion);
    await page.locator(".composer .stop").click();
    await page.locator(".turn-actions").waitFor();
  }
});

interface Stop { what: string; ring: string; inSight: boolean; covered: boolean }

/** What has the focus, and how that shows. */
function focused(page: Page): Promise<Stop | null> {
  return page.evaluate(async () => {
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(at);
    const { left, right, top, bottom } = at.getBoundingClientRect();
    const inSight = right > 0 && bottom > 0 && left < innerWidth && top < innerHeight;
    // The middle of what is in sight of it.
    const x = (Math.max(left, 0) + Math.min(right, innerWidth)) / 2;
    const y = (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2;
    const over = document.elementFromPoint(x, y);
    const covered = inSight && over !== null && !at.contains(over) && !over.contains(at);
    return { what: at.outerHTML.slice(0, 120), ring: `${outlineStyle} ${outlineWidth} ${outlineColor}`, inSight, covered };
  });
}

async function assertFocusSeen(page: Page, where: string, most: number): Promise<void> {
  const seen = new Set<string>();
  for (let at = 0; at < most; at += 1) {
    await page.keyboard.press("Tab");
    const stop = await focused(page);
    if (!stop) continue;
    seen.add(stop.what);
    assert.match(stop.ring, /^(?!none)\w+ [2-9](\.\d+)?px (?!rgba\(0, 0, 0, 0\))/, `${where}: ${stop.what}`);
    assert.ok(stop.inSight, `${where}, out of sight: ${stop.what}`);
    assert.ok(!stop.covered, `${where}, covered: ${stop.what}`);
  }
  assert.ok(seen.size > 5, `${where}: only ${seen.size} places take the focus`);
}

test("the focus is seen wherever it goes", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await served.open({ colorScheme });
    await ask(page, ENGLISH.cases);
    await assertFocusSeen(page, "answer", 40);
    await page.locator(".mark").nth(1).click();
    await page.locator(".tree-row.active").waitFor();
    await assertFocusSeen(page, "evidence", 25);
    await page.goto(`${served.url}/#/tools/argus__getArgusCaseByID`);
    await page.locator(".tool-page").waitFor();
    await assertFocusSeen(page, "tool", 25);
  }
});
