// The reply: its text with the supported values marked, and the basis line under it. The text
// of a confirmation stands with its buttons instead.
import type { VNode } from "preact";
import { useCallback, useMemo } from "preact/hooks";
import { Markdown } from "../markdown/Markdown.tsx";
import type { Turn } from "../state/turn.ts";
import { partsOf } from "./answer.ts";
import { EvidenceMark } from "./EvidenceMark.tsx";

export function Answer({ turn }: { turn: Turn }): VNode | null {
  const parts = useMemo(() => partsOf(turn), [turn]);
  const cited = useCallback(
    (text: string, cites: readonly number[]) => <EvidenceMark turn={turn} text={text} cites={cites} />,
    [turn],
  );
  const isBody = parts.body !== "" && turn.question?.kind !== "confirmation";
  if (!isBody && !parts.basis) return null;
  return (
    <div class="answer">
      {isBody ? <Markdown text={parts.body} citations={turn.citations} cited={cited} /> : null}
      {parts.basis ? <div class="basis-line"><Markdown text={parts.basis} /></div> : null}
    </div>
  );
}
