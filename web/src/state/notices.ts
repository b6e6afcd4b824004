// Short words to the person: what a screen reader is told, and what shows for a moment.
import { signal } from "@preact/signals";
import { ApiError } from "../api/client.ts";
import { t } from "../text/index.ts";

/** Read out by screen readers, politely. */
export const announcement = signal<string>("");
export const toast = signal<{ text: string; bad: boolean } | null>(null);

let timer: ReturnType<typeof setTimeout> | undefined;

export function announce(text: string): void {
  // The same words twice would not be read twice.
  announcement.value = announcement.value === text ? `${text}\u00a0` : text;
}

export function say(text: string, bad = false): void {
  toast.value = { text, bad };
  clearTimeout(timer);
  timer = setTimeout(() => (toast.value = null), bad ? 12_000 : 5_000);
}

/** An error in words for people. */
export function words(error: unknown): string {
  if (!(error instanceof ApiError)) return t("error.unknown");
  if (error.isOffline) return t("error.offline");
  if (error.isMissingRoute) return t("error.not_offered");
  if (error.code === "turn_running") return t("error.turn_running");
  if (error.code === "definition_changed") return t("error.definition_changed");
  if (error.code === "nothing_to_confirm") return t("error.nothing_to_confirm");
  if (error.status === 401) return t("error.token");
  if (error.status === 403) return t("error.role", { role: /role `?(\w+)/.exec(error.message)?.[1] ?? "?" });
  return error.message || t("error.status", { status: error.status });
}

export const sayError = (error: unknown): void => say(words(error), true);
