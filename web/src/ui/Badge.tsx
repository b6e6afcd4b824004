// A word on a coloured ground; the word says it all, the colour only helps.
import type { ComponentChildren, VNode } from "preact";

export type Tone = "good" | "bad" | "warn" | "plain" | "info";

export function Badge({ tone = "plain", title, children }: { tone?: Tone; title?: string; children: ComponentChildren }): VNode {
  return <span class={`badge badge-${tone}`} {...(title ? { title } : {})}>{children}</span>;
}

const CALL_TONES: Record<string, Tone> = { ok: "good", empty: "info", partial: "warn", truncated: "warn", ambiguous: "warn" };

/** Tone for what became of a call. */
export const callTone = (outcome: string): Tone => CALL_TONES[outcome] ?? "bad";
