// The side panel: it takes the focus when it opens and gives it back when it closes.
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { closePanel } from "../state/route.ts";
import type { PanelPlace } from "../state/route.ts";
import { t } from "../text/index.ts";
import { IconButton } from "../ui/IconButton.tsx";
import { ResultPanel } from "./ResultPanel.tsx";
import { RunTracePanel, TracePanel } from "./TracePanel.tsx";

export function Panel({ panel }: { panel: PanelPlace }): VNode {
  const aside = useRef<HTMLElement>(null);
  const before = useRef<Element | null>(document.activeElement);
  // Opened from another place while it is open: that is where to go back to.
  if (!aside.current?.contains(document.activeElement)) before.current = document.activeElement;
  const heading = t(panel.kind === "result" ? "evidence.title" : "trace.title");
  useEffect(() => {
    aside.current?.focus({ preventScroll: true });
    return () => {
      const target = before.current;
      if (target instanceof HTMLElement && target.isConnected) target.focus({ preventScroll: true });
    };
  }, []);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    closePanel();
  };
  return (
    <aside ref={aside} class="panel" aria-label={heading} tabIndex={-1} onKeyDown={onKeyDown}>
      <header class="panel-head">
        <h2>{heading}</h2>
        <IconButton icon="close" label={t("app.close")} onClick={closePanel} />
      </header>
      {content(panel)}
    </aside>
  );
}

function content(panel: PanelPlace): ComponentChildren {
  if (panel.kind === "trace") return <TracePanel key={panel.turn} turnId={panel.turn} />;
  if (panel.kind === "run") return <RunTracePanel key={`${panel.run} ${panel.index}`} run={panel.run} index={panel.index} />;
  return <ResultPanel key={panel.result} resultId={panel.result} pointer={panel.pointer} />;
}
