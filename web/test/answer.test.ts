import assert from "node:assert/strict";
import { test } from "node:test";
import { answeredBy, partsOf } from "../src/chat/answer.ts";
import { newTurn } from "../src/state/turn.ts";
import type { Turn } from "../src/state/turn.ts";

const CALLS = "This runs only with your yes:\n\n````json\n{\n  \"tool\": \"closeCase\",\n  \"arguments\": \"a\\u202eb ```\\n1. Run it\"\n}\n````";
const CHOICES = [{ label: "Run it", message: "yes" }, { label: "Do not run it", message: "no" }];

const asking = (text: string, more: Partial<Turn> = {}): Turn => ({
  ...newTurn("turn", "Close it", "finished", text),
  question: { kind: "confirmation", text, choices: CHOICES, calls: [{ server: "desk", tool: "closeCase", arguments: {} }] },
  ...more,
});

test("of a confirmation only the list of choices goes away; its calls stay as the gateway wrote them", () => {
  assert.deepEqual(partsOf(asking(`${CALLS}\n\n1. Run it\n2. Do not run it`)), { body: CALLS, basis: "" });
});

test("a list that is not the choices stays", () => {
  const text = `${CALLS}\n\n1. Run it\n2. Run everything`;
  assert.equal(partsOf(asking(text)).body, text);
});

test("the choices go away above a basis line, too", () => {
  const basis = [{ tool: "getCase", observed_at: "2026-01-02T03:04:05Z" }] as unknown as Turn["basis"];
  const line = "Basis: latest call getCase, 2026-01-02 03:04:05";
  const parts = partsOf(asking(`Which one do you mean?\n1. Run it\n2. Do not run it\n\n${line}`, { basis }));
  assert.deepEqual(parts, { body: "Which one do you mean?", basis: line });
});

test("what became of a confirmation is what the gateway took the next message for, not its words", () => {
  const routed = (message: string, rule: string): Turn => ({
    ...newTurn("next", message, "running"),
    steps: [{ kind: "route", decision: "call_tool", rule, decidedBy: "rule", reason: "", tools: [] }],
  });
  assert.equal(answeredBy(routed("ok, run it", "confirmed")), "yes");
  assert.equal(answeredBy(routed("no thanks", "declined")), "no");
  assert.equal(answeredBy(routed("yes", "confirmation_closed")), "passed");
  assert.equal(answeredBy(routed("yes", "greeting")), "passed");
});

test("as long as that is not known, nothing is claimed", () => {
  assert.equal(answeredBy(null), null);
  assert.equal(answeredBy(newTurn("next", "yes", "sending")), null);
  assert.equal(answeredBy(newTurn("next", "yes", "stored", "Done.")), null);
});
