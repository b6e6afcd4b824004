// What can be done with an answer.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { canReplace, offers } from "../api/capabilities.ts";
import * as routes from "../api/routes.ts";
import { conversationId, lastTurnId, running, sendMessage } from "../state/conversation.ts";
import { say, sayError } from "../state/notices.ts";
import { panelHref, placeHref } from "../state/route.ts";
import type { Turn } from "../state/turn.ts";
import { t } from "../text/index.ts";
import { CopyButton } from "../ui/CopyButton.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Icon } from "../ui/Icon.tsx";
import { IconButton } from "../ui/IconButton.tsx";

export function TurnActions({ turn }: { turn: Turn }): VNode | null {
  if (!turn.id || (turn.phase === "lost" && !turn.message)) return null;
  // Only the last turn is replaced: an earlier one would take all that follows with it.
  const replaced = canReplace() && turn.id === lastTurnId.value && turn.phase !== "lost" ? turn.id : null;
  const link = (): string => new URL(placeHref({ id: conversationId.value, turn: turn.id }), location.href).href;
  return (
    <div class="turn-actions">
      <a class="text-button" href={panelHref(conversationId.value, { kind: "trace", turn: turn.id })}>
        <Icon name="route" />
        {t("turn.how")}
      </a>
      {turn.text ? <CopyButton text={() => turn.text} label={t("turn.copy")} /> : null}
      <CopyButton text={link} label={t("turn.link")} icon="link" />
      <IconButton
        icon="again"
        label={t(replaced ? "turn.again" : "turn.again_new")}
        disabled={running.value !== null}
        onClick={() => void sendMessage(turn.message, replaced)}
      />
      {turn.phase === "finished" && offers("/api/turns/{id}/feedback", "post") ? <Feedback turn={turn.id} /> : null}
    </div>
  );
}

function Feedback({ turn }: { turn: string }): VNode {
  const [given, setGiven] = useState<"up" | "down" | null>(null);
  const [asking, setAsking] = useState(false);
  const [why, setWhy] = useState("");
  const give = async (rating: "up" | "down"): Promise<void> => {
    setAsking(false);
    try {
      await routes.sendFeedback(turn, rating, rating === "down" ? why.trim() : "");
      setGiven(rating);
      say(t("turn.thanks"));
    } catch (error) {
      sayError(error);
    }
  };
  return (
    <>
      <IconButton icon="up" label={t("turn.good")} pressed={given === "up"} onClick={() => void give("up")} />
      <IconButton icon="down" label={t("turn.bad")} pressed={given === "down"} onClick={() => setAsking(true)} />
      {asking ? (
        <Dialog
          title={t("turn.bad")}
          onClose={() => setAsking(false)}
          actions={<button type="button" class="button primary" onClick={() => void give("down")}>{t("chat.send")}</button>}
        >
          <label class="field">
            <span>{t("turn.bad_why")}</span>
            <textarea rows={4} value={why} maxLength={2000} onInput={(event) => setWhy(event.currentTarget.value)} />
          </label>
        </Dialog>
      ) : null}
    </>
  );
}
