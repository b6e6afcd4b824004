import assert from "node:assert/strict";
import { test } from "node:test";
import { turnEvent } from "../src/api/events.ts";
import type { TurnEvent } from "../src/api/events.ts";
import { callsOf, newTurn, withEvent } from "../src/state/turn.ts";

const finished = { outcome: "ok", duration_ms: 12, observed_at: "2026-02-09T08:15:30.000Z", rows: 4, total: 4, digest: "d", supersedes: ["r0"], error: null };
const STORY: [string, unknown][] = [
  ["turn.started", { turn_id: "t1", conversation_id: "c1", message: "Show me the cases" }],
  ["turn.routed", { decision: "call_tool", rule: "operational_data", decided_by: "rule", tools: ["argus__search"], reason: "why" }],
  ["tool.requested", { call_id: "k1", server: "argus", tool: "search", arguments: {}, made_by: "model", attempt: 1 }],
  ["tool.progress", { call_id: "k1", progress: 1, total: 2, message: null }],
  ["tool.finished", { call_id: "k1", result_id: "r1", ...finished }],
  ["draft.started", { attempt: 1 }],
  ["draft.finished", { attempt: 1 }],
  ["check.finished", { verdict: "supported", claims: 1, violations: [] }],
  ["answer.text", { text: "Four " }],
  ["answer.text", { text: "cases." }],
  ["answer.finished", { outcome: "answered", text: "Four cases.", basis: [], citations: [], verdict: "grounded", usage: { prompt_tokens: 1, completion_tokens: 1, model_calls: 1 }, stopped: [] }],
];
const events: TurnEvent[] = STORY.map(([name, data], at) => turnEvent(at + 1, name, data) as TurnEvent);
const told = (some: TurnEvent[]) => some.reduce(withEvent, newTurn("", "…", "sending"));

test("a turn is what its events tell", () => {
  const turn = told(events);
  assert.equal(turn.phase, "finished");
  assert.equal(turn.id, "t1");
  assert.equal(turn.text, "Four cases.");
  assert.deepEqual(turn.steps.map((step) => step.kind), ["route", "call", "draft", "check"]);
  assert.equal(callsOf(turn)[0]?.finished?.result_id, "r1");
});

test("events that come twice after a broken connection change nothing", () => {
  const cut = events.slice(0, 9);
  assert.deepEqual([...events.slice(4)].reduce(withEvent, told(cut)), told(events));
});

test("text shows as it is released", () => {
  assert.equal(told(events.slice(0, 9)).text, "Four ");
});

test("a stored turn takes its text from its events", () => {
  const stored = newTurn("t1", "Show me the cases", "stored", "Four cases.");
  assert.equal(events.reduce(withEvent, stored).text, "Four cases.");
});

test("events of names that are not known are passed over", () => {
  assert.equal(turnEvent(1, "something.new", {}), null);
});
