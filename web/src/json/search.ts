// Looks for text in keys and values, a few milliseconds at a time, so that the page stays
// responsive while megabytes are looked through.
import type { Json } from "../api/types.ts";
import { child } from "./pointer.ts";
import { isBranch } from "./rows.ts";

export const MOST_HITS = 1_000;
const SLICE_MS = 8;
const LOOK_AT_CLOCK_EVERY = 512;

/** Places whose key or value contains the text, in document order; `null` when aborted. */
export async function find(root: Json, text: string, signal: AbortSignal): Promise<string[] | null> {
  const wanted = text.toLowerCase();
  const hits: string[] = [];
  let steps = 0;
  let started = performance.now();
  for (const [pointer, key, value] of places(root)) {
    if (matches(key, value, wanted)) hits.push(pointer);
    if (hits.length >= MOST_HITS) break;
    steps += 1;
    if (steps % LOOK_AT_CLOCK_EVERY === 0 && performance.now() - started > SLICE_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      if (signal.aborted) return null;
      started = performance.now();
    }
  }
  return signal.aborted ? null : hits;
}

function matches(key: string | number | null, value: Json, wanted: string): boolean {
  if (typeof key === "string" && key.toLowerCase().includes(wanted)) return true;
  return !isBranch(value) && String(value).toLowerCase().includes(wanted);
}

type Visit = [pointer: string, key: string | number | null, value: Json];

function* places(root: Json): Generator<Visit> {
  // A stack, since recursion into generators costs at each level for each place.
  const stack: Visit[] = [["", null, root]];
  for (let visit = stack.pop(); visit; visit = stack.pop()) {
    yield visit;
    const [pointer, , value] = visit;
    if (Array.isArray(value)) {
      for (let at = value.length - 1; at >= 0; at -= 1) stack.push([child(pointer, at), at, value[at] as Json]);
    } else if (isBranch(value)) {
      for (const [name, item] of Object.entries(value).reverse()) stack.push([child(pointer, name), name, item]);
    }
  }
}
