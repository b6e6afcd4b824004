// The frame of the page: side bar, the view, and the panel with the evidence.
import { lazy, Suspense } from "preact/compat";
import type { VNode } from "preact";
import { tokenWanted } from "../api/client.ts";
import { Chat } from "../chat/Chat.tsx";
import { conversationId } from "../state/conversation.ts";
import { items } from "../state/list.ts";
import { place } from "../state/route.ts";
import { listOpen, listOver, panelOver } from "../state/screen.ts";
import { t } from "../text/index.ts";
import { IconButton } from "../ui/IconButton.tsx";
import { Notices } from "../ui/Notices.tsx";
import { Panel } from "../panel/Panel.tsx";
import { Sidebar } from "./Sidebar.tsx";
import { SignIn } from "./SignIn.tsx";

// Views that most visits do not open come when they are opened.
const Tools = lazy(() => import("../views/Tools.tsx").then((part) => part.Tools));
const Models = lazy(() => import("../views/Models.tsx").then((part) => part.Models));
const Scenarios = lazy(() => import("../views/Scenarios.tsx").then((part) => part.Scenarios));
const Credentials = lazy(() => import("../views/Credentials.tsx").then((part) => part.Credentials));
const Tokens = lazy(() => import("../views/Tokens.tsx").then((part) => part.Tokens));

export function Shell(): VNode {
  const { view, panel } = place.value;
  const hasPanel = panel !== null;
  // What lies under a panel or list that covers it must not be reached.
  const covered = (hasPanel && panelOver.value) || (listOver.value && listOpen.value);
  document.title = `${title()} – Groundwire`;
  return (
    <div class={hasPanel ? "shell with-panel" : "shell"}>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>{t("app.skip")}</a>
      <Sidebar />
      <main id="main" class="main" tabIndex={-1} inert={covered}>
        <header class="main-head">
          {listOver.value ? <IconButton icon="menu" label={t("app.menu")} onClick={() => (listOpen.value = true)} /> : null}
          {view === "chat" ? <h1>{title()}</h1> : null}
        </header>
        {view === "chat" ? <Chat /> : <Suspense fallback={<p class="quiet middle">{t("app.loading")}</p>}><OtherView /></Suspense>}
      </main>
      {hasPanel && panel ? <Panel panel={panel} /> : null}
      <Notices />
      {tokenWanted.value ? <SignIn /> : null}
    </div>
  );
}

function title(): string {
  const { view } = place.value;
  if (view !== "chat") return t(`nav.${view}`);
  return items.value.find((item) => item.id === conversationId.value)?.title || t("list.untitled");
}

function OtherView(): VNode {
  switch (place.value.view) {
    case "models":
      return <Models />;
    case "scenarios":
      return <Scenarios />;
    case "credentials":
      return <Credentials />;
    case "tokens":
      return <Tokens />;
    default:
      return <Tools />;
  }
}
