// Splits a reply into what it says and the basis line that the gateway wrote under it.
import type { Turn } from "../state/turn.ts";

export interface Parts {
  body: string;
  /** The gateway's basis line; "" where none is recognised, so nothing is ever left out. */
  basis: string;
}

/** Where a confirmation writes out the calls. */
const CALLS = "\n\n```";

/** A question back without what is drawn beneath it: its choices, and the calls of a confirmation. */
function withoutChoices({ text, question, citations }: Turn): string {
  if (!question || question.choices.length === 0 || citations.length > 0) return text;
  if (question.kind === "confirmation" && question.calls.length > 0) return text.split(CALLS, 1)[0] ?? text;
  const labels = new Set(question.choices.map(({ label }) => label));
  return text.split("\n").filter((line) => !labels.has(line.replace(/^\s*(?:\d+\.|[-*])\s+/, ""))).join("\n");
}

export function partsOf(turn: Turn): Parts {
  const whole: Parts = { body: withoutChoices(turn), basis: "" };
  const at = turn.text.lastIndexOf("\n\n");
  if (at < 0 || turn.basis.length === 0) return whole;
  const last = turn.text.slice(at + 2);
  const from = [...turn.text.slice(0, at)].length;
  const isCited = turn.citations.some(({ span }) => (span[1] ?? 0) > from);
  const namesCalls = turn.basis.some((item) => last.includes(item.tool) && last.includes(item.observed_at.slice(0, 19).replace("T", " ")));
  return namesCalls && !isCited ? { body: turn.text.slice(0, at), basis: last } : whole;
}
