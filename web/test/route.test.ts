import assert from "node:assert/strict";
import { test } from "node:test";
import type { Place } from "../src/state/route.ts";

Object.assign(globalThis, { location: { hash: "" }, addEventListener: () => undefined });
const { parsePlace, placeHref } = await import("../src/state/route.ts");

const PLACES: Partial<Place>[] = [
  { view: "chat", id: "c1" },
  { view: "chat", id: "c1", turn: "t1" },
  { view: "chat", id: "c1", panel: { kind: "trace", turn: "t1" } },
  { view: "chat", id: "c1", panel: { kind: "result", turn: "t1", result: "r1", pointer: "/data/0/a~1b c" } },
  { view: "chat", id: "c1", panel: { kind: "result", turn: "t1", result: "r1", pointer: "" } },
  { view: "tools", id: "argus__get" },
  { view: "scenarios", id: "run 1/2" },
  { view: "scenarios", id: "r1", panel: { kind: "run", run: "r1", index: 3 } },
];

test("each place is an address that leads back to it", () => {
  for (const place of PLACES) {
    const read = parsePlace(placeHref(place));
    assert.deepEqual([read.view, read.id, read.panel], [place.view, place.id, place.panel ?? null], placeHref(place));
  }
});

test("addresses that say nothing known lead to a new conversation", () => {
  for (const hash of ["", "#/", "#/nowhere/x", "#/c/%E0%A4%A", "#/scenarios/r1?show=-1"]) assert.equal(parsePlace(hash).panel, null, hash);
  assert.equal(parsePlace("#/nowhere").view, "chat");
});
