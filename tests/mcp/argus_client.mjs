// The official TypeScript SDKs for MCP against the Argus server, over each way to reach it.
//
//   node argus_client.mjs v1|v2 BINARY SIMULATOR_URL OUTPUT [streamable-http=URL] [sse=URL]
//
// v1 is `@modelcontextprotocol/sdk`, v2 `@modelcontextprotocol/client`, which also offers the
// newest protocol. What is called stands in argus_calls.json, beside this file. Everything that
// the server answers is kept in OUTPUT, with the server's standard error. Each check prints its
// name when it has passed; the first that fails ends the run.
import assert from "node:assert/strict";
import { appendFileSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Ajv2020 } from "ajv/dist/2020.js";

const [sdk, binary, simulatorUrl, output, ...ways] = process.argv.slice(2);
const urls = new Map(ways.map((pair) => [pair.slice(0, pair.indexOf("=")), new URL(pair.slice(pair.indexOf("=") + 1))]));
const spec = JSON.parse(readFileSync(new URL("argus_calls.json", import.meta.url), "utf8"));
const LIMIT_MS = 20_000;
const INVALID_PARAMS = -32602;

const SDKS = {
  async v1() {
    const [{ Client }, { StdioClientTransport }, { StreamableHTTPClientTransport }, { SSEClientTransport }] = await Promise.all([
      import("@modelcontextprotocol/sdk/client/index.js"),
      import("@modelcontextprotocol/sdk/client/stdio.js"),
      import("@modelcontextprotocol/sdk/client/streamableHttp.js"),
      import("@modelcontextprotocol/sdk/client/sse.js"),
    ]);
    const call = (client, params, options) => client.callTool(params, undefined, options);
    return { Client, StdioClientTransport, StreamableHTTPClientTransport, SSEClientTransport, options: () => ({}), call };
  },
  async v2() {
    const [{ Client, StreamableHTTPClientTransport, SSEClientTransport }, { StdioClientTransport }] = await Promise.all([
      import("@modelcontextprotocol/client"),
      import("@modelcontextprotocol/client/stdio"),
    ]);
    // The legacy transport knows the legacy handshake only.
    const options = (way) => ({ versionNegotiation: { mode: way === "sse" ? "legacy" : "auto" } });
    const call = (client, params, options) => client.callTool(params, options);
    return { Client, StdioClientTransport, StreamableHTTPClientTransport, SSEClientTransport, options, call };
  },
};
const { Client, StdioClientTransport, StreamableHTTPClientTransport, SSEClientTransport, options, call } = await SDKS[sdk]();

/** What stands at a JSON Pointer. */
const at = (value, pointer) => pointer.split("/").slice(1).reduce((inner, part) => inner[part], value);

async function simulator(method, path, body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${simulatorUrl}/_sim/${path}`, { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(LIMIT_MS) });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
  return answer.json();
}

/** A connection to the server; keeps what was answered, and fails on what is not protocol. */
class Talk {
  complaints = [];

  constructor(way) {
    this.kept = `${output}/typescript-${sdk}-${way}.jsonl`;
    this.client = new Client({ name: "groundwire-tests", version: "1" }, options(way));
    // A line on standard output that is no frame arrives here.
    this.client.onerror = (error) => this.complaints.push(error);
  }

  keep(value) {
    appendFileSync(this.kept, `${JSON.stringify(value)}\n`);
  }

  async call(tool, args, more = {}) {
    const result = await call(this.client, { name: tool, arguments: args }, { timeout: LIMIT_MS, ...more });
    this.keep({ tool, result });
    return { isError: result.isError ?? false, value: result.structuredContent, content: result.content };
  }

  async ok(tool, args) {
    const { isError, value, content } = await this.call(tool, args);
    assert.ok(!isError, `${tool}: ${JSON.stringify(value)}`);
    assert.deepEqual(JSON.parse(content[0].text), value, `${tool}: text and structured content differ`);
    return value;
  }
}

/** The transport of `way`, with the key where it belongs: the environment or a header; without one none is sent. */
function transport(way, key) {
  if (way === "stdio") {
    const env = { ARGUS_API_KEY: key, ARGUS_API_URL: simulatorUrl, ARGUS_MCP_LOG: "trace" };
    return new StdioClientTransport({ command: binary, args: ["mcp", "argus"], env, stderr: openSync(`${output}/typescript-${sdk}-stdio.stderr`, "a") });
  }
  const requestInit = { headers: key ? { "Argus-API-Key": key } : {} };
  return way === "sse" ? new SSEClientTransport(urls.get(way), { requestInit }) : new StreamableHTTPClientTransport(urls.get(way), { requestInit });
}

async function connected(way, key, use) {
  const talk = new Talk(way);
  await talk.client.connect(transport(way, key), { timeout: LIMIT_MS });
  try {
    await use(talk);
    assert.deepEqual(talk.complaints, []);
  } finally {
    await talk.client.close();
  }
}

function checkShape({ tool, kind }, value) {
  if (kind === "values") {
    assert.ok(value.field && value.note && value.values.length > 0, `${tool}: ${JSON.stringify(value)}`);
  } else if (kind === "query") {
    assert.ok(Object.keys(value).length > 0 && !("data" in value) && !("meta" in value), `${tool}: ${JSON.stringify(value)}`);
  } else {
    assert.equal(value.meta.source, "argus", tool);
    assert.equal(value.meta.responseCode, 200, tool);
    assert.equal(Array.isArray(value.data), kind !== "object", tool);
    assert.ok(Object.keys(value.data).length > 0, `${tool}: nothing`);
    assert.equal("page" in value, kind === "rows", tool);
  }
  if (kind === "rows") {
    assert.equal(value.page.size, value.data.length, tool);
    assert.equal(value.page.stop, value.page.nextOffset === null, tool);
  }
}

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: false });

const CHECKS = {
  saysWhoItIs({ client }) {
    assert.equal(client.getServerVersion().name, "argus-api-mcp-server-stdio");
    const can = client.getServerCapabilities();
    assert.deepEqual(Object.keys(can), ["tools"]);
    assert.ok(!can.tools.listChanged);
  },

  async listsTheTools(talk) {
    const { tools } = await talk.client.listTools();
    talk.keep({ tools });
    assert.deepEqual(tools.map(({ name }) => name).sort(), spec.calls.map(({ tool }) => tool).sort(), "each tool is called once");
    talk.tools = new Map(tools.map((tool) => [tool.name, tool]));
    for (const { tool: name, kind } of spec.calls) {
      const { title, description, annotations, inputSchema, outputSchema } = talk.tools.get(name);
      const local = kind === "values" || kind === "query";
      const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = annotations;
      assert.deepEqual([readOnlyHint, destructiveHint, idempotentHint, openWorldHint], [true, false, true, !local], name);
      assert.ok(title && description.length > 60, name);
      assert.equal(outputSchema !== undefined, local, name);
      assert.equal(inputSchema.additionalProperties, false, name);
      for (const schema of [inputSchema, outputSchema]) if (schema) ajv.compile(schema);
    }
  },

  async callsEveryTool(talk) {
    const learnt = {};
    for (const [name, how] of Object.entries(spec.learn)) learnt[`$${name}`] = at(await talk.ok(how.tool, how.arguments), how.at);
    for (const one of spec.calls) {
      const args = Object.fromEntries(Object.entries(one.arguments).map(([name, value]) => [name, learnt[value] ?? value]));
      const { inputSchema, outputSchema } = talk.tools.get(one.tool);
      assert.ok(ajv.validate(inputSchema, args), `${one.tool}: ${ajv.errorsText()}`);
      const value = await talk.ok(one.tool, args);
      checkShape(one, value);
      if (outputSchema) assert.ok(ajv.validate(outputSchema, value), `${one.tool}: ${ajv.errorsText()}`);
      assert.deepEqual(at(value, one.at), one.is, `${one.tool}: ${one.at}`);
    }
  },

  async knowsAToolByItsOtherName(talk) {
    const { name, tool, arguments: args } = spec.alias;
    assert.deepEqual((await talk.ok(name, args)).data, (await talk.ok(tool, args)).data);
  },

  async namesEveryProblemAtOnce(talk) {
    const { tool, arguments: args, paths } = spec.invalid;
    const { isError, value, content } = await talk.call(tool, args);
    assert.ok(isError);
    assert.deepEqual(JSON.parse(content[0].text), value);
    assert.equal(value.error.kind, "INVALID_ARGUMENTS");
    assert.deepEqual(value.error.fieldErrors.map(({ path }) => path).sort(), [...paths].sort());
    assert.match(value.error.message, /No Argus data was obtained/);
  },

  async refusesAnUnknownTool(talk) {
    await assert.rejects(talk.call(spec.unknown, {}), (error) => {
      talk.keep({ error: { code: error.code, message: error.message, data: error.data } });
      return error.code === INVALID_PARAMS;
    });
  },

  /** Calls that Argus never answers take every place there is; cancelled, they give them back. */
  async cancelsCalls(talk) {
    const { path, places, tool, arguments: args } = spec.hanging;
    await simulator("POST", "faults", { path, kind: "timeout" });
    const asked = async () => (await simulator("GET", "requests")).requests.length;
    const before = await asked();
    try {
      const end = new AbortController();
      const calls = Array.from({ length: places }, () => talk.call(tool, args, { signal: end.signal }));
      const refused = Promise.all(calls.map((one) => assert.rejects(one)));
      const late = Date.now() + LIMIT_MS;
      while (await asked() < before + places) {
        assert.ok(Date.now() < late, "the calls did not reach Argus");
        await sleep(20);
      }
      end.abort("no longer wanted");
      await refused;
      // Without a free place this would wait for the server's own time limit, which is longer.
      await talk.ok(spec.alias.tool, spec.alias.arguments);
    } finally {
      await simulator("DELETE", "faults");
    }
  },
};

async function showsEachKeyItsOwn(way) {
  const { tool, arguments: args, at: where, is, beyond } = spec.rights;
  await connected(way, spec.keys.full, (full) => connected(way, spec.keys.customer, async (customer) => {
    for (let round = 0; round < 2; round += 1) {
      assert.equal(at(await full.ok(tool, args), where), is.full);
      assert.equal(at(await customer.ok(tool, args), where), is.customer);
    }
  }));
  await connected(way, spec.keys.cases, async (cases) => {
    const { isError, value } = await cases.call(beyond, { request: {} });
    assert.ok(isError);
    assert.equal(value.error.kind, "ACCESS_DENIED");
  });
}

/** Over stdio there is no server at all, over HTTP each call says what Argus said. */
async function givesNothingToARefusedKey(way) {
  const { tool, arguments: args } = spec.alias;
  if (way === "stdio") {
    await assert.rejects(connected(way, spec.keys.expired, () => {}));
    assert.match(readFileSync(`${output}/typescript-${sdk}-stdio.stderr`, "utf8"), /argus-mcp: session check failed: 401/);
    return;
  }
  await connected(way, spec.keys.expired, async (talk) => {
    const { isError, value } = await talk.call(tool, args);
    assert.ok(isError);
    assert.equal(value.error.kind, "AUTHENTICATION_FAILED");
  });
}

async function opensNothingWithoutAKey(way) {
  await assert.rejects(connected(way, undefined, ({ client }) => client.listTools()), (error) => {
    const words = [error.code, error.status, error.message, error.data?.status, error.event?.code].join(" ");
    assert.match(words, /\b401\b/);
    return true;
  });
}

for (const way of ["stdio", ...urls.keys()]) {
  await connected(way, spec.keys.full, async (talk) => {
    const protocol = talk.client.getNegotiatedProtocolVersion?.();
    console.log(`typescript ${sdk}, ${way}${protocol ? `, protocol ${protocol}` : ""}`);
    for (const [name, check] of Object.entries(CHECKS)) {
      await check(talk);
      console.log(`  ${name}`);
    }
  });
  const byKey = [showsEachKeyItsOwn, givesNothingToARefusedKey];
  for (const check of way === "stdio" ? byKey : [...byKey, opensNothingWithoutAKey]) {
    await check(way);
    console.log(`  ${check.name}`);
  }
}
