// The conversation: its turns, staying at the end while one is being answered, and the composer.
import { useSignalEffect } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { conversationId, entries, findTurn, loading, open, problem } from "../state/conversation.ts";
import { place } from "../state/route.ts";
import type { Place } from "../state/route.ts";
import { t } from "../text/index.ts";
import { Icon } from "../ui/Icon.tsx";
import { Composer } from "./Composer.tsx";
import { TurnView } from "./TurnView.tsx";
import { Welcome } from "./Welcome.tsx";

/** So close to the end counts as being there. */
const NEAR_END = 80;
const ALWAYS_DRAWN = 2;

export function Chat(): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const atEnd = useRef(true);
  const lastTop = useRef(0);
  /** The conversation whose place was found already. */
  const arrived = useRef("");
  /** The place that was gone to; once is enough, whatever happens there afterwards. */
  const served = useRef<Place | null>(null);
  const [away, setAway] = useState(false);
  const { id, turn } = place.value;
  const count = entries.value.length;

  const toEnd = (): void => scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  useEffect(() => void open(id), [id]);
  useEffect(() => {
    atEnd.current = turn === "" || !findTurn(turn);
    if (atEnd.current) toEnd();
  }, [id, loading.value]);
  useEffect(() => {
    if (count === 0) return;
    if (!turn || !findTurn(turn)) {
      atEnd.current = true;
      toEnd();
    }
  }, [count]);
  // What is drawn late or grows must not push the end out of sight.
  useEffect(() => {
    if (!list.current) return undefined;
    const observer = new ResizeObserver(() => atEnd.current && toEnd());
    observer.observe(list.current);
    return () => observer.disconnect();
  }, [count > 0]);
  useSignalEffect(() => {
    const here = place.value;
    const { turn: wanted, panel, id: conversation } = here;
    if (served.current === here || !wanted || loading.value || conversation !== conversationId.value || !findTurn(wanted)) return;
    served.current = here;
    // With a panel the turn is brought into sight once, when the link is opened: afterwards
    // links into the panel are followed where one reads.
    const first = arrived.current !== conversation;
    arrived.current = conversation;
    if (panel && !first) return;
    atEnd.current = false;
    requestAnimationFrame(() => {
      // A scroll event from before may still have come and said that the end is in sight.
      atEnd.current = false;
      const article = document.getElementById(`turn-${wanted}`);
      article?.scrollIntoView({ block: "start" });
      if (!panel) article?.focus({ preventScroll: true });
    });
  });
  useEffect(() => {
    if (!loading.value && conversationId.value === id && count > 0) arrived.current = id;
  }, [id, loading.value, count]);
  const onScroll = (): void => {
    const at = scroller.current;
    if (!at) return;
    const left = at.scrollHeight - at.scrollTop - at.clientHeight;
    // Only going up leaves the end; the list also grows by itself.
    if (left < NEAR_END) atEnd.current = true;
    else if (at.scrollTop < lastTop.current - 1) atEnd.current = false;
    lastTop.current = at.scrollTop;
    setAway(left > at.clientHeight);
  };
  return (
    <>
      <div ref={scroller} class="scroller" onScroll={onScroll} tabIndex={0} role="region" aria-label={t("chat.label")} id="conversation">
        {loading.value ? <p class="quiet middle">{t("app.loading")}</p> : null}
        {problem.value ? <Problem /> : null}
        {count === 0 && !loading.value && !problem.value ? <Welcome /> : null}
        {count > 0 ? (
          <ol ref={list} class="turns">
            {entries.value.map((entry, index) => (
              <TurnView key={entry.key} entry={entry} scroller={scroller} always={index >= count - ALWAYS_DRAWN} />
            ))}
          </ol>
        ) : null}
      </div>
      {away ? (
        <button type="button" class="button to-end" onClick={toEnd}><Icon name="downward" />{t("chat.to_end")}</button>
      ) : null}
      <Composer />
    </>
  );
}

function Problem(): VNode {
  return (
    <div class="notice bad middle">
      <p><strong>{t("chat.open_failed")}</strong> {problem.value}</p>
      <button type="button" class="button" onClick={() => void open(conversationId.value)}>{t("app.retry")}</button>
    </div>
  );
}
