// What the keys do in a tree: the pattern that people know from other trees.
import type { Row } from "./rows.ts";

export interface TreeMove {
  index: number;
  /** A branch to open or close. */
  toggle?: string;
  /** Branches to open. */
  open?: string[];
}

const PAGE = 15;

export function treeKey(key: string, rows: Row[], active: number): TreeMove | null {
  const row = rows[active];
  if (!row) return null;
  const at = (index: number): TreeMove => ({ index: Math.max(0, Math.min(index, rows.length - 1)) });
  switch (key) {
    case "ArrowDown":
      return at(active + 1);
    case "ArrowUp":
      return at(active - 1);
    case "PageDown":
      return at(active + PAGE);
    case "PageUp":
      return at(active - PAGE);
    case "Home":
      return at(0);
    case "End":
      return at(rows.length - 1);
    case "Enter":
    case " ":
      return row.size > 0 ? { index: active, toggle: row.pointer } : at(active);
    case "ArrowRight":
      if (row.size === 0) return at(active);
      return row.open ? at(active + 1) : { index: active, toggle: row.pointer };
    case "ArrowLeft":
      if (row.open) return { index: active, toggle: row.pointer };
      return at(rows.findLastIndex((other, index) => index < active && other.depth < row.depth));
    case "*":
      return { index: active, open: rows.filter((other) => other.size > 0 && other.depth === row.depth && parentOf(other.pointer) === parentOf(row.pointer)).map(({ pointer }) => pointer) };
    default:
      return null;
  }
}

const parentOf = (pointer: string): string => pointer.slice(0, Math.max(0, pointer.lastIndexOf("/")));

const FORGOTTEN_AFTER_MS = 800;

/** Letters typed one after the other lead to the next row whose key or value begins with them. */
export class TypeAhead {
  private text = "";
  private at = Number.NEGATIVE_INFINITY;

  key(key: string, time: number, rows: Row[], active: number): TreeMove | null {
    if ([...key].length !== 1 || key.trim() === "") return null;
    this.text = time - this.at > FORGOTTEN_AFTER_MS ? key : this.text + key;
    this.at = time;
    // One letter goes on from the row one is at, several may still mean it.
    const from = this.text.length > 1 ? active : active + 1;
    const wanted = this.text.toLowerCase();
    for (let step = 0; step < rows.length; step += 1) {
      const index = (from + step) % rows.length;
      if (begins(rows[index], wanted)) return { index };
    }
    return { index: active };
  }
}

function begins(row: Row | undefined, wanted: string): boolean {
  if (!row) return false;
  const value = row.size > 0 || (row.value !== null && typeof row.value === "object") ? "" : String(row.value);
  return [row.key ?? "", value].some((text) => String(text).toLowerCase().startsWith(wanted));
}
