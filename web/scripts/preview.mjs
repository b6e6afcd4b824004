// Serves the built portal as the gateway does, under its content-security policy, and passes
// everything else on to a running gateway.
//   node scripts/preview.mjs http://127.0.0.1:8080 5180
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, request } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const gateway = new URL(process.argv[2] ?? "http://127.0.0.1:8080");
const port = Number(process.argv[3] ?? 5180);
const root = fileURLToPath(new URL("../dist/", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'";

function pass(incoming, outgoing) {
  const { origin, ...headers } = incoming.headers;
  const options = { method: incoming.method, headers: { ...headers, host: gateway.host } };
  const onward = request(new URL(incoming.url, gateway), options, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
    answer.on("error", () => outgoing.destroy());
  });
  onward.on("error", () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end()));
  outgoing.on("close", () => onward.destroy());
  incoming.pipe(onward);
}

createServer((incoming, outgoing) => {
  const path = normalize(new URL(incoming.url ?? "/", "http://x").pathname);
  const file = join(root, path === "/" ? "index.html" : path);
  if (!file.startsWith(root) || !existsSync(file) || !statSync(file).isFile()) return pass(incoming, outgoing);
  outgoing.writeHead(200, {
    "content-type": TYPES[extname(file)] ?? "application/octet-stream",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  });
  createReadStream(file).pipe(outgoing);
}).listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port} -> ${gateway.origin}`));
