// JSON whose large numbers stay what they are: an id of 64 bits does not fit into a number of
// JavaScript, and a rounded one would be another id.

const LARGE = /(?:^|[[,:])\s*-?\d{16,}\s*(?:[\],}]|$)/;
const WHOLE = /^-?\d+$/;

interface Source {
  source?: string;
}

type Reviver = (key: string, value: unknown, context: Source) => unknown;

/** Whole numbers that are too large become `bigint`, in browsers that tell how they were written. */
export function parseExact(text: string): unknown {
  // With a reviver parsing takes several times as long; most results have no such number.
  if (!LARGE.test(text)) return JSON.parse(text);
  const exact: Reviver = (_key, value, { source }) => {
    const rounded = typeof value === "number" && !Number.isSafeInteger(value);
    return rounded && source && WHOLE.test(source) ? BigInt(source) : value;
  };
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown);
}

/** A number as it was typed: a whole one that is too large as `bigint`; `null` where it is none. */
export function exactNumber(text: string): number | bigint | null {
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number)) return null;
  return WHOLE.test(text) && !Number.isSafeInteger(number) ? BigInt(text) : number;
}

/** JSON as text, large numbers as they were. */
export const textOf = (value: unknown): string => written(value, 2);

/** The same in one line. */
export const shortTextOf = (value: unknown): string => written(value, 0);

function written(value: unknown, indent: number): string {
  const raw = (JSON as { rawJSON?: (text: string) => unknown }).rawJSON;
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? (raw?.(String(item)) ?? String(item)) : item), indent);
}
