// Views, conversations and settings; beside the view or, with little room, over it.
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ConversationList } from "../list/ConversationList.tsx";
import { takesCredentials } from "../state/credentials.ts";
import { place, placeHref } from "../state/route.ts";
import type { View } from "../state/route.ts";
import { listOpen, listOver } from "../state/screen.ts";
import { conversationId } from "../state/conversation.ts";
import { t } from "../text/index.ts";
import { Icon } from "../ui/Icon.tsx";
import type { IconName } from "../ui/Icon.tsx";
import { IconButton } from "../ui/IconButton.tsx";
import { Settings } from "./Settings.tsx";

const VIEWS: [View, IconName][] = [["chat", "chat"], ["tools", "tool"], ["models", "cube"], ["scenarios", "list"], ["credentials", "link"], ["tokens", "key"]];

export function Sidebar(): VNode | null {
  const [settings, setSettings] = useState(false);
  const side = useRef<HTMLElement>(null);
  const over = listOver.value;
  const shown = !over || listOpen.value;
  useEffect(() => {
    if (over && shown) side.current?.querySelector<HTMLElement>("button")?.focus();
  }, [over, shown]);
  if (!shown) return null;
  const onKeyDown = (event: KeyboardEvent): void => {
    // In a dialog or menu of the list it closes that one alone.
    const inside = (event.target as Element).closest("dialog, [popover]");
    if (over && event.key === "Escape" && !inside) listOpen.value = false;
  };
  return (
    <>
      {over ? <div class="veil" onClick={() => (listOpen.value = false)} /> : null}
      <nav ref={side} class={over ? "sidebar over" : "sidebar"} aria-label={t("nav.label")} onKeyDown={onKeyDown}>
        <div class="brand">
          <img src="/favicon.svg" alt="" width="26" height="26" />
          <span>Groundwire</span>
          <IconButton icon="settings" label={t("settings.title")} onClick={() => setSettings(true)} />
          {over ? <IconButton icon="close" label={t("app.close")} onClick={() => (listOpen.value = false)} /> : null}
        </div>
        <ul class="views">
          {VIEWS.filter(([view]) => view !== "credentials" || takesCredentials.value).map(([view, icon]) => (
            <li key={view}>
              <a
                href={placeHref(view === "chat" ? { id: conversationId.value } : { view })}
                {...(place.value.view === view ? { "aria-current": "page" as const } : {})}
                onClick={() => (listOpen.value = false)}
              >
                <Icon name={icon} />
                <span>{t(`nav.${view}`)}</span>
              </a>
            </li>
          ))}
        </ul>
        <ConversationList />
      </nav>
      {settings ? <Settings onClose={() => setSettings(false)} /> : null}
    </>
  );
}
