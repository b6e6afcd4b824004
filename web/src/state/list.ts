// The list of conversations: pages of it, what is searched for, and changes to its items.
import { batch, signal } from "@preact/signals";
import * as routes from "../api/routes.ts";
import type { Conversation } from "../api/types.ts";
import { words } from "./notices.ts";
import { onTabNote, tellTabs } from "./tabs.ts";

export const items = signal<Conversation[]>([]);
export const query = signal<string>("");
export const more = signal<string | null>(null);
export const listState = signal<"loading" | "ready" | "failed">("loading");
export const listError = signal<string>("");

let wanted = new AbortController();
let timer: ReturnType<typeof setTimeout> | undefined;

export async function loadList(): Promise<void> {
  wanted.abort();
  wanted = new AbortController();
  const { signal: mine } = wanted;
  try {
    const page = await routes.listConversations(query.value.trim(), null, mine);
    batch(() => {
      items.value = page.items;
      more.value = page.next_cursor ?? null;
      listState.value = "ready";
    });
  } catch (error) {
    if (mine.aborted) return;
    batch(() => {
      listState.value = "failed";
      listError.value = words(error);
    });
  }
}

export async function loadMore(): Promise<void> {
  const cursor = more.value;
  if (!cursor) return;
  more.value = null;
  const page = await routes.listConversations(query.value.trim(), cursor, wanted.signal);
  const known = new Set(items.value.map((item) => item.id));
  batch(() => {
    items.value = [...items.value, ...page.items.filter((item) => !known.has(item.id))];
    more.value = page.next_cursor ?? null;
  });
}

export function search(text: string): void {
  query.value = text;
  clearTimeout(timer);
  timer = setTimeout(() => void loadList(), 200);
}

export async function rename(id: string, title: string): Promise<void> {
  const changed = await routes.renameConversation(id, title);
  items.value = items.value.map((item) => (item.id === id ? changed : item));
  tellTabs({ kind: "list" });
}

export async function remove(id: string): Promise<void> {
  await routes.deleteConversation(id);
  items.value = items.value.filter((item) => item.id !== id);
  tellTabs({ kind: "deleted", conversation: id });
}

/** Something in the list changed, here and for the other tabs. */
export function listChanged(): void {
  void loadList();
  tellTabs({ kind: "list" });
}

onTabNote((note) => {
  if (note.kind === "list" || note.kind === "turn") void loadList();
  if (note.kind === "deleted") items.value = items.value.filter((item) => item.id !== note.conversation);
});
