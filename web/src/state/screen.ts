// How much room there is: below these widths the side panel and the list lie over the
// conversation instead of beside it.
import { signal } from "@preact/signals";
import type { Signal } from "@preact/signals";

function watched(query: string): Signal<boolean> {
  const media = matchMedia(query);
  const value = signal(media.matches);
  media.addEventListener("change", () => (value.value = media.matches));
  return value;
}

export const panelOver = watched("(max-width: 68rem)");
export const listOver = watched("(max-width: 48rem)");
export const listOpen = signal<boolean>(false);
