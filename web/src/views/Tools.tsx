// The tools and their servers as they are now.
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Server, Tool, ToolList } from "../api/types.ts";
import { place, placeHref } from "../state/route.ts";
import { loadTools } from "../state/tools.ts";
import { t } from "../text/index.ts";
import { Badge } from "../ui/Badge.tsx";
import { Facts } from "../ui/Facts.tsx";
import { Icon } from "../ui/Icon.tsx";
import { LoadedView } from "../ui/LoadedView.tsx";
import { useLoad } from "../ui/useLoad.ts";
import { AwaitingBanner } from "./AwaitingBanner.tsx";
import { ToolPage } from "./ToolPage.tsx";

export function Tools(): VNode {
  const [loaded, again] = useLoad(loadTools, "tools");
  const name = place.value.id;
  return (
    <LoadedView title={t("tools.title")} intro={t("tools.intro")} route="/api/tools" loaded={loaded} again={again}>
      {(list) => (name ? <OneTool list={list} name={name} changed={again} /> : <Overview list={list} />)}
    </LoadedView>
  );
}

function OneTool({ list, name, changed }: { list: ToolList; name: string; changed: () => void }): VNode {
  const tool = list.items.find((item) => item.name === name);
  return (
    <>
      <p><a href={placeHref({ view: "tools" })}>← {t("tools.back")}</a></p>
      {tool ? <ToolPage key={tool.name} tool={tool} mayAccept={list.may_accept} changed={changed} /> : <p class="notice">{t("tools.unknown")}</p>}
    </>
  );
}

function Overview({ list }: { list: ToolList }): VNode {
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const shown = list.items.filter((tool) => `${tool.name} ${tool.description}`.toLowerCase().includes(wanted));
  return (
    <>
      <AwaitingBanner list={list} />
      <h2>{t("tools.servers")}</h2>
      <ul class="cards">{list.servers.map((server) => <ServerCard key={server.name} server={server} tools={list.items} />)}</ul>
      <h2>{t("tools.title")}</h2>
      <label class="search">
        <Icon name="search" />
        <span class="visually-hidden">{t("tools.search")}</span>
        <input type="search" value={text} placeholder={t("tools.search")} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <p class="quiet" role="status">{t("tools.count", { n: shown.length })}</p>
      <ul class="rows">{shown.map((tool) => <ToolRow key={tool.name} tool={tool} />)}</ul>
    </>
  );
}

export function StateBadge({ state }: { state: string }): VNode {
  const up = state === "up";
  return <Badge tone={up ? "good" : "bad"}>{up ? t("tools.up") : state === "down" ? t("tools.down") : state}</Badge>;
}

function ServerCard({ server, tools }: { server: Server; tools: Tool[] }): VNode {
  return (
    <li class="card">
      <h3 class="row">{server.name} <StateBadge state={server.state} /></h3>
      {server.error ? <p class="notice bad">{server.error}</p> : null}
      <Facts
        facts={[
          [t("tools.title"), t("tools.count", { n: tools.filter((tool) => tool.server === server.name).length })],
          [t("tools.transport"), server.transport],
          [t("tools.restarts"), String(server.restarts)],
          [t("tools.groups"), server.groups.join(", ")],
        ]}
      />
    </li>
  );
}

function ToolRow({ tool }: { tool: Tool }): VNode {
  return (
    <li class="tool-row">
      <p class="row">
        <a href={placeHref({ view: "tools", id: tool.name })}><strong>{tool.tool}</strong></a>
        <span class="quiet">{tool.server}</span>
        {tool.state === "up" ? null : <StateBadge state={tool.state} />}
        {tool.pin.state === "quarantined" ? <Badge tone="bad">{t("pins.awaits")}</Badge> : null}
        {tool.annotations.readOnlyHint ? null : <Badge tone="warn">{t("tools.changes")}</Badge>}
      </p>
      <p class="quiet clamp">{tool.description}</p>
    </li>
  );
}
