// Where the portal is: kept in the fragment of the address, so every place is a link that
// works from any server and never leaves the page.
import { signal } from "@preact/signals";

export type View = "chat" | "tools" | "models" | "scenarios" | "credentials" | "tokens";

/** What the side panel shows. */
export type PanelPlace =
  | { kind: "result"; turn: string; result: string; pointer: string | null }
  | { kind: "trace"; turn: string }
  /** A turn of a scenario run, from 0. */
  | { kind: "run"; run: string; index: number };

export interface Place {
  view: View;
  /** Conversation, tool, scenario run: what the view is about. */
  id: string;
  /** A turn to scroll to. */
  turn: string;
  panel: PanelPlace | null;
}

const VIEWS: readonly string[] = ["tools", "models", "scenarios", "credentials", "tokens"];

export function parsePlace(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [head = "", ...rest] = path.split("/").map(decoded);
  const params = new URLSearchParams(query);
  if (VIEWS.includes(head)) return { view: head as View, id: rest.join("/"), turn: "", panel: parseRunPanel(head, rest, params) };
  return { view: "chat", id: head === "c" ? (rest[0] ?? "") : "", turn: params.get("turn") ?? "", panel: parsePanel(params) };
}

function parsePanel(params: URLSearchParams): PanelPlace | null {
  const turn = params.get("turn") ?? "";
  const result = params.get("result");
  if (result) return { kind: "result", turn, result, pointer: params.get("at") };
  return params.get("show") === "trace" && turn ? { kind: "trace", turn } : null;
}

function parseRunPanel(view: string, [run = ""]: string[], params: URLSearchParams): PanelPlace | null {
  const index = params.get("show") ?? "";
  return view === "scenarios" && run && /^\d{1,6}$/.test(index) ? { kind: "run", run, index: Number(index) } : null;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function placeHref(place: Partial<Place>): string {
  const { view = "chat", id = "", turn = "", panel = null } = place;
  if (view !== "chat") {
    const path = [view, ...(id ? id.split("/").map(encodeURIComponent) : [])].join("/");
    return `#/${path}${panel?.kind === "run" ? `?show=${panel.index}` : ""}`;
  }
  const params = new URLSearchParams();
  const about = panel && panel.kind !== "run" ? panel.turn : turn;
  if (about) params.set("turn", about);
  if (panel?.kind === "trace") params.set("show", "trace");
  if (panel?.kind === "result") {
    params.set("result", panel.result);
    if (panel.pointer !== null) params.set("at", panel.pointer);
  }
  const query = params.toString();
  return `#/${id ? `c/${encodeURIComponent(id)}` : ""}${query ? `?${query}` : ""}`;
}

export const place = signal<Place>(parsePlace(location.hash));

addEventListener("hashchange", () => {
  place.value = parsePlace(location.hash);
});

export function go(to: Partial<Place>, replace = false): void {
  const href = placeHref(to);
  if (href === location.hash) return;
  if (replace) {
    history.replaceState(null, "", href);
    place.value = parsePlace(href);
  } else {
    location.hash = href;
  }
}

/** The open conversation without the panel. */
export function closePanel(): void {
  go({ ...place.value, panel: null, turn: "" });
}

export const panelHref = (conversation: string, panel: PanelPlace): string => placeHref({ id: conversation, panel });
