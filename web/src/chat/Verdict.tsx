// The verdict at a glance; leads to how the answer came about.
import type { VNode } from "preact";
import { conversationId } from "../state/conversation.ts";
import { panelHref } from "../state/route.ts";
import type { Turn } from "../state/turn.ts";
import { named, t } from "../text/index.ts";
import { Icon } from "../ui/Icon.tsx";
import type { IconName } from "../ui/Icon.tsx";

const LOOKS: Record<string, { tone: string; icon: IconName }> = {
  grounded: { tone: "good", icon: "shield" },
  replaced: { tone: "warn", icon: "warning" },
  nothing_to_check: { tone: "plain", icon: "dash" },
};

export function Verdict({ turn }: { turn: Turn }): VNode | null {
  if (!turn.verdict || turn.verdict === "none") return null;
  const { tone, icon } = LOOKS[turn.verdict] ?? { tone: "plain", icon: "dash" as const };
  const outcome = turn.outcome === "answered" ? "" : named("outcome", turn.outcome);
  return (
    <a class={`chip verdict tone-${tone}`} href={panelHref(conversationId.value, { kind: "trace", turn: turn.id })} title={t("turn.how")}>
      <Icon name={icon} />
      <span>{named("verdict", turn.verdict)}</span>
      {outcome ? <span class="quiet">{outcome}</span> : null}
    </a>
  );
}
