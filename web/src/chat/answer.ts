// Splits a reply into what it says and the basis line that the gateway wrote under it, and tells
// what became of a confirmation.
import type { Turn } from "../state/turn.ts";

export interface Parts {
  body: string;
  /** The gateway's basis line; "" where none is recognised, so nothing is ever left out. */
  basis: string;
}

/** Text without the list of choices as the gateway wrote it, for they are buttons; nothing else goes. */
function withoutChoices(text: string, { question, citations }: Turn): string {
  if (!question || question.choices.length === 0 || citations.length > 0) return text;
  const list = question.choices.map(({ label }, at) => `\n${at + 1}. ${label}`).join("");
  const at = text.lastIndexOf(list);
  return at < 0 ? text : text.slice(0, at).trimEnd() + text.slice(at + list.length);
}

export function partsOf(turn: Turn): Parts {
  const { body, basis } = split(turn);
  return { body: withoutChoices(body, turn), basis };
}

function split(turn: Turn): Parts {
  const whole: Parts = { body: turn.text, basis: "" };
  const at = turn.text.lastIndexOf("\n\n");
  if (at < 0 || turn.basis.length === 0) return whole;
  const last = turn.text.slice(at + 2);
  const from = [...turn.text.slice(0, at)].length;
  const isCited = turn.citations.some(({ span }) => (span[1] ?? 0) > from);
  const namesCalls = turn.basis.some((item) => last.includes(item.tool) && last.includes(item.observed_at.slice(0, 19).replace("T", " ")));
  return namesCalls && !isCited ? { body: turn.text.slice(0, at), basis: last } : whole;
}

/** `passed`: the next turn answered something else, or the question was answered elsewhere. */
export type Answered = "yes" | "no" | "passed";

/**
 * How the turn after a confirmation answered it, as the gateway took it: many words mean yes.
 * `null` as long as that is not known.
 */
export function answeredBy(next: Turn | null): Answered | null {
  const route = next?.steps.find((step) => step.kind === "route");
  if (!route) return null;
  if (route.rule === "confirmed") return "yes";
  return route.rule === "declined" ? "no" : "passed";
}
