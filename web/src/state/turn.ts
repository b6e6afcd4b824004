// A turn as the portal sees it, folded from its events. Pure: the same events give the same
// turn, live, replayed from the store, or received twice after a broken connection.
import type { EventData, TurnEvent } from "../api/events.ts";
import type { BasisItem, Citation, Json, Question, Stopped, Usage } from "../api/types.ts";

/** `stored`: its events are not loaded yet; `lost`: the gateway no longer knows it. */
export type Phase = "stored" | "sending" | "running" | "finished" | "failed" | "cancelled" | "lost";

export interface Call {
  id: string;
  server: string;
  tool: string;
  arguments: Json;
  madeBy: "model" | "gateway";
  attempt: number;
  progress: EventData["tool.progress"] | null;
  finished: EventData["tool.finished"] | null;
}

/** What happened, in order, as the progress list shows it. */
export type Step =
  | { kind: "route"; decision: string; rule: string; decidedBy: string; reason: string; tools: string[] }
  | { kind: "call"; call: Call }
  | { kind: "draft"; attempt: number; done: boolean }
  | { kind: "check"; verdict: string; claims: number; violations: string[] }
  | { kind: "judge"; verdict: string; reason: string }
  | { kind: "repair"; stopped: Stopped[] };

export interface Turn {
  id: string;
  message: string;
  phase: Phase;
  /** `false` while its stream is broken. */
  link: boolean;
  /** Number of the last event. */
  seq: number;
  steps: Step[];
  staled: string[];
  text: string;
  outcome: string;
  verdict: string;
  basis: BasisItem[];
  citations: Citation[];
  stopped: Stopped[];
  question: Question | null;
  usage: Usage | null;
  failure: { code: string; message: string } | null;
}

export function newTurn(id: string, message: string, phase: Phase, text = ""): Turn {
  return {
    id, message, phase, text, link: true, seq: 0, steps: [], staled: [], outcome: "", verdict: "",
    basis: [], citations: [], stopped: [], question: null, usage: null, failure: null,
  };
}

export const isRunning = (turn: Turn): boolean => turn.phase === "sending" || turn.phase === "running";

export const callsOf = (turn: Turn): Call[] => turn.steps.flatMap((step) => (step.kind === "call" ? [step.call] : []));

/** The call that brought a result. */
export const callOfResult = (turn: Turn, result: string): Call | undefined =>
  callsOf(turn).find((call) => call.finished?.result_id === result);

/** The turn after one more event; events that were seen already change nothing. */
export function withEvent(turn: Turn, event: TurnEvent): Turn {
  if (event.seq <= turn.seq) return turn;
  const before = turn.phase === "stored" ? { ...turn, text: "" } : turn;
  const next = { ...before, seq: event.seq, phase: "running" as Phase };
  switch (event.event) {
    case "turn.started":
      return { ...next, id: event.data.turn_id, message: event.data.message };
    case "results.staled":
      return { ...next, staled: event.data.result_ids };
    case "answer.text":
      return { ...next, text: next.text + event.data.text };
    case "answer.finished":
      return finished(next, event.data);
    case "turn.failed":
      return { ...next, phase: "failed", failure: event.data };
    case "turn.cancelled":
      return { ...next, phase: "cancelled" };
    default:
      return { ...next, steps: withStep(next.steps, event) };
  }
}

function finished(turn: Turn, data: EventData["answer.finished"]): Turn {
  return {
    ...turn,
    phase: "finished",
    outcome: data.outcome,
    text: data.text,
    basis: data.basis,
    citations: data.citations,
    verdict: data.verdict,
    usage: data.usage,
    stopped: data.stopped,
    question: data.question ?? null,
  };
}

function withStep(steps: Step[], event: TurnEvent): Step[] {
  switch (event.event) {
    case "turn.routed": {
      const { decision, rule, decided_by: decidedBy, reason, tools } = event.data;
      return [...steps, { kind: "route", decision, rule, decidedBy, reason, tools }];
    }
    case "tool.requested": {
      const { call_id: id, server, tool, arguments: args, made_by: madeBy, attempt } = event.data;
      const call: Call = { id, server, tool, arguments: args, madeBy, attempt, progress: null, finished: null };
      return [...steps, { kind: "call", call }];
    }
    case "tool.progress":
      return withCall(steps, event.data.call_id, { progress: event.data });
    case "tool.finished":
      return withCall(steps, event.data.call_id, { finished: event.data });
    case "draft.started":
      return [...steps, { kind: "draft", attempt: event.data.attempt, done: false }];
    case "draft.finished":
      return steps.map((step) =>
        step.kind === "draft" && step.attempt === event.data.attempt ? { ...step, done: true } : step,
      );
    case "check.finished":
      return [...steps, { kind: "check", ...event.data }];
    case "judge.finished":
      return [...steps, { kind: "judge", ...event.data }];
    case "repair.started":
      return [...steps, { kind: "repair", stopped: event.data.stopped }];
    default:
      return steps;
  }
}

function withCall(steps: Step[], id: string, change: Partial<Call>): Step[] {
  // A call that is tried again keeps its id or gets a new one; the last one of that id is meant.
  const place = steps.findLastIndex((step) => step.kind === "call" && step.call.id === id);
  return steps.map((step, index) =>
    index === place && step.kind === "call" ? { kind: "call", call: { ...step.call, ...change } } : step,
  );
}
