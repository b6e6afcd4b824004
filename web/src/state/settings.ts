// What a person chose on this machine: theme, language, unsent drafts. Storage can be
// switched off in a browser; then choices last as long as the page.
import { effect, signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";
export type Language = "en" | "nb";

export function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function store(key: string, value: string | null): void {
  try {
    if (value === null || value === "") localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Full or switched off.
  }
}

function firstTheme(): Theme {
  const value = stored("groundwire.theme");
  return value === "light" || value === "dark" ? value : "system";
}

function firstLanguage(): Language {
  const value = stored("groundwire.language");
  if (value === "en" || value === "nb") return value;
  return navigator.languages.some((tag) => /^(nb|nn|no)\b/i.test(tag)) && !/^en\b/i.test(navigator.language) ? "nb" : "en";
}

export const theme = signal<Theme>(firstTheme());
export const language = signal<Language>(firstLanguage());

effect(() => {
  const root = document.documentElement;
  if (theme.value === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme.value;
  store("groundwire.theme", theme.value);
});

effect(() => {
  document.documentElement.lang = language.value;
  store("groundwire.language", language.value);
});

const DRAFT_PREFIX = "groundwire.draft.";
const draftKey = (conversation: string): string => `${DRAFT_PREFIX}${conversation || "new"}`;

export const readDraft = (conversation: string): string => stored(draftKey(conversation)) ?? "";
export const writeDraft = (conversation: string, text: string): void => store(draftKey(conversation), text);

export function forgetDrafts(): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(DRAFT_PREFIX)) localStorage.removeItem(key);
  } catch {
    // Switched off: there are none.
  }
}
