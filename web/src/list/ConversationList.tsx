// The conversations of this person: search, open, and what can be done with each.
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { closeDeleted, conversationId } from "../state/conversation.ts";
import { items, listError, listState, loadList, loadMore, more, query, search } from "../state/list.ts";
import { sayError } from "../state/notices.ts";
import { placeHref } from "../state/route.ts";
import { listOpen } from "../state/screen.ts";
import { t } from "../text/index.ts";
import { Icon } from "../ui/Icon.tsx";
import { ConversationItem } from "./ConversationItem.tsx";

export function ConversationList(): VNode {
  useEffect(() => void loadList(), []);
  return (
    <section class="conversations" aria-label={t("list.label")}>
      <a class="button primary wide" href={placeHref({})} onClick={() => (listOpen.value = false)}>
        <Icon name="plus" />
        {t("list.new")}
      </a>
      <label class="search">
        <Icon name="search" />
        <span class="visually-hidden">{t("list.search")}</span>
        <input
          id="conversation-search"
          type="search"
          value={query.value}
          placeholder={t("list.search")}
          onInput={(event) => search(event.currentTarget.value)}
        />
      </label>
      <Items />
    </section>
  );
}

function Items(): VNode {
  if (listState.value === "failed") {
    return (
      <div class="notice bad">
        <p>{listError.value}</p>
        <button type="button" class="button" onClick={() => void loadList()}>{t("app.retry")}</button>
      </div>
    );
  }
  if (items.value.length === 0 && listState.value === "ready") {
    return <p class="quiet" role="status">{t(query.value ? "list.no_match" : "list.none")}</p>;
  }
  return (
    <div class="conversation-scroll">
      <ul class="conversation-list">
        {items.value.map((item) => <ConversationItem key={item.id} item={item} current={item.id === conversationId.value} gone={() => closeDeleted(item.id)} />)}
      </ul>
      {more.value ? <button type="button" class="text-button" onClick={() => void loadMore().catch(sayError)}>{t("list.more")}</button> : null}
    </div>
  );
}
