// Stands before a simulated backend and lets everything through, except that calls of a path can
// be held: they get no answer, and whoever asks learns when they have arrived and when their
// caller has gone.
//
//   node gate.mjs BACKEND_URL        prints the URL by which the backend is reached through it
//
//   POST   /_gate/PATH               holds calls of PATH from now on
//   GET    /_gate/PATH?asked=N       answers when N calls have arrived
//   GET    /_gate/PATH?gone=N        answers when the callers of N of them have gone
//   DELETE /_gate/PATH               holds no more
import { EventEmitter, once } from "node:events";
import { Agent, createServer, request } from "node:http";

const backend = new URL(process.argv[2]);
const agent = new Agent({ keepAlive: true });
const held = new Map();

class Hold extends EventEmitter {
  asked = 0;
  gone = 0;

  count(what) {
    this[what] += 1;
    this.emit(what);
  }
}

async function steer({ method }, answer, url) {
  const path = url.pathname.slice("/_gate".length);
  if (method === "POST") held.set(path, new Hold());
  for (const [what, times] of url.searchParams) while (held.get(path)[what] < Number(times)) await once(held.get(path), what);
  if (method === "DELETE") held.delete(path);
  answer.end();
}

function forward(asked, answer) {
  const onward = request(new URL(asked.url, backend), { method: asked.method, headers: asked.headers, agent }, (response) => {
    answer.writeHead(response.statusCode, response.headers);
    response.pipe(answer);
  });
  onward.on("error", () => answer.destroy());
  answer.on("close", () => onward.destroy());
  asked.pipe(onward);
}

const server = createServer((asked, answer) => {
  const url = new URL(asked.url, backend);
  const hold = held.get(url.pathname);
  if (url.pathname.startsWith("/_gate/")) {
    steer(asked, answer, url).catch(() => answer.destroy());
  } else if (hold) {
    answer.on("close", () => hold.count("gone"));
    hold.count("asked");
  } else {
    forward(asked, answer);
  }
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
