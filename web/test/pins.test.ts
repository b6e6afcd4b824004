import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pin, ToolList } from "../src/api/types.ts";
import { acceptable, awaiting } from "../src/state/pins.ts";
import { en } from "../src/text/en.ts";
import { nb } from "../src/text/nb.ts";

const pin = (state: string, reason: string | null, hash: string | null = "h"): Pin =>
  ({ state, reason, hash, basis: null, flags: [], changes: [], more_changes: 0 }) as unknown as Pin;

test("tools that are quarantined await approval, whatever the reason", () => {
  const items = [["a", pin("pinned", null)], ["b", pin("quarantined", "changed")], ["c", pin("quarantined", "not_recorded")]].map(([name, of]) => ({ name, pin: of }));
  assert.deepEqual(awaiting({ items } as unknown as ToolList).map(({ name }) => name), ["b", "c"]);
  assert.deepEqual(awaiting(null), []);
});

test("only a definition that was written down can be accepted", () => {
  assert.equal(acceptable(pin("quarantined", "changed")), "h");
  assert.equal(acceptable(pin("quarantined", "hidden_characters")), "h");
  for (const other of [pin("quarantined", "not_recorded"), pin("quarantined", "too_large"), pin("pinned", null), pin("quarantined", "changed", null)]) {
    assert.equal(acceptable(other), null);
  }
});

test("each reason, basis and flag that the gateway names has its words in both languages", () => {
  const named = ["changed", "hidden_characters", "not_recorded", "too_large", "basis_embedded", "basis_first_sight", "basis_accepted", "flag_hidden_characters", "flag_instructions"];
  for (const texts of [en, nb] as Record<string, string>[]) {
    for (const name of named) assert.ok(texts[`pins.${name}`], name);
  }
});
