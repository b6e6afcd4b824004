// The frame of a view whose data is loaded: title, intro, and plain words where there is no data.
import type { ComponentChildren, VNode } from "preact";
import { t } from "../text/index.ts";
import type { Loaded } from "./useLoad.ts";

interface Properties<Data> {
  title: string;
  intro: string;
  route: string;
  loaded: Loaded<Data>;
  again: () => void;
  children: (data: Data) => ComponentChildren;
}

export function LoadedView<Data>({ title, intro, route, loaded, again, children }: Properties<Data>): VNode {
  return (
    <div class="view" tabIndex={0} role="region" aria-label={title}>
      <div class="view-inner">
        <h1>{title}</h1>
        <p class="intro">{intro}</p>
        {body(loaded, route, again, children)}
      </div>
    </div>
  );
}

function body<Data>(loaded: Loaded<Data>, route: string, again: () => void, children: (data: Data) => ComponentChildren): ComponentChildren {
  switch (loaded.state) {
    case "loading":
      return <p class="quiet">{t("app.loading")}</p>;
    case "missing":
      return (
        <div class="notice">
          <p><strong>{t("view.missing")}</strong></p>
          <p>{t("view.missing_text", { route })}</p>
        </div>
      );
    case "failed":
      return (
        <div class="notice bad">
          <p><strong>{t("view.failed")}</strong> {loaded.why}</p>
          <button type="button" class="button" onClick={again}>{t("app.retry")}</button>
        </div>
      );
    case "ready":
      return children(loaded.data);
  }
}
