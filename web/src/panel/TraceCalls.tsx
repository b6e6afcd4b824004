// The parts of a trace that come from its events and claims.
import type { VNode } from "preact";
import { turnEvent } from "../api/events.ts";
import type { Claim, Json, ToolResult, TurnEventRecord, WholeTurn } from "../api/types.ts";
import { useState } from "preact/hooks";
import { CallLine, draftKey, judgeKey } from "../chat/Progress.tsx";
import { ResultContent } from "../json/ResultContent.tsx";
import { callsOf, newTurn, withEvent } from "../state/turn.ts";
import type { Call, Step, Turn } from "../state/turn.ts";
import { dateTime } from "../text/format.ts";
import { codeWords, counted, named, t } from "../text/index.ts";
import { Badge } from "../ui/Badge.tsx";
import type { Tone } from "../ui/Badge.tsx";
import { JsonText } from "../ui/Facts.tsx";

/** The record's events, folded like those of a stream. */
function folded(whole: WholeTurn): Turn {
  return whole.events.reduce((turn, { seq, event, data }) => {
    const known = turnEvent(seq, event, data);
    return known ? withEvent(turn, known) : turn;
  }, newTurn(whole.id, whole.message, "running"));
}

/** Where the results of a turn are to be seen. */
export type Evidence =
  | { kind: "linked"; href: (result: string, pointer: string | null) => string }
  | { kind: "inside"; results: ToolResult[] };

export function Calls({ turn, evidence }: { turn: WholeTurn; evidence: Evidence }): VNode {
  const calls = callsOf(folded(turn));
  if (calls.length === 0) return <p class="quiet">{t("trace.no_calls")}</p>;
  return (
    <ol class="steps">
      {calls.map((call) => (
        <li key={call.id} class="step">
          <CallLine call={call} />
          {call.finished ? <ResultOf call={call} result={call.finished.result_id} evidence={evidence} /> : null}
        </li>
      ))}
    </ol>
  );
}

function ResultOf({ call, result, evidence }: { call: Call; result: string; evidence: Evidence }): VNode | null {
  const [selected, setSelected] = useState("");
  const [open, setOpen] = useState(false);
  if (evidence.kind === "linked") return <a class="text-button" href={evidence.href(result, null)}>{t("basis.open", { tool: call.tool })}</a>;
  const found = evidence.results.find(({ id }) => id === result);
  if (!found) return null;
  return (
    <details class="result-inside" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t("result.of", { tool: call.tool })}</summary>
      {open ? <ResultContent content={found.content as Json} wanted={null} selected={selected} select={setSelected} uses={NO_USES} /> : null}
    </details>
  );
}

const NO_USES: ReadonlyMap<string, number> = new Map();

export function Checks({ turn }: { turn: WholeTurn }): VNode {
  const steps = folded(turn).steps.filter((step) => step.kind !== "route" && step.kind !== "call");
  return <ol class="checks">{steps.map((step, index) => <li key={index}>{checkWords(step)}</li>)}</ol>;
}

function checkWords(step: Step): VNode | string {
  switch (step.kind) {
    case "draft":
      return t(draftKey(step.done, false), { n: step.attempt });
    case "check": {
      if (step.violations.length === 0) return step.claims > 0 ? t("progress.check_ok", { n: step.claims }) : t("progress.check_none");
      return <span>{t("progress.check_bad", { n: step.claims, codes: codeWords(step.violations) })}</span>;
    }
    case "judge": {
      return <span>{t(judgeKey(step.verdict))}{step.reason ? <blockquote class="quiet">{counted(step.reason)}</blockquote> : null}</span>;
    }
    case "repair":
      return t("progress.repair");
    default:
      return "";
  }
}

const TONES: Record<string, Tone> = { supported: "good", contradicted: "bad", unsupported: "warn", not_checkable: "info" };

export function Claims({ claims, evidence }: { claims: Claim[]; evidence: Evidence }): VNode | null {
  if (claims.length === 0) return null;
  return (
    <section>
      <details>
        <summary class="heading-3">{t("trace.claims")} ({claims.length})</summary>
        <ul class="claims">
          {claims.map((claim, index) => (
            <li key={index}>
              <span class="row">
                <strong>{claim.text}</strong>
                <Badge tone={TONES[claim.verdict] ?? "plain"}>{named("claim", claim.verdict)}</Badge>
                <span class="quiet">{claim.kind}</span>
              </span>
              <span class="quiet">{claim.reason}</span>
              {claim.evidence.map(({ result_id: result, pointer }) => (
                evidence.kind === "linked"
                  ? <a key={result + pointer} class="text-button breaks" href={evidence.href(result, pointer)}><code>{pointer}</code></a>
                  : <code key={result + pointer} class="breaks">{pointer}</code>
              ))}
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}

export function Events({ events }: { events: TurnEventRecord[] }): VNode {
  return (
    <section>
      <details>
        <summary class="heading-3">{t("trace.events")} ({events.length})</summary>
        <ol class="events">
          {events.map((event) => (
            <li key={event.seq}>
              <details>
                <summary><code>{event.event}</code> <time class="quiet" dateTime={event.at}>{dateTime(event.at)}</time></summary>
                <JsonText value={event.data} label={event.event} />
              </details>
            </li>
          ))}
        </ol>
      </details>
    </section>
  );
}
