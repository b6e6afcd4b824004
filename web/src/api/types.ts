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
export type Pin = Schemas["Pin"];
export type Server = Schemas["Server"];
export type ToolList = Schemas["ToolList"];
export type Choice = Schemas["Choice"];
export type Question = Schemas["Question"];
export type TurnEventRecord = Schemas["Event"];
export type WholeTurn = Schemas["WholeTurn"];
export type ModelProfile = Schemas["ModelProfile"];
export type Probe = Schemas["Probe"];
export type Scenario = Schemas["Scenario"];
export type ScenarioList = Schemas["ScenarioList"];
export type ScenarioRun = Schemas["ScenarioRun"];
export type ScenarioRunHead = Schemas["ScenarioRunHead"];
export type ScenarioTurn = Schemas["ScenarioTurn"];
export type ScenarioCheck = Schemas["ScenarioCheck"];
export type Credential = Schemas["Credential"];
export type ApiToken = Schemas["Token"];

export interface Page<Item> {
  items: Item[];
  next_cursor?: string | null;
}
