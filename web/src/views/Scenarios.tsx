// Scenarios: choose a model, start one, and look at what ran before. A run has a page of its own.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import * as routes from "../api/routes.ts";
import type { Scenario, ScenarioList } from "../api/types.ts";
import { sayError } from "../state/notices.ts";
import { go, place } from "../state/route.ts";
import { stored, store } from "../state/settings.ts";
import { named, t } from "../text/index.ts";
import { Badge } from "../ui/Badge.tsx";
import { Icon } from "../ui/Icon.tsx";
import { LoadedView } from "../ui/LoadedView.tsx";
import { useLoad } from "../ui/useLoad.ts";
import { EarlierRuns } from "./EarlierRuns.tsx";
import { RunPage } from "./RunPage.tsx";

const MODEL_KEY = "groundwire.scenario-model";

export function Scenarios(): VNode {
  const run = place.value.id;
  return run ? <RunPage key={run} id={run} /> : <Overview />;
}

function Overview(): VNode {
  const [loaded, again] = useLoad(routes.listScenarios, "scenarios");
  return (
    <LoadedView title={t("scenarios.title")} intro={t("scenarios.intro")} route="/api/scenarios" loaded={loaded} again={again}>
      {(list) => (list.items.length === 0 ? <p class="quiet">{t("scenarios.none")}</p> : <Choose list={list} />)}
    </LoadedView>
  );
}

function Choose({ list }: { list: ScenarioList }): VNode {
  const [text, setText] = useState("");
  const [model, setModel] = useState(() => firstModel(list.models));
  const [starting, setStarting] = useState("");
  const wanted = text.trim().toLowerCase();
  const shown = list.items.filter((item) => `${item.id} ${item.purpose}`.toLowerCase().includes(wanted));
  const choose = (name: string): void => {
    setModel(name);
    store(MODEL_KEY, name);
  };
  const start = async (scenario: string): Promise<void> => {
    setStarting(scenario);
    try {
      const { id } = await routes.startScenario(scenario, model);
      go({ view: "scenarios", id });
    } catch (error) {
      sayError(error);
      setStarting("");
    }
  };
  return (
    <>
      <EarlierRuns />
      <div class="row scenario-tools">
        <label class="search">
          <Icon name="search" />
          <span class="visually-hidden">{t("scenarios.search")}</span>
          <input type="search" value={text} placeholder={t("scenarios.search")} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <label class="row">
          <span>{t("scenarios.model")}</span>
          <select value={model} onChange={(event) => choose(event.currentTarget.value)}>
            {list.models.map((name) => <option key={name} value={name}>{name}</option>)}
          </select>
        </label>
      </div>
      <p class="quiet" role="status">{t("scenarios.count", { n: shown.length })}</p>
      {decisionsOf(shown).map(([decision, items]) => (
        <section key={decision}>
          <h2>{decision ? named("decision", decision) : t("scenarios.other")}</h2>
          <ul class="rows">{items.map((item) => <OneScenario key={item.id} item={item} busy={starting === item.id} start={() => void start(item.id)} />)}</ul>
        </section>
      ))}
    </>
  );
}

/** The model chosen last, where it may still be used. */
function firstModel(models: string[]): string {
  const last = stored(MODEL_KEY) ?? "";
  return models.includes(last) ? last : (models[0] ?? "");
}

function decisionsOf(items: Scenario[]): [string, Scenario[]][] {
  const groups = new Map<string, Scenario[]>();
  for (const item of items) groups.set(item.decision ?? "", [...(groups.get(item.decision ?? "") ?? []), item]);
  return [...groups];
}

function OneScenario({ item, busy, start }: { item: Scenario; busy: boolean; start: () => void }): VNode {
  return (
    <li class="scenario row between">
      <div>
        <strong>{item.id}</strong>
        <p class="quiet">{item.purpose}</p>
        <p class="row">
          <span class="quiet">{[t("scenarios.turns", { n: item.turns }), item.language].filter(Boolean).join(" · ")}</span>
          {item.also_with.length > 0 ? <span class="quiet">{t("scenarios.also_with")}</span> : null}
          {item.also_with.map((name) => <Badge key={name}>{name}</Badge>)}
        </p>
      </div>
      <button type="button" class="button" disabled={busy} onClick={start} {...(busy ? {} : { "aria-label": t("scenarios.run_one", { id: item.id }) })}>{t(busy ? "scenarios.starting" : "scenarios.run")}</button>
    </li>
  );
}
