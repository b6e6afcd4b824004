// An MCP server over streamable HTTP, without sessions, whose one tool is described as a test says.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Shifting {
  url: string;
  /** How its tool describes itself from now on. */
  describes(text: string): void;
  stop(): Promise<void>;
}

interface Asked {
  id?: number;
  method: string;
  params?: { protocolVersion?: string };
}

export async function shifting(text: string): Promise<Shifting> {
  let description = text;
  const answer = ({ method, params }: Asked): unknown => {
    switch (method) {
      case "initialize":
        return { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "desk", version: "1" } };
      case "tools/list":
        return { tools: [{ name: "findTicket", description, inputSchema: { type: "object", properties: {} }, annotations: { readOnlyHint: true } }] };
      default:
        return {};
    }
  };
  const server = createServer((request, response) => {
    if (request.method !== "POST") return void response.writeHead(405).end();
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const asked = JSON.parse(body) as Asked;
      if (asked.id === undefined) return void response.writeHead(202).end();
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: answer(asked) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    describes: (other) => void (description = other),
    stop: () => new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}
