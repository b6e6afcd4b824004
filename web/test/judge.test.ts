import assert from "node:assert/strict";
import { test } from "node:test";
import type { WholeTurn } from "../src/api/types.ts";
import { judgementsOf } from "../src/panel/judge.ts";

const turn = (...answers: unknown[]) => ({ exchanges: answers.map((answer) => ({ step: "judge", role: "judge", prompt_digest: "d", duration_ms: 1, ...(answer as object) })) }) as unknown as WholeTurn;
const said = (content: unknown) => ({ answer: { content: typeof content === "string" ? content : JSON.stringify(content) } });

test("what speaks against a draft stands once for each reason, with its claims", () => {
  const claims = [{ claim: 0, supported: true }, { claim: 1, supported: false, reason: "of another case" }, { claim: 4, supported: false, reason: "of another case" }];
  const [judgement] = judgementsOf(turn(said({ claims, latest_call_stated: false, invented: false, errors_reported: true, problems: ["too vague"] })));
  assert.deepEqual(judgement?.against, [{ reason: "of another case", claims: [1, 4] }]);
  assert.equal(judgement?.supported, 1);
  assert.deepEqual(judgement?.problems, ["too vague"]);
  assert.deepEqual(judgement?.flags, [["latest_call_stated", false], ["invented", true], ["errors_reported", true]]);
});

test("an answer that is none is shown as it came, a failed call by its error", () => {
  const [nonsense, failed, silent] = judgementsOf(turn(said("I like it."), { answer: null, error: "model_timeout" }, said("[]")));
  assert.equal(nonsense?.raw, "I like it.");
  assert.equal(failed?.raw, "model_timeout");
  assert.equal(silent?.raw, "[]");
});
