// Reads as much of a JSON Schema as a form needs. What it does not understand is asked for
// as JSON, so no argument is out of reach.
import type { Json } from "../api/types.ts";
import { exactNumber, parseExact } from "../json/exact.ts";

type JsonObject = { [key: string]: Json };

export type FieldKind = "text" | "number" | "integer" | "boolean" | "choice" | "choices" | "list" | "group" | "json";

export interface Field {
  name: string;
  /** The names from the root to this field; what was typed is kept by it. */
  path: string;
  kind: FieldKind;
  required: boolean;
  about: string;
  /** For choices: what may be chosen, one or several. */
  choices: Json[];
  /** For lists: whether the items are numbers. */
  numbers: boolean;
  /** For groups: the fields of the object. */
  fields: Field[];
}

/** Objects deeper than this are asked for as JSON. */
const DEPTH = 4;
const SCALARS = ["string", "integer", "number", "boolean"];

const isObject = (value: Json | undefined): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);

function resolved(schema: Json | undefined, root: JsonObject, depth = 0): JsonObject {
  if (!isObject(schema) || depth > 8) return {};
  const target = schema["$ref"];
  if (typeof target === "string" && target.startsWith("#/")) {
    const found = target.slice(2).split("/").reduce<Json | undefined>((at, key) => (isObject(at) ? at[key] : undefined), root);
    return { ...resolved(found, root, depth + 1), ...schema };
  }
  // "A or null" is A that may be left out.
  const either = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(either)) {
    const real = either.map((one) => resolved(one, root, depth + 1)).filter((one) => one["type"] !== "null");
    if (real.length === 1) return { ...real[0], ...schema };
  }
  return schema;
}

function typesOf(schema: JsonObject): string[] {
  const type = schema["type"];
  const all = Array.isArray(type) ? type : [type];
  return all.filter((name): name is string => typeof name === "string" && name !== "null");
}

export function fieldsOf(schema: Json): Field[] {
  return isObject(schema) ? fieldsIn(schema, schema, "", DEPTH) : [];
}

function fieldsIn(schema: JsonObject, root: JsonObject, prefix: string, depth: number): Field[] {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(properties).map(([name, part]) => {
    const path = `${prefix}/${name}`;
    const found = resolved(part, root);
    const items = resolved(found["items"], root);
    const fields = depth > 0 && typesOf(found).join() === "object" ? fieldsIn(found, root, path, depth - 1) : [];
    const kind = fields.length > 0 ? "group" : kindOf(found, items);
    const about = typeof found["description"] === "string" ? found["description"] : "";
    const listed = kind === "choices" ? items["enum"] : found["enum"];
    const choices = Array.isArray(listed) ? listed : [];
    return { name, path, kind, about, choices, fields, required: required.includes(name), numbers: !typesOf(items).includes("string") };
  });
}

function kindOf(schema: JsonObject, items: JsonObject): FieldKind {
  if (Array.isArray(schema["enum"])) return "choice";
  const types = typesOf(schema);
  // An identifier or a name: what is typed goes as text, and both are taken so.
  if (types.length > 1 && types.includes("string") && types.every((type) => SCALARS.includes(type))) return "text";
  switch (types.join()) {
    case "string":
      return "text";
    case "number":
      return "number";
    case "integer":
      return "integer";
    case "boolean":
      return "boolean";
    case "array":
      return listKind(items);
    default:
      return "json";
  }
}

function listKind(items: JsonObject): FieldKind {
  if (Array.isArray(items["enum"])) return "choices";
  const types = typesOf(items);
  return types.length > 0 && types.every((type) => ["string", "number", "integer"].includes(type)) ? "list" : "json";
}

export type Problem = { field: Field; what: "missing" | "bad_number" | "bad_json" };

/** Arguments from what was typed, by path; fields left empty are left out. */
export function argumentsOf(fields: Field[], typed: Record<string, string>): { value: JsonObject; problems: Problem[] } {
  const value: JsonObject = {};
  const problems: Problem[] = [];
  for (const field of fields) {
    if (field.kind === "group") {
      // An object that may be left out is, when nothing of it was typed.
      if (!field.required && !isTyped(field, typed)) continue;
      const inner = argumentsOf(field.fields, typed);
      value[field.name] = inner.value;
      problems.push(...inner.problems);
      continue;
    }
    const text = (typed[field.path] ?? "").trim();
    if (text === "") {
      if (field.required) problems.push({ field, what: "missing" });
      continue;
    }
    const read = readField(field, text);
    if (typeof read === "string") problems.push({ field, what: read });
    else value[field.name] = read.value;
  }
  return { value, problems };
}

/** Whether anything was typed into a field or, for a group, into one of its fields. */
export function isTyped(field: Field, typed: Record<string, string>): boolean {
  return field.kind === "group" ? field.fields.some((one) => isTyped(one, typed)) : (typed[field.path] ?? "").trim() !== "";
}

function readField(field: Field, text: string): { value: Json } | "bad_number" | "bad_json" {
  switch (field.kind) {
    case "number":
    case "integer": {
      const number = exactNumber(text);
      const fits = number !== null && (field.kind === "number" || typeof number === "bigint" || Number.isInteger(number));
      return fits ? { value: number as Json } : "bad_number";
    }
    case "boolean":
      return { value: text === "true" };
    case "choice":
      return { value: field.choices.find((choice) => String(choice) === text) ?? text };
    case "choices":
      return { value: field.choices.filter((choice) => chosen(text).includes(String(choice))) };
    case "list": {
      const items = text.split(/[\n,]/).map((item) => item.trim()).filter(Boolean);
      if (!field.numbers) return { value: items };
      const numbers = items.map(exactNumber);
      return numbers.includes(null) ? "bad_number" : { value: numbers as Json[] };
    }
    case "json":
      try {
        return { value: parseExact(text) as Json };
      } catch {
        return "bad_json";
      }
    default:
      return { value: text };
  }
}

/** What is chosen in a field of several choices, as it is kept. */
export const chosen = (text: string): string[] => text.split("\n").filter(Boolean);
