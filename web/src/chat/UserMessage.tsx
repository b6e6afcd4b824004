// What the person wrote; it can be changed and sent again.
import type { VNode } from "preact";
import { canReplace } from "../api/capabilities.ts";
import { running, sendMessage } from "../state/conversation.ts";
import type { Turn } from "../state/turn.ts";
import { t } from "../text/index.ts";
import { IconButton } from "../ui/IconButton.tsx";

interface Properties {
  turn: Turn;
  /** The changed message, while it is being changed. */
  draft: string | null;
  change: (draft: string | null) => void;
}

export function UserMessage({ turn, draft, change }: Properties): VNode | null {
  if (!turn.message) return null;
  if (draft !== null) {
    return <EditMessage turn={turn} draft={draft} change={change} />;
  }
  return (
    <div class="user-message">
      <IconButton icon="edit" label={t("turn.edit")} disabled={running.value !== null} onClick={() => change(turn.message)} />
      <p class="bubble">{turn.message}</p>
    </div>
  );
}

function EditMessage({ turn, draft, change }: Properties & { draft: string }): VNode {
  const replaces = canReplace() && turn.id !== "";
  const send = async (): Promise<void> => {
    const message = draft.trim();
    if (!message || running.value !== null) return;
    if (await sendMessage(message, replaces ? turn.id : null)) change(null);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === "Escape") change(null);
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    void send();
  };
  return (
    <div class="edit-message">
      <label class="field">
        <span class="visually-hidden">{t("turn.edit_label")}</span>
        <textarea
          ref={(field) => { if (field && document.activeElement?.tagName !== "TEXTAREA") field.focus(); }}
          rows={Math.min(8, draft.split("\n").length + 1)}
          value={draft}
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
      </label>
      <p class="quiet">{t(replaces ? "turn.edit_note" : "turn.edit_note_append")}</p>
      <div class="row end">
        <button type="button" class="button" onClick={() => change(null)}>{t("app.cancel")}</button>
        <button type="button" class="button primary" disabled={draft.trim() === ""} onClick={() => void send()}>{t("turn.edit_send")}</button>
      </div>
    </div>
  );
}
