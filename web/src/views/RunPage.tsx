// One scenario run: its turns and expectations as they come in, a way to stop it, and each
// turn's trace in the panel.
import type { VNode } from "preact";
import { useCallback, useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/client.ts";
import * as routes from "../api/routes.ts";
import type { ScenarioRun } from "../api/types.ts";
import { announce, sayError, words } from "../state/notices.ts";
import { go, placeHref } from "../state/route.ts";
import { dateTime } from "../text/format.ts";
import { named, t } from "../text/index.ts";
import { Facts } from "../ui/Facts.tsx";
import { Icon } from "../ui/Icon.tsx";
import { RanTurn } from "./RanTurn.tsx";
import { StateOfRun, goesOn } from "./StateOfRun.tsx";

const POLL_MS = 500;

export function RunPage({ id }: { id: string }): VNode {
  const [run, problem] = useRun(id);
  return (
    <div class="view" tabIndex={0} role="region" aria-label={t("scenarios.run_title")}>
      <div class="view-inner">
        <p><a href={placeHref({ view: "scenarios" })}>← {t("scenarios.back")}</a></p>
        {run ? <Shown run={run} /> : <h1>{t("scenarios.run_title")}</h1>}
        {problem ? <p class="notice bad" role="alert">{problem}</p> : null}
        {run || problem ? null : <p class="quiet">{t("app.loading")}</p>}
      </div>
    </div>
  );
}

/** The run as it is now, asked for again until it has ended. */
function useRun(id: string): [ScenarioRun | null, string] {
  const [run, setRun] = useState<ScenarioRun | null>(null);
  const [problem, setProblem] = useState("");
  const look = useCallback(async (left: AbortSignal): Promise<boolean> => {
    try {
      const now = await routes.getScenarioRun(id);
      if (left.aborted) return false;
      setRun(now);
      setProblem("");
      if (!goesOn(now.state)) announce(t("say.run_ended", { state: named("state", now.state) }));
      return goesOn(now.state);
    } catch (error) {
      if (left.aborted) return false;
      setProblem(error instanceof ApiError && error.status === 404 ? t("scenarios.gone") : words(error));
      // Without a network the run goes on; what the gateway refuses it will refuse again.
      return error instanceof ApiError && (error.isOffline || error.status >= 500);
    }
  }, [id]);
  useEffect(() => {
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const on = async (): Promise<void> => {
      if (await look(leaving.signal)) timer = setTimeout(() => void on(), POLL_MS);
    };
    void on();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [look]);
  return [run, problem];
}

function Shown({ run }: { run: ScenarioRun }): VNode {
  const busy = goesOn(run.state);
  const checks = run.turns.flatMap((turn) => turn.checks);
  const drop = async (): Promise<void> => {
    try {
      await routes.deleteScenarioRun(run.id);
      go({ view: "scenarios" });
    } catch (error) {
      sayError(error);
    }
  };
  const again = async (): Promise<void> => {
    try {
      go({ view: "scenarios", id: (await routes.startScenario(run.scenario, run.model)).id });
    } catch (error) {
      sayError(error);
    }
  };
  return (
    <>
      <div class="row between">
        <h1>{run.scenario} <span role="status"><StateOfRun state={run.state} /></span></h1>
        <div class="row">
          <button type="button" class={busy ? "button stop" : "button"} onClick={() => void drop()}>
            {busy ? <Icon name="stop" /> : null}{t(busy ? "scenarios.stop" : "scenarios.forget")}
          </button>
          <button type="button" class="button" disabled={busy} onClick={() => void again()}><Icon name="again" />{t("scenarios.again")}</button>
        </div>
      </div>
      {run.reason ? <p class="notice">{run.reason}</p> : null}
      <Facts
        facts={[
          [t("scenarios.model"), <code>{run.model}</code>],
          [t("scenarios.started"), dateTime(run.started_at)],
          [t("scenarios.finished"), run.finished_at ? dateTime(run.finished_at) : ""],
          [t("scenarios.checks"), t("scenarios.passed_of", { n: checks.filter(({ passed }) => passed).length, total: checks.length })],
        ]}
      />
      <ol class="ran-turns">{run.turns.map((turn, index) => <RanTurn key={index} run={run.id} index={index} turn={turn} />)}</ol>
    </>
  );
}
