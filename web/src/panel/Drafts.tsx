// What the model wrote before it was checked, with what was stopped struck out.
import type { VNode } from "preact";
import type { WholeTurn } from "../api/types.ts";
import { named, t } from "../text/index.ts";
import { draftsOf, partsOf } from "./drafts.ts";
import type { Draft } from "./drafts.ts";

export function Drafts({ turn }: { turn: WholeTurn }): VNode | null {
  const drafts = draftsOf(turn);
  if (drafts.length === 0) return null;
  return (
    <section>
      <h3>{t("trace.drafts")}</h3>
      {drafts.map((draft, index) => (
        <details key={index}>
          <summary>{t("trace.draft", { n: index + 1 })} {draft.stopped.length > 0 ? <span class="quiet">({t("turn.stopped", { n: draft.stopped.length })})</span> : null}</summary>
          <DraftText draft={draft} />
        </details>
      ))}
    </section>
  );
}

function DraftText({ draft }: { draft: Draft }): VNode {
  return (
    <p class="draft-text">
      {partsOf(draft).map(({ text, stopped }, index) =>
        stopped ? <del key={index} class="struck" title={`${named("code", stopped.code)}: ${stopped.reason}`}>{text}</del> : text,
      )}
    </p>
  );
}
