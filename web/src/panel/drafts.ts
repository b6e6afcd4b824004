// The drafts of a turn, each with the statements that were stopped in it.
import type { Json, Stopped, WholeTurn } from "../api/types.ts";

export interface Draft {
  step: string;
  text: string;
  stopped: Stopped[];
}

const WRITES = new Set(["draft", "repair"]);

export function draftsOf(turn: WholeTurn): Draft[] {
  const drafts = turn.exchanges.filter(({ step }) => WRITES.has(step)).map(({ step, answer }) => ({ step, text: contentOf(answer as Json | undefined) }));
  const repair = turn.events.find(({ event }) => event === "repair.started")?.data as { stopped?: Stopped[] } | undefined;
  const first = repair?.stopped ?? [];
  // What was stopped later is listed after what sent the draft back.
  const later = turn.stopped.slice(first.length);
  return drafts.map((draft, index) => ({ ...draft, stopped: drafts.length === 1 ? turn.stopped : index === 0 ? first : later }))
    .filter(({ text }) => text !== "");
}

function contentOf(answer: Json | undefined): string {
  if (answer === null || typeof answer !== "object" || Array.isArray(answer)) return "";
  return typeof answer["content"] === "string" ? answer["content"] : "";
}

export interface Part {
  text: string;
  stopped: Stopped | null;
}

/** A draft cut at its stopped statements, which are listed in the order of their places. */
export function partsOf({ text, stopped }: Draft): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const one of stopped) {
    const at = one.text ? text.indexOf(one.text, from) : -1;
    if (at < 0) continue;
    if (at > from) parts.push({ text: text.slice(from, at), stopped: null });
    parts.push({ text: one.text, stopped: one });
    from = at + one.text.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), stopped: null });
  return parts;
}
