// What is read out, and what shows for a moment.
import type { VNode } from "preact";
import { announcement, toast } from "../state/notices.ts";
import { t } from "../text/index.ts";
import { IconButton } from "./IconButton.tsx";

export function Notices(): VNode {
  const shown = toast.value;
  return (
    <>
      <div class="visually-hidden" aria-live="polite" role="status">{announcement.value}</div>
      <div class="toast-place" role="alert">
        {shown ? (
          <div class={shown.bad ? "toast bad" : "toast"}>
            <span>{shown.text}</span>
            <IconButton icon="close" label={t("app.close")} onClick={() => (toast.value = null)} />
          </div>
        ) : null}
      </div>
    </>
  );
}
