// From a place in a result back to the answer: every sentence that uses it.
import type { VNode } from "preact";
import type { Citation } from "../api/types.ts";
import { showMark } from "../chat/EvidenceMark.tsx";
import { sentenceAt, spanText } from "../markdown/marks.ts";
import { conversationId } from "../state/conversation.ts";
import { closePanel, panelHref } from "../state/route.ts";
import { panelOver } from "../state/screen.ts";
import type { Turn } from "../state/turn.ts";
import { t } from "../text/index.ts";

interface Properties {
  turn: Turn;
  selected: string;
  citations: (Citation & { index: number })[];
}

const LONGEST = 140;

export function Uses({ turn, selected, citations }: Properties): VNode {
  // A list or object counts as used where something in it is.
  const used = citations.filter(({ pointer }) => pointer === selected || pointer.startsWith(`${selected}/`));
  if (used.length === 0) return <p class="uses quiet">{t("evidence.not_used")}</p>;
  const sentences = new Map<string, Citation & { index: number }>();
  for (const cite of used) {
    const sentence = sentenceAt(turn.text, cite.span);
    if (!sentences.has(sentence)) sentences.set(sentence, cite);
  }
  const show = (cite: number): void => {
    if (panelOver.value) closePanel();
    setTimeout(() => showMark(turn.id, cite));
  };
  return (
    <div class="uses">
      <h3>{t("evidence.used_in")}</h3>
      <ul>
        {[...sentences].map(([sentence, cite]) => (
          <li key={cite.index}>
            <button type="button" class="use" aria-label={t("evidence.back", { text: sentence })} onClick={() => show(cite.index)}>
              <Sentence text={shortened(sentence)} value={spanText(turn.text, cite.span)} />
            </button>
          </li>
        ))}
      </ul>
      <OtherPlaces turn={turn} selected={selected} citations={citations} />
    </div>
  );
}

/** Where else the same words find support. */
function OtherPlaces({ turn, selected, citations }: Properties): VNode | null {
  const here = citations.find(({ pointer }) => pointer === selected);
  const others = here ? citations.filter(({ span, pointer }) => pointer !== selected && span[0] === here.span[0] && span[1] === here.span[1]) : [];
  if (!here || others.length === 0) return null;
  return (
    <p class="quiet">
      {t("evidence.places", { text: spanText(turn.text, here.span) })}
      {others.map(({ result_id: result, pointer }) => (
        <a key={pointer} class="text-button breaks" href={panelHref(conversationId.value, { kind: "result", turn: turn.id, result, pointer })}>{pointer}</a>
      ))}
    </p>
  );
}

const shortened = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

function Sentence({ text, value }: { text: string; value: string }): VNode {
  const at = text.indexOf(value);
  if (at < 0) return <span>{text}</span>;
  return <span>{text.slice(0, at)}<strong>{value}</strong>{text.slice(at + value.length)}</span>;
}
