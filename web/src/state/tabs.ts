// Tabs of one browser tell each other about turns that start and lists that change; what
// happens in a turn each of them reads from the gateway itself.
import { store, stored } from "./settings.ts";

export type TabNote =
  | { kind: "turn"; conversation: string; turn: string; message: string; replaces: string | null }
  | { kind: "list" }
  | { kind: "deleted"; conversation: string };

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("groundwire") : null;

export const tellTabs = (note: TabNote): void => channel?.postMessage(note);

export function onTabNote(handle: (note: TabNote) => void): void {
  channel?.addEventListener("message", (event: MessageEvent<TabNote>) => handle(event.data));
}

interface RunningTurn {
  turn: string;
  message: string;
}

const RUNNING_KEY = "groundwire.running";

function runningTurns(): Record<string, RunningTurn> {
  try {
    return JSON.parse(stored(RUNNING_KEY) ?? "{}") as Record<string, RunningTurn>;
  } catch {
    return {};
  }
}

/** The turn that ran here when the page was left, if it is not known to have ended. */
export const runningIn = (conversation: string): RunningTurn | undefined => runningTurns()[conversation];

export function noteRunning(conversation: string, running: RunningTurn | null): void {
  const all = runningTurns();
  if (running) all[conversation] = running;
  else delete all[conversation];
  store(RUNNING_KEY, Object.keys(all).length > 0 ? JSON.stringify(all) : null);
}
