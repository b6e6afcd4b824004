// Search in a tree: looks while one types, and goes from hit to hit.
import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Json } from "../api/types.ts";
import { t } from "../text/index.ts";
import { Icon } from "../ui/Icon.tsx";
import { IconButton } from "../ui/IconButton.tsx";
import { MOST_HITS, find } from "./search.ts";

interface Properties {
  root: Json;
  found: (hits: ReadonlySet<string>) => void;
  show: (pointer: string) => void;
}

const WAIT_MS = 150;

export function TreeSearch({ root, found, show }: Properties): VNode {
  const [text, setText] = useState("");
  const [hits, setHits] = useState<string[] | null>([]);
  const [at, setAt] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    const wanted = text.trim();
    if (!wanted) {
      setHits([]);
      found(new Set());
      return undefined;
    }
    setHits(null);
    const timer = setTimeout(async () => {
      const all = await find(root, wanted, stop.signal);
      if (!all) return;
      setHits(all);
      setAt(0);
      found(new Set(all));
      if (all[0] !== undefined) show(all[0]);
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text, root]);
  const step = (by: number): void => {
    if (!hits?.length) return;
    const next = (at + by + hits.length) % hits.length;
    setAt(next);
    show(hits[next] ?? "");
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && text) {
      event.preventDefault();
      event.stopPropagation();
      setText("");
    }
    if (event.key !== "Enter") return;
    event.preventDefault();
    step(event.shiftKey ? -1 : 1);
  };
  const none = !hits?.length;
  return (
    <div class="tree-search">
      <label class="search">
        <Icon name="search" />
        <span class="visually-hidden">{t("result.search")}</span>
        <input type="search" value={text} placeholder={t("result.search")} onInput={(event) => setText(event.currentTarget.value)} onKeyDown={onKeyDown} />
      </label>
      <span class="quiet" role="status">{text.trim() ? words(hits, at) : ""}</span>
      <IconButton icon="previous" label={t("result.previous")} disabled={none} onClick={() => step(-1)} />
      <IconButton icon="next" label={t("result.next")} disabled={none} onClick={() => step(1)} />
    </div>
  );
}

function words(hits: string[] | null, at: number): string {
  if (!hits) return t("result.searching");
  if (hits.length === 0) return t("result.no_hits");
  return t(hits.length >= MOST_HITS ? "result.hits_more" : "result.hits", { at: at + 1, n: hits.length });
}
