// A question back: choices as buttons, also by digit; a confirmation with exactly what would run.
import type { VNode } from "preact";
import { confirm, lastTurnId, running, sendMessage } from "../state/conversation.ts";
import type { Turn } from "../state/turn.ts";
import { t } from "../text/index.ts";
import { JsonText } from "../ui/Facts.tsx";

export function QuestionBack({ turn }: { turn: Turn }): VNode | null {
  const { question } = turn;
  if (!question) return null;
  const open = turn.id === lastTurnId.value && running.value === null;
  if (turn.outcome === "confirmation" || question.call) return <Confirmation turn={turn} open={open} />;
  if (question.choices.length === 0) return null;
  const choose = (at: number): void => {
    const choice = question.choices[at];
    if (choice && open) void sendMessage(choice.message);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!/^[1-9]$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    choose(Number(event.key) - 1);
  };
  return (
    <div class="choices" role="group" aria-label={t("question.label")} onKeyDown={onKeyDown}>
      {question.choices.map((choice, at) => (
        <button key={choice.message} type="button" class="choice" disabled={!open} onClick={() => choose(at)}>
          <span class="choice-number" aria-hidden="true">{at + 1}</span>
          {choice.label}
        </button>
      ))}
    </div>
  );
}

function Confirmation({ turn, open }: { turn: Turn; open: boolean }): VNode {
  const call = turn.question?.call;
  return (
    <div class="confirmation" role="group" aria-label={t("confirm.title")}>
      <p><strong>{t("confirm.title")}</strong></p>
      {call ? (
        <>
          <p>{t("confirm.text")}</p>
          <p><code>{call.server} · {call.tool}</code></p>
          <JsonText value={call.arguments} label={t("progress.arguments")} />
        </>
      ) : null}
      <div class="row">
        <button type="button" class="button primary" disabled={!open} onClick={() => void confirm(turn.id, true)}>{t("confirm.yes")}</button>
        <button type="button" class="button" disabled={!open} onClick={() => void confirm(turn.id, false)}>{t("confirm.no")}</button>
      </div>
    </div>
  );
}
