// The chosen place in full: where it is and what stands there.
import type { VNode } from "preact";
import type { Json } from "../api/types.ts";
import { t } from "../text/index.ts";
import { CopyButton } from "../ui/CopyButton.tsx";
import { textOf } from "./exact.ts";
import { valueAt } from "./pointer.ts";
import { isBranch } from "./rows.ts";

/** A longer value is cut here; copying takes the whole. */
const SHOWN = 20_000;

export function Selected({ root, pointer }: { root: Json; pointer: string }): VNode | null {
  const value = valueAt(root, pointer);
  if (value === undefined) return null;
  const whole = (): string => (typeof value === "string" ? value : textOf(value));
  return (
    <div class="selected">
      <div class="row">
        <span class="quiet">{t("result.path")}</span>
        <code class="breaks">{pointer || "/"}</code>
        <CopyButton text={() => pointer} label={t("result.copy_path")} icon="link" />
        <CopyButton text={whole} label={t("result.copy_value")} />
      </div>
      {isBranch(value) ? null : <pre class="selected-value" tabIndex={0} role="group" aria-label={t("result.value")}>{String(value).slice(0, SHOWN)}</pre>}
    </div>
  );
}
