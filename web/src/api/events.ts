// The events of a turn as they come over the stream. The OpenAPI document calls their facts
// "any JSON"; here they have names.
import type { BasisItem, Citation, Json, Question, Stopped, Usage } from "./types.ts";

export interface EventData {
  "turn.started": { turn_id: string; conversation_id: string; message: string };
  "results.staled": { result_ids: string[] };
  "turn.routed": { decision: string; rule: string; decided_by: string; tools: string[]; reason: string };
  "tool.requested": {
    call_id: string;
    server: string;
    tool: string;
    arguments: Json;
    made_by: "model" | "gateway";
    attempt: number;
  };
  "tool.progress": { call_id: string; progress: number; total: number | null; message: string | null };
  "tool.finished": {
    call_id: string;
    result_id: string;
    outcome: string;
    duration_ms: number;
    observed_at: string;
    rows: number | null;
    total: number | null;
    digest: string;
    supersedes: string[];
    error: string | null;
  };
  "draft.started": { attempt: number };
  "draft.finished": { attempt: number };
  "check.finished": { verdict: string; claims: number; violations: string[] };
  "judge.finished": { verdict: string; reason: string };
  "repair.started": { stopped: Stopped[] };
  "answer.text": { text: string };
  "answer.finished": {
    outcome: string;
    text: string;
    basis: BasisItem[];
    citations: Citation[];
    verdict: string;
    usage: Usage;
    stopped: Stopped[];
    question?: Question;
  };
  "turn.failed": { code: string; message: string };
  "turn.cancelled": Record<string, never>;
}

export type EventName = keyof EventData;

export type TurnEvent = { [Name in EventName]: { seq: number; event: Name; data: EventData[Name] } }[EventName];

const NAMES: ReadonlySet<string> = new Set<EventName>([
  "turn.started", "results.staled", "turn.routed", "tool.requested", "tool.progress", "tool.finished",
  "draft.started", "draft.finished", "check.finished", "judge.finished", "repair.started",
  "answer.text", "answer.finished", "turn.failed", "turn.cancelled",
]);

/** An event of a name that is known here; newer gateways may send others. */
export function turnEvent(seq: number, name: string, data: unknown): TurnEvent | null {
  if (!NAMES.has(name) || typeof data !== "object" || data === null) return null;
  return { seq, event: name, data } as TurnEvent;
}

export function isLast(event: TurnEvent): boolean {
  return event.event === "answer.finished" || event.event === "turn.failed" || event.event === "turn.cancelled";
}
