// The routes that the portal uses, one function each.
import { parseExact } from "../json/exact.ts";
import { json, send } from "./client.ts";
import type { Send } from "./client.ts";
import type {
  ApiToken, Conversation, Credential, Json, ModelProfile, Page, Probe, ScenarioList, ScenarioRun, ScenarioRunHead, ToolAnswer, ToolList, ToolResult,
  WholeConversation, WholeTurn,
} from "./types.ts";

const at = (id: string): string => encodeURIComponent(id);

/** Data of tools, whose large numbers stay what they are. */
async function exact<Answer>(path: string, options?: Send): Promise<Answer> {
  const answer = await send(path, options);
  return parseExact(await answer.text()) as Answer;
}

export function listConversations(q: string, cursor: string | null, signal?: AbortSignal): Promise<Page<Conversation>> {
  const query = new URLSearchParams({ limit: "50" });
  if (q) query.set("q", q);
  if (cursor) query.set("cursor", cursor);
  return json(`/api/conversations?${query}`, signal ? { signal } : {});
}

export const createConversation = (): Promise<Conversation> => json("/api/conversations", { method: "POST", body: {} });
export const getConversation = (id: string): Promise<WholeConversation> => json(`/api/conversations/${at(id)}`);
export const renameConversation = (id: string, title: string): Promise<Conversation> =>
  json(`/api/conversations/${at(id)}`, { method: "PATCH", body: { title } });

export async function deleteConversation(id: string): Promise<void> {
  await send(`/api/conversations/${at(id)}`, { method: "DELETE" });
}

export const exportConversation = (id: string, format: "markdown" | "json"): Promise<Response> =>
  send(`/api/conversations/${at(id)}/export?format=${format}`, { headers: { accept: "*/*" } });

/** The record of a turn; light: the results are named, their content stays at the gateway. */
export const getTurn = (id: string, results: "whole" | "light"): Promise<WholeTurn> =>
  exact(`/api/turns/${at(id)}${results === "light" ? "?results=none" : ""}`);

export async function cancelTurn(id: string): Promise<void> {
  await send(`/api/turns/${at(id)}/cancel`, { method: "POST" });
}

export async function sendFeedback(id: string, rating: "up" | "down", comment: string): Promise<void> {
  await send(`/api/turns/${at(id)}/feedback`, { method: "POST", body: comment ? { rating, comment } : { rating } });
}

export const getResult = (id: string): Promise<ToolResult> => exact(`/api/results/${at(id)}`);

export const listTools = (): Promise<ToolList> => json("/api/tools");
export const tryTool = (server: string, tool: string, args: Json): Promise<ToolAnswer> =>
  exact(`/api/tools/${at(server)}/${at(tool)}/try`, { method: "POST", body: { arguments: args } });

export async function acceptTool(server: string, tool: string, hash: string): Promise<void> {
  await send(`/api/tools/${at(server)}/${at(tool)}/accept`, { method: "POST", body: { hash } });
}

export const listModels = (): Promise<Page<ModelProfile>> => json("/api/models");
export const probeModel = (id: string): Promise<Probe> => json(`/api/models/${at(id)}/probe`, { method: "POST" });

export const listScenarios = (): Promise<ScenarioList> => json("/api/scenarios");
export const listScenarioRuns = (): Promise<Page<ScenarioRunHead>> => json("/api/scenario-runs");
export const getScenarioRun = (id: string): Promise<ScenarioRun> => json(`/api/scenario-runs/${at(id)}`);
export const startScenario = (scenario: string, model: string): Promise<{ id: string }> =>
  json("/api/scenario-runs", { method: "POST", body: model ? { scenario, model } : { scenario } });
export const getScenarioTurn = (run: string, turn: number): Promise<WholeTurn> => exact(`/api/scenario-runs/${at(run)}/turns/${turn}`);

export async function deleteScenarioRun(id: string): Promise<void> {
  await send(`/api/scenario-runs/${at(id)}`, { method: "DELETE" });
}

export const listCredentials = (): Promise<Page<Credential>> => json("/api/credentials");
export const keepCredential = (server: string, fields: Record<string, string>): Promise<Credential> =>
  json(`/api/credentials/${at(server)}`, { method: "PUT", body: { fields } });

export async function forgetCredential(server: string): Promise<void> {
  await send(`/api/credentials/${at(server)}`, { method: "DELETE" });
}

export const listTokens = (): Promise<Page<ApiToken>> => json("/api/tokens");
export const createToken = (order: { name: string; role: string; days?: number }): Promise<{ id: string; token: string }> =>
  json("/api/tokens", { method: "POST", body: order });

export async function deleteToken(id: string): Promise<void> {
  await send(`/api/tokens/${at(id)}`, { method: "DELETE" });
}
