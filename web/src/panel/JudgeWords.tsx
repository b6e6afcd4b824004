// The words of the second reading, one answer for each draft that it was shown.
import type { VNode } from "preact";
import type { WholeTurn } from "../api/types.ts";
import { t } from "../text/index.ts";
import { Badge } from "../ui/Badge.tsx";
import { judgementsOf } from "./judge.ts";
import type { Judgement } from "./judge.ts";

export function JudgeWords({ turn }: { turn: WholeTurn }): VNode | null {
  const judgements = judgementsOf(turn);
  if (judgements.length === 0) return null;
  return (
    <section>
      <h3>{t("trace.judge_words")}</h3>
      <ol class="exchanges">{judgements.map((judgement, index) => <li key={index}><Words judgement={judgement} /></li>)}</ol>
    </section>
  );
}

function Words({ judgement }: { judgement: Judgement }): VNode {
  const { against, problems, flags, supported, raw } = judgement;
  if (raw !== null) return <blockquote class="quiet breaks">{raw || t("trace.judge_silent")}</blockquote>;
  return (
    <>
      <p>{t("trace.judge_supported", { n: supported })}{against.length > 0 ? `, ${t("trace.judge_against", { n: against.reduce((sum, { claims }) => sum + claims.length, 0) })}` : ""}</p>
      {against.length + problems.length > 0 ? (
        <ul class="judge-words">
          {against.map(({ claims, reason }) => <li key={reason}><blockquote>{reason}</blockquote><span class="quiet">{t("trace.judge_claims", { list: claims.map((claim) => claim + 1).join(", ") })}</span></li>)}
          {problems.map((problem) => <li key={problem}><blockquote>{problem}</blockquote></li>)}
        </ul>
      ) : null}
      <p class="row">{flags.map(([name, good]) => <Badge key={name} tone={good ? "good" : "warn"}>{t(`judge.${name}_${good ? "good" : "bad"}`)}</Badge>)}</p>
    </>
  );
}
