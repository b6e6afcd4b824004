// JSON Pointers (RFC 6901).
import type { Json } from "../api/types.ts";

export const escaped = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");
const unescaped = (key: string): string => key.replaceAll("~1", "/").replaceAll("~0", "~");

export const child = (pointer: string, key: string | number): string =>
  `${pointer}/${typeof key === "number" ? key : escaped(key)}`;

export const keysOf = (pointer: string): string[] => (pointer === "" ? [] : pointer.slice(1).split("/").map(unescaped));

/** The pointers on the way to a place, the root first, the place itself not among them. */
export function ancestors(pointer: string): string[] {
  const all: string[] = [];
  for (let at = pointer.lastIndexOf("/"); at >= 0; at = pointer.lastIndexOf("/", at - 1)) {
    all.unshift(pointer.slice(0, at));
    if (at === 0) break;
  }
  return all;
}

/** The value at a place; `undefined` where there is none. */
export function valueAt(root: Json, pointer: string): Json | undefined {
  let value: Json | undefined = root;
  for (const key of keysOf(pointer)) {
    if (Array.isArray(value)) value = /^(0|[1-9]\d*)$/.test(key) ? value[Number(key)] : undefined;
    else if (value !== null && typeof value === "object") value = Object.hasOwn(value, key) ? value[key] : undefined;
    else return undefined;
  }
  return value;
}
