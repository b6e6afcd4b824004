// What the browser is told to refuse: the content-security policy on everything that the
// gateway serves to the portal, no inline code, and nothing from elsewhere.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Response } from "playwright-core";
import { allow, serve } from "./page.ts";
import type { Served } from "./page.ts";
import { EXPECTED, states } from "./states.ts";

let served: Served;
before(async () => (served = await serve()));
after(() => served.close());

test("every file comes under the policy, and only files of the gateway come", async () => {
  allow(...EXPECTED);
  const page = await served.open();
  const answers: Response[] = [];
  page.on("response", (response) => answers.push(response));
  await page.reload();
  for await (const _ of states(page)) { /* All of them; requests to other origins are complaints. */ }
  const paths = new Set<string>();
  for (const answer of answers) {
    const { pathname, origin, protocol } = new URL(answer.url());
    if (protocol === "blob:") continue;
    assert.equal(origin, served.url);
    const headers = await answer.allHeaders();
    const type = headers["content-type"] ?? "";
    const isApi = pathname.startsWith("/api/") || pathname === "/openapi.json";
    if (isApi) {
      assert.doesNotMatch(type, /html|javascript|svg|xml/, `${pathname} is data`);
      continue;
    }
    paths.add(pathname);
    const policy = headers["content-security-policy"] ?? "";
    assert.match(policy, /^default-src 'none';/, pathname);
    assert.match(policy, /require-trusted-types-for 'script'/, pathname);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/, pathname);
    assert.equal(headers["x-content-type-options"], "nosniff", pathname);
    assert.equal(headers["referrer-policy"], "no-referrer", pathname);
  }
  assert.ok(paths.has("/") && paths.size > 5, [...paths].join(" "));
});

test("the page holds no inline code and loads its parts from itself", async () => {
  const html = await (await fetch(served.url)).text();
  assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|javascript:/i);
  for (const [tag, content] of [...html.matchAll(/<script[^>]*>([^<]*)/g)].map((found) => [found[0], found[1]] as const)) {
    assert.match(tag, /src="\/assets\//);
    assert.equal(content?.trim(), "");
  }
  for (const [, address] of html.matchAll(/(?:src|href)="([^"]*)"/g)) assert.match(address ?? "", /^\/[^/]/);
});

test("the policy is in force: what breaks it does not run", async () => {
  allow(/Content Security Policy|TrustedHTML|Trusted Type|requires 'Trusted/i, /^request to another origin: http:\/\/127\.0\.0\.1:9\//);
  const page = await served.open();
  const outcome = await page.evaluate(async () => {
    const broken: string[] = [];
    document.addEventListener("securitypolicyviolation", (event) => broken.push(event.effectiveDirective));
    const script = document.createElement("script");
    let refused = "";
    try {
      script.textContent = "globalThis.hurt = 1";
    } catch (error) {
      refused = String(error);
    }
    document.body.append(script);
    const button = document.createElement("button");
    try {
      button.setAttribute("onclick", "globalThis.hurt = 2");
      button.click();
      document.body.innerHTML += "<img src=x onerror='globalThis.hurt = 3'>";
    } catch { /* Refused, as it should be. */ }
    const image = new Image();
    const loaded = new Promise((resolve) => { image.onload = () => resolve(true); image.onerror = () => resolve(false); });
    image.src = "http://127.0.0.1:9/pixel.png";
    return { refused, loaded: await loaded, hurt: (globalThis as unknown as { hurt?: number }).hurt, broken };
  });
  assert.match(outcome.refused, /TrustedScript|Trusted Type/);
  assert.equal(outcome.loaded, false);
  assert.equal(outcome.hurt, undefined);
  assert.ok(outcome.broken.includes("img-src"), outcome.broken.join(" "));
});
