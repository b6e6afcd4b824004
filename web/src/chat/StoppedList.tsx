// What was not let out on the way to an answer: the words, the code, and why.
import type { VNode } from "preact";
import type { Stopped } from "../api/types.ts";
import { named, t } from "../text/index.ts";
import { Badge } from "../ui/Badge.tsx";
import { Icon } from "../ui/Icon.tsx";

export function StoppedList({ stopped }: { stopped: Stopped[] }): VNode {
  return (
    <ul class="stopped-list" aria-label={t("turn.stopped_label")}>
      {stopped.map((item, index) => (
        <li key={index}>
          {item.text ? <del class="stopped-text">{item.text}</del> : null}
          <div>
            <Badge tone="warn" title={item.code}>{named("code", item.code)}</Badge> <span class="quiet">{item.reason}</span>
          </div>
        </li>
      ))}
    </ul>
  );
}

export function StoppedFold({ stopped }: { stopped: Stopped[] }): VNode | null {
  if (stopped.length === 0) return null;
  const words = t("turn.stopped", { n: stopped.length });
  return (
    <details class="stopped">
      <summary><Icon name="warning" />{words}</summary>
      <StoppedList stopped={stopped} />
    </details>
  );
}
