import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { TurnEvent } from "../src/api/events.ts";

// The client keeps its token in the tab; a test has no tab.
const page = new EventTarget();
Object.assign(globalThis, {
  sessionStorage: { getItem: () => null },
  addEventListener: page.addEventListener.bind(page),
  removeEventListener: page.removeEventListener.bind(page),
});
const { followTurn, startTurn } = await import("../src/api/stream.ts");
const { ApiError } = await import("../src/api/client.ts");

const sse = (seq: number, event: string, data: unknown = {}): string => `event: ${event}\nid: ${seq}\ndata: ${JSON.stringify(data)}\n\n`;
const ended = sse(3, "turn.cancelled");

let answers: (() => Response)[];
let asked: { path: string; last: string | null }[];
let seen: TurnEvent[];
let links: boolean[];
const reader = { onEvent: (event: TurnEvent) => void seen.push(event), onLink: (up: boolean) => void links.push(up) };

beforeEach(() => {
  [answers, asked, seen, links] = [[], [], [], []];
  globalThis.fetch = async (path, options) => {
    asked.push({ path: String(path), last: new Headers(options?.headers).get("last-event-id") });
    const answer = answers.shift();
    if (!answer) throw new TypeError("no network");
    return answer();
  };
});

const events = (body: string) => () => new Response(body, { headers: { "x-groundwire-turn-id": "t1" } });
const { signal } = new AbortController();

test("a stream that breaks off is taken up after the last event that was seen", async () => {
  answers = [events(sse(1, "turn.started") + sse(2, "draft.started")), events(sse(2, "draft.started") + ended)];
  await followTurn("t1", 0, reader, signal);
  assert.deepEqual(seen.map(({ seq }) => seq), [1, 2, 3]);
  assert.deepEqual(asked.map(({ last }) => last), [null, "2"]);
  assert.deepEqual(links, [true, false, true]);
});

test("a connection that nobody closed is given up when the network is gone", async () => {
  const dead = () => new Response(new ReadableStream({
    start(body) {
      body.enqueue(new TextEncoder().encode(sse(1, "turn.started")));
      setTimeout(() => page.dispatchEvent(new Event("offline")));
    },
  }));
  answers = [dead, events(sse(2, "draft.started") + ended)];
  await followTurn("t1", 0, reader, signal);
  assert.deepEqual(seen.map(({ seq }) => seq), [1, 2, 3]);
  assert.deepEqual(asked.map(({ last }) => last), [null, "1"]);
});

test("a lost network is tried again", async () => {
  answers = [() => { throw new TypeError("no network"); }, events(ended)];
  await followTurn("t1", 2, reader, signal);
  assert.deepEqual(asked.map(({ last }) => last), ["2", "2"]);
  assert.equal(seen.length, 1);
});

test("a refusal is not tried again", async () => {
  answers = [() => Response.json({ error: { code: "turn_not_found", message: "none" } }, { status: 404 })];
  await assert.rejects(followTurn("t1", 0, reader, signal), (error) => error instanceof ApiError && error.code === "turn_not_found");
  assert.equal(asked.length, 1);
});

test("a new turn goes on over its own route when its stream breaks off", async () => {
  answers = [events(sse(1, "turn.started")), events(sse(2, "draft.started") + ended)];
  const started = await startTurn("c1", { message: "hello" }, reader, signal);
  await started.done;
  assert.equal(started.turnId, "t1");
  assert.deepEqual(asked.map(({ path, last }) => [path, last]), [["/api/conversations/c1/turns", null], ["/api/turns/t1/events", "1"]]);
  assert.deepEqual(seen.map(({ seq }) => seq), [1, 2, 3]);
});

test("a message under way when its conversation is left arrives all the same; only reading ends", async () => {
  const leaving = new AbortController();
  let arrive: (answer: Response) => void = () => undefined;
  const under = new Promise<Response>((resolve) => (arrive = resolve));
  let request: AbortSignal | null | undefined;
  globalThis.fetch = (_, options) => {
    request = options?.signal;
    return under;
  };
  const start = startTurn("c1", { message: "hello" }, reader, leaving.signal);
  leaving.abort();
  assert.equal(request?.aborted, false, "it is not called back");
  arrive(new Response(new ReadableStream(), { headers: { "x-groundwire-turn-id": "t1" } }));
  assert.equal((await start).turnId, "t1");
  assert.equal(request?.aborted, true, "its connection is given back");
  assert.deepEqual(seen, []);
});
