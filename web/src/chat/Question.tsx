// A question back: choices as buttons, also by digit; a confirmation with exactly what would run.
// Digits count only while the focus is in the question, so that none is chosen by accident.
import type { ComponentChildren, VNode } from "preact";
import { confirm, lastTurnId, running, sendMessage, turnAfter } from "../state/conversation.ts";
import type { PendingCall, Question } from "../api/types.ts";
import type { Turn } from "../state/turn.ts";
import { t } from "../text/index.ts";
import { JsonText } from "../ui/Facts.tsx";
import { Icon } from "../ui/Icon.tsx";

/** The open question, for the key that leads to it. */
export const OPEN_QUESTION = "open-question";

/** What became of a question: `chosen` is the choice that the next message took, if it took one. */
type Fate = { open: true } | { open: false; chosen: number | null };

function fateOf(turn: Turn, { choices }: Question): Fate {
  const next = turnAfter(turn.id);
  if (next) {
    const chosen = choices.findIndex(({ message }) => message.trim() === next.message.trim());
    return { open: false, chosen: chosen < 0 ? null : chosen };
  }
  return turn.id === lastTurnId.value && running.value === null ? { open: true } : { open: false, chosen: null };
}

export function QuestionBack({ turn }: { turn: Turn }): VNode | null {
  const { question } = turn;
  if (!question) return null;
  const fate = fateOf(turn, question);
  if (question.kind === "confirmation") return <Confirmation turn={turn} question={question} fate={fate} />;
  if (question.choices.length === 0) return null;
  const choose = (at: number): void => {
    const choice = question.choices[at];
    if (choice) void sendMessage(choice.message);
  };
  return (
    <Choosing label={t("question.label")} open={fate.open} choose={choose}>
      {question.choices.map((choice, at) => (
        <button key={choice.message} type="button" class={isChosen(fate, at) ? "choice chosen" : "choice"} disabled={!fate.open} onClick={() => choose(at)}>
          {isChosen(fate, at) ? <><Icon name="check" /><span class="visually-hidden">{t("question.chosen")}</span></> : <span class="choice-number" aria-hidden="true">{at + 1}</span>}
          {choice.label}
        </button>
      ))}
    </Choosing>
  );
}

const isChosen = (fate: Fate, at: number): boolean => !fate.open && fate.chosen === at;

interface ChoosingProperties {
  label: string;
  open: boolean;
  choose: (at: number) => void;
  children: ComponentChildren;
}

/** A group whose buttons have digits. */
function Choosing({ label, open, choose, children }: ChoosingProperties): VNode {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!open || !/^[1-9]$/.test(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    choose(Number(event.key) - 1);
  };
  return <div class="choices" role="group" aria-label={label} {...(open ? { id: OPEN_QUESTION } : {})} onKeyDown={onKeyDown}>{children}</div>;
}

function Confirmation({ turn, question, fate }: { turn: Turn; question: Question; fate: Fate }): VNode {
  const answer = (at: number): void => {
    if (at < 2) void confirm(turn.id, at === 0, question.choices[at]?.message ?? t(at === 0 ? "confirm.yes" : "confirm.no"));
  };
  return (
    <section class={fate.open ? "confirmation" : "confirmation over"} aria-label={t("confirm.title")}>
      <p><strong>{t("confirm.title")}</strong></p>
      <p>{t(fate.open ? "confirm.would" : "confirm.was")}</p>
      <ol class="pending-calls">{question.calls.map((call, at) => <li key={at}><Pending call={call} /></li>)}</ol>
      {fate.open ? (
        <Choosing label={t("question.label")} open choose={answer}>
          <div class="row">
            <button type="button" class="button primary" onClick={() => answer(0)}><kbd aria-hidden="true">1</kbd>{t("confirm.yes")}</button>
            <button type="button" class="button" onClick={() => answer(1)}><kbd aria-hidden="true">2</kbd>{t("confirm.no")}</button>
          </div>
        </Choosing>
      ) : (
        <p class="row answered"><Icon name={fate.chosen === 0 ? "check" : "dash"} />{t(answered(fate.chosen))}</p>
      )}
    </section>
  );
}

function answered(chosen: number | null): "confirm.answered_yes" | "confirm.answered_no" | "confirm.lapsed" {
  if (chosen === null) return "confirm.lapsed";
  return chosen === 0 ? "confirm.answered_yes" : "confirm.answered_no";
}

/** One call exactly as it would run. */
function Pending({ call }: { call: PendingCall }): VNode {
  return (
    <>
      <p class="row"><Icon name="tool" /><code>{call.tool}</code><span class="quiet">{call.server}</span></p>
      <JsonText value={call.arguments} label={t("confirm.arguments", { tool: call.tool })} />
    </>
  );
}
