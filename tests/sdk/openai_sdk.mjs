// The official OpenAI SDK for JavaScript against a running gateway.
//
//     node openai_sdk.mjs BASE_URL
//
// Each check prints its name when it has passed; the first that fails ends the run.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import OpenAI from "openai";

const base = process.argv[2].replace(/\/$/, "");
const CASE = "What is the status of case 4120771?";
const LIST = "Show me the open cases for Nordfjord";
const client = new OpenAI({ baseURL: `${base}/v1`, apiKey: "not-needed", maxRetries: 0, timeout: 60_000 });
const user = (content) => ({ role: "user", content });
const create = (request) => client.chat.completions.create({ model: "groundwire", ...request });

async function models() {
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  assert.equal(ids[0], "groundwire");
}

async function plain() {
  const { data, response } = await create({ messages: [user(CASE)] }).withResponse();
  assert.equal(response.headers.get("x-groundwire-decision"), "call_tool");
  assert.match(data.choices[0].message.content, /4120771/);
  assert.equal(data.choices[0].finish_reason, "stop");
  assert.equal(data.usage.total_tokens, data.usage.prompt_tokens + data.usage.completion_tokens);
  assert.equal(data.groundwire.basis[0].server, "argus");
}

async function streaming() {
  let content = "";
  let reasoning = "";
  let last;
  for await (const chunk of await create({ messages: [user(CASE)], stream: true })) {
    assert.equal(chunk.choices.length, 1);
    content += chunk.choices[0].delta.content ?? "";
    reasoning += chunk.choices[0].delta.reasoning ?? "";
    last = chunk;
  }
  assert.match(content, /4120771/);
  assert.match(reasoning, /Calling argus\//);
  assert.equal(last.choices[0].finish_reason, "stop");
  assert.equal(last.groundwire.verdict, "grounded");
}

async function stream_helper() {
  const stream = client.chat.completions.stream({ model: "groundwire", messages: [user(CASE)] });
  const done = await stream.finalChatCompletion();
  assert.match(done.choices[0].message.content, /4120771/);
}

async function usage() {
  const chunks = [];
  const request = { messages: [user("hello")], stream: true, stream_options: { include_usage: true } };
  for await (const chunk of await create(request)) chunks.push(chunk);
  assert.deepEqual(chunks.at(-1).choices, []);
  assert.ok(chunks.at(-1).usage.total_tokens >= 0);
  assert.ok(chunks.slice(0, -1).every((chunk) => !chunk.usage));
}

async function errors() {
  const refused = async (status, code, request) => {
    await assert.rejects(create(request), (error) => {
      assert.ok(error instanceof OpenAI.APIError, String(error));
      assert.deepEqual([error.status, error.code], [status, code]);
      return true;
    });
  };
  const tools = [{ type: "function", function: { name: "x", parameters: { type: "object" } } }];
  await refused(404, "model_not_found", { model: "gpt-99", messages: [user("hi")] });
  await refused(400, "n_not_supported", { messages: [user("hi")], n: 2 });
  await refused(400, "tools_not_supported", { messages: [user("hi")], tools });
  await refused(400, "invalid_messages", { messages: [] });
}

async function conversation() {
  const messages = [user(LIST)];
  const first = await create({ messages });
  messages.push(first.choices[0].message, user("Any change on the first one?"));
  const second = await create({ messages });
  assert.equal(second.groundwire.conversation_id, first.groundwire.conversation_id);
  assert.equal(second.groundwire.decision, "refresh");
}

async function leaving_early() {
  const stream = await create({ messages: [user(LIST)], stream: true });
  for await (const _ of stream) break;
  await plain();
}

const entry = createRequire(import.meta.url).resolve("openai");
const { version } = JSON.parse(readFileSync(new URL("package.json", `file://${entry}`), "utf8"));
for (const check of [models, plain, streaming, stream_helper, usage, errors, conversation, leaving_early]) {
  await check();
  console.log(`openai ${version} (JavaScript, Node ${process.versions.node}): ${check.name.replaceAll("_", " ")}`);
}
