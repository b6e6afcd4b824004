// A question back: choices as buttons, also by digit; a confirmation in the gateway's own text,
// for it writes out what would run so that nothing in it is hidden, reordered or rounded.
// Digits count only while the focus is in the question, so that none is chosen by accident.
import type { ComponentChildren, VNode } from "preact";
import { useMemo } from "preact/hooks";
import type { Question } from "../api/types.ts";
import { Markdown } from "../markdown/Markdown.tsx";
import { confirm, lastTurnId, running, sendMessage, turnAfter } from "../state/conversation.ts";
import type { Turn } from "../state/turn.ts";
import { t } from "../text/index.ts";
import { Icon } from "../ui/Icon.tsx";
import { answeredBy, partsOf } from "./answer.ts";
import type { Answered } from "./answer.ts";

/** The open question, for the key that leads to it. */
export const OPEN_QUESTION = "open-question";

const isOpen = (turn: Turn): boolean => turn.id === lastTurnId.value && running.value === null;

/** The choice that the next message took, -1 if it took none. */
function chosenOf(turn: Turn, { choices }: Question): number {
  const said = turnAfter(turn.id)?.message.trim();
  return choices.findIndex(({ message }) => message.trim() === said);
}

/** The buttons go away when one is pressed, and the focus must not go with them. */
function keepFocus(turn: Turn): void {
  // Where a field that has the focus brings up a keyboard over the page, the question has it.
  const next = matchMedia("(pointer: coarse)").matches ? `turn-${turn.id}` : "message";
  document.getElementById(next)?.focus({ preventScroll: true });
}

export function QuestionBack({ turn }: { turn: Turn }): VNode | null {
  const { question } = turn;
  if (!question) return null;
  if (question.kind === "confirmation") return <Confirmation turn={turn} question={question} />;
  if (question.choices.length === 0) return null;
  const open = isOpen(turn);
  const chosen = chosenOf(turn, question);
  const choose = (at: number): void => {
    const choice = question.choices[at];
    if (!choice) return;
    keepFocus(turn);
    void sendMessage(choice.message);
  };
  return (
    <Choosing label={t("question.label")} open={open} choose={choose}>
      {question.choices.map((choice, at) => (
        <button key={choice.message} type="button" class={at === chosen ? "choice chosen" : "choice"} disabled={!open} onClick={() => choose(at)}>
          {at === chosen ? <><Icon name="check" /><span class="visually-hidden">{t("question.chosen")}</span></> : <span class="choice-number" aria-hidden="true">{at + 1}</span>}
          {choice.label}
        </button>
      ))}
    </Choosing>
  );
}

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

function Confirmation({ turn, question }: { turn: Turn; question: Question }): VNode {
  const { body } = useMemo(() => partsOf(turn), [turn]);
  const open = isOpen(turn);
  const answered = answeredBy(turnAfter(turn.id));
  const answer = (at: number): void => {
    if (at > 1) return;
    keepFocus(turn);
    void confirm(turn.id, at === 0, question.choices[at]?.message ?? t(at === 0 ? "confirm.yes" : "confirm.no"));
  };
  return (
    <section class={open ? "confirmation" : "confirmation over"} aria-label={t("confirm.title")}>
      <p><strong>{t("confirm.title")}</strong></p>
      {open ? null : <p>{t("confirm.was")}</p>}
      <Markdown text={body} />
      {open ? (
        <Choosing label={t("question.label")} open choose={answer}>
          <div class="row">
            <button type="button" class="button primary" onClick={() => answer(0)}><kbd aria-hidden="true">1</kbd>{t("confirm.yes")}</button>
            <button type="button" class="button" onClick={() => answer(1)}><kbd aria-hidden="true">2</kbd>{t("confirm.no")}</button>
          </div>
        </Choosing>
      ) : null}
      {answered ? <p class="row answered"><Icon name={answered === "yes" ? "check" : "dash"} />{t(ANSWERED[answered])}</p> : null}
    </section>
  );
}

const ANSWERED = { yes: "confirm.answered_yes", no: "confirm.answered_no", passed: "confirm.passed" } as const satisfies Record<Answered, string>;
