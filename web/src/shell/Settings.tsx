// Theme, language, and the keys that do something.
import type { VNode } from "preact";
import { token, useToken } from "../api/client.ts";
import { forgetDrafts, language, theme } from "../state/settings.ts";
import type { Language, Theme } from "../state/settings.ts";
import { forgetRunning } from "../state/tabs.ts";
import { t } from "../text/index.ts";
import { Dialog } from "../ui/Dialog.tsx";

const THEMES: Theme[] = ["system", "light", "dark"];
const LANGUAGES: [Language, string][] = [["en", "English"], ["nb", "Norsk"]];

/** Whoever signs in next sees nothing of what was written here. */
function signOut(): void {
  forgetDrafts();
  forgetRunning();
  useToken("");
  location.reload();
}

export function Settings({ onClose }: { onClose: () => void }): VNode {
  const keys: [string, string][] = [
    ["Ctrl K", t("keys.search")], ["Ctrl Shift O", t("keys.new")], ["Enter", t("keys.send")],
    ["Esc", t("keys.escape")], ["↑  1 – 9", t("keys.choices")], ["Tab", t("keys.marks")], ["← ↑ → ↓", t("keys.tree")],
  ];
  return (
    <Dialog title={t("settings.title")} onClose={onClose}>
      <fieldset class="options">
        <legend>{t("settings.theme")}</legend>
        {THEMES.map((name) => (
          <label key={name}>
            <input type="radio" name="theme" checked={theme.value === name} onChange={() => (theme.value = name)} />
            {t(`settings.${name}`)}
          </label>
        ))}
      </fieldset>
      <fieldset class="options">
        <legend>{t("settings.language")}</legend>
        {LANGUAGES.map(([code, name]) => (
          <label key={code} lang={code}>
            <input type="radio" name="language" checked={language.value === code} onChange={() => (language.value = code)} />
            {name}
          </label>
        ))}
      </fieldset>
      {token.value ? (
        <p class="row"><span>{t("settings.token")}</span><button type="button" class="button" onClick={signOut}>{t("settings.sign_out")}</button></p>
      ) : null}
      <h3>{t("settings.keys")}</h3>
      <dl class="keys">
        {keys.map(([key, what]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{what}</dd></div>)}
      </dl>
    </Dialog>
  );
}
