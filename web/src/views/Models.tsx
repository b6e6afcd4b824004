// The model profiles and what a probe found out about each.
import type { VNode } from "preact";
import * as routes from "../api/routes.ts";
import type { Json, ModelProfile } from "../api/types.ts";
import { t } from "../text/index.ts";
import { Badge } from "../ui/Badge.tsx";
import { Facts, JsonText } from "../ui/Facts.tsx";
import type { Fact } from "../ui/Facts.tsx";
import { LoadedView } from "../ui/LoadedView.tsx";
import { useLoad } from "../ui/useLoad.ts";

export function Models(): VNode {
  const [loaded, again] = useLoad(routes.listModels, "models");
  return (
    <LoadedView title={t("models.title")} intro={t("models.intro")} route="/api/models" loaded={loaded} again={again}>
      {({ items }) => items.length === 0 ? <p class="quiet">{t("models.none")}</p> : <ul class="cards">{items.map((model) => <Profile key={model.id} model={model} />)}</ul>}
    </LoadedView>
  );
}

function Profile({ model }: { model: ModelProfile }): VNode {
  return (
    <li class="card">
      <h2>{model.id}</h2>
      <Facts
        facts={[
          [t("models.model"), <code>{model.model}</code>],
          [t("models.host"), model.base_url_host],
          [t("models.roles"), model.roles.join(", ")],
        ]}
      />
      <h3>{t("models.probe")}</h3>
      {model.probe ? <Facts facts={Object.entries(model.probe).map(([name, value]): Fact => [name.replaceAll("_", " "), found(value)])} /> : <p class="quiet">{t("models.no_probe", { id: model.id })}</p>}
    </li>
  );
}

function found(value: Json): VNode | string | null {
  if (typeof value === "boolean") return <Badge tone={value ? "good" : "warn"}>{t(value ? "app.yes" : "app.no")}</Badge>;
  if (value !== null && typeof value === "object") return <JsonText value={value} />;
  return value === null ? null : String(value);
}
