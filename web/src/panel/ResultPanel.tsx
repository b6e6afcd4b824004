// One result: what was called and when, its content as a tree or a table, and for the chosen
// place every sentence of the answer that uses it.
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as routes from "../api/routes.ts";
import type { Citation, Json, ToolResult } from "../api/types.ts";
import { FreshnessBadge } from "../chat/Basis.tsx";
import { ResultContent } from "../json/ResultContent.tsx";
import { findTurn, lastTurnId } from "../state/conversation.ts";
import { freshnessOf, superseded } from "../state/freshness.ts";
import type { Freshness } from "../state/freshness.ts";
import { place, placeHref } from "../state/route.ts";
import type { Turn } from "../state/turn.ts";
import { dateTime } from "../text/format.ts";
import { named, t } from "../text/index.ts";
import { Age } from "../ui/Age.tsx";
import { Badge, callTone } from "../ui/Badge.tsx";
import { Facts, JsonText } from "../ui/Facts.tsx";
import { useLoad } from "../ui/useLoad.ts";
import { Uses } from "./Uses.tsx";

interface Properties {
  turnId: string;
  resultId: string;
  pointer: string | null;
}

export function ResultPanel({ turnId, resultId, pointer }: Properties): VNode {
  const [loaded, again] = useLoad(() => routes.getResult(resultId), resultId);
  const turn = findTurn(turnId)?.turn.value;
  if (loaded.state === "loading") return <p class="quiet middle" role="status">{t("app.loading")}</p>;
  if (loaded.state !== "ready") {
    return (
      <div class="notice bad">
        <p>{t("result.gone")} {loaded.state === "failed" ? loaded.why : ""}</p>
        <button type="button" class="button" onClick={again}>{t("app.retry")}</button>
      </div>
    );
  }
  return <Shown result={loaded.data} turn={turn} pointer={pointer} />;
}

function Shown({ result, turn, pointer }: { result: ToolResult; turn: Turn | undefined; pointer: string | null }): VNode {
  const [selected, setSelected] = useState(pointer ?? "");
  useEffect(() => {
    if (pointer !== null) setSelected(pointer);
  }, [pointer]);
  const citations = (turn?.citations ?? []).map((cite, index) => ({ ...cite, index })).filter((cite) => cite.result_id === result.id);
  return (
    <div class="result">
      <Head result={result} freshness={freshness(result, turn)} />
      <ResultContent
        content={result.content as Json}
        wanted={pointer}
        selected={selected}
        select={setSelected}
        uses={usesOf(citations)}
      />
      {turn ? <Uses turn={turn} selected={selected} citations={citations} /> : null}
    </div>
  );
}

function freshness(result: ToolResult, turn: Turn | undefined): Freshness {
  if (result.superseded_by) return "superseded";
  if (turn) return freshnessOf(result.id, turn, lastTurnId.value);
  return result.freshness === "fresh" ? "fresh" : "stale";
}

/** How often the answer uses each place. */
function usesOf(citations: Citation[]): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  for (const { pointer } of citations) uses.set(pointer, (uses.get(pointer) ?? 0) + 1);
  return uses;
}

function Head({ result, freshness: fresh }: { result: ToolResult; freshness: Freshness }): VNode {
  const newer = result.superseded_by ?? superseded.value.get(result.id);
  return (
    <div class="result-head">
      <p class="row">
        <strong>{result.tool}</strong>
        <span class="quiet">{result.server}</span>
        <Badge tone={callTone(result.outcome)}>{named("call", result.outcome)}</Badge>
        <FreshnessBadge freshness={fresh} />
        <Age time={result.observed_at} />
      </p>
      {result.error ? <p class="notice bad">{result.error}</p> : null}
      {newer ? (
        <p><a href={placeHref({ ...place.value, panel: { kind: "result", turn: "", result: newer, pointer: null } })}>{t("result.superseded_by")}</a></p>
      ) : null}
      <details>
        <summary>{t("result.facts")}</summary>
        <Facts
          facts={[
            [t("result.observed"), dateTime(result.observed_at)],
            [t("result.page"), pageWords(result)],
            [t("result.arguments"), <JsonText value={result.arguments} label={t("result.arguments")} />],
            [t("result.digest"), <code class="breaks">{result.digest}</code>],
          ]}
        />
      </details>
    </div>
  );
}

function pageWords({ page }: ToolResult): string {
  if (!page) return "";
  const { rows, total } = page;
  const amount = rows === undefined || rows === null ? "" : total === undefined || total === null ? t("progress.rows_only", { n: rows }) : t("progress.rows", { n: rows, total });
  return [amount, page.more ? t("result.page_more") : ""].filter(Boolean).join(", ");
}
