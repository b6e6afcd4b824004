// One conversation of the list with its actions.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { offers } from "../api/capabilities.ts";
import type { Conversation } from "../api/types.ts";
import { remove, rename } from "../state/list.ts";
import { sayError } from "../state/notices.ts";
import { placeHref } from "../state/route.ts";
import { listOpen } from "../state/screen.ts";
import { t } from "../text/index.ts";
import { dateTime, shortTime } from "../text/format.ts";
import { Dialog } from "../ui/Dialog.tsx";
import { Menu } from "../ui/Menu.tsx";
import type { MenuItem } from "../ui/Menu.tsx";
import { exportAs } from "./exporting.ts";

const EXPORT_ROUTE = "/api/conversations/{id}/export";

interface Properties {
  item: Conversation;
  current: boolean;
  gone: () => void;
}

export function ConversationItem({ item, current, gone }: Properties): VNode {
  const [doing, setDoing] = useState<"" | "rename" | "delete">("");
  const title = item.title || t("list.untitled");
  const exported = (format: "markdown" | "json"): void => void exportAs(item, format, offers(EXPORT_ROUTE, "get")).catch(sayError);
  const actions: MenuItem[] = [
    { label: t("list.rename"), icon: "edit", onClick: () => setDoing("rename") },
    { label: t("list.export_markdown"), icon: "downward", onClick: () => exported("markdown") },
    { label: t("list.export_json"), icon: "downward", onClick: () => exported("json") },
    { label: t("list.delete"), icon: "close", bad: true, onClick: () => setDoing("delete") },
  ];
  return (
    <li class={current ? "conversation current" : "conversation"}>
      <a
        href={placeHref({ id: item.id })}
        title={dateTime(item.updated_at)}
        {...(current ? { "aria-current": "page" as const } : {})}
        onClick={() => (listOpen.value = false)}
      >
        <span class="conversation-title">{title}</span>
        <span class="quiet">{shortTime(item.updated_at)}</span>
      </a>
      <Menu label={t("list.actions", { title })} items={actions} />
      {doing === "rename" ? <RenameDialog item={item} close={() => setDoing("")} /> : null}
      {doing === "delete" ? <DeleteDialog item={item} title={title} close={() => setDoing("")} gone={gone} /> : null}
    </li>
  );
}

function RenameDialog({ item, close }: { item: Conversation; close: () => void }): VNode {
  const [title, setTitle] = useState(item.title);
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      await rename(item.id, title.trim());
      close();
    } catch (error) {
      sayError(error);
    }
  };
  return (
    <Dialog title={t("list.rename_title")} onClose={close}>
      <form onSubmit={(event) => void save(event)}>
        <label class="field">
          <span>{t("list.title")}</span>
          <input type="text" value={title} maxLength={200} required onInput={(event) => setTitle(event.currentTarget.value)} />
        </label>
        <div class="row end">
          <button type="button" class="button" onClick={close}>{t("app.cancel")}</button>
          <button type="submit" class="button primary" disabled={title.trim() === ""}>{t("app.save")}</button>
        </div>
      </form>
    </Dialog>
  );
}

function DeleteDialog({ item, title, close, gone }: { item: Conversation; title: string; close: () => void; gone: () => void }): VNode {
  const removed = async (): Promise<void> => {
    try {
      await remove(item.id);
      gone();
    } catch (error) {
      sayError(error);
      close();
    }
  };
  const actions = (
    <>
      <button type="button" class="button" onClick={close}>{t("app.cancel")}</button>
      <button type="button" class="button danger" onClick={() => void removed()}>{t("list.delete")}</button>
    </>
  );
  return <Dialog title={t("list.delete_title")} onClose={close} actions={actions}><p>{t("list.delete_text", { title })}</p></Dialog>;
}
