// A model server of the tests' own: it speaks the OpenAI protocol and says whatever a test puts
// into its mouth, which no simulated behaviour would.
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Upstream {
  url: string;
  /** What it says from now on, and the call that it makes where it is offered tools. */
  says(text: string, call?: Called): void;
  stop(): Promise<void>;
}

/** A call; arguments that are text are the JSON itself. */
interface Called {
  tool: string;
  arguments: unknown;
}

interface Asked {
  stream?: boolean;
  tools?: { function: { name: string } }[];
  messages: { role: string }[];
}

type Message = Record<string, unknown>;

export async function upstream(): Promise<Upstream> {
  let text = "";
  let call: Called | undefined;
  const answer = (asked: Asked): Message => {
    const tool = asked.tools?.find(({ function: { name } }) => call && name.endsWith(call.tool))?.function.name;
    const called = asked.messages.some(({ role }) => role === "tool");
    if (!tool || called) return { role: "assistant", content: text, reasoning_content: text };
    return { role: "assistant", content: text, tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: tool, arguments: typeof call?.arguments === "string" ? call.arguments : JSON.stringify(call?.arguments) } }] };
  };
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    if (request.method === "GET") return void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ object: "list", data: [{ id: "hostile", object: "model" }] }));
    const asked = JSON.parse(body) as Asked;
    send(response, asked.stream === true, answer(asked));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    says: (words, made) => { text = words; call = made; },
    stop: () => new Promise((resolve) => { server.close(() => resolve()); server.closeAllConnections(); }),
  };
}

function send(response: ServerResponse, stream: boolean, message: Message): void {
  const head = { id: "chatcmpl-1", created: 1_770_000_000, model: "hostile" };
  const finish = message["tool_calls"] ? "tool_calls" : "stop";
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  if (!stream) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ ...head, object: "chat.completion", choices: [{ index: 0, message, finish_reason: finish }], usage }));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const chunk = (rest: object): void => void response.write(`data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", ...rest })}\n\n`);
  chunk({ choices: [{ index: 0, delta: message, finish_reason: null }] });
  chunk({ choices: [{ index: 0, delta: {}, finish_reason: finish }] });
  chunk({ choices: [], usage });
  response.end("data: [DONE]\n\n");
}
