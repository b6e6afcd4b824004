// The calls that an answer rests on: which, when, how fresh, and a way to repeat each.
import type { VNode } from "preact";
import { offers } from "../api/capabilities.ts";
import type { BasisItem } from "../api/types.ts";
import { conversationId, lastTurnId, refresh, running } from "../state/conversation.ts";
import { freshnessOf } from "../state/freshness.ts";
import type { Freshness } from "../state/freshness.ts";
import { panelHref } from "../state/route.ts";
import { callOfResult } from "../state/turn.ts";
import type { Turn } from "../state/turn.ts";
import { named, t } from "../text/index.ts";
import { Age } from "../ui/Age.tsx";
import { Badge, callTone } from "../ui/Badge.tsx";
import type { Tone } from "../ui/Badge.tsx";
import { Icon } from "../ui/Icon.tsx";

const REFRESH_ROUTE = "/api/results/{id}/refresh";

export function Basis({ turn }: { turn: Turn }): VNode | null {
  if (turn.basis.length === 0) return null;
  return (
    <ul class="basis" aria-label={t("basis.label")}>
      {turn.basis.map((item) => <BasisEntry key={item.result_id} turn={turn} item={item} />)}
    </ul>
  );
}

function BasisEntry({ turn, item }: { turn: Turn; item: BasisItem }): VNode {
  const freshness = freshnessOf(item.result_id, turn, lastTurnId.value);
  const mayRefresh = turn.phase === "finished" && freshness !== "superseded";
  return (
    <li class="basis-item">
      <a
        class="chip"
        href={panelHref(conversationId.value, { kind: "result", turn: turn.id, result: item.result_id, pointer: null })}
        title={t("basis.open", { tool: item.tool })}
      >
        <Icon name="tool" />
        <span>{item.tool}</span>
        <span class="quiet">{item.server}</span>
      </a>
      {rows(turn, item) ? <span class="quiet">{rows(turn, item)}</span> : null}
      {item.outcome === "ok" ? null : <Badge tone={callTone(item.outcome)}>{named("call", item.outcome)}</Badge>}
      <Age time={item.observed_at} />
      <FreshnessBadge freshness={freshness} />
      {mayRefresh ? <RefreshButton result={item.result_id} tool={item.tool} /> : null}
    </li>
  );
}

/** Repeats the call behind a result, in a turn of its own. */
export function RefreshButton({ result, tool }: { result: string; tool: string }): VNode | null {
  if (!offers(REFRESH_ROUTE, "post")) return null;
  return (
    <button type="button" class="text-button" disabled={running.value !== null} aria-label={t("basis.refresh_tool", { tool })} onClick={() => void refresh(result)}>
      <Icon name="again" />
      {t("basis.refresh")}
    </button>
  );
}

function rows(turn: Turn, item: BasisItem): string {
  const finished = callOfResult(turn, item.result_id)?.finished;
  if (!finished || finished.rows === null) return "";
  return finished.total === null || finished.total === finished.rows
    ? t("progress.rows_only", { n: finished.rows })
    : t("progress.rows", { n: finished.rows, total: finished.total });
}

const TONES: Record<Freshness, Tone> = { fresh: "good", stale: "plain", superseded: "warn" };

export function FreshnessBadge({ freshness }: { freshness: Freshness }): VNode {
  return <Badge tone={TONES[freshness]} title={t(`fresh.${freshness}_long`)}>{t(`fresh.${freshness}`)}</Badge>;
}
