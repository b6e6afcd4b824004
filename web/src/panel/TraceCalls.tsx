// The parts of a trace that come from its events and claims.
import type { VNode } from "preact";
import { turnEvent } from "../api/events.ts";
import type { Claim, TurnEventRecord, WholeTurn } from "../api/types.ts";
import { CallLine } from "../chat/Progress.tsx";
import { conversationId } from "../state/conversation.ts";
import { panelHref } from "../state/route.ts";
import { callsOf, newTurn, withEvent } from "../state/turn.ts";
import type { Step, Turn } from "../state/turn.ts";
import { dateTime } from "../text/format.ts";
import { codeWords, named, t } from "../text/index.ts";
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

export function Calls({ turn }: { turn: WholeTurn }): VNode {
  const calls = callsOf(folded(turn));
  if (calls.length === 0) return <p class="quiet">{t("trace.no_calls")}</p>;
  return (
    <ol class="steps">
      {calls.map((call) => (
        <li key={call.id} class="step">
          <CallLine call={call} />
          {call.finished ? <a class="text-button" href={panelHref(conversationId.value, { kind: "result", turn: turn.id, result: call.finished.result_id, pointer: null })}>{t("basis.open", { tool: call.tool })}</a> : null}
        </li>
      ))}
    </ol>
  );
}

export function Checks({ turn }: { turn: WholeTurn }): VNode {
  const steps = folded(turn).steps.filter((step) => step.kind !== "route" && step.kind !== "call");
  return <ol class="checks">{steps.map((step, index) => <li key={index}>{checkWords(step)}</li>)}</ol>;
}

function checkWords(step: Step): VNode | string {
  switch (step.kind) {
    case "draft":
      return t(step.done ? "progress.drafted" : "progress.drafting", { n: step.attempt });
    case "check": {
      if (step.violations.length === 0) return step.claims > 0 ? t("progress.check_ok", { n: step.claims }) : t("progress.check_none");
      return <span>{t("progress.check_bad", { n: step.claims, codes: codeWords(step.violations) })}</span>;
    }
    case "judge": {
      const key = step.verdict === "approved" || step.verdict === "rejected" ? step.verdict : "unavailable";
      return <span>{t(`progress.judge_${key}`)}{step.reason ? <blockquote class="quiet">{step.reason}</blockquote> : null}</span>;
    }
    case "repair":
      return t("progress.repair");
    default:
      return "";
  }
}

const TONES: Record<string, Tone> = { supported: "good", contradicted: "bad", unsupported: "warn", not_checkable: "info" };

export function Claims({ claims, turn }: { claims: Claim[]; turn: string }): VNode | null {
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
                <a key={result + pointer} class="text-button breaks" href={panelHref(conversationId.value, { kind: "result", turn, result, pointer })}><code>{pointer}</code></a>
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
