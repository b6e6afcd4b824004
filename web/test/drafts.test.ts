import assert from "node:assert/strict";
import { test } from "node:test";
import { partsOf } from "../src/panel/drafts.ts";

const stop = (text: string) => ({ text, code: "invented_value", reason: "" });
const cut = (text: string, stopped: string[]) => partsOf({ step: "draft", text, stopped: stopped.map(stop) }).map((part) => (part.stopped ? `[${part.text}]` : part.text));

test("stopped statements are found in the order of their places", () => {
  assert.deepEqual(cut("There are 5 cases: 4999317 and 5.", ["5", "4999317", "5"]), ["There are ", "[5]", " cases: ", "[4999317]", " and ", "[5]", "."]);
});

test("what cannot be found leaves the draft as it is", () => {
  assert.deepEqual(cut("One case.", ["two", ""]), ["One case."]);
});
