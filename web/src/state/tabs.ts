// Tabs of one browser tell each other about turns that start and lists that change; what
// happens in a turn each of them reads from the gateway itself.
import { store, stored } from "./settings.ts";

/** A turn that started. */
export interface TurnNote {
  conversation: string;
  turn: string;
  message: string;
  /** The turn whose place it takes. */
  replaces: string | null;
}

export type TabNote =
  | ({ kind: "turn" } & TurnNote)
  | { kind: "list" }
  | { kind: "deleted"; conversation: string };

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("groundwire") : null;

export const tellTabs = (note: TabNote): void => channel?.postMessage(note);

export function onTabNote(handle: (note: TabNote) => void): void {
  channel?.addEventListener("message", (event: MessageEvent<TabNote>) => handle(event.data));
}

type RunningTurn = Omit<TurnNote, "conversation">;

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
  if (running) all[conversation] = { turn: running.turn, message: running.message, replaces: running.replaces };
  else delete all[conversation];
  store(RUNNING_KEY, Object.keys(all).length > 0 ? JSON.stringify(all) : null);
}

/** Forgets what ran here; the gateway still knows it. */
export const forgetRunning = (): void => store(RUNNING_KEY, null);
