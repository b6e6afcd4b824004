// Asks for the token that the gateway wants.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { useToken } from "../api/client.ts";
import { t } from "../text/index.ts";
import { Dialog } from "../ui/Dialog.tsx";

export function SignIn(): VNode {
  const [value, setValue] = useState("");
  const signIn = (event: Event): void => {
    event.preventDefault();
    useToken(value.trim());
    // Everything that was refused is asked for anew.
    location.reload();
  };
  return (
    <Dialog title={t("signin.title")} onClose={() => undefined} firm>
      <form onSubmit={signIn}>
        <p>{t("signin.text")}</p>
        <label class="field">
          <span>{t("signin.token")}</span>
          <input type="password" autocomplete="current-password" required value={value} onInput={(event) => setValue(event.currentTarget.value)} />
        </label>
        <div class="row end"><button type="submit" class="button primary" disabled={value.trim() === ""}>{t("signin.go")}</button></div>
      </form>
    </Dialog>
  );
}
