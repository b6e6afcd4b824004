// What the pins of tools mean for whoever looks at them.
import type { Pin, Tool, ToolList } from "../api/types.ts";

/** The tools that are neither offered nor called until somebody accepts their definitions. */
export const awaiting = (list: ToolList | null): Tool[] => (list?.items ?? []).filter(({ pin }) => pin.state === "quarantined");

/** The hash of the definition that can be accepted, where there is one. */
export const acceptable = ({ state, reason, hash }: Pin): string | null =>
  state === "quarantined" && (reason === "changed" || reason === "hidden_characters") ? (hash ?? null) : null;
