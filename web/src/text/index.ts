// Texts in the chosen language. `t` reads a signal, so what it is used in is drawn anew when
// the language changes.
import { language } from "../state/settings.ts";
import { en } from "./en.ts";
import type { TextKey } from "./en.ts";
import { nb } from "./nb.ts";

export type { TextKey } from "./en.ts";

const TEXTS = { en, nb } as const;

export type Values = Record<string, string | number>;

export function t(key: TextKey, values: Values = {}): string {
  const texts: Record<string, string> = TEXTS[language.value];
  const text = (values["n"] === 1 ? texts[`${key}_one`] : undefined) ?? texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** Codes of violations in words, each once with how often. */
export function codeWords(codes: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].map(([code, n]) => (n > 1 ? `${named("code", code)} ×${n}` : named("code", code))).join(", ");
}

/** Reasons that the gateway strung together, each once with how often. */
export function counted(reasons: string): string {
  const counts = new Map<string, number>();
  for (const reason of reasons.split("; ")) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, n]) => (n > 1 ? `${reason} ×${n}` : reason)).join("; ");
}

/** The text for a name that comes from the gateway; the name itself where there is none. */
export function named(group: "decision" | "by" | "outcome" | "call" | "verdict" | "claim" | "code" | "state" | "suggest" | "role" | "failure" | "credential", name: string): string {
  const key = `${group}.${name}`;
  return key in en ? t(key as TextKey) : name;
}
