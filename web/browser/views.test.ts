// The other views.
import { after, before, test } from "node:test";
import { allow, assertAccessible, serve } from "./page.ts";
import type { Served } from "./page.ts";

let served: Served;
before(async () => (served = await serve()));
after(() => served.close());

for (const view of ["tools", "tools/argus__getArgusCaseByID", "models", "scenarios", "tokens"]) {
  test(`the view ${view} is accessible`, async () => {
    // A gateway that lacks a route answers 404, and the view says so.
    allow(/status of 404/);
    const page = await served.open();
    await page.goto(`${served.url}/#/${view}`);
    await page.locator(".view h1").waitFor();
    await page.waitForLoadState("networkidle");
    await assertAccessible(page, view);
  });
}
