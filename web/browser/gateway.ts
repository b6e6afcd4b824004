// The gateway under test: the binary itself in demo mode with the portal that it holds, or a
// running one (GROUNDWIRE_URL). It knows nothing of browsers.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DIST = join(ROOT, "web/dist");
const START_MS = 60_000;
const END_MS = 10_000;
const KEPT_OUTPUT = 20_000;

export interface GatewayOptions {
  /** Behaviour of the simulated model, e.g. `fabricates`. */
  behaviour?: string;
  /** Tools that ask before they run although their server calls them read-only. */
  confirm?: string[];
  /** Further arguments of `groundwire demo`. */
  args?: string[];
  /** Variables besides those of this process, e.g. `GROUNDWIRE__TELEMETRY__LOG`. */
  env?: Record<string, string>;
}

export interface Gateway {
  url: string;
  /** What the process printed, for the reader of a failed test. */
  output(): string;
  stop(): Promise<void>;
  /** Ends the process at once, in the middle of whatever it does. */
  crash(): Promise<void>;
}

/** The program: GROUNDWIRE_BIN, else the debug build. */
export function binary(): string {
  const path = process.env["GROUNDWIRE_BIN"] ?? join(process.env["CARGO_TARGET_DIR"] ?? join(ROOT, "target"), "debug/groundwire");
  assert.ok(existsSync(path), `no program at ${path}: run cargo build, or name one in GROUNDWIRE_BIN`);
  return path;
}

/** A demo with these options; without any the running gateway of GROUNDWIRE_URL, where one is named. */
export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const running = process.env["GROUNDWIRE_URL"];
  if (running && Object.keys(options).length === 0) return { url: new URL(running).origin, output: () => "", stop: async () => {}, crash: async () => {} };
  const args = ["demo", "--port", "0", ...(options.args ?? [])];
  if (options.behaviour) args.push("--behaviour", options.behaviour);
  for (const tool of options.confirm ?? []) args.push("--confirm", tool);
  return startProgram(args, /^groundwire demo listens on (http:\S+)/m, options.env);
}

/** Starts the program and waits until it says where it listens. */
export async function startProgram(args: string[], listens: RegExp, env: Record<string, string> = {}): Promise<Gateway> {
  const program = spawn(binary(), args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  let output = "";
  // Where `make portal` keeps everything, to search it for keys.
  const kept = process.env["GROUNDWIRE_OUTPUT"];
  const ended = new Promise<void>((resolve) => program.once("close", () => resolve()));
  const kill = (): void => void program.kill("SIGKILL");
  process.once("exit", kill);
  const said = new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
      if (kept) appendFileSync(join(kept, `gateway-${program.pid}.log`), chunk);
      const url = listens.exec(output)?.[1];
      if (url) resolve(url);
    };
    program.stdout.on("data", hear);
    program.stderr.on("data", hear);
    program.once("error", reject);
    const left = (why: string): void => reject(new Error(`groundwire ${args.join(" ")} ${why}:\n${output}`));
    void ended.then(() => left("ended before it listened"));
    setTimeout(() => left("did not say where it listens"), START_MS).unref();
  });
  const stop = async (): Promise<void> => {
    const late = setTimeout(kill, END_MS);
    program.kill("SIGTERM");
    await ended;
    clearTimeout(late);
    process.removeListener("exit", kill);
  };
  try {
    return { url: await said, output: () => output, stop, crash: async () => { kill(); await ended; } };
  } catch (error) {
    kill();
    throw error;
  }
}

/** The files of the built portal by their path, e.g. `/assets/index-1a2b.js`. */
export function builtFiles(): Map<string, Buffer> {
  assert.ok(existsSync(join(DIST, "index.html")), "web/dist holds no portal: run npm run build");
  const names = readdirSync(DIST, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = names.map((entry) => join(entry.parentPath, entry.name));
  return new Map(paths.map((path) => [`/${path.slice(DIST.length + 1)}`, readFileSync(path)]));
}

/** Fails unless the gateway serves what web/dist holds now. */
export async function assertCurrentPortal(url: string): Promise<void> {
  for (const [path, built] of builtFiles()) {
    const answer = await fetch(new URL(path === "/index.html" ? "/" : path, url));
    const same = answer.ok && built.equals(Buffer.from(await answer.arrayBuffer()));
    assert.ok(same, `${url} does not serve web/dist${path} as it is now (status ${answer.status}): the binary was built with another portal or with none. ` +
      "Run cargo build after npm run build, or lay web/dist over it with GROUNDWIRE_PORTAL=dist.");
  }
}
