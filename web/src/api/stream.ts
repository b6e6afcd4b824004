// Reads a turn's events to its end. A stream that breaks off is taken up again after the last
// event that was seen; what a reader gets is each event once, in order.
import { EventSourceParserStream } from "eventsource-parser/stream";
import { parseExact } from "../json/exact.ts";
import { ApiError, send } from "./client.ts";
import { isLast, turnEvent } from "./events.ts";
import type { TurnEvent } from "./events.ts";

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8_000;
/** The gateway says something every 15 seconds; a connection silent for longer is dead. */
const LONGEST_SILENCE_MS = 40_000;

export interface Reader {
  onEvent(event: TurnEvent): void;
  /** `false` while the stream is broken and will be tried again. */
  onLink(up: boolean): void;
}

export interface TurnOrder {
  message: string;
  replaces?: string;
}

/** Where the events of a new turn come from. */
export interface Started {
  turnId: string;
  /** Resolves when the turn has ended. */
  done: Promise<void>;
}

/** Starts a turn. Fails when the gateway refuses it; afterwards it is followed to its end. */
export function startTurn(conversation: string, order: TurnOrder, reader: Reader, signal: AbortSignal): Promise<Started> {
  return startAt(`/api/conversations/${encodeURIComponent(conversation)}/turns`, order, reader, signal);
}

/** Calls behind a result are repeated, in a turn of its own. */
export function refreshResult(result: string, reader: Reader, signal: AbortSignal): Promise<Started> {
  return startAt(`/api/results/${encodeURIComponent(result)}/refresh`, undefined, reader, signal);
}

/** Answers a confirmation; what follows is a turn of its own. */
export function confirmTurn(turn: string, confirm: boolean, reader: Reader, signal: AbortSignal): Promise<Started> {
  return startAt(`/api/turns/${encodeURIComponent(turn)}/confirm`, { confirm }, reader, signal);
}

async function startAt(path: string, body: unknown, reader: Reader, signal: AbortSignal): Promise<Started> {
  // A message that is under way is not called back when its conversation is left; only reading ends.
  const request = new AbortController();
  const answer = await send(path, { method: "POST", body: body ?? {}, headers: { accept: "text/event-stream" }, signal: request.signal });
  if (signal.aborted) request.abort();
  else signal.addEventListener("abort", () => request.abort(), { once: true });
  const turnId = answer.headers.get("x-groundwire-turn-id") ?? "";
  if (!turnId) throw new ApiError(answer.status, "no_turn", "");
  const done = (async () => {
    const seen = await readThrough(answer, 0, reader, signal).catch((cause: unknown) => brokenOff(cause, signal));
    if (seen !== ENDED) await followTurn(turnId, seen, reader, signal);
  })();
  return { turnId, done };
}

/** Follows a turn from after event `after` to its end, across broken connections. */
export async function followTurn(turnId: string, after: number, reader: Reader, signal: AbortSignal): Promise<void> {
  let seen = after;
  let wait = FIRST_WAIT_MS;
  const counting: Reader = {
    onEvent(event) {
      if (event.seq <= seen) return;
      seen = event.seq;
      wait = FIRST_WAIT_MS;
      reader.onEvent(event);
    },
    onLink: (up) => reader.onLink(up),
  };
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = { accept: "text/event-stream" };
      if (seen > 0) headers["last-event-id"] = String(seen);
      const answer = await send(`/api/turns/${encodeURIComponent(turnId)}/events`, { headers, signal });
      reader.onLink(true);
      if ((await readThrough(answer, seen, counting, signal)) === ENDED) return;
    } catch (cause) {
      if (signal.aborted) return;
      // What the gateway refuses now it refuses later too; only a lost network is worth waiting for.
      if (cause instanceof ApiError && !cause.isOffline && cause.status < 500) throw cause;
    }
    reader.onLink(false);
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

/** Marks that the last event was read. */
const ENDED = -1;

/** Reads one response; the number of the last event, or ENDED. */
async function readThrough(answer: Response, after: number, reader: Reader, signal: AbortSignal): Promise<number> {
  let seen = after;
  if (!answer.body) return seen;
  const watch = new Watch();
  const events = answer.body.pipeThrough(watch.listener).pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  const source = events.getReader();
  try {
    for (;;) {
      const { value, done } = await Promise.race([source.read(), watch.lost]);
      if (done || signal.aborted) return seen;
      const event = parsed(value.id, value.event, value.data);
      if (!event) continue;
      seen = event.seq;
      reader.onEvent(event);
      if (isLast(event)) return ENDED;
    }
  } catch {
    return seen;
  } finally {
    watch.end();
    void source.cancel().catch(() => undefined);
  }
}

/** Notices that a connection is dead though nobody closed it: silence, or no network at all. */
class Watch {
  readonly lost: Promise<{ done: true; value: undefined }>;
  readonly listener: TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lose = (): void => undefined;

  constructor() {
    this.lost = new Promise((resolve) => (this.lose = () => resolve({ done: true, value: undefined })));
    this.listener = new TransformStream({ transform: (bytes, out) => { this.heard(); out.enqueue(bytes); } });
    addEventListener("offline", this.lose);
    this.heard();
  }

  private heard(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.lose, LONGEST_SILENCE_MS);
  }

  end(): void {
    clearTimeout(this.timer);
    removeEventListener("offline", this.lose);
  }
}

function parsed(id: string | undefined, name: string | undefined, data: string): TurnEvent | null {
  const seq = Number(id);
  if (!Number.isInteger(seq) || !name) return null;
  try {
    return turnEvent(seq, name, parseExact(data));
  } catch {
    return null;
  }
}

function brokenOff(cause: unknown, signal: AbortSignal): number {
  if (signal.aborted) return ENDED;
  if (cause instanceof ApiError && !cause.isOffline) throw cause;
  return 0;
}

/** Waits; a network that comes back ends the wait. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      removeEventListener("online", over);
      signal.removeEventListener("abort", over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    addEventListener("online", over);
    signal.addEventListener("abort", over);
  });
}
