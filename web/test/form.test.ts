import assert from "node:assert/strict";
import { test } from "node:test";
import { argumentsOf, fieldsOf } from "../src/form/schema.ts";

const SCHEMA = {
  type: "object",
  required: ["caseID"],
  properties: {
    caseID: { type: "integer", description: "Number of the case" },
    status: { anyOf: [{ $ref: "#/$defs/Status" }, { type: "null" }] },
    tags: { type: "array", items: { type: "string" } },
    deep: { type: ["boolean", "null"] },
    request: { $ref: "#/$defs/Request" },
  },
  $defs: { Status: { type: "string", enum: ["open", "closed"] }, Request: { type: "object" } },
};

test("each argument gets the field that fits it", () => {
  const kinds = fieldsOf(SCHEMA).map(({ name, kind }) => [name, kind]);
  assert.deepEqual(kinds, [["caseID", "integer"], ["status", "choice"], ["tags", "list"], ["deep", "boolean"], ["request", "json"]]);
});

test("what was typed becomes arguments; empty fields are left out", () => {
  const { value, problems } = argumentsOf(fieldsOf(SCHEMA), { caseID: "4711", tags: "a, b", deep: "false", request: '{"x":1}' });
  assert.deepEqual(problems, []);
  assert.deepEqual(value, { caseID: 4711, tags: ["a", "b"], deep: false, request: { x: 1 } });
});

test("what does not fit is named", () => {
  const { problems } = argumentsOf(fieldsOf(SCHEMA), { caseID: "4.5", request: "{" });
  assert.deepEqual(problems.map(({ field, what }) => [field.name, what]), [["caseID", "bad_number"], ["request", "bad_json"]]);
  assert.deepEqual(argumentsOf(fieldsOf(SCHEMA), {}).problems.map(({ what }) => what), ["missing"]);
});

test("a schema that refers to itself ends", () => {
  const endless = { type: "object", properties: { a: { $ref: "#/$defs/A" } }, $defs: { A: { $ref: "#/$defs/A" } } };
  assert.equal(fieldsOf(endless)[0]?.kind, "json");
});
