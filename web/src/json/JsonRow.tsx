// One row of the tree: key, value in short, and how often the answer uses it.
import type { VNode } from "preact";
import { t } from "../text/index.ts";
import { Icon } from "../ui/Icon.tsx";
import type { Row } from "./rows.ts";

const INDENT = 14;
const SHOWN = 300;

interface Properties {
  id: string;
  row: Row;
  top: number;
  active: boolean;
  hit: boolean;
  uses: number;
  choose: () => void;
  toggle: () => void;
}

export function JsonRow({ id, row, top, active, hit, uses, choose, toggle }: Properties): VNode {
  const branch = row.size > 0;
  const clicked = (): void => {
    choose();
    if (branch) toggle();
  };
  const marks = `${active ? "active " : ""}${hit ? "hit " : ""}${uses > 0 ? "used" : ""}`;
  return (
    <div
      id={id}
      class={`tree-row ${marks}`}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-setsize={row.siblings}
      aria-posinset={row.position}
      aria-selected={active}
      {...(branch ? { "aria-expanded": row.open } : {})}
      style={{ transform: `translateY(${top}px)`, paddingInlineStart: `${row.depth * INDENT + 4}px` }}
      onClick={clicked}
    >
      <span class={row.open ? "twist open" : "twist"}>{branch ? <Icon name="right" /> : null}</span>
      {row.key === null ? null : <span class={typeof row.key === "number" ? "json-index" : "json-key"}>{row.key}</span>}
      <span class={`json-${kindOf(row)}`}>{valueText(row)}</span>
      {uses > 0 ? <span class="use-count">{t("evidence.used_times", { n: uses })}</span> : null}
    </div>
  );
}

function kindOf({ value }: Row): string {
  return value === null ? "null" : typeof value;
}

function valueText({ value, size }: Row): string {
  if (Array.isArray(value)) return t("result.items", { n: size });
  if (value !== null && typeof value === "object") return t("result.keys", { n: size });
  if (typeof value !== "string") return String(value);
  return value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value;
}
