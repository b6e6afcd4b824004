// How far a scenario run is and how it ended, in a word.
import type { VNode } from "preact";
import { named } from "../text/index.ts";
import { Badge } from "../ui/Badge.tsx";
import type { Tone } from "../ui/Badge.tsx";

const TONES: Record<string, Tone> = { passed: "good", failed: "bad", running: "info", queued: "info", inconclusive: "warn" };

/** It has not ended yet. */
export const goesOn = (state: string): boolean => state === "queued" || state === "running";

export function StateOfRun({ state }: { state: string }): VNode {
  return <Badge tone={TONES[state] ?? "plain"}>{named("state", state)}</Badge>;
}
