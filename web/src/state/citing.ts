// Which sentences of the open conversation rest on a result: those of the turn that fetched it
// and of later ones. Turns that were never in sight are loaded for it, a few at a time.
import type { Citation } from "../api/types.ts";
import { entries, loadTurns } from "./conversation.ts";
import type { Entry } from "./conversation.ts";
import type { Turn } from "./turn.ts";

export interface Cite extends Citation {
  turn: Turn;
  /** Its place among the citations of its turn. */
  index: number;
}

const AT_ONCE = 8;

export function citesOf(result: string): Cite[] {
  return entries.value.flatMap(({ turn: { value: turn } }) =>
    turn.citations.flatMap((cite, index) => (cite.result_id === result ? [{ ...cite, turn, index }] : [])),
  );
}

/** Turns from one turn on that were not looked at yet; all of them when that turn is not known. */
export function unread(from: string): Entry[] {
  const at = entries.value.findIndex((entry) => entry.turn.value.id === from);
  return entries.value.slice(Math.max(at, 0)).filter((entry) => entry.turn.value.phase === "stored" && entry.turn.value.seq === 0);
}

export async function readOn(from: string, signal: AbortSignal): Promise<void> {
  for (let left = unread(from); left.length > 0 && !signal.aborted; ) {
    await loadTurns(left.slice(0, AT_ONCE));
    const still = unread(from);
    // Nothing moved: what cannot be loaded now is not asked for over and over.
    if (still.length === left.length) return;
    left = still;
  }
}
