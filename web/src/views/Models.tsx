// The model profiles, and what a probe found out about each.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { offers } from "../api/capabilities.ts";
import * as routes from "../api/routes.ts";
import type { ModelProfile, Probe } from "../api/types.ts";
import { announce, words } from "../state/notices.ts";
import { number } from "../text/format.ts";
import { t } from "../text/index.ts";
import type { TextKey } from "../text/index.ts";
import { Age } from "../ui/Age.tsx";
import { Badge } from "../ui/Badge.tsx";
import { Facts } from "../ui/Facts.tsx";
import { Icon } from "../ui/Icon.tsx";
import { LoadedView } from "../ui/LoadedView.tsx";
import { useLoad } from "../ui/useLoad.ts";

const PROBE_ROUTE = "/api/models/{id}/probe";

export function Models(): VNode {
  const [loaded, again] = useLoad(routes.listModels, "models");
  return (
    <LoadedView title={t("models.title")} intro={t("models.intro")} route="/api/models" loaded={loaded} again={again}>
      {({ items }) => items.length === 0 ? <p class="quiet">{t("models.none")}</p> : <ul class="cards wide">{items.map((model) => <Profile key={model.id} model={model} />)}</ul>}
    </LoadedView>
  );
}

function Profile({ model }: { model: ModelProfile }): VNode {
  const [probe, setProbe] = useState<Probe | null>(model.probe ?? null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const run = async (): Promise<void> => {
    setBusy(true);
    setProblem("");
    try {
      setProbe(await routes.probeModel(model.id));
      announce(t("say.probed", { id: model.id }));
    } catch (error) {
      setProblem(words(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <li class="card">
      <h2>{model.id}</h2>
      <Facts
        facts={[
          [t("models.model"), <code>{model.model}</code>],
          [t("models.host"), model.base_url_host],
          [t("models.roles"), model.roles.map((role) => t(`models.role_${role}` as TextKey)).join(", ")],
          [t("models.context"), t("models.tokens", { n: number(model.context_tokens) })],
          [t("models.tool_choice"), <code>{model.tool_choice}</code>],
          [t("models.json_schema"), t(model.json_schema ? "app.yes" : "app.no")],
          [t("models.fallback"), model.fallback ?? ""],
        ]}
      />
      <div class="row between">
        <h3>{t("models.probe")}</h3>
        {offers(PROBE_ROUTE, "post") ? (
          <button type="button" class="button" disabled={busy} {...(busy ? {} : { "aria-label": t("models.probe_one", { id: model.id }) })} onClick={() => void run()}>
            <Icon name="again" />{t(busy ? "models.probing" : "models.probe_now")}
          </button>
        ) : null}
      </div>
      <div aria-live="polite">{problem ? <p class="notice bad">{problem}</p> : null}</div>
      {probe ? <Found probe={probe} /> : <p class="quiet">{t("models.no_probe", { id: model.id })}</p>}
    </li>
  );
}

/** What can be found, from the network up. */
const FINDINGS = ["reachable", "answers", "model_listed", "streaming", "usage", "auto_calls", "required_honoured", "named_honoured", "parallel_calls", "json_schema_honoured"] as const;

const LOOKS = {
  true: { look: "tone-good", icon: "check" },
  false: { look: "tone-warn", icon: "warning" },
  null: { look: "quiet", icon: "dash" },
} as const;

function Found({ probe }: { probe: Probe }): VNode {
  return (
    <>
      <p class="quiet">{t("models.probed")} <Age time={probe.at} /></p>
      {probe.problems.length > 0 ? <ul class="notice bad">{probe.problems.map((problem) => <li key={problem}>{problem}</li>)}</ul> : null}
      <ul class="findings" aria-label={t("models.probe")}>
        {FINDINGS.map((name) => {
          const yes = probe[name] ?? null;
          const { look, icon } = LOOKS[String(yes) as keyof typeof LOOKS];
          return (
            <li key={name} class={`finding ${look}`}>
              <Icon name={icon} />
              <span>{yes === null ? t("probe.untried", { what: t(`probe.${name}_yes`) }) : t(`probe.${name}_${yes ? "yes" : "no"}`)}</span>
            </li>
          );
        })}
      </ul>
      <Facts
        facts={[
          [t("models.reasoning_field"), probe.reasoning_field ? <code>{probe.reasoning_field}</code> : t("models.no_reasoning")],
          [t("models.served"), probe.models.length > 0 ? <span class="row">{probe.models.map((name) => <Badge key={name}>{name}</Badge>)}</span> : null],
        ]}
      />
    </>
  );
}
