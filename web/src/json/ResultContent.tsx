// The content of a result, as a tree to search or as a table where it has rows.
import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Json } from "../api/types.ts";
import { t } from "../text/index.ts";
import { JsonTree } from "./JsonTree.tsx";
import { tableOf } from "./table.ts";
import { ResultTable } from "./ResultTable.tsx";

interface Properties {
  content: Json;
  /** The place that is asked for from outside. */
  wanted: string | null;
  selected: string;
  select: (pointer: string) => void;
  uses: ReadonlyMap<string, number>;
}

export function ResultContent({ content, wanted, selected, select, uses }: Properties): VNode {
  const [tab, setTab] = useState<"tree" | "table">("tree");
  const table = useMemo(() => tableOf(content), [content]);
  const shown = table && tab === "table" ? "table" : "tree";
  return (
    <div class="result-content">
      {table ? (
        <div class="segmented" role="group" aria-label={t("result.title")}>
          <button type="button" aria-pressed={shown === "tree"} onClick={() => setTab("tree")}>{t("result.tree")}</button>
          <button type="button" aria-pressed={shown === "table"} onClick={() => setTab("table")}>{t("result.table")}</button>
        </div>
      ) : null}
      {shown === "table" && table ? (
        <ResultTable table={table} uses={uses} choose={(pointer) => { select(pointer); setTab("tree"); }} />
      ) : (
        <JsonTree root={content} wanted={wanted ?? (selected || null)} selected={selected} select={select} uses={uses} />
      )}
    </div>
  );
}
