// A JSON value as the rows of a tree: only what is open becomes rows, so a large value costs
// no more than what is looked at.
import type { Json } from "../api/types.ts";
import { child } from "./pointer.ts";

export interface Row {
  pointer: string;
  key: string | number | null;
  depth: number;
  value: Json;
  /** Children, for what can be opened. */
  size: number;
  open: boolean;
  /** Place among its siblings, from 1. */
  position: number;
  siblings: number;
}

export function sizeOf(value: Json): number {
  if (Array.isArray(value)) return value.length;
  return value !== null && typeof value === "object" ? Object.keys(value).length : 0;
}

export const isBranch = (value: Json): value is Json[] | { [key: string]: Json } => value !== null && typeof value === "object";

export function rowsOf(root: Json, open: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  const visit = (value: Json, key: string | number | null, pointer: string, depth: number, position: number, siblings: number): void => {
    const size = sizeOf(value);
    const isOpen = size > 0 && open.has(pointer);
    rows.push({ pointer, key, depth, value, size, open: isOpen, position, siblings });
    if (!isOpen) return;
    if (Array.isArray(value)) {
      value.forEach((item, index) => visit(item, index, child(pointer, index), depth + 1, index + 1, size));
    } else if (isBranch(value)) {
      Object.entries(value).forEach(([name, item], index) => visit(item, name, child(pointer, name), depth + 1, index + 1, size));
    }
  };
  visit(root, null, "", 0, 1, 1);
  return rows;
}

/** How many rows opening everything may make; beyond it only the outer levels open. */
const MOST_ROWS = 100_000;

/** Every branch, from the outside in, as long as the rows stay bounded. */
export function allBranches(root: Json): Set<string> {
  const open = new Set<string>();
  let level: [string, Json][] = [["", root]];
  let rows = 1;
  while (level.length > 0) {
    const next: [string, Json][] = [];
    for (const [pointer, value] of level) {
      if (!isBranch(value)) continue;
      rows += sizeOf(value);
      if (rows > MOST_ROWS) return open;
      open.add(pointer);
      if (Array.isArray(value)) value.forEach((item, index) => next.push([child(pointer, index), item]));
      else for (const [name, item] of Object.entries(value)) next.push([child(pointer, name), item]);
    }
    level = next;
  }
  return open;
}

/** What is open at first: the outer levels as far as they are short. */
export function firstOpen(root: Json): Set<string> {
  const open = new Set<string>([""]);
  let rows = sizeOf(root);
  const look = (pointer: string, value: Json, depth: number): void => {
    if (!isBranch(value) || depth > 3) return;
    const items: [string | number, Json][] = Array.isArray(value) ? value.slice(0, 200).map((item, at) => [at, item]) : Object.entries(value);
    for (const [key, item] of items) {
      const size = sizeOf(item);
      if (size === 0 || size > 60 || rows + size > 200) continue;
      rows += size;
      open.add(child(pointer, key));
      look(child(pointer, key), item, depth + 1);
    }
  };
  look("", root, 1);
  return open;
}
