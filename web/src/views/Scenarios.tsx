// Scenarios: start one, see its expectations come in, and look at its turns.
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as routes from "../api/routes.ts";
import type { Scenario, ScenarioCheck, ScenarioRun, ScenarioTurn } from "../api/types.ts";
import { sayError } from "../state/notices.ts";
import { placeHref } from "../state/route.ts";
import { named, t } from "../text/index.ts";
import { Badge } from "../ui/Badge.tsx";
import type { Tone } from "../ui/Badge.tsx";
import { Icon } from "../ui/Icon.tsx";
import { LoadedView } from "../ui/LoadedView.tsx";
import { useLoad } from "../ui/useLoad.ts";

const POLL_MS = 700;

export function Scenarios(): VNode {
  const [loaded, again] = useLoad(routes.listScenarios, "scenarios");
  return (
    <LoadedView title={t("scenarios.title")} intro={t("scenarios.intro")} route="/api/scenarios" loaded={loaded} again={again}>
      {({ items }) => (items.length === 0 ? <p class="quiet">{t("scenarios.none")}</p> : <List items={items} />)}
    </LoadedView>
  );
}

function List({ items }: { items: Scenario[] }): VNode {
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const shown = items.filter((item) => `${item.id} ${item.purpose}`.toLowerCase().includes(wanted));
  return (
    <>
      <label class="search">
        <Icon name="search" />
        <span class="visually-hidden">{t("scenarios.search")}</span>
        <input type="search" value={text} placeholder={t("scenarios.search")} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <ul class="rows">{shown.map((item) => <OneScenario key={item.id} item={item} />)}</ul>
    </>
  );
}

function OneScenario({ item }: { item: Scenario }): VNode {
  const [runId, setRunId] = useState("");
  const [run, setRun] = useState<ScenarioRun | null>(null);
  useEffect(() => {
    if (!runId) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    const look = async (): Promise<void> => {
      try {
        const now = await routes.getScenarioRun(runId);
        if (left) return;
        setRun(now);
        if (now.state === "running") timer = setTimeout(() => void look(), POLL_MS);
      } catch (error) {
        sayError(error);
        setRunId("");
      }
    };
    void look();
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [runId]);
  const start = (): void => {
    setRun({ state: "running", checks: [], turns: [] });
    routes.runScenario(item.id).then(({ run_id }) => setRunId(run_id), (error: unknown) => { setRun(null); sayError(error); });
  };
  const busy = run?.state === "running";
  return (
    <li class="scenario">
      <div class="row between">
        <div>
          <strong>{item.id}</strong>
          <p class="quiet">{item.purpose}</p>
          <p class="quiet">{[t("scenarios.turns", { n: item.turns }), item.language].filter(Boolean).join(" · ")}</p>
        </div>
        <div class="row">
          {run ? <StateOfRun state={run.state} /> : null}
          <button type="button" class="button" disabled={busy} onClick={start} aria-label={`${t("scenarios.run")}: ${item.id}`}>{t(busy ? "scenarios.running" : "scenarios.run")}</button>
        </div>
      </div>
      {run && (run.checks.length > 0 || run.turns.length > 0) ? <RunDetails run={run} /> : null}
    </li>
  );
}

const TONES: Record<string, Tone> = { passed: "good", failed: "bad", running: "info" };

function StateOfRun({ state }: { state: string }): VNode {
  return <span role="status"><Badge tone={TONES[state] ?? "warn"}>{named("state", state)}</Badge></span>;
}

function RunDetails({ run }: { run: ScenarioRun }): VNode {
  return (
    <details open={run.state === "failed"}>
      <summary>{t("scenarios.checks")} ({run.checks.length})</summary>
      <ul class="plain-list">{run.checks.map((check, index) => <li key={index}><Check check={check} /></li>)}</ul>
      <ol class="plain-list">{run.turns.map((turn, index) => <li key={index}><RanTurn turn={turn} /></li>)}</ol>
    </details>
  );
}

function Check({ check }: { check: ScenarioCheck }): VNode {
  const passed = check.passed ?? check.state === "passed";
  return (
    <span class="row">
      <Badge tone={passed ? "good" : "bad"}>{named("state", check.state ?? (passed ? "passed" : "failed"))}</Badge>
      <span>{check.what ?? check.name ?? ""}</span>
      {check.message ? <span class="quiet">{check.message}</span> : null}
    </span>
  );
}

function RanTurn({ turn }: { turn: ScenarioTurn }): VNode {
  return (
    <div>
      <p class="row">
        <strong>{turn.user ?? ""}</strong>
        {turn.outcome ? <Badge>{named("outcome", turn.outcome)}</Badge> : null}
        {turn.turn_id && turn.conversation_id ? <a href={placeHref({ id: turn.conversation_id, panel: { kind: "trace", turn: turn.turn_id } })}>{t("scenarios.trace")}</a> : null}
      </p>
      {turn.text ? <p class="quiet">{turn.text}</p> : null}
    </div>
  );
}
