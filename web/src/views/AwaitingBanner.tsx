// Says which tools are neither offered nor called until somebody accepts their definitions.
import type { VNode } from "preact";
import type { ToolList } from "../api/types.ts";
import { placeHref } from "../state/route.ts";
import { awaiting } from "../state/pins.ts";
import { t } from "../text/index.ts";

const MOST = 10;

export function AwaitingBanner({ list }: { list: ToolList | null }): VNode | null {
  const tools = awaiting(list);
  if (tools.length === 0) return null;
  return (
    <div class="notice bad awaiting">
      <p><strong>{t("pins.awaiting", { n: tools.length })}</strong> {t("pins.awaiting_text")}</p>
      <ul>
        {tools.slice(0, MOST).map(({ name }) => <li key={name}><a href={placeHref({ view: "tools", id: name })}>{name}</a></li>)}
        {tools.length > MOST ? <li>…</li> : null}
      </ul>
    </div>
  );
}
