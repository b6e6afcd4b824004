// How an answer came about, from the whole record of its turn.
import type { VNode } from "preact";
import * as routes from "../api/routes.ts";
import { ApiError } from "../api/client.ts";
import type { WholeTurn } from "../api/types.ts";
import { StoppedList } from "../chat/StoppedList.tsx";
import { textOf } from "../json/exact.ts";
import { conversationId, findTurn } from "../state/conversation.ts";
import { sayError } from "../state/notices.ts";
import { panelHref } from "../state/route.ts";
import { isRunning } from "../state/turn.ts";
import { dateTime } from "../text/format.ts";
import { named, t } from "../text/index.ts";
import { download } from "../ui/download.ts";
import { Facts } from "../ui/Facts.tsx";
import { Icon } from "../ui/Icon.tsx";
import { useLoad } from "../ui/useLoad.ts";
import type { Loaded } from "../ui/useLoad.ts";
import { Calls, Checks, Claims, Events } from "./TraceCalls.tsx";
import type { Evidence } from "./TraceCalls.tsx";
import { Drafts } from "./Drafts.tsx";
import { JudgeWords } from "./JudgeWords.tsx";
import { Exchanges, Times } from "./TraceModels.tsx";

/** The trace of a turn of the open conversation. */
export function TracePanel({ turnId }: { turnId: string }): VNode {
  const turn = findTurn(turnId)?.turn.value;
  const running = turn !== undefined && isRunning(turn);
  // Loaded anew when the turn ends, for only then there is a record.
  const [loaded, again] = useLoad(
    () => (running ? Promise.reject(new ApiError(409, "turn_not_finished", "")) : routes.getTurn(turnId, "light")),
    `${turnId} ${running}`,
  );
  if (running) return <p class="notice">{t("trace.running")}</p>;
  const evidence: Evidence = { kind: "linked", href: (result, pointer) => panelHref(conversationId.value, { kind: "result", turn: turnId, result, pointer }) };
  return <Shown loaded={loaded} again={again} evidence={() => evidence} whole={() => routes.getTurn(turnId, "whole")} />;
}

/** The trace of a turn of a scenario run. Its results are nowhere else, so they stand in it. */
export function RunTracePanel({ run, index }: { run: string; index: number }): VNode {
  const [loaded, again] = useLoad(() => routes.getScenarioTurn(run, index), `${run} ${index}`);
  const evidence = (turn: WholeTurn): Evidence => ({ kind: "inside", results: turn.results });
  return <Shown loaded={loaded} again={again} evidence={evidence} whole={() => routes.getScenarioTurn(run, index)} />;
}

interface ShownProperties {
  loaded: Loaded<WholeTurn>;
  again: () => void;
  evidence: (turn: WholeTurn) => Evidence;
  /** The record with everything in it. */
  whole: () => Promise<WholeTurn>;
}

function Shown({ loaded, again, evidence, whole }: ShownProperties): VNode {
  if (loaded.state === "loading") return <p class="quiet middle" role="status">{t("app.loading")}</p>;
  if (loaded.state !== "ready") {
    return (
      <div class="notice bad">
        <p>{t("trace.failed")} {loaded.state === "failed" ? loaded.why : ""}</p>
        <button type="button" class="button" onClick={again}>{t("app.retry")}</button>
      </div>
    );
  }
  return <Trace turn={loaded.data} evidence={evidence(loaded.data)} whole={whole} />;
}

function Trace({ turn, evidence, whole }: { turn: WholeTurn; evidence: Evidence; whole: () => Promise<WholeTurn> }): VNode {
  const offered = turn.events.find((event) => event.event === "turn.routed")?.data as { tools?: string[] } | undefined;
  const save = async (): Promise<void> => {
    try {
      download(new Blob([textOf(await whole())], { type: "application/json" }), `turn-${turn.id}.json`);
    } catch (error) {
      sayError(error);
    }
  };
  return (
    <div class="trace" tabIndex={0} role="region" aria-label={t("trace.title")}>
      <Decision turn={turn} offered={offered?.tools ?? []} />
      <section>
        <h3>{t("trace.calls")}</h3>
        <Calls turn={turn} evidence={evidence} />
      </section>
      <section>
        <h3>{t("trace.checks")}</h3>
        <Checks turn={turn} />
      </section>
      <section>
        <h3>{t("trace.stopped")}</h3>
        {turn.stopped.length > 0 ? <StoppedList stopped={turn.stopped} /> : <p class="quiet">{t("trace.nothing_stopped")}</p>}
      </section>
      <Drafts turn={turn} />
      <JudgeWords turn={turn} />
      <Claims claims={turn.claims} evidence={evidence} />
      <Exchanges exchanges={turn.exchanges} />
      <Times timings={turn.timings_ms} />
      <section>
        <h3>{t("trace.ids")}</h3>
        <Facts
          facts={[
            [t("trace.turn"), <code class="breaks">{turn.id}</code>],
            [t("trace.started"), dateTime(turn.started_at)],
            [t("trace.usage"), t("trace.usage_text", { prompt: turn.usage.prompt_tokens, completion: turn.usage.completion_tokens, calls: turn.usage.model_calls })],
            [t("trace.config"), <code class="breaks">{turn.config_digest}</code>],
            [t("trace.catalog"), <code class="breaks">{turn.catalog_digest}</code>],
          ]}
        />
      </section>
      <Events events={turn.events} />
      <button type="button" class="button" onClick={() => void save()}><Icon name="downward" />{t("trace.download")}</button>
    </div>
  );
}

function Decision({ turn, offered }: { turn: WholeTurn; offered: string[] }): VNode {
  return (
    <section>
      <Facts
        facts={[
          [t("trace.message"), turn.message],
          [t("trace.decision"), turn.decision ? <strong>{named("decision", turn.decision)}</strong> : null],
          [t("trace.rule"), turn.rule ? <code>{turn.rule}</code> : null],
          [t("trace.decided_by"), turn.decided_by ? named("by", turn.decided_by) : null],
          [t("trace.reason"), turn.reason ?? null],
          [t("trace.outcome"), named("outcome", turn.outcome)],
          [t("trace.verdict"), named("verdict", turn.verdict)],
          [t("trace.failure"), turn.failure ? <code>{turn.failure}</code> : null],
        ]}
      />
      {turn.staled.length > 0 ? <p class="quiet">{t("trace.staled", { n: turn.staled.length })}</p> : null}
      {offered.length > 0 ? (
        <details>
          <summary>{t("trace.offered")} ({offered.length})</summary>
          <ul class="plain-list">{offered.map((tool) => <li key={tool}><code>{tool}</code></li>)}</ul>
        </details>
      ) : null}
    </section>
  );
}
