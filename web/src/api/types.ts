// Names for the shapes of the native API, all from its OpenAPI document. Where the document
// says "any JSON", the type of JSON is put in.
import type { components } from "./schema.d.ts";

type Schemas = components["schemas"];

/** JSON as it comes. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export type Conversation = Schemas["Conversation"];
export type Message = Schemas["Message"];
export type WholeConversation = Schemas["WholeConversation"];
export type BasisItem = Schemas["BasisItem"];
export type Citation = Schemas["Citation"];
export type Claim = Schemas["Claim"];
export type Stopped = Schemas["Stopped"];
export type Usage = Schemas["Usage"];
export type Timings = Schemas["Timings"];
export type Exchange = Schemas["Exchange"];
export type ToolAnswer = Schemas["ToolAnswer"];
export type ToolResult = Schemas["ToolResult"];
export type Tool = Schemas["Tool"];
export type Server = Schemas["Server"];
export type ToolList = Schemas["ToolList"];
export type Choice = Schemas["Choice"];
export interface PendingCall { server: string; tool: string; arguments?: unknown }
export type Question = Schemas["Question"] & { kind?: string; calls?: PendingCall[] };
export type TurnEventRecord = Schemas["Event"];
export type WholeTurn = Schemas["WholeTurn"];
export interface Probe {
  at: string; reachable: boolean; answers: boolean; model_listed: boolean; models: string[]; streaming: boolean; usage: boolean;
  auto_calls: boolean; required_honoured: boolean; named_honoured: boolean; parallel_calls: boolean; json_schema_honoured: boolean;
  reasoning_field?: string | null; problems: string[];
}
export type ModelProfile = Omit<Schemas["ModelProfile"], "probe"> & { probe?: Probe | null };
export interface Scenario { id: string; purpose: string; decision?: string | null; language?: string | null; turns: number; also_with: string[] }
export interface ScenarioList { items: Scenario[]; models: string[] }
export interface ScenarioCheck { what: string; passed: boolean; wanted: string; got: string }
export interface ScenarioTurn { user: string; turn_id?: string | null; decision?: string | null; rule?: string | null; outcome?: string | null; verdict?: string | null; text?: string | null; checks: ScenarioCheck[]; running: boolean }
export interface ScenarioRunHead { id: string; scenario: string; model: string; state: string; reason?: string | null; started_at: string; finished_at?: string | null }
export type ScenarioRun = ScenarioRunHead & { turns: ScenarioTurn[] };
export type ApiToken = Schemas["Token"];

export interface Page<Item> {
  items: Item[];
  next_cursor?: string | null;
}
