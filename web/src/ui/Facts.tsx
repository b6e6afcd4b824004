// Names and values under each other.
import { textOf } from "../json/exact.ts";
import type { ComponentChildren, VNode } from "preact";

export type Fact = [name: string, value: ComponentChildren];

/** Facts without a value are left out. */
export function Facts({ facts }: { facts: (Fact | null)[] }): VNode {
  return (
    <dl class="facts">
      {facts.map((fact) => (fact && fact[1] !== null && fact[1] !== "" ? <div key={fact[0]}><dt>{fact[0]}</dt><dd>{fact[1]}</dd></div> : null))}
    </dl>
  );
}

export function JsonText({ value, label }: { value: unknown; label?: string }): VNode {
  return <pre class="json-text" tabIndex={0} {...(label ? { "aria-label": label, role: "group" as const } : {})}>{textOf(value)}</pre>;
}
