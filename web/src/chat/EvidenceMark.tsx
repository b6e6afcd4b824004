// A value of an answer with the place that supports it: a link to that place, so it opens by
// click and key, can be copied, and can be opened in another tab.
import type { VNode } from "preact";
import type { Citation } from "../api/types.ts";
import { conversationId } from "../state/conversation.ts";
import { panelHref, place } from "../state/route.ts";
import { callOfResult } from "../state/turn.ts";
import type { Turn } from "../state/turn.ts";
import { t } from "../text/index.ts";

const LONGEST_WAIT_MS = 5_000;

interface Properties {
  turn: Turn;
  text: string;
  cites: readonly number[];
}

export function EvidenceMark({ turn, text, cites }: Properties): VNode {
  const all = cites.flatMap((index) => turn.citations[index] ?? []);
  // The innermost claim says most precisely what is meant.
  const best = all.reduce((a, b) => (width(b) < width(a) ? b : a));
  const tool = callOfResult(turn, best.result_id)?.tool ?? turn.basis.find((item) => item.result_id === best.result_id)?.tool ?? "";
  const panel = place.value.panel;
  const shown = panel?.kind === "result" && all.some((cite) => cite.result_id === panel.result && cite.pointer === panel.pointer);
  return (
    <a
      class={shown ? "mark shown" : "mark"}
      href={panelHref(conversationId.value, { kind: "result", turn: turn.id, result: best.result_id, pointer: best.pointer })}
      data-cites={cites.join(" ")}
      title={t("evidence.mark", { place: best.pointer, tool })}
    >
      {text}
    </a>
  );
}

const width = ({ span }: Citation): number => (span[1] ?? 0) - (span[0] ?? 0);

/** Moves to the mark of a citation in its answer. */
export function showMark(turn: string, cite: number): void {
  const article = document.getElementById(`turn-${turn}`);
  if (!article) return;
  article.scrollIntoView({ block: "nearest" });
  const show = (): boolean => {
    const mark = article.querySelector<HTMLElement>(`[data-cites~="${cite}"]`);
    mark?.scrollIntoView({ block: "center" });
    mark?.focus({ preventScroll: true });
    return mark !== null;
  };
  if (show()) return;
  // The answer was far away and is drawn only now that it comes into sight.
  const drawn = new MutationObserver(() => show() && drawn.disconnect());
  drawn.observe(article, { childList: true, subtree: true });
  setTimeout(() => drawn.disconnect(), LONGEST_WAIT_MS);
}
