// The official TypeScript SDKs for MCP against one of our servers, over each way to reach it.
//
//   node client.mjs v1|v2 SERVER BINARY BACKEND_URL OUTPUT [WAY=URL]... [elsewhere=URL]
//
// v1 is `@modelcontextprotocol/sdk`, v2 `@modelcontextprotocol/client`, which also offers the
// newest protocol. What is asked and what must come back stands in SERVER.json, beside this file;
// BACKEND_URL goes through gate.mjs. A WAY is streamable-http or sse; over stdio the server is
// started here. `elsewhere` is a second backend. Everything that the server answers is kept in
// OUTPUT, with the server's standard error. Each check prints its name when it has passed; the
// first that fails ends the run.
import assert from "node:assert/strict";
import { appendFileSync, openSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";

const [sdk, server, binary, backend, output, ...places] = process.argv.slice(2);
const urls = new Map(places.map((pair) => [pair.slice(0, pair.indexOf("=")), new URL(pair.slice(pair.indexOf("=") + 1))]));
const elsewhere = urls.get("elsewhere");
urls.delete("elsewhere");
const spec = JSON.parse(readFileSync(new URL(`${server}.json`, import.meta.url), "utf8"));
/** Values that only a run knows are named by a variable of the environment. */
const meant = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, process.env[value] ?? value]));
spec.credentials = meant(spec.credentials);
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

/** What stands at a JSON Pointer; `length` tells that of an array. */
const at = (value, pointer) => pointer.split("/").slice(1).reduce((inner, part) => inner[part], value);

/** The credential in the headers that carry it; the first kind of header is the usual one. */
const headersWith = (credential, kind = 0) =>
  Object.fromEntries(Object.entries(spec.headers[kind]).map(([name, value]) => [name, value.replace("{}", spec.credentials[credential])]));

async function ask(method, url) {
  const answer = await fetch(url, { method, signal: AbortSignal.timeout(LIMIT_MS) });
  assert.ok(answer.ok, `${url}: ${answer.status}`);
  return answer.text();
}

/** The entries that are meant for this way. */
const over = (way, entries = []) => entries.filter(({ only, not }) => (only ?? way) === way && not !== way);

/** A connection to the server; keeps what was answered, and fails on what is not protocol. */
class Talk {
  complaints = [];

  /** `headers` are read anew for each request. */
  constructor(way, headers) {
    this.way = way;
    this.headers = headers;
    this.kept = `${output}/typescript-${sdk}-${way}.jsonl`;
    this.client = new Client({ name: "groundwire-tests", version: "1" }, options(way));
    // A line on standard output that is no frame arrives here.
    this.client.onerror = (error) => this.complaints.push(error);
  }

  keep(value) {
    appendFileSync(this.kept, `${JSON.stringify(value)}\n`);
  }

  async listTools() {
    const { tools } = await this.client.listTools();
    this.keep({ tools });
    return tools;
  }

  async call(tool, args, more = {}) {
    const result = await call(this.client, { name: tool, arguments: args }, { timeout: LIMIT_MS, ...more });
    this.keep({ tool, result });
    return { isError: result.isError ?? false, value: result.structuredContent, text: result.content[0].text };
  }

  /** What was learnt from earlier answers, put where the table has its name. */
  known(value) {
    if (typeof value === "string" && value.startsWith("$")) return this.learnt[value.slice(1)];
    if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.known(inner)]));
  }

  async learn() {
    this.learnt = {};
    for (const [name, how] of Object.entries(spec.learn)) {
      const { isError, value, text } = await this.call(how.tool, how.arguments);
      assert.ok(!isError, text);
      this.learnt[name] = at(value, how.at);
    }
  }

  /** A call of the table that succeeds, with the fact that it names. */
  async succeeds(one) {
    const { isError, value, text } = await this.call(one.tool, this.known(one.arguments));
    assert.ok(!isError, `${one.tool}: ${text}`);
    assert.deepEqual(JSON.parse(text), value, `${one.tool}: text and structured content differ`);
    assert.deepEqual(at(value, one.at), this.known(one.is), `${one.tool}: ${one.at}`);
    const kind = spec.kinds[one.kind];
    if (kind) {
      assert.ok(facts.validate(kind.schema, value), `${one.tool}: ${facts.errorsText()} in ${text}`);
      for (const [number, list] of Object.entries(kind.counts ?? {})) assert.equal(at(value, number), at(value, list).length, one.tool);
    }
    return value;
  }

  /** A call of the table that fails, and what its error says. */
  async fails(one) {
    const { isError, value, text } = await this.call(one.tool, this.known(one.arguments));
    assert.ok(isError, `${one.tool}: ${text}`);
    for (const words of one.says ?? []) assert.ok(text.includes(words), `${one.tool}: ${words} is not in ${text}`);
    if (one.at) assert.deepEqual(at(value, one.at), one.is, `${one.tool}: ${text}`);
  }
}

/** The transport of `way`: the credential is in the environment or in headers. */
function transport(way, credential, headers) {
  if (way === "stdio") {
    const { arguments: args, url, credential: variable, more } = spec.start;
    const env = { PATH: process.env.PATH, [url]: backend, [variable]: spec.credentials[credential], ...meant(more) };
    return new StdioClientTransport({ command: binary, args, env, stderr: openSync(`${output}/typescript-${sdk}-stdio.stderr`, "a") });
  }
  const sent = (url, init = {}) => {
    const all = new Headers(init.headers);
    for (const [name, value] of Object.entries(headers)) all.set(name, value);
    return fetch(url, { ...init, headers: all });
  };
  return way === "sse" ? new SSEClientTransport(urls.get(way), { fetch: sent }) : new StreamableHTTPClientTransport(urls.get(way), { fetch: sent });
}

async function connected(way, credential, use, headers = credential ? headersWith(credential) : {}) {
  const talk = new Talk(way, headers);
  await talk.client.connect(transport(way, credential, headers), { timeout: LIMIT_MS });
  try {
    await use(talk);
    assert.deepEqual(talk.complaints, []);
  } finally {
    await talk.client.close();
  }
}

const schemas = new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: false });
const facts = new Ajv2020({ strict: false });

const CHECKS = {
  saysWhoItIs({ client }) {
    const { name, capabilities, listChanged } = spec.about;
    assert.equal(client.getServerVersion().name, name);
    const can = client.getServerCapabilities();
    assert.deepEqual(Object.keys(can).sort(), capabilities);
    assert.equal(can.tools.listChanged ?? false, listChanged);
  },

  async listsTheTools(talk) {
    const tools = await talk.listTools();
    const calls = over(talk.way, spec.calls);
    assert.deepEqual(tools.map(({ name }) => name).sort(), calls.map(({ tool }) => tool).sort(), "each tool is called once");
    talk.tools = new Map(tools.map((tool) => [tool.name, tool]));
    for (const { tool: name, kind } of calls) {
      const { title, description, annotations, inputSchema, outputSchema, _meta } = talk.tools.get(name);
      const { hints, permissions, outputSchema: hasOutputSchema } = spec.kinds[kind];
      const { title: _, ...told } = annotations;
      assert.deepEqual(told, hints, name);
      assert.ok((title ?? annotations.title) && description.length > 60, name);
      assert.deepEqual(_meta?.requiredPermissions, permissions, name);
      assert.equal(outputSchema !== undefined, hasOutputSchema, name);
      if (spec.noUnknownArguments) assert.equal(inputSchema.additionalProperties, false, name);
      for (const schema of [inputSchema, outputSchema]) if (schema) schemas.compile(schema);
    }
  },

  async callsEveryTool(talk) {
    await talk.learn();
    for (const one of over(talk.way, spec.calls)) {
      const { inputSchema, outputSchema } = talk.tools.get(one.tool);
      assert.ok(schemas.validate(inputSchema, talk.known(one.arguments)), `${one.tool}: ${schemas.errorsText()}`);
      const value = await talk.succeeds(one);
      if (outputSchema) assert.ok(schemas.validate(outputSchema, value), `${one.tool}: ${schemas.errorsText()}`);
    }
  },

  async takesOtherNamesAndOddArguments(talk) {
    for (const one of over(talk.way, spec.also)) await talk.succeeds(one);
  },

  async saysWhatIsWrong(talk) {
    for (const one of over(talk.way, spec.errors)) await talk.fails(one);
  },

  async refusesAnUnknownTool(talk) {
    const unknown = [spec.unknown, ...spec.calls.filter(({ tool }) => !talk.tools.has(tool)).map(({ tool }) => tool)];
    for (const name of unknown) {
      await assert.rejects(talk.call(name, {}), (error) => {
        talk.keep({ error: { code: error.code, message: error.message, data: error.data } });
        return error.code === INVALID_PARAMS;
      });
    }
  },

  async showsResourceAndPrompt(talk) {
    await readsResourceAndPrompt(talk);
  },

  /** Calls that the backend never answers reach it, and are dropped there when they are cancelled; then calls go on. */
  async cancelsCalls(talk) {
    const { path, times, tool, arguments: args } = spec.held;
    const gate = `${backend}/_gate${path}`;
    await ask("POST", gate);
    try {
      const end = new AbortController();
      const calls = Array.from({ length: times }, () => talk.call(tool, args, { signal: end.signal }));
      const refused = Promise.all(calls.map((one) => assert.rejects(one)));
      await ask("GET", `${gate}?asked=${times}`);
      end.abort("no longer wanted");
      await refused;
      await ask("GET", `${gate}?gone=${times}`);
      await talk.succeeds(over(talk.way, spec.calls)[0]);
    } finally {
      await ask("DELETE", gate);
    }
  },
};

async function readsResourceAndPrompt({ client }) {
  if (spec.resource) {
    const { uri, name, says } = spec.resource;
    const { resources } = await client.listResources();
    assert.deepEqual(resources.map((one) => [one.uri, one.name]), [[uri, name]]);
    const { contents } = await client.readResource({ uri });
    for (const words of says) assert.ok(contents[0].text.includes(words), words);
    await assert.rejects(client.readResource({ uri: `${uri}-of-another-kind` }));
  }
  if (spec.prompt) {
    const { name, arguments: args, says } = spec.prompt;
    const { prompts } = await client.listPrompts();
    assert.deepEqual(prompts.map((one) => [one.name, one.arguments.map((argument) => argument.name)]), [[name, Object.keys(args)]]);
    const { messages } = await client.getPrompt({ name, arguments: args });
    assert.ok(messages[0].content.text.includes(says), messages[0].content.text);
    await assert.rejects(client.getPrompt({ name, arguments: {} }), ({ code }) => code === INVALID_PARAMS);
  }
}

/** What a credential may see and do. */
async function hasItsRights(talk, { tools, calls = [], errors = [] }) {
  if (tools) assert.equal((await talk.listTools()).length, tools[talk.way] ?? tools.http);
  for (const one of calls) await talk.succeeds(one);
  for (const one of errors) await talk.fails(one);
}

/** Connections that are open side by side each have their own credential. */
async function showsEachCredentialItsOwn(way) {
  const open = async (others, talks) => {
    if (others.length > 0) return connected(way, others[0].credential, (talk) => open(others.slice(1), [...talks, talk]));
    await talks[0].learn();
    for (let round = 0; round < 2; round += 1) {
      for (const [place, talk] of talks.entries()) {
        talk.learnt = talks[0].learnt;
        await hasItsRights(talk, over(way, spec.rights)[place]);
      }
    }
  };
  await open(over(way, spec.rights), []);
}

async function readsTheCredentialOfEachRequest(way) {
  await connected(way, spec.rights[0].credential, async (talk) => {
    await talk.learn();
    for (let round = 0; round < 2; round += 1) {
      for (const one of over(way, spec.rights)) {
        Object.assign(talk.headers, headersWith(one.credential));
        await hasItsRights(talk, one);
      }
    }
  });
}

async function takesACredentialInAnyOfItsHeaders(way) {
  const listed = over(way, spec.calls).length;
  for (const kind of spec.headers.keys()) {
    await connected(way, "full", async (talk) => assert.equal((await talk.listTools()).length, listed), headersWith("full", kind));
  }
}

const askedElsewhere = async () => JSON.parse(await ask("GET", new URL("/_sim/requests", elsewhere))).requests.filter(({ path }) => path === spec.elsewhere.path);

async function goesWhereAHeaderSays(way) {
  const { header, ...one } = spec.elsewhere;
  const before = (await askedElsewhere()).length;
  const headers = { ...headersWith("full"), [header]: elsewhere.origin };
  await connected(way, "full", (talk) => talk.succeeds(one), headers);
  const asked = await askedElsewhere();
  assert.deepEqual(asked.slice(before).map(({ token }) => token), [spec.credentials.full]);
  // The server has a credential of its own, which must not go there.
  await connected(way, undefined, (talk) => talk.fails({ ...spec.nobody, tool: one.tool }), { [header]: elsewhere.origin });
  assert.equal((await askedElsewhere()).length, asked.length);
}

/** Over stdio there is no server at all without a credential that could be used. */
async function endsAtOnce() {
  const { credential, says } = spec.endsAtOnce;
  await assert.rejects(connected("stdio", credential, () => {}));
  assert.ok(readFileSync(`${output}/typescript-${sdk}-stdio.stderr`, "utf8").includes(says), says);
}

async function givesNothingToNobody(way) {
  if (spec.nobody.status) {
    await assert.rejects(connected(way, undefined, ({ client }) => client.listTools()), (error) => {
      const words = [error.code, error.status, error.message, error.data?.status, error.event?.code].join(" ");
      assert.match(words, new RegExp(`\\b${spec.nobody.status}\\b`));
      return true;
    });
    return;
  }
  await connected(way, undefined, async (talk) => {
    await assert.rejects(talk.listTools(), (error) => spec.nobody.says.every((words) => error.message.includes(words)));
    await talk.fails(spec.nobody);
    await readsResourceAndPrompt(talk);
  });
}

for (const way of ["stdio", ...urls.keys()]) {
  await connected(way, "full", async (talk) => {
    const protocol = talk.client.getNegotiatedProtocolVersion?.();
    console.log(`${server}, typescript ${sdk}, ${way}${protocol ? `, protocol ${protocol}` : ""}`);
    for (const [name, check] of Object.entries(CHECKS)) {
      await check(talk);
      console.log(`  ${name}`);
    }
  });
  const others = way === "stdio" ? [endsAtOnce].filter(() => spec.endsAtOnce) : [givesNothingToNobody, takesACredentialInAnyOfItsHeaders];
  if (spec.changesOver.includes(way)) others.push(readsTheCredentialOfEachRequest);
  if (spec.elsewhere && way !== "stdio") others.push(goesWhereAHeaderSays);
  for (const check of [showsEachCredentialItsOwn, ...others]) {
    await check(way);
    console.log(`  ${check.name}`);
  }
}
