import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { parseExact } from "../src/json/exact.ts";

const heard: string[] = [];
const server = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  heard.push(body);
  response.end("{}");
});
before(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
after(() => { server.close(); server.closeAllConnections(); });

test("numbers of 64 bits are sent as they are", async () => {
  // The client reads the token that a browser keeps; there is none.
  Object.defineProperty(globalThis, "sessionStorage", { value: { getItem: () => null }, configurable: true });
  const { send } = await import("../src/api/client.ts");
  const text = '{"arguments":{"id":9223372036854775807,"ids":[-9007199254740993,1]}}';
  await send(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { method: "POST", body: parseExact(text) });
  assert.deepEqual(heard, [text]);
});
