// What the keys do in a tree: the pattern that people know from other trees.
import type { Row } from "./rows.ts";

export interface TreeMove {
  index: number;
  /** A branch to open or close. */
  toggle?: string;
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
    default:
      return null;
  }
}
