// Access tokens: which there are, making one, taking one back.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import * as routes from "../api/routes.ts";
import type { ApiToken } from "../api/types.ts";
import { sayError } from "../state/notices.ts";
import { dateTime } from "../text/format.ts";
import { named, t } from "../text/index.ts";
import { CopyButton } from "../ui/CopyButton.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { LoadedView } from "../ui/LoadedView.tsx";
import { useLoad } from "../ui/useLoad.ts";

export function Tokens(): VNode {
  const [loaded, again] = useLoad(routes.listTokens, "tokens");
  return (
    <LoadedView title={t("tokens.title")} intro={t("tokens.intro")} route="/api/tokens" loaded={loaded} again={again}>
      {({ items }) => (
        <>
          <NewToken made={again} />
          {items.length === 0 ? <p class="quiet">{t("tokens.none")}</p> : <TokenTable items={items} changed={again} />}
        </>
      )}
    </LoadedView>
  );
}

const ROLES = ["reader", "analyst", "engineer", "admin"] as const;
type Role = (typeof ROLES)[number];
const DAYS = [7, 30, 90, 365];

function NewToken({ made }: { made: () => void }): VNode {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("analyst");
  const [days, setDays] = useState("");
  const [secret, setSecret] = useState("");
  const create = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      const { token } = await routes.createToken({ name: name.trim(), role, ...(days ? { days: Number(days) } : {}) });
      setSecret(token);
      setName("");
      made();
    } catch (error) {
      sayError(error);
    }
  };
  return (
    <>
      <form class="row inline-form" onSubmit={(event) => void create(event)}>
        <label class="field">
          <span>{t("tokens.new")}</span>
          <input type="text" required maxLength={100} value={name} placeholder={t("tokens.name")} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <label class="field">
          <span>{t("tokens.role")}</span>
          <select value={role} onChange={(event) => setRole(event.currentTarget.value as Role)}>
            {ROLES.map((one) => <option key={one} value={one}>{t(`role.${one}`)}</option>)}
          </select>
        </label>
        <label class="field">
          <span>{t("tokens.expires")}</span>
          <select value={days} onChange={(event) => setDays(event.currentTarget.value)}>
            <option value="">{t("tokens.expires_never")}</option>
            {DAYS.map((n) => <option key={n} value={n}>{t("tokens.days", { n })}</option>)}
          </select>
        </label>
        <button type="submit" class="button primary" disabled={name.trim() === ""}>{t("tokens.create")}</button>
      </form>
      {secret ? (
        <div class="notice" role="status">
          <p>{t("tokens.once")}</p>
          <p class="row"><code class="breaks">{secret}</code><CopyButton text={() => secret} label={t("app.copy")} /></p>
        </div>
      ) : null}
    </>
  );
}

function TokenTable({ items, changed }: { items: ApiToken[]; changed: () => void }): VNode {
  const [revoking, setRevoking] = useState<ApiToken | null>(null);
  const revoke = async (id: string): Promise<void> => {
    setRevoking(null);
    try {
      await routes.deleteToken(id);
      changed();
    } catch (error) {
      sayError(error);
    }
  };
  return (
    <div class="table-scroll" tabIndex={0} role="group" aria-label={t("tokens.title")}>
      <table>
        <thead>
          <tr><th scope="col">{t("tokens.name")}</th><th scope="col">{t("tokens.role")}</th><th scope="col">{t("tokens.created")}</th><th scope="col">{t("tokens.expires")}</th><th scope="col">{t("tokens.used")}</th><td /></tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.id}>
              <td>{item.name}</td>
              <td>{named("role", item.role)}</td>
              <td>{dateTime(item.created_at)}</td>
              <td>{item.expires_at ? dateTime(item.expires_at) : t("tokens.expires_never")}</td>
              <td>{item.last_used_at ? dateTime(item.last_used_at) : t("tokens.never")}</td>
              <td><button type="button" class="text-button" aria-label={`${t("tokens.revoke")}: ${item.name}`} onClick={() => setRevoking(item)}>{t("tokens.revoke")}</button></td>
            </tr>
          ))}
        </tbody>
      </table>
      {revoking ? (
        <Dialog
          title={t("tokens.revoke_title")}
          onClose={() => setRevoking(null)}
          actions={<><button type="button" class="button" onClick={() => setRevoking(null)}>{t("app.cancel")}</button><button type="button" class="button danger" onClick={() => void revoke(revoking.id)}>{t("tokens.revoke")}</button></>}
        >
          <p>{t("tokens.revoke_text", { name: revoking.name })}</p>
        </Dialog>
      ) : null}
    </div>
  );
}
