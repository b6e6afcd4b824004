// How fresh a result is. Every result is stale from the next message on, so being part of
// the last turn decides; a newer answer to the same call supersedes it.
import { signal } from "@preact/signals";
import type { ToolResult } from "../api/types.ts";
import { callsOf } from "./turn.ts";
import type { Turn } from "./turn.ts";

export type Freshness = "fresh" | "stale" | "superseded";

/** Result -> the result that replaced it. */
export const superseded = signal<ReadonlyMap<string, string>>(new Map());

export function noteSuperseded(turn: Turn): void {
  const pairs = callsOf(turn).flatMap(({ finished }) => (finished?.supersedes ?? []).map((old) => [old, finished?.result_id ?? ""] as const));
  const fresh = pairs.filter(([old, by]) => superseded.peek().get(old) !== by);
  if (fresh.length > 0) superseded.value = new Map([...superseded.peek(), ...fresh]);
}

/** The gateway says that a result was replaced. */
export function noteReplaced(result: string, by: string): void {
  if (superseded.peek().get(result) !== by) superseded.value = new Map([...superseded.peek(), [result, by]]);
}

/** Freshness of a result by itself, whichever turns use it. */
export function freshnessOfResult(result: ToolResult, lastTurn: string): Freshness {
  if (result.superseded_by || superseded.value.has(result.id)) return "superseded";
  return (lastTurn === "" ? result.freshness === "fresh" : result.turn_id === lastTurn) ? "fresh" : "stale";
}

export function freshnessOf(result: string, turn: Turn, lastTurn: string): Freshness {
  if (superseded.value.has(result)) return "superseded";
  // An answer from results shown earlier rests on results that were stale when it was written.
  const fetchedHere = callsOf(turn).some((call) => call.finished?.result_id === result);
  return fetchedHere && turn.id === lastTurn ? "fresh" : "stale";
}
