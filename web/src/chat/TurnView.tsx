// One turn: the message, what is being done, the reply with its evidence. Far from what is in
// sight it is an empty box of its last height, and its events are not even loaded.
import type { RefObject, VNode } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { loadTurns } from "../state/conversation.ts";
import type { Entry } from "../state/conversation.ts";
import { isRunning } from "../state/turn.ts";
import type { Turn } from "../state/turn.ts";
import { t } from "../text/index.ts";
import { useNear } from "../ui/near.ts";
import { Answer } from "./Answer.tsx";
import { Basis } from "./Basis.tsx";
import { Progress } from "./Progress.tsx";
import { QuestionBack } from "./Question.tsx";
import { StoppedFold } from "./StoppedList.tsx";
import { TurnActions } from "./TurnActions.tsx";
import { UserMessage } from "./UserMessage.tsx";
import { Verdict } from "./Verdict.tsx";

const UNSEEN_HEIGHT = 240;

interface Properties {
  entry: Entry;
  scroller: RefObject<HTMLElement | null>;
  always: boolean;
}

export function TurnView({ entry, scroller, always }: Properties): VNode {
  const turn = entry.turn.value;
  const box = useRef<HTMLElement>(null);
  const height = useRef(UNSEEN_HEIGHT);
  const [draft, setDraft] = useState<string | null>(null);
  // A message that is being changed stays, however far one scrolls to look something up.
  const near = useNear(box, scroller, always || isRunning(turn) || draft !== null);
  useEffect(() => {
    if (near && turn.phase === "stored") void loadTurns([entry]);
  }, [near, turn.phase, entry]);
  useLayoutEffect(() => {
    if (!box.current) return;
    if (near) height.current = box.current.offsetHeight;
    box.current.style.minHeight = near ? "" : `${height.current}px`;
  });
  return (
    <li>
      <article ref={box} class="turn" id={turn.id ? `turn-${turn.id}` : entry.key} aria-label={turn.message || t("chat.gateway")} tabIndex={-1}>
        {near ? <Content turn={turn} draft={draft} change={setDraft} /> : null}
      </article>
    </li>
  );
}

interface ContentProperties {
  turn: Turn;
  draft: string | null;
  change: (draft: string | null) => void;
}

function Content({ turn, draft, change }: ContentProperties): VNode {
  return (
    <>
      <h2 class="visually-hidden">{t("chat.you")}</h2>
      <UserMessage turn={turn} draft={draft} change={change} />
      <h2 class="visually-hidden">{t("chat.gateway")}</h2>
      <div class="reply" aria-busy={isRunning(turn)}>
        <Progress turn={turn} />
        {turn.link ? null : <p class="notice" role="status">{t("turn.reconnecting")}</p>}
        <Answer turn={turn} />
        <Ending turn={turn} />
        <QuestionBack turn={turn} />
        <Basis turn={turn} />
        <div class="row">
          <Verdict turn={turn} />
          <StoppedFold stopped={turn.stopped} />
        </div>
        {isRunning(turn) ? null : <TurnActions turn={turn} />}
      </div>
    </>
  );
}

function Ending({ turn }: { turn: Turn }): VNode | null {
  switch (turn.phase) {
    case "failed":
      return <p class="notice bad">{t("turn.failed", { message: turn.failure?.message ?? turn.failure?.code ?? "" })}</p>;
    case "cancelled":
      return <p class="notice">{t("turn.cancelled")}</p>;
    case "lost":
      return turn.text ? null : <p class="notice">{t("turn.lost")}</p>;
    default:
      return null;
  }
}
