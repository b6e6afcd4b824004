// What the second reading said of each draft, read from its raw answers.
import type { Json, WholeTurn } from "../api/types.ts";

export interface Judgement {
  /** What it did not find supported, with its reasons. */
  against: { claims: number[]; reason: string }[];
  supported: number;
  problems: string[];
  /** What it was asked about the draft as a whole, and its answers. */
  flags: [name: Flag, good: boolean][];
  /** Its answer as it came, where it was no answer to the question. */
  raw: string | null;
}

export type Flag = "latest_call_stated" | "invented" | "errors_reported";

/** Whether `true` speaks for the draft. */
const FLAGS: [Flag, boolean][] = [["latest_call_stated", true], ["invented", false], ["errors_reported", true]];

export function judgementsOf(turn: WholeTurn): Judgement[] {
  return turn.exchanges.filter(({ step }) => step === "judge").map(({ answer, error }) => judgement(contentOf(answer as Json | undefined), error ?? null));
}

const isObject = (value: unknown): value is { [key: string]: Json } => typeof value === "object" && value !== null && !Array.isArray(value);

function contentOf(answer: Json | undefined): string {
  return isObject(answer) && typeof answer["content"] === "string" ? answer["content"] : "";
}

function judgement(content: string, error: string | null): Judgement {
  const empty = { against: [], supported: 0, problems: [], flags: [] };
  let said: unknown = null;
  try {
    said = JSON.parse(content);
  } catch {
    // Then it is shown as it came.
  }
  if (!isObject(said)) return { ...empty, raw: error ?? content };
  const claims = (Array.isArray(said["claims"]) ? said["claims"] : []).filter(isObject);
  const refused = claims.filter((claim) => claim["supported"] === false);
  const byReason = new Map<string, number[]>();
  for (const { claim, reason } of refused) byReason.set(String(reason ?? ""), [...(byReason.get(String(reason ?? "")) ?? []), ...(typeof claim === "number" ? [claim] : [])]);
  const against = [...byReason].map(([reason, claims]) => ({ reason, claims }));
  const problems = (Array.isArray(said["problems"]) ? said["problems"] : []).map(String);
  const flags = FLAGS.flatMap(([name, good]): Judgement["flags"] => (typeof said[name] === "boolean" ? [[name, said[name] === good]] : []));
  return { against, problems, flags, supported: claims.length - refused.length, raw: null };
}
