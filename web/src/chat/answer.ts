// Splits a reply into what it says and the basis line that the gateway wrote under it.
import type { Turn } from "../state/turn.ts";

export interface Parts {
  body: string;
  /** The gateway's basis line; "" where none is recognised, so nothing is ever left out. */
  basis: string;
}

export function partsOf(turn: Turn): Parts {
  const whole: Parts = { body: turn.text, basis: "" };
  const at = turn.text.lastIndexOf("\n\n");
  if (at < 0 || turn.basis.length === 0) return whole;
  const last = turn.text.slice(at + 2);
  const from = [...turn.text.slice(0, at)].length;
  const isCited = turn.citations.some(({ span }) => (span[1] ?? 0) > from);
  const namesCalls = turn.basis.some((item) => last.includes(item.tool) && last.includes(item.observed_at.slice(0, 19).replace("T", " ")));
  return namesCalls && !isCited ? { body: turn.text.slice(0, at), basis: last } : whole;
}
