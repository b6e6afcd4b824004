// The verdict at a glance; leads to how the answer came about.
import type { VNode } from "preact";
import { conversationId } from "../state/conversation.ts";
import { panelHref } from "../state/route.ts";
import type { Turn } from "../state/turn.ts";
import { named, t } from "../text/index.ts";
import { Icon } from "../ui/Icon.tsx";
import type { IconName } from "../ui/Icon.tsx";

interface Look {
  tone: "good" | "warn" | "bad" | "plain";
  icon: IconName;
}

const LOOKS: Record<string, Look> = {
  grounded: { tone: "good", icon: "shield" },
  replaced: { tone: "warn", icon: "warning" },
};

/** Outcomes that say more than the verdict: nothing false was said, and something is missing. */
const OUTCOMES: Record<string, Look> = {
  tool_failed: { tone: "warn", icon: "warning" },
  tool_unavailable: { tone: "warn", icon: "warning" },
  fallback: { tone: "warn", icon: "warning" },
  failed: { tone: "bad", icon: "warning" },
};

const PLAIN: Look = { tone: "plain", icon: "dash" };

export function Verdict({ turn }: { turn: Turn }): VNode | null {
  const outcome = turn.phase === "failed" || turn.phase === "cancelled" ? turn.phase : turn.outcome;
  if (!outcome || !turn.id) return null;
  const { tone, icon } = OUTCOMES[outcome] ?? LOOKS[turn.verdict] ?? PLAIN;
  const hasVerdict = turn.verdict !== "" && turn.verdict !== "none";
  const told = outcome === "answered" && hasVerdict ? "" : named("outcome", outcome);
  return (
    <a class={`chip verdict tone-${tone}`} href={panelHref(conversationId.value, { kind: "trace", turn: turn.id })} title={t("turn.how")}>
      <Icon name={icon} />
      {hasVerdict ? <span>{named("verdict", turn.verdict)}</span> : null}
      {told ? <span class={hasVerdict ? "quiet" : ""}>{told}</span> : null}
    </a>
  );
}
