// The rows of a result as a table; each cell leads to its place in the tree. Rows are virtual.
import type { VNode } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { t } from "../text/index.ts";
import { useVirtual } from "../ui/virtual.ts";
import { child } from "./pointer.ts";
import { brief, sorted } from "./table.ts";
import type { Table } from "./table.ts";

const ROW_HEIGHT = 32;

interface Properties {
  table: Table;
  uses: ReadonlyMap<string, number>;
  choose: (pointer: string) => void;
}

interface Order {
  column: string;
  down: boolean;
}

export function ResultTable({ table, uses, choose }: Properties): VNode {
  const [order, setOrder] = useState<Order | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const places = useMemo(() => (order ? sorted(table, order.column, order.down) : table.rows.map((_, index) => index)), [table, order]);
  const virtual = useVirtual(places.length, ROW_HEIGHT, scroller);
  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  const sortBy = (column: string): void => setOrder((old) => (old?.column === column ? (old.down ? null : { column, down: true }) : { column, down: false }));
  return (
    <div ref={scroller} class="table-scroll result-table" tabIndex={0} role="region" aria-label={t("result.table")}>
      <table aria-rowcount={places.length + 1}>
        <thead>
          <tr>
            {table.columns.map((column) => (
              <th key={column} scope="col" aria-sort={order?.column === column ? (order.down ? "descending" : "ascending") : "none"}>
                <button type="button" class="text-button" onClick={() => sortBy(column)}>{column}{order?.column === column ? (order.down ? " ↓" : " ↑") : ""}</button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 ? <tr aria-hidden="true" style={{ height: `${before}px` }} /> : null}
          {items.map((item) => {
            const at = places[item.index] ?? 0;
            return (
              <tr key={at} aria-rowindex={item.index + 2}>
                {table.columns.map((column) => <Cell key={column} pointer={child(child(table.pointer, at), column)} value={brief(table.rows[at]?.[column])} uses={uses} choose={choose} />)}
              </tr>
            );
          })}
          {after > 0 ? <tr aria-hidden="true" style={{ height: `${after}px` }} /> : null}
        </tbody>
      </table>
    </div>
  );
}

interface CellProperties {
  pointer: string;
  value: string;
  uses: ReadonlyMap<string, number>;
  choose: (pointer: string) => void;
}

function Cell({ pointer, value, uses, choose }: CellProperties): VNode {
  return (
    <td class={uses.has(pointer) ? "used" : ""}>
      {value === "" ? null : <button type="button" class="cell" title={pointer} onClick={() => choose(pointer)}>{value.slice(0, 120)}</button>}
    </td>
  );
}
