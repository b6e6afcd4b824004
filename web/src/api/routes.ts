// The routes that the portal uses, one function each.
import { parseExact } from "../json/exact.ts";
import { json, send } from "./client.ts";
import type {
  ApiToken, Conversation, Json, ModelProfile, Page, Scenario, ScenarioRun, ToolList, ToolResult, WholeConversation, WholeTurn,
} from "./types.ts";

const at = (id: string): string => encodeURIComponent(id);

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

export const getTurn = (id: string): Promise<WholeTurn> => json(`/api/turns/${at(id)}`);

export async function cancelTurn(id: string): Promise<void> {
  await send(`/api/turns/${at(id)}/cancel`, { method: "POST" });
}

export async function sendFeedback(id: string, rating: "up" | "down", comment: string): Promise<void> {
  await send(`/api/turns/${at(id)}/feedback`, { method: "POST", body: comment ? { rating, comment } : { rating } });
}

export const getResult = async (id: string): Promise<ToolResult> => {
  const answer = await send(`/api/results/${at(id)}`);
  return parseExact(await answer.text()) as ToolResult;
};

export const listTools = (): Promise<ToolList> => json("/api/tools");
export const tryTool = (server: string, tool: string, args: Json): Promise<ToolResult> =>
  json(`/api/tools/${at(server)}/${at(tool)}/try`, { method: "POST", body: { arguments: args } });

export const listModels = (): Promise<Page<ModelProfile>> => json("/api/models");

export const listScenarios = (): Promise<Page<Scenario>> => json("/api/scenarios");
export const runScenario = (id: string): Promise<{ run_id: string }> =>
  json(`/api/scenarios/${at(id)}/run`, { method: "POST", body: {} });
export const getScenarioRun = (id: string): Promise<ScenarioRun> => json(`/api/scenario-runs/${at(id)}`);

export const listTokens = (): Promise<Page<ApiToken>> => json("/api/tokens");
export const createToken = (name: string): Promise<{ id: string; token: string }> =>
  json("/api/tokens", { method: "POST", body: { name } });

export async function deleteToken(id: string): Promise<void> {
  await send(`/api/tokens/${at(id)}`, { method: "DELETE" });
}
