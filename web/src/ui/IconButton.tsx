// A button that shows an icon and says its name to those who hear it or point at it.
import type { VNode } from "preact";
import { Icon } from "./Icon.tsx";
import type { IconName } from "./Icon.tsx";

interface Properties {
  icon: IconName;
  label: string;
  onClick: () => void;
  disabled?: boolean;
  pressed?: boolean;
  class?: string;
}

export function IconButton({ icon, label, onClick, disabled = false, pressed, class: name = "" }: Properties): VNode {
  return (
    <button
      type="button"
      class={`icon-button ${name}`}
      aria-label={label}
      title={label}
      disabled={disabled}
      {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
