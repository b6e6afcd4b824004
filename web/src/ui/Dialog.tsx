// A modal dialog on the browser's own: it keeps focus inside and gives it back.
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../text/index.ts";
import { IconButton } from "./IconButton.tsx";

interface Properties {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** Buttons at its foot. */
  actions?: ComponentChildren;
  /** It cannot be left without an answer. */
  firm?: boolean;
}

export function Dialog({ title, onClose, children, actions, firm = false }: Properties): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // What is to be answered comes first, not the button that closes.
    const first = element?.querySelector<HTMLElement>(".dialog-body :is(input, textarea), .dialog-actions button");
    first?.focus();
    if (first instanceof HTMLInputElement && first.type === "text") first.select();
    return () => element?.close();
  }, []);
  const cancelled = (event: Event): void => {
    event.preventDefault();
    if (!firm) onClose();
  };
  // A browser may close it all the same, when it is told to twice in a row.
  const closed = (): void => {
    if (firm && dialog.current?.isConnected) dialog.current.showModal();
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={heading} onCancel={cancelled} onClose={closed}>
      <header class="dialog-head">
        <h2 id={heading}>{title}</h2>
        {firm ? null : <IconButton icon="close" label={t("app.close")} onClick={onClose} />}
      </header>
      <div class="dialog-body">{children}</div>
      {actions ? <footer class="dialog-actions">{actions}</footer> : null}
    </dialog>
  );
}
