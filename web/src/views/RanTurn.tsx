// One turn of a scenario run: what was said, what was decided, what came out, and each
// expectation with what was wanted and what was got.
import type { VNode } from "preact";
import type { ScenarioCheck, ScenarioTurn } from "../api/types.ts";
import { Markdown } from "../markdown/Markdown.tsx";
import { place, placeHref } from "../state/route.ts";
import { named, t } from "../text/index.ts";
import { Badge } from "../ui/Badge.tsx";
import { Icon } from "../ui/Icon.tsx";

interface Properties {
  run: string;
  index: number;
  turn: ScenarioTurn;
}

export function RanTurn({ run, index, turn }: Properties): VNode {
  const { panel } = place.value;
  const shown = panel?.kind === "run" && panel.index === index;
  return (
    <li class={shown ? "ran-turn shown" : "ran-turn"} aria-busy={turn.running}>
      <h2>{t("scenarios.turn", { n: index + 1 })}</h2>
      <p class="bubble">{turn.user}</p>
      <p class="row">
        {turn.running ? <Badge tone="info">{t("state.running")}</Badge> : null}
        {turn.decision ? <span>{t("progress.route", { decision: named("decision", turn.decision) })}</span> : null}
        {turn.rule ? <code>{turn.rule}</code> : null}
        {turn.outcome ? <Badge>{named("outcome", turn.outcome)}</Badge> : null}
        {turn.verdict ? <Badge tone={turn.verdict === "grounded" ? "good" : turn.verdict === "replaced" ? "warn" : "plain"}>{named("verdict", turn.verdict)}</Badge> : null}
      </p>
      {turn.text ? <Markdown text={turn.text} /> : null}
      {turn.checks.length > 0 ? <Checks checks={turn.checks} /> : null}
      {turn.running || !turn.turn_id ? null : (
        <a class="text-button" href={placeHref({ view: "scenarios", id: run, panel: { kind: "run", run, index } })}>
          <Icon name="route" />
          {t("turn.how")}
        </a>
      )}
    </li>
  );
}

function Checks({ checks }: { checks: ScenarioCheck[] }): VNode {
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label={t("scenarios.checks")}>
      <table class="run-checks">
        <thead>
          <tr><th scope="col">{t("scenarios.check")}</th><th scope="col">{t("scenarios.wanted")}</th><th scope="col">{t("scenarios.got")}</th><th scope="col">{t("scenarios.state")}</th></tr>
        </thead>
        <tbody>
          {checks.map((check, index) => (
            <tr key={index} class={check.passed ? "" : "missed"}>
              <th scope="row">{check.what}</th>
              <td>{check.wanted}</td>
              <td>{check.got}</td>
              <td><Badge tone={check.passed ? "good" : "bad"}>{t(check.passed ? "state.passed" : "state.failed")}</Badge></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
