// The user's own credentials for servers: which servers take one, giving it, taking it back. What
// was given is never shown again.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import * as routes from "../api/routes.ts";
import type { Credential } from "../api/types.ts";
import { loadCredentials } from "../state/credentials.ts";
import { sayError } from "../state/notices.ts";
import { dateTime } from "../text/format.ts";
import { named, t } from "../text/index.ts";
import { LoadedView } from "../ui/LoadedView.tsx";
import { useLoad } from "../ui/useLoad.ts";

export function Credentials(): VNode {
  const [loaded, again] = useLoad(loadCredentials, "credentials");
  return (
    <LoadedView title={t("credentials.title")} intro={t("credentials.intro")} route="/api/credentials" loaded={loaded} again={again}>
      {({ items }) => (items.length === 0
        ? <p class="quiet">{t("credentials.none")}</p>
        : items.map((item) => <OneServer key={item.server} item={item} changed={again} />))}
    </LoadedView>
  );
}

function OneServer({ item, changed }: { item: Credential; changed: () => void }): VNode {
  const [values, setValues] = useState<Record<string, string>>({});
  const complete = item.fields.every((field) => (values[field] ?? "").trim() !== "");
  const tried = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
      setValues({});
      changed();
    } catch (error) {
      sayError(error);
    }
  };
  const give = (event: Event): void => {
    event.preventDefault();
    void tried(() => routes.keepCredential(item.server, values));
  };
  const when = item.kept_at ? ` (${dateTime(item.kept_at)})` : "";
  return (
    <section aria-label={item.server}>
      <h2>{item.server}</h2>
      <p>{named("credential", item.state)}{when}</p>
      <form class="row inline-form" onSubmit={give}>
        {item.fields.map((field) => (
          <label class="field" key={field}>
            <span>{field}</span>
            <input
              type="password"
              required
              autoComplete="off"
              maxLength={8192}
              value={values[field] ?? ""}
              onInput={(event) => setValues({ ...values, [field]: event.currentTarget.value })}
            />
          </label>
        ))}
        <button type="submit" class="button primary" disabled={!complete}>{t("credentials.keep")}</button>
        {item.state === "missing" ? null : (
          <button type="button" class="button danger" onClick={() => void tried(() => routes.forgetCredential(item.server))}>{t("credentials.forget")}</button>
        )}
      </form>
    </section>
  );
}
