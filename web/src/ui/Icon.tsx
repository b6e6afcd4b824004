// The icons, drawn as strokes in the colour of the text. Decoration only: whatever they stand
// beside or in has words of its own.
import type { VNode } from "preact";

const PATHS = {
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6L6 18",
  plus: "M12 5v14M5 12h14",
  search: "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14M16.500 16.500L21 21",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  send: "M12 19V5M6 11l6-6l6 6",
  stop: "M7 7h10v10H7z",
  again: "M20 11a8 8 0 1 0-2.300 6.300M20 5v6h-6",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  link: "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 6 6l1-1",
  up: "M7 11l4-8c1.500 0 2.500 1 2.500 2.500V9H19a2 2 0 0 1 2 2.300l-1 7A2 2 0 0 1 18 20H7M3 11h4v9H3z",
  down: "M17 13l-4 8c-1.500 0-2.500-1-2.500-2.500V15H5a2 2 0 0 1-2-2.300l1-7A2 2 0 0 1 6 4h11M21 13h-4V4h4z",
  check: "M5 13l4 4L19 7",
  warning: "M12 4l9 16H3zM12 10v4M12 17h.01",
  dash: "M6 12h12",
  shield: "M12 3l8 3v6c0 5-3.500 8-8 9c-4.500-1-8-4-8-9V6zM8.500 12l2.500 2.500l4.500-5",
  route: "M5 5v6a4 4 0 0 0 4 4h10M15 11l4 4l-4 4",
  tool: "M14.500 6a4 4 0 0 1 5 5l-9 9a2.500 2.500 0 0 1-4-4l9-9M4 4l5 5",
  pen: "M4 20l1-5L16 4l4 4L9 19z",
  scale: "M12 4v16M7 20h10M5 8h14M5 8l-2.500 6h5zM19 8l-2.500 6h5z",
  settings: "M4 7h10M18 7h2M4 17h2M10 17h10M14 7a2 2 0 1 0 4 0a2 2 0 1 0-4 0M6 17a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
  chat: "M4 5h16v11H10l-5 4v-4H4z",
  cube: "M12 3l8 4.500v9L12 21l-8-4.500v-9zM12 12l8-4.500M12 12v9M12 12L4 7.500",
  list: "M9 6h11M9 12h11M9 18h11M4 6h.01M4 12h.01M4 18h.01",
  key: "M8 11a4.500 4.500 0 1 0 .01 0M11.500 12.500L20 4M16 8l3 3",
  unfold: "M7 9l5-5l5 5M7 15l5 5l5-5",
  fold: "M7 4l5 5l5-5M7 20l5-5l5 5",
  right: "M9 5l7 7l-7 7",
  downward: "M12 5v14M6 13l6 6l6-6",
  previous: "M6 15l6-6l6 6",
  next: "M6 9l6 6l6-6",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }): VNode {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
