// From a place in a result back to the conversation: every sentence that uses it, in whichever
// turn it stands.
import type { VNode } from "preact";
import { showMark } from "../chat/EvidenceMark.tsx";
import { sentenceAt, spanText } from "../markdown/marks.ts";
import type { Cite } from "../state/citing.ts";
import { conversationId } from "../state/conversation.ts";
import { closePanel, panelHref } from "../state/route.ts";
import { panelOver } from "../state/screen.ts";
import { t } from "../text/index.ts";

interface Properties {
  selected: string;
  cites: readonly Cite[];
  /** Answers that were not looked through yet. */
  unread: number;
}

const LONGEST = 140;

/** One sentence of one turn; the first citation in it leads there. */
interface Use {
  cite: Cite;
  sentence: string;
}

function usesOf(cites: readonly Cite[], selected: string): Map<string, Use[]> {
  const byTurn = new Map<string, Map<string, Use>>();
  for (const cite of cites) {
    // A list or object counts as used where something in it is.
    if (cite.pointer !== selected && !cite.pointer.startsWith(`${selected}/`)) continue;
    const sentence = sentenceAt(cite.turn.text, cite.span);
    const uses = byTurn.get(cite.turn.id) ?? new Map<string, Use>();
    if (!uses.has(sentence)) uses.set(sentence, { cite, sentence });
    byTurn.set(cite.turn.id, uses);
  }
  return new Map([...byTurn].map(([turn, uses]) => [turn, [...uses.values()]]));
}

export function Uses({ selected, cites, unread }: Properties): VNode {
  const turns = usesOf(cites, selected);
  const several = turns.size > 1;
  return (
    <section class="uses" aria-label={t("evidence.used_in")}>
      {turns.size === 0 ? (unread > 0 ? null : <p class="quiet">{t("evidence.not_used")}</p>) : (
        <>
          <h3>{t("evidence.used_in")}</h3>
          <ul>{[...turns].map(([turn, uses]) => <OneTurn key={turn} uses={uses} named={several} />)}</ul>
          <OtherPlaces selected={selected} cites={cites} />
        </>
      )}
      {unread > 0 ? <p class="quiet" role="status">{t("evidence.reading", { n: unread })}</p> : null}
    </section>
  );
}

function OneTurn({ uses, named }: { uses: Use[]; named: boolean }): VNode {
  const show = ({ cite }: Use): void => {
    if (panelOver.value) closePanel();
    setTimeout(() => showMark(cite.turn.id, cite.index));
  };
  return (
    <li class="use-turn">
      {named ? <p class="quiet clamp">{t("evidence.in_turn", { message: uses[0]?.cite.turn.message ?? "" })}</p> : null}
      <ul>
        {uses.map((use) => (
          <li key={use.cite.index}>
            <button type="button" class="use" aria-label={t("evidence.back", { text: use.sentence })} onClick={() => show(use)}>
              <Sentence text={shortened(use.sentence)} value={spanText(use.cite.turn.text, use.cite.span)} />
            </button>
          </li>
        ))}
      </ul>
    </li>
  );
}

/** Where else the same words find support. */
function OtherPlaces({ selected, cites }: { selected: string; cites: readonly Cite[] }): VNode | null {
  const here = cites.find(({ pointer }) => pointer === selected);
  if (!here) return null;
  const others = here.turn.citations.filter(({ span, pointer }) => pointer !== selected && span[0] === here.span[0] && span[1] === here.span[1]);
  if (others.length === 0) return null;
  return (
    <p class="quiet">
      {t("evidence.places", { text: spanText(here.turn.text, here.span) })}
      {others.map(({ result_id: result, pointer }) => (
        <a key={result + pointer} class="text-button breaks" href={panelHref(conversationId.value, { kind: "result", turn: here.turn.id, result, pointer })}>{pointer}</a>
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
