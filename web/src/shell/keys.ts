// Keys that work wherever the focus is. Each has a modifier, so none gets in the way of typing.
import { go, place } from "../state/route.ts";
import { listOpen, listOver } from "../state/screen.ts";

function searchConversations(): void {
  if (listOver.value) listOpen.value = true;
  requestAnimationFrame(() => document.getElementById("conversation-search")?.focus());
}

function newConversation(): void {
  go({});
  if (place.value.view === "chat") document.getElementById("message")?.focus();
}

export function listenForKeys(): void {
  addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    const key = event.key.toLowerCase();
    const act = key === "k" && !event.shiftKey ? searchConversations : key === "o" && event.shiftKey ? newConversation : null;
    if (!act) return;
    event.preventDefault();
    act();
  });
}
