// The open conversation: its turns in order, each a signal of its own, so that an event
// redraws one turn. Starts turns, follows them, and stops following when another opens.
import { batch, computed, signal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import { ApiError } from "../api/client.ts";
import type { TurnEvent } from "../api/events.ts";
import * as routes from "../api/routes.ts";
import { confirmTurn, followTurn, refreshResult, startTurn } from "../api/stream.ts";
import type { Reader, Started } from "../api/stream.ts";
import type { WholeConversation } from "../api/types.ts";
import { noteSuperseded } from "./freshness.ts";
import { listChanged } from "./list.ts";
import { announce, sayError, words } from "./notices.ts";
import { go, place } from "./route.ts";
import { readDraft, writeDraft } from "./settings.ts";
import { noteRunning, onTabNote, runningIn, tellTabs } from "./tabs.ts";
import type { TurnNote } from "./tabs.ts";
import { isRunning, newTurn, withEvent } from "./turn.ts";
import type { Turn } from "./turn.ts";
import { t } from "../text/index.ts";

/** One turn in its place; `key` stays the same when the turn gets its id. */
export interface Entry {
  key: string;
  turn: Signal<Turn>;
}

export const conversationId = signal<string>("");
export const entries = signal<Entry[]>([]);
export const loading = signal<boolean>(false);
export const problem = signal<string>("");
/** The turn that runs, if one does. */
export const running = computed<Turn | null>(() => {
  for (const entry of entries.value) if (isRunning(entry.turn.value)) return entry.turn.value;
  return null;
});
export const lastTurnId = computed<string>(() => entries.value.at(-1)?.turn.value.id ?? "");

/** Whether the last turn ended in a question with choices that waits for an answer. */
export const openQuestion = computed<boolean>(() => running.value === null && (entries.value.at(-1)?.turn.value.question?.choices.length ?? 0) > 0);

/** The turn that followed a turn. */
export function turnAfter(id: string): Turn | null {
  const at = entries.value.findIndex((entry) => entry.turn.value.id === id);
  return at < 0 ? null : (entries.value[at + 1]?.turn.value ?? null);
}

let leaving = new AbortController();
let serial = 0;
let opened: string | null = null;

const entryOf = (turn: Turn): Entry => ({ key: `entry-${++serial}`, turn: signal(turn) });
export const findTurn = (id: string): Entry | undefined => entries.value.find((entry) => entry.turn.value.id === id);

/** Reads the open conversation anew, for it went on elsewhere. */
export function reopen(): void {
  opened = null;
  void open(conversationId.peek());
}

/** Opens a conversation; "" is a new one, that is made with its first message. */
export async function open(id: string): Promise<void> {
  if (id === opened) return;
  opened = id;
  leaving.abort();
  leaving = new AbortController();
  const mine = leaving;
  batch(() => {
    conversationId.value = id;
    entries.value = [];
    problem.value = "";
    loading.value = id !== "";
  });
  if (!id) return;
  try {
    const whole = await routes.getConversation(id);
    if (mine.signal.aborted) return;
    entries.value = entriesOf(whole);
    takeUp(whole);
  } catch (error) {
    if (!mine.signal.aborted) problem.value = words(error);
    opened = null;
  } finally {
    if (!mine.signal.aborted) loading.value = false;
  }
}

function entriesOf(whole: WholeConversation): Entry[] {
  const turns: Turn[] = [];
  for (const message of whole.messages) {
    const last = turns.at(-1);
    if (message.role === "user") turns.push(newTurn(message.turn_id ?? "", message.content, "stored"));
    else if (last && last.id === (message.turn_id ?? "") && !last.text) last.text = message.content;
    else turns.push(newTurn(message.turn_id ?? "", "", "stored", message.content));
  }
  return turns.map(entryOf);
}

/** A turn that was running when the page was left, or runs elsewhere, is followed on. */
function takeUp(whole: WholeConversation): void {
  const here = runningIn(whole.id);
  const turn = whole.running_turn ?? here?.turn;
  if (!turn) return;
  if (findTurn(turn)) noteRunning(whole.id, null);
  else if (here?.turn === turn) follow(turn, here.message, here.replaces ?? null);
  else follow(turn, "", null);
}

/** A turn that started where it could not be followed at once. One that is being opened is taken up then. */
function takeIn({ conversation, turn, message, replaces }: TurnNote): void {
  if (conversation === conversationId.value && !loading.value && !findTurn(turn)) follow(turn, message, replaces);
}

function follow(turn: string, message: string, replaces: string | null): void {
  const before = entries.value;
  const entry = entryOf(newTurn(turn, message, "running"));
  add(entry, replaces);
  void followed(entry, conversationId.value, replaces ? before : null, () => followTurn(turn, 0, readerOf(entry), leaving.signal));
}

function add(entry: Entry, replaces: string | null): void {
  const at = replaces ? entries.value.findIndex((known) => known.turn.value.id === replaces) : -1;
  entries.value = [...(at < 0 ? entries.value : entries.value.slice(0, at)), entry];
}

/** Loads the events of stored turns; light, since results stay at the gateway. */
export async function loadTurns(wanted: readonly Entry[]): Promise<void> {
  const loaded = await Promise.all(wanted.filter((entry) => mayLoad(entry.turn.peek())).map(async (entry) => [entry, await storedTurn(entry.turn.peek())] as const));
  batch(() => {
    for (const [entry, turn] of loaded) {
      if (!mayLoad(entry.turn.peek())) continue;
      noteSuperseded(turn);
      entry.turn.value = turn;
    }
  });
}

const mayLoad = (turn: Turn): boolean => turn.phase === "stored" && turn.id !== "" && turn.seq === 0;

async function storedTurn(turn: Turn): Promise<Turn> {
  let whole = turn;
  const collect: Reader = { onEvent: (event) => (whole = withEvent(whole, event)), onLink: () => undefined };
  try {
    await followTurn(turn.id, 0, collect, leaving.signal);
    return whole;
  } catch {
    return { ...turn, phase: "lost" };
  }
}

function readerOf(entry: Entry): Reader {
  return {
    onEvent(event) {
      entry.turn.value = withEvent(entry.turn.value, event);
      if (event.event === "tool.finished") noteSuperseded(entry.turn.value);
      announceEvent(event);
    },
    onLink(up) {
      if (entry.turn.value.link !== up) entry.turn.value = { ...entry.turn.value, link: up };
    },
  };
}

function announceEvent(event: TurnEvent): void {
  if (event.event === "tool.requested") announce(t("say.calling", { tool: event.data.tool }));
  if (event.event === "answer.finished") announce(t("say.answered"));
  if (event.event === "turn.failed") announce(t("say.failed"));
  if (event.event === "turn.cancelled") announce(t("say.cancelled"));
}

type Start = (conversation: string, reader: Reader, signal: AbortSignal) => Promise<Started>;
/** Hears which conversation a message came from that was not taken. */
type Refused = (conversation: string) => void;

/** Sends a message; makes the conversation first where there is none. False: it was refused. */
export function sendMessage(message: string, replaces: string | null = null, refused?: Refused): Promise<boolean> {
  const order = replaces ? { message, replaces } : { message };
  return run(message, replaces, (conversation, reader, signal) => startTurn(conversation, order, reader, signal), refused);
}

/** Repeats the call behind a result. */
export const refresh = (result: string): Promise<boolean> =>
  run(t("refresh.message"), null, (_, reader, signal) => refreshResult(result, reader, signal));

/** Says yes or no to what a turn wants to run; `message` is that in the words of the conversation. */
export const confirm = (turn: string, yes: boolean, message: string): Promise<boolean> =>
  run(message, null, (_, reader, signal) => confirmTurn(turn, yes, reader, signal));

/** Makes the conversation of a first message, and opens it unless another was opened meanwhile. */
async function made(left: AbortSignal): Promise<string> {
  const { id } = await routes.createConversation();
  if (!left.aborted) {
    writeDraft(id, readDraft(""));
    writeDraft("", "");
    conversationId.value = id;
    opened = id;
    if (place.value.view === "chat" && place.value.id === "") go({ id }, true);
  }
  listChanged();
  return id;
}

async function run(message: string, replaces: string | null, start: Start, refused?: Refused): Promise<boolean> {
  const left = leaving.signal;
  let conversation = conversationId.value;
  const before = entries.value;
  const entry = entryOf(newTurn("", message, "sending"));
  add(entry, replaces);
  let started: Started;
  try {
    conversation ||= await made(left);
    started = await start(conversation, readerOf(entry), left);
  } catch (error) {
    refused?.(conversation);
    if (!left.aborted) entries.value = before;
    sayError(error);
    // Somebody else, or another tab, was faster: what is shown here is no longer how it is.
    if (isConflict(error) && !left.aborted) reopen();
    return false;
  }
  const { turnId: turn } = started;
  const note: TurnNote = { conversation, turn, message, replaces };
  noteRunning(conversation, note);
  tellTabs({ kind: "turn", ...note });
  if (left.aborted) {
    takeIn(note);
    return true;
  }
  if (!entry.turn.value.id) entry.turn.value = { ...entry.turn.value, id: turn };
  void followed(entry, conversation, replaces ? before : null, () => started.done);
  return true;
}

const hasNoReply = ({ phase }: Turn): boolean => phase === "failed" || phase === "cancelled" || phase === "lost";

const isConflict = (error: unknown): boolean => error instanceof ApiError && error.status === 409;

/** Follows a turn to its end; `replaced` is what was there before, where it replaces something. */
async function followed(entry: Entry, conversation: string, replaced: Entry[] | null, done: () => Promise<void>): Promise<void> {
  const mine = leaving.signal;
  try {
    await done();
  } catch {
    entry.turn.value = { ...entry.turn.value, phase: "lost" };
  }
  if (mine.aborted) return;
  // What was to be replaced stays where nothing came to replace it.
  if (replaced && hasNoReply(entry.turn.peek())) entries.value = [...replaced, entry];
  if (runningIn(conversation)?.turn === entry.turn.value.id) noteRunning(conversation, null);
  listChanged();
}

export async function stop(): Promise<void> {
  const turn = running.value;
  if (!turn?.id) return;
  try {
    await routes.cancelTurn(turn.id);
  } catch (error) {
    sayError(error);
  }
}

/** A conversation that is no more is left for a new one; another view stays in sight. */
export function closeDeleted(conversation: string): void {
  if (conversation !== conversationId.value) return;
  if (place.value.view === "chat") go({}, true);
  else void open("");
}

onTabNote((note) => {
  if (note.kind === "turn") takeIn(note);
  if (note.kind === "deleted") closeDeleted(note.conversation);
});
