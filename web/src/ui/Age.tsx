// How long ago something was observed; counts up by itself.
import type { VNode } from "preact";
import { age, dateTime } from "../text/format.ts";

export function Age({ time }: { time: string }): VNode {
  return <time class="age" dateTime={time} title={dateTime(time)}>{age(time)}</time>;
}
