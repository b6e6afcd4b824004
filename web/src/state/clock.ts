// One clock for every age on the page; it stands still while nobody looks.
import { signal } from "@preact/signals";

export const now = signal<number>(Date.now());

const tick = (): void => {
  if (!document.hidden) now.value = Date.now();
};

setInterval(tick, 1_000);
document.addEventListener("visibilitychange", tick);
