// Reads as much of a JSON Schema as a form needs. What it does not understand is asked for
// as JSON, so no argument is out of reach.
import type { Json } from "../api/types.ts";

type JsonObject = { [key: string]: Json };

export type FieldKind = "text" | "number" | "integer" | "boolean" | "choice" | "list" | "json";

export interface Field {
  name: string;
  kind: FieldKind;
  required: boolean;
  about: string;
  choices: Json[];
  /** For lists: whether the items are numbers. */
  numbers: boolean;
}

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

function typeOf(schema: JsonObject): string {
  const type = schema["type"];
  const one = Array.isArray(type) ? type.filter((name) => name !== "null") : [type];
  return one.length === 1 && typeof one[0] === "string" ? one[0] : "";
}

export function fieldsOf(schema: Json): Field[] {
  if (!isObject(schema)) return [];
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(properties).map(([name, part]) => {
    const found = resolved(part, schema);
    const items = resolved(found["items"], schema);
    const kind = kindOf(found, items);
    const about = typeof found["description"] === "string" ? found["description"] : "";
    const choices = Array.isArray(found["enum"]) ? found["enum"] : [];
    return { name, kind, about, choices, required: required.includes(name), numbers: typeOf(items) !== "string" };
  });
}

function kindOf(schema: JsonObject, items: JsonObject): FieldKind {
  if (Array.isArray(schema["enum"])) return "choice";
  switch (typeOf(schema)) {
    case "string":
      return "text";
    case "number":
      return "number";
    case "integer":
      return "integer";
    case "boolean":
      return "boolean";
    case "array":
      return ["string", "number", "integer"].includes(typeOf(items)) ? "list" : "json";
    default:
      return "json";
  }
}

export type Problem = { field: Field; what: "missing" | "bad_number" | "bad_json" };

/** Arguments from what was typed; fields left empty are left out. */
export function argumentsOf(fields: Field[], typed: Record<string, string>): { value: JsonObject; problems: Problem[] } {
  const value: JsonObject = {};
  const problems: Problem[] = [];
  for (const field of fields) {
    const text = (typed[field.name] ?? "").trim();
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

function readField(field: Field, text: string): { value: Json } | "bad_number" | "bad_json" {
  switch (field.kind) {
    case "number":
    case "integer": {
      const number = Number(text);
      const fits = Number.isFinite(number) && (field.kind === "number" || Number.isInteger(number));
      return fits ? { value: number } : "bad_number";
    }
    case "boolean":
      return { value: text === "true" };
    case "choice":
      return { value: field.choices.find((choice) => String(choice) === text) ?? text };
    case "list": {
      const items = text.split(/[\n,]/).map((item) => item.trim()).filter(Boolean);
      if (!field.numbers) return { value: items };
      const numbers = items.map(Number);
      return numbers.every(Number.isFinite) ? { value: numbers } : "bad_number";
    }
    case "json":
      try {
        return { value: JSON.parse(text) as Json };
      } catch {
        return "bad_json";
      }
    default:
      return { value: text };
  }
}
