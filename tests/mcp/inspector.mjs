// MCP Inspector's command-line mode against the Argus server, over each way to reach it.
//
//   node argus_inspector.mjs BINARY SIMULATOR_URL OUTPUT [streamable-http=URL] [sse=URL]
//
// What a person types runs as `mcp-inspector --cli …`. The calls of all tools enter where that
// program enters its command-line mode, in one process, since it takes most of a second to start.
// The Inspector looks a tool up in the list before it calls, so it never sends a name that is not
// listed, and it cannot cancel. What is called stands in argus_calls.json, beside this file.
// Everything that the server answers is kept in OUTPUT, with the server's standard error. Each
// check prints its name when it has passed; the first that fails ends the run.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [binary, simulatorUrl, output, ...ways] = process.argv.slice(2);
const urls = new Map(ways.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
const spec = JSON.parse(readFileSync(new URL("argus_calls.json", import.meta.url), "utf8"));
const inspector = new URL("node_modules/@modelcontextprotocol/inspector/clients/", import.meta.url);
const { runCli } = await import(new URL("cli/build/index.js", inspector));
const LIMIT_MS = 20_000;
/** Its own exit code for a result with `isError`. */
const TOOL_IS_ERROR = 5;

// What the Inspector stores, it stores here and not with the person who runs this.
const home = mkdtempSync(join(tmpdir(), "mcp-inspector-"));
process.on("exit", () => rmSync(home, { recursive: true, force: true }));
process.env.HOME = home;

const at = (value, pointer) => pointer.split("/").slice(1).reduce((inner, part) => inner[part], value);

/** The arguments that reach the server over `way`; without a key none is sent. */
function target(way, key) {
  if (way === "stdio") {
    const env = { ARGUS_API_KEY: key, ARGUS_API_URL: simulatorUrl, ARGUS_MCP_LOG: "trace" };
    return [...Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]), binary, "mcp", "argus"];
  }
  const header = key ? ["--header", `Argus-API-Key: ${key}`] : [];
  return ["--server-url", urls.get(way), "--transport", way === "sse" ? "sse" : "http", ...header, "--stored-auth-only"];
}

const call = (tool, args) => ["--method", "tools/call", "--tool-name", tool, "--tool-args-json", JSON.stringify(args)];

/** `mcp-inspector --cli …` as a process of its own: its exit code and what it wrote. */
async function run(way, key, args) {
  const program = spawn(process.execPath, [fileURLToPath(new URL("launcher/build/index.js", inspector)), "--cli", ...target(way, key), "--format", "json", ...args], { timeout: LIMIT_MS });
  const written = { stdout: "", stderr: "" };
  for (const name of Object.keys(written)) program[name].setEncoding("utf8").on("data", (text) => { written[name] += text; });
  const code = await new Promise((resolve, reject) => program.on("error", reject).on("close", resolve));
  for (const [name, text] of Object.entries(written)) keep(way, name, text);
  return { code, ...written };
}

function keep(way, name, text) {
  const file = openSync(join(output, `inspector-${way}.${name}`), "a");
  writeSync(file, `${text}\n`);
  closeSync(file);
}

/** The answer to a call that succeeds. */
async function ok(way, key, tool, args) {
  const file = join(home, "answer.json");
  await runCli([process.execPath, "inspector-cli", ...target(way, key), ...call(tool, args), "--output", file]);
  const text = readFileSync(file, "utf8");
  keep(way, "stdout", text);
  const result = JSON.parse(text);
  assert.ok(!result.isError, `${tool}: ${text}`);
  assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent, `${tool}: text and structured content differ`);
  return result.structuredContent;
}

const CHECKS = {
  async listsTheTools(way) {
    const { code, stdout, stderr } = await run(way, spec.keys.full, ["--method", "tools/list", "--strict"]);
    assert.equal(code, 0, stderr);
    // Schemas that are legal but foreign to some model providers are warnings.
    assert.match(stderr, /\b0 errors\b/);
    const { tools } = JSON.parse(stdout).result;
    assert.deepEqual(tools.map(({ name }) => name).sort(), spec.calls.map(({ tool }) => tool).sort(), "each tool is called once");
    for (const { tool: name, kind } of spec.calls) {
      const { annotations, outputSchema } = tools.find((tool) => tool.name === name);
      const local = kind === "values" || kind === "query";
      assert.deepEqual([annotations.readOnlyHint, annotations.destructiveHint, annotations.openWorldHint], [true, false, !local], name);
      assert.equal(outputSchema !== undefined, local, name);
    }
  },

  async callsATool(way) {
    const { code, stdout, stderr } = await run(way, spec.keys.full, call(spec.alias.tool, spec.alias.arguments));
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).result.structuredContent.data.id, spec.alias.arguments.caseID);
  },

  async callsEveryTool(way) {
    const learnt = {};
    for (const [name, how] of Object.entries(spec.learn)) learnt[`$${name}`] = at(await ok(way, spec.keys.full, how.tool, how.arguments), how.at);
    for (const one of spec.calls) {
      const args = Object.fromEntries(Object.entries(one.arguments).map(([name, value]) => [name, learnt[value] ?? value]));
      const value = await ok(way, spec.keys.full, one.tool, args);
      assert.deepEqual(at(value, one.at), one.is, `${one.tool}: ${one.at}`);
    }
  },

  async namesEveryProblemAtOnce(way) {
    const { tool, arguments: args, paths } = spec.invalid;
    const { code, stdout } = await run(way, spec.keys.full, call(tool, args));
    assert.equal(code, TOOL_IS_ERROR);
    const { isError, structuredContent } = JSON.parse(stdout).result;
    assert.ok(isError);
    assert.deepEqual(structuredContent.error.fieldErrors.map(({ path }) => path).sort(), [...paths].sort());
  },

  async showsEachKeyItsOwn(way) {
    const { tool, arguments: args, at: where, is } = spec.rights;
    assert.equal(at(await ok(way, spec.keys.full, tool, args), where), is.full);
    assert.equal(at(await ok(way, spec.keys.customer, tool, args), where), is.customer);
  },
};

async function opensNothingWithoutAKey(way) {
  const { code, stdout, stderr } = await run(way, undefined, ["--method", "tools/list"]);
  assert.notEqual(code, 0, stdout);
  assert.match(stderr, /auth_required|\b401\b/);
  assert.ok(!stdout.includes("inputSchema"), stdout);
}

for (const way of ["stdio", ...urls.keys()]) {
  console.log(`inspector, ${way}`);
  const checks = Object.entries(CHECKS);
  if (way !== "stdio") checks.push(["opensNothingWithoutAKey", opensNothingWithoutAKey]);
  for (const [name, check] of checks) {
    await check(way);
    console.log(`  ${name}`);
  }
}
