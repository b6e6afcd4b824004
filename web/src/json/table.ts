// Finds the rows in a result and the columns worth showing.
import type { Json } from "../api/types.ts";
import { child } from "./pointer.ts";
import { isBranch } from "./rows.ts";

export type Record_ = { [key: string]: Json };

export interface Table {
  /** Where the rows are. */
  pointer: string;
  rows: Record_[];
  columns: string[];
}

const MOST_COLUMNS = 24;
const ROWS_LOOKED_AT = 200;
const DEPTH = 3;

const isRecord = (value: Json | undefined): value is Record_ => value !== undefined && isBranch(value) && !Array.isArray(value);

/** The longest list of objects not far from the root. */
export function tableOf(root: Json): Table | null {
  let best: { pointer: string; rows: Record_[] } | null = null;
  const look = (value: Json, pointer: string, depth: number): void => {
    if (Array.isArray(value)) {
      const rows = value.every(isRecord) ? value : [];
      if (rows.length > (best?.rows.length ?? 0)) best = { pointer, rows };
    } else if (isBranch(value) && depth < DEPTH) {
      for (const [key, item] of Object.entries(value)) look(item, child(pointer, key), depth + 1);
    }
  };
  look(root, "", 0);
  const found = best as { pointer: string; rows: Record_[] } | null;
  return found && { ...found, columns: columnsOf(found.rows) };
}

/** Columns in the order of the data, plain values before nested ones. */
function columnsOf(rows: Record_[]): string[] {
  const plain = new Set<string>();
  const nested = new Set<string>();
  for (const row of rows.slice(0, ROWS_LOOKED_AT)) {
    for (const [key, value] of Object.entries(row)) if (value !== null) (isBranch(value) ? nested : plain).add(key);
  }
  for (const key of plain) nested.delete(key);
  return [...plain, ...nested].slice(0, MOST_COLUMNS);
}

/** A nested value in a word or two: its name, else its size. */
export function brief(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  if (!isBranch(value)) return String(value);
  if (Array.isArray(value)) return value.every((item) => !isBranch(item)) ? value.join(", ") : `[${value.length}]`;
  const name = ["shortName", "name", "userName", "title", "id"].map((key) => value[key]).find((item) => typeof item === "string" || typeof item === "number");
  return name === undefined ? `{${Object.keys(value).length}}` : String(name);
}

/** Indexes of the rows in the order of a column; the order of the data where values are equal. */
export function sorted({ rows }: Table, column: string, down: boolean): number[] {
  // Made once for all comparisons: that is what takes the time with many rows.
  const { compare } = new Intl.Collator(undefined, { numeric: true });
  const keys = rows.map((row) => ({ value: row[column], words: brief(row[column]) }));
  const places = rows.map((_, index) => index);
  places.sort((a, b) => {
    const [one, other] = [keys[a], keys[b]];
    const order = typeof one?.value === "number" && typeof other?.value === "number" ? one.value - other.value : compare(one?.words ?? "", other?.words ?? "");
    return down ? -order : order;
  });
  return places;
}
