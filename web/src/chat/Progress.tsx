// What is being done, step by step, while a turn runs; folded away once it has ended.
import type { ComponentChildren, VNode } from "preact";
import type { Call, Step, Turn } from "../state/turn.ts";
import { isRunning } from "../state/turn.ts";
import { shortTextOf } from "../json/exact.ts";
import { duration } from "../text/format.ts";
import { codeWords, counted, named, t } from "../text/index.ts";
import { Badge, callTone } from "../ui/Badge.tsx";
import { JsonText } from "../ui/Facts.tsx";
import { Icon } from "../ui/Icon.tsx";
import type { IconName } from "../ui/Icon.tsx";

export function Progress({ turn }: { turn: Turn }): VNode | null {
  const busy = isRunning(turn);
  if (!busy && turn.steps.length === 0) return null;
  const steps = (
    <ol class="steps" aria-label={t(busy ? "progress.label" : "progress.done")}>
      {turn.steps.map((step, index) => <li key={index} class="step">{drawn(step, busy)}</li>)}
      {busy && waits(turn) ? <li class="step"><Line icon="route" busy>{t(turn.phase === "sending" ? "turn.sending" : "progress.thinking")}</Line></li> : null}
    </ol>
  );
  if (busy) return <div class="progress">{steps}</div>;
  return (
    <details class="progress">
      <summary>{summary(turn)}</summary>
      {steps}
    </details>
  );
}

/** Nothing else shows that the turn goes on. */
function waits(turn: Turn): boolean {
  const last = turn.steps.at(-1);
  return !last || (last.kind === "call" && last.call.finished !== null) || (last.kind !== "call" && last.kind !== "draft");
}

function summary(turn: Turn): string {
  const calls = turn.steps.flatMap((step) => (step.kind === "call" ? [step.call.tool] : []));
  const route = turn.steps.find((step) => step.kind === "route");
  const decision = route?.kind === "route" ? named("decision", route.decision) : "";
  return `${t("progress.done")}: ${[decision, ...new Set(calls)].filter(Boolean).join(" · ")}`;
}

/** A draft that was begun and not finished, in a turn that goes on or has ended. */
export function draftKey(done: boolean, busy: boolean): "progress.drafted" | "progress.drafting" | "progress.no_draft" {
  if (done) return "progress.drafted";
  return busy ? "progress.drafting" : "progress.no_draft";
}

function drawn(step: Step, busy: boolean): VNode {
  switch (step.kind) {
    case "route":
      return <Line icon="route" note={step.reason}>{t("progress.route", { decision: named("decision", step.decision) })}</Line>;
    case "call":
      return <CallLine call={step.call} />;
    case "draft":
      return <Line icon="pen" busy={busy && !step.done} {...(step.done || busy ? {} : { tone: "warn" as const })}>{t(draftKey(step.done, busy), { n: step.attempt })}</Line>;
    case "check":
      return <CheckLine claims={step.claims} violations={step.violations} />;
    case "judge":
      return <Line icon="scale" tone={step.verdict === "approved" ? "good" : "warn"} note={counted(step.reason)}>{t(judgeKey(step.verdict))}</Line>;
    case "repair":
      return <Line icon="again" tone="warn">{t("progress.repair")}</Line>;
  }
}

/** What the second reading came to. */
export function judgeKey(verdict: string): "progress.judge_approved" | "progress.judge_rejected" | "progress.judge_unavailable" {
  if (verdict === "approved") return "progress.judge_approved";
  return verdict === "rejected" ? "progress.judge_rejected" : "progress.judge_unavailable";
}

function CheckLine({ claims, violations }: { claims: number; violations: string[] }): VNode {
  if (violations.length > 0) {
    return <Line icon="shield" tone="warn">{t("progress.check_bad", { n: claims, codes: codeWords(violations) })}</Line>;
  }
  return <Line icon="shield" tone="good">{claims > 0 ? t("progress.check_ok", { n: claims }) : t("progress.check_none")}</Line>;
}

export function CallLine({ call }: { call: Call }): VNode {
  const { finished, progress } = call;
  const far = progress && progress.total ? ` ${Math.round((100 * progress.progress) / progress.total)} %` : "";
  return (
    <>
      <Line icon="tool" busy={!finished} note={finished?.error ?? progress?.message ?? ""}>
        {t(finished ? "progress.called" : "progress.calling", { tool: `${call.server} · ${call.tool}` })}{far}
        {finished ? <Badge tone={callTone(finished.outcome)}>{named("call", finished.outcome)}</Badge> : null}
        {finished ? <span class="quiet">{[amount(finished.rows, finished.total), duration(finished.duration_ms)].filter(Boolean).join(" · ")}</span> : null}
        {call.madeBy === "gateway" ? <Badge tone="info">{t("progress.by_gateway")}</Badge> : null}
        {call.attempt > 1 ? <Badge tone="warn">{t("progress.attempt", { n: call.attempt })}</Badge> : null}
      </Line>
      <details class="arguments">
        <summary>{t("progress.arguments")} <code>{shortTextOf(call.arguments)}</code></summary>
        <JsonText value={call.arguments} label={t("progress.arguments")} />
      </details>
    </>
  );
}

function amount(rows: number | null, total: number | null): string {
  if (rows === null) return "";
  return total === null || total === rows ? t("progress.rows_only", { n: rows }) : t("progress.rows", { n: rows, total });
}

interface LineProperties {
  icon: IconName;
  busy?: boolean;
  tone?: "good" | "warn";
  note?: string;
  children: ComponentChildren;
}

function Line({ icon, busy = false, tone, note = "", children }: LineProperties): VNode {
  return (
    <div class={`step-line ${busy ? "busy" : ""} ${tone ? `tone-${tone}` : ""}`}>
      <Icon name={icon} />
      <div>
        <div class="step-words">{children}</div>
        {note ? <div class="quiet">{note}</div> : null}
      </div>
    </div>
  );
}
