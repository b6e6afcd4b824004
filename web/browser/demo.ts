// A demo whose simulated Argus can be told to misbehave, and what tests of a turn need to see.
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { binary, startGateway, startProgram } from "./gateway.ts";
import type { Gateway, GatewayOptions } from "./gateway.ts";
import { browse } from "./page.ts";
import type { Served } from "./page.ts";

/** What the simulated Argus does to requests whose path begins so; see the simulator's faults. */
export interface Fault {
  path: string;
  kind: "status" | "latency" | "timeout" | "empty" | "mutate" | "error_in_200";
  status?: number;
  delay_ms?: number;
  times?: number;
  body?: unknown;
}

export interface Demo extends Served {
  /** Replaces the faults of the simulated Argus. */
  faults(...faults: Fault[]): Promise<void>;
  /** Where the simulated Argus is. */
  argus: string;
}

export async function demo(options: GatewayOptions = {}): Promise<Demo> {
  const gateway: Gateway = await startGateway({ behaviour: "honest", ...options });
  const argus = /simulated Argus: (http:\S+)/.exec(gateway.output())?.[1] ?? "";
  const served = await browse(gateway);
  return {
    ...served,
    argus,
    async faults(...faults) {
      const answer = await fetch(`${argus}/_sim/faults`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ faults }) });
      if (!answer.ok) throw new Error(`the simulated Argus refused the faults: ${await answer.text()}`);
    },
  };
}

export const turnAt = (page: Page, index: number): Locator => page.locator(".turn").nth(index);

/** Sends a message and does not wait for its turn. */
export async function send(page: Page, message: string): Promise<Locator> {
  const before = await page.locator(".turn").count();
  await page.fill("#message", message);
  await page.keyboard.press("Enter");
  await turnAt(page, before).waitFor();
  return turnAt(page, before);
}

/** The turn has ended, however it ended. */
export const ended = (turn: Locator): Promise<void> => turn.locator(".turn-actions").waitFor({ timeout: 60_000 });

/** Key of the simulated Argus, which sees everything there. */
const ARGUS_KEY = "15a6/1/sim-full";

/**
 * A gateway as one runs it: a configuration, a database that outlives it, one MCP server. Its
 * model and its Argus are those of a demo.
 */
export interface Installed {
  url: string;
  served: Served;
  /** Goes down in order, stopping what runs. */
  down(): Promise<void>;
  /** Ends without a word. */
  crash(): Promise<void>;
  /** Comes up again at the same address. */
  up(): Promise<void>;
  /** Makes an access token with the program itself; gives its secret. */
  token(name: string, role: string): string;
  close(): Promise<void>;
}

export async function installed(beside: Demo, folder: string, behaviour: string, more: Record<string, string> = {}): Promise<Installed> {
  const { items } = (await (await fetch(`${beside.url}/api/models`)).json()) as { items: { base_url_host: string }[] };
  const file = join(folder, "groundwire.toml");
  const port = await freePort();
  await writeFile(file, `
[server]
port = ${port}
[store]
url = "sqlite:${join(folder, "groundwire.db")}"
[models.sim]
base_url = "http://${items[0]?.base_url_host}/v1"
model = "sim/${behaviour}"
[mcp.servers.argus]
transport = "embedded"
server = "argus"
[mcp.servers.argus.settings]
ARGUS_API_URL = "${beside.argus}"
ARGUS_API_KEY = { file = "${join(folder, "argus.key")}" }
`);
  await writeFile(join(folder, "argus.key"), ARGUS_KEY);
  const start = (): Promise<Gateway> => startProgram(["serve", "--config", file], /^groundwire listens on (http:\S+)/m, { GROUNDWIRE__SERVER__SHUTDOWN_GRACE_SECONDS: "0", ...more });
  let gateway = await start();
  const served = await browse({ ...gateway, output: () => gateway.output(), stop: () => gateway.stop() });
  const down = (): Promise<void> => gateway.stop();
  const up = async (): Promise<void> => void (gateway = await start());
  const token = (name: string, role: string): string => {
    const told = execFileSync(binary(), ["token", "create", "--name", name, "--role", role, "--config", file], { encoding: "utf8" });
    return /\bgw_\S+/.exec(told)?.[0] ?? "";
  };
  return { url: gateway.url, served, down, crash: () => gateway.crash(), up, token, close: () => served.close() };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
