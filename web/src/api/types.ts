// Names for the shapes of the native API. Those of routes that the gateway documents come
// from its OpenAPI document; the rest are written here, with every field that the portal reads.
import type { components } from "./schema.d.ts";

type Schemas = components["schemas"];

export type Conversation = Schemas["Conversation"] & { running_turn?: string | null };
export type Message = Schemas["Message"];
export type WholeConversation = Conversation & { messages: Message[] };
export type BasisItem = Schemas["BasisItem"];
export type Citation = Schemas["Citation"];
export type Claim = Schemas["Claim"];
export type Stopped = Schemas["Stopped"];
export type Usage = Schemas["Usage"];
export type Timings = Schemas["Timings"];
export type Exchange = Schemas["Exchange"];
export type ToolResult = Schemas["ToolResult"];
export type Tool = Schemas["Tool"];
export type Server = Schemas["Server"];
export type ToolList = Schemas["ToolList"];
export type Choice = Schemas["Choice"];

/** JSON as it comes. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What a confirmation would run. */
export interface PendingCall {
  server: string;
  tool: string;
  arguments: Json;
}

/** A question back; with `call` it is a confirmation. */
export type Question = Schemas["Question"] & { call?: PendingCall | null };

export interface TurnEventRecord {
  seq: number;
  at: string;
  event: string;
  data: Json;
}

export type WholeTurn = Schemas["FinishedTurn"] & {
  message: string;
  reason?: string | null;
  failure?: string | null;
  claims: Claim[];
  results: ToolResult[];
  staled: string[];
  shown: string[];
  events: TurnEventRecord[];
  exchanges: (Exchange & { model?: string | null })[];
  catalog_digest: string;
  config_digest: string;
};

export interface Page<Item> {
  items: Item[];
  next_cursor?: string | null;
}

export interface ModelProfile {
  id: string;
  model: string;
  base_url_host: string;
  roles: string[];
  probe: { [key: string]: Json } | null;
}

export interface Scenario {
  id: string;
  purpose: string;
  language?: string | null;
  turns: number;
}

export interface ScenarioCheck {
  what?: string;
  name?: string;
  passed?: boolean;
  state?: string;
  message?: string | null;
  turn?: number;
}

export interface ScenarioTurn {
  user?: string;
  turn_id?: string | null;
  conversation_id?: string | null;
  outcome?: string;
  text?: string;
}

export interface ScenarioRun {
  state: "running" | "passed" | "failed" | "inconclusive";
  checks: ScenarioCheck[];
  turns: ScenarioTurn[];
}

export interface ApiToken {
  id: string;
  name: string;
  created_at: string;
  last_used_at?: string | null;
}
