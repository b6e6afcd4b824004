// One result: what was called and when, its content as a tree or a table, and for the chosen
// place every sentence of the conversation that uses it.
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as routes from "../api/routes.ts";
import type { Citation, Json, ToolResult } from "../api/types.ts";
import { FreshnessBadge, RefreshButton } from "../chat/Basis.tsx";
import { ResultContent } from "../json/ResultContent.tsx";
import { citesOf, readOn, unread } from "../state/citing.ts";
import { freshnessOfResult, noteReplaced, superseded } from "../state/freshness.ts";
import { conversationId, lastTurnId } from "../state/conversation.ts";
import { panelHref } from "../state/route.ts";
import { dateTime } from "../text/format.ts";
import { named, t } from "../text/index.ts";
import { Age } from "../ui/Age.tsx";
import { Badge, callTone } from "../ui/Badge.tsx";
import { Facts, JsonText } from "../ui/Facts.tsx";
import { useLoad } from "../ui/useLoad.ts";
import { Uses } from "./Uses.tsx";

interface Properties {
  resultId: string;
  pointer: string | null;
}

export function ResultPanel({ resultId, pointer }: Properties): VNode {
  const [loaded, again] = useLoad(() => routes.getResult(resultId), resultId);
  if (loaded.state === "loading") return <p class="quiet middle" role="status">{t("app.loading")}</p>;
  if (loaded.state !== "ready") {
    return (
      <div class="notice bad">
        <p>{t("result.gone")} {loaded.state === "failed" ? loaded.why : ""}</p>
        <button type="button" class="button" onClick={again}>{t("app.retry")}</button>
      </div>
    );
  }
  return <Shown result={loaded.data} pointer={pointer} />;
}

function Shown({ result, pointer }: { result: ToolResult; pointer: string | null }): VNode {
  const [selected, setSelected] = useState(pointer ?? "");
  useEffect(() => {
    if (pointer !== null) setSelected(pointer);
  }, [pointer]);
  useEffect(() => {
    if (result.superseded_by) noteReplaced(result.id, result.superseded_by);
  }, [result]);
  const cites = citesOf(result.id);
  const left = unread(result.turn_id).length;
  useEffect(() => {
    const leaving = new AbortController();
    void readOn(result.turn_id, leaving.signal);
    return () => leaving.abort();
  }, [result.id, conversationId.value, left > 0]);
  return (
    <div class="result">
      <Head result={result} />
      <ResultContent content={result.content as Json} wanted={pointer} selected={selected} select={setSelected} uses={usesOf(cites)} />
      <Uses selected={selected} cites={cites} unread={left} />
    </div>
  );
}

/** How often the conversation uses each place. */
function usesOf(citations: readonly Citation[]): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  for (const { pointer } of citations) uses.set(pointer, (uses.get(pointer) ?? 0) + 1);
  return uses;
}

function Head({ result }: { result: ToolResult }): VNode {
  const newer = result.superseded_by ?? superseded.value.get(result.id);
  const freshness = freshnessOfResult(result, lastTurnId.value);
  return (
    <div class="result-head">
      <p class="row">
        <strong>{result.tool}</strong>
        <span class="quiet">{result.server}</span>
        <Badge tone={callTone(result.outcome)}>{named("call", result.outcome)}</Badge>
        <FreshnessBadge freshness={freshness} />
        <Age time={result.observed_at} />
        {freshness === "superseded" ? null : <RefreshButton result={result.id} tool={result.tool} />}
      </p>
      {result.error ? <p class="notice bad">{result.error}</p> : null}
      {newer ? (
        <p><a href={panelHref(conversationId.value, { kind: "result", turn: "", result: newer, pointer: null })}>{t("result.superseded_by")}</a></p>
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
