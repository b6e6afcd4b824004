// MCP Inspector's command-line mode against one of our servers, over each way to reach it.
//
//   node inspector.mjs SERVER BINARY BACKEND_URL OUTPUT [WAY=URL]...
//
// Each request is a process of its own, as when a person types it, and takes a second to start: so
// there are a few of each kind, and every tool is called by the SDKs (client.mjs, client.py). What
// is asked and what must come back stands in SERVER.json, beside this file. The Inspector looks a
// tool up in the list before it calls, so it never sends a name that is not listed, and it cannot
// cancel. Everything that the server answers is kept in OUTPUT, with the server's standard error.
// Each check prints its name when it has passed; the first that fails ends the run.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [server, binary, backend, output, ...ways] = process.argv.slice(2);
const urls = new Map(ways.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
const spec = JSON.parse(readFileSync(new URL(`${server}.json`, import.meta.url), "utf8"));
/** Values that only a run knows are named by a variable of the environment. */
const meant = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, process.env[value] ?? value]));
spec.credentials = meant(spec.credentials);
const launcher = fileURLToPath(new URL("node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js", import.meta.url));
const LIMIT_MS = 20_000;
/** Its own exit code for a result with `isError`. */
const TOOL_IS_ERROR = 5;

// What the Inspector stores, it stores here and not with the person who runs this.
const home = mkdtempSync(join(tmpdir(), "mcp-inspector-"));
process.on("exit", () => rmSync(home, { recursive: true, force: true }));
process.env.HOME = home;

const at = (value, pointer) => pointer.split("/").slice(1).reduce((inner, part) => inner[part], value);

/** The entries that are meant for this way. */
const over = (way, entries) => entries.filter(({ only, not }) => (only ?? way) === way && not !== way);

/** The arguments that reach the server over `way`; without a credential none is sent. */
function target(way, credential) {
  const secret = spec.credentials[credential];
  if (way === "stdio") {
    const { arguments: args, url, credential: variable, more } = spec.start;
    const env = { PATH: process.env.PATH, [url]: backend, [variable]: secret, ...meant(more) };
    return [...Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]), binary, ...args];
  }
  const header = secret ? Object.entries(spec.headers[0]).flatMap(([name, value]) => ["--header", `${name}: ${value.replace("{}", secret)}`]) : [];
  return ["--server-url", urls.get(way), "--transport", way === "sse" ? "sse" : "http", ...header, "--stored-auth-only"];
}

/** `mcp-inspector --cli …`: its exit code and what it wrote. */
async function run(way, credential, args) {
  const program = spawn(process.execPath, [launcher, "--cli", ...target(way, credential), "--format", "json", "--method", ...args], { timeout: LIMIT_MS });
  const written = { stdout: "", stderr: "" };
  for (const name of Object.keys(written)) program[name].setEncoding("utf8").on("data", (text) => { written[name] += text; });
  const code = await new Promise((resolve, reject) => program.on("error", reject).on("close", resolve));
  for (const [name, text] of Object.entries(written)) appendFileSync(join(output, `inspector-${way}.${name}`), `${text}\n`);
  return { code, ...written };
}

async function ok(way, credential, ...args) {
  const { code, stdout, stderr } = await run(way, credential, args);
  assert.equal(code, 0, stderr);
  return { ...JSON.parse(stdout).result, stderr };
}

const call = ({ tool, arguments: args }) => ["tools/call", "--tool-name", tool, "--tool-args-json", JSON.stringify(args)];

const CHECKS = {
  async listsTheTools(way) {
    const { tools, stderr } = await ok(way, "full", "tools/list", "--strict");
    // Schemas that are legal but foreign to some model providers are warnings.
    assert.match(stderr, /\b0 errors\b/);
    assert.deepEqual(tools.map(({ name }) => name).sort(), over(way, spec.calls).map(({ tool }) => tool).sort());
  },

  async callsTools(way) {
    for (const one of over(way, spec.inspected)) {
      const { isError, content, structuredContent } = await ok(way, "full", ...call(one));
      assert.ok(!isError, content[0].text);
      assert.deepEqual(JSON.parse(content[0].text), structuredContent, `${one.tool}: text and structured content differ`);
      assert.deepEqual(at(structuredContent, one.at), one.is, `${one.tool}: ${one.at}`);
    }
  },

  async saysWhatIsWrong(way) {
    const one = spec.errors[0];
    const { code, stdout } = await run(way, "full", call(one));
    assert.equal(code, TOOL_IS_ERROR);
    const { isError, content } = JSON.parse(stdout).result;
    assert.ok(isError);
    for (const words of one.says) assert.ok(content[0].text.includes(words), `${words} is not in ${content[0].text}`);
  },

  async showsResourceAndPrompt(way) {
    if (spec.resource) {
      const { resources } = await ok(way, "full", "resources/list");
      assert.deepEqual(resources.map(({ uri }) => uri), [spec.resource.uri]);
      const { contents } = await ok(way, "full", "resources/read", "--uri", spec.resource.uri);
      for (const words of spec.resource.says) assert.ok(contents[0].text.includes(words), words);
    }
    if (spec.prompt) {
      const { name, arguments: args, says } = spec.prompt;
      const { prompts } = await ok(way, "full", "prompts/list");
      assert.deepEqual(prompts.map((one) => one.name), [name]);
      const given = Object.entries(args).flatMap(([key, value]) => ["--prompt-args", `${key}=${value}`]);
      const { messages } = await ok(way, "full", "prompts/get", "--prompt-name", name, ...given);
      assert.ok(messages[0].content.text.includes(says), messages[0].content.text);
    }
  },

  async showsEachCredentialItsOwn(way) {
    const right = spec.rights[1];
    if (right.tools) {
      const { tools } = await ok(way, right.credential, "tools/list");
      assert.equal(tools.length, right.tools.http);
    } else {
      const [one] = right.calls;
      assert.deepEqual(at((await ok(way, right.credential, ...call(one))).structuredContent, one.at), one.is);
    }
  },

};

/** The checks that make sense over HTTP alone. */
const HTTP_CHECKS = {
  async givesNothingToNobody(way) {
    const { code, stdout, stderr } = await run(way, undefined, ["tools/list"]);
    assert.notEqual(code, 0, stdout);
    const { status, says } = spec.nobody;
    if (status) assert.match(stderr, new RegExp(`auth_required|\\b${status}\\b`));
    else for (const words of says) assert.ok(stderr.includes(words), stderr);
    assert.ok(!stdout.includes("inputSchema"), stdout);
  },
};

for (const way of ["stdio", ...urls.keys()]) {
  console.log(`${server}, inspector, ${way}`);
  for (const [name, check] of Object.entries(way === "stdio" ? CHECKS : { ...CHECKS, ...HTTP_CHECKS })) {
    await check(way);
    console.log(`  ${name}`);
  }
}
