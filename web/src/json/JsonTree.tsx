// A searchable tree of JSON. Rows are virtual; the tree itself has the focus and names the
// active row, so that it works the same with three rows and a hundred thousand.
import type { VNode } from "preact";
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Json } from "../api/types.ts";
import { t } from "../text/index.ts";
import { useVirtual } from "../ui/virtual.ts";
import { IconButton } from "../ui/IconButton.tsx";
import { JsonRow } from "./JsonRow.tsx";
import { Selected } from "./Selected.tsx";
import { TreeSearch } from "./TreeSearch.tsx";
import { ancestors, valueAt } from "./pointer.ts";
import { allBranches, firstOpen, rowsOf } from "./rows.ts";
import { TypeAhead, treeKey } from "./treeKeys.ts";

const ROW_HEIGHT = 26;

interface Properties {
  root: Json;
  wanted: string | null;
  selected: string;
  select: (pointer: string) => void;
  uses: ReadonlyMap<string, number>;
}

export function JsonTree({ root, wanted, selected, select, uses }: Properties): VNode {
  const [open, setOpen] = useState<ReadonlySet<string>>(() => firstOpen(root));
  const [hits, setHits] = useState<ReadonlySet<string>>(new Set());
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const rows = useMemo(() => rowsOf(root, open), [root, open]);
  const active = Math.max(0, rows.findIndex((row) => row.pointer === selected));
  const virtual = useVirtual(rows.length, ROW_HEIGHT, scroller, active);
  const typed = useRef(new TypeAhead());
  const pending = useRef<string | null>(wanted);

  const reveal = (pointer: string): void => {
    pending.current = pointer;
    setOpen((before) => new Set([...before, ...ancestors(pointer)]));
    select(pointer);
  };
  useEffect(() => {
    if (wanted !== null) reveal(wanted);
  }, [wanted, root]);
  // A panel that was opened for this place hands the focus on to it.
  useEffect(() => {
    if (wanted !== null && document.activeElement === scroller.current?.closest(".panel")) scroller.current?.focus({ preventScroll: true });
  }, []);
  // A place can be scrolled to once the rows on the way to it are there.
  useLayoutEffect(() => {
    const at = rows.findIndex((row) => row.pointer === pending.current);
    if (at < 0) return;
    pending.current = null;
    requestAnimationFrame(() => virtual.scrollToIndex(at, { align: "center" }));
  }, [rows, selected]);

  const toggle = (pointer: string): void => {
    const next = new Set(open);
    if (!next.delete(pointer)) next.add(pointer);
    setOpen(next);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const done = treeKey(event.key, rows, active) ?? typed.current.key(event.key, event.timeStamp, rows, active);
    if (!done) return;
    event.preventDefault();
    if (done.toggle !== undefined) toggle(done.toggle);
    if (done.open) setOpen(new Set([...open, ...done.open]));
    const to = rows[done.index];
    if (to) {
      select(to.pointer);
      virtual.scrollToIndex(done.index, { align: "auto" });
    }
  };
  const missing = wanted !== null && valueAt(root, wanted) === undefined;
  return (
    <>
      <div class="tree-tools">
        <TreeSearch root={root} found={setHits} show={reveal} />
        <IconButton icon="unfold" label={t("result.expand")} onClick={() => setOpen(allBranches(root))} />
        <IconButton icon="fold" label={t("result.collapse")} onClick={() => setOpen(new Set([""]))} />
      </div>
      {missing ? <p class="notice">{t("result.no_place", { pointer: wanted })}</p> : null}
      <div
        ref={scroller}
        class="tree"
        role="tree"
        tabIndex={0}
        aria-label={t("result.tree_label")}
        aria-activedescendant={`${id}-${active}`}
        onKeyDown={onKeyDown}
      >
        <div class="tree-space" role="none" style={{ height: `${virtual.getTotalSize()}px` }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return row ? (
              <JsonRow
                key={row.pointer}
                id={`${id}-${item.index}`}
                row={row}
                top={item.start}
                active={item.index === active}
                hit={hits.has(row.pointer)}
                uses={uses.get(row.pointer) ?? 0}
                choose={() => select(row.pointer)}
                toggle={() => toggle(row.pointer)}
              />
            ) : null;
          })}
        </div>
      </div>
      <Selected root={root} pointer={selected} />
    </>
  );
}
