// A button with a list of actions, on the browser's own popover: it closes on Escape and on
// a click elsewhere, and lies above everything.
import type { VNode } from "preact";
import { useId, useRef } from "preact/hooks";
import { Icon } from "./Icon.tsx";
import type { IconName } from "./Icon.tsx";

export interface MenuItem {
  label: string;
  icon: IconName;
  bad?: boolean;
  onClick: () => void;
}

const EDGE = 8;

export function Menu({ label, items }: { label: string; items: MenuItem[] }): VNode {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const placed = (): void => {
    if (!list.current || !button.current) return;
    const at = button.current.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = list.current;
    const below = at.bottom + height + EDGE < innerHeight;
    list.current.style.left = `${Math.max(EDGE, Math.min(at.right - width, innerWidth - width - EDGE))}px`;
    list.current.style.top = `${below ? at.bottom : Math.max(EDGE, at.top - height)}px`;
  };
  const toggled = (event: { newState: string }): void => {
    if (event.newState !== "open") return;
    placed();
    list.current?.querySelector("button")?.focus();
  };
  const moved = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !list.current) return;
    event.preventDefault();
    const all = [...list.current.querySelectorAll("button")];
    all.at((all.indexOf(document.activeElement as HTMLButtonElement) + step) % all.length)?.focus();
  };
  const chosen = (item: MenuItem): void => {
    list.current?.hidePopover();
    item.onClick();
  };
  return (
    <>
      <button ref={button} type="button" class="icon-button" aria-label={label} title={label} popovertarget={id}>
        <Icon name="more" />
      </button>
      <ul ref={list} id={id} popover="auto" class="menu" onToggle={toggled} onKeyDown={moved}>
        {items.map((item) => (
          <li key={item.label}>
            <button type="button" class={item.bad ? "menu-item bad" : "menu-item"} onClick={() => chosen(item)}>
              <Icon name={item.icon} />
              {item.label}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
