// The runs that the gateway remembers, newest first.
import type { VNode } from "preact";
import * as routes from "../api/routes.ts";
import type { ScenarioRunHead } from "../api/types.ts";
import { sayError } from "../state/notices.ts";
import { placeHref } from "../state/route.ts";
import { dateTime } from "../text/format.ts";
import { t } from "../text/index.ts";
import { useLoad } from "../ui/useLoad.ts";
import { StateOfRun, goesOn } from "./StateOfRun.tsx";

export function EarlierRuns(): VNode | null {
  const [loaded, again] = useLoad(routes.listScenarioRuns, "runs");
  if (loaded.state !== "ready" || loaded.data.items.length === 0) return null;
  const forget = async (id: string): Promise<void> => {
    try {
      await routes.deleteScenarioRun(id);
    } catch (error) {
      sayError(error);
    }
    again();
  };
  return (
    <details class="earlier-runs" open={loaded.data.items.some(({ state }) => goesOn(state))}>
      <summary>{t("scenarios.runs")} ({loaded.data.items.length})</summary>
      <div class="table-scroll" tabIndex={0} role="group" aria-label={t("scenarios.runs")}>
        <table>
          <thead>
            <tr><th scope="col">{t("scenarios.scenario")}</th><th scope="col">{t("scenarios.model")}</th><th scope="col">{t("scenarios.state")}</th><th scope="col">{t("scenarios.started")}</th><td /></tr>
          </thead>
          <tbody>{loaded.data.items.map((run) => <Run key={run.id} run={run} forget={() => void forget(run.id)} />)}</tbody>
        </table>
      </div>
    </details>
  );
}

function Run({ run, forget }: { run: ScenarioRunHead; forget: () => void }): VNode {
  const label = t(goesOn(run.state) ? "scenarios.stop" : "scenarios.forget");
  return (
    <tr>
      <td><a href={placeHref({ view: "scenarios", id: run.id })}>{run.scenario}</a></td>
      <td>{run.model}</td>
      <td><StateOfRun state={run.state} /></td>
      <td>{dateTime(run.started_at)}</td>
      <td><button type="button" class="text-button" aria-label={`${label}: ${run.scenario}`} onClick={forget}>{label}</button></td>
    </tr>
  );
}
