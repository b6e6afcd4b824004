import assert from "node:assert/strict";
import { test } from "node:test";
import { argumentsOf, fieldsOf } from "../src/form/schema.ts";
import { shortTextOf } from "../src/json/exact.ts";

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
  const { value, problems } = argumentsOf(fieldsOf(SCHEMA), { "/caseID": "4711", "/tags": "a, b", "/deep": "false", "/request": '{"x":1}' });
  assert.deepEqual(problems, []);
  assert.deepEqual(value, { caseID: 4711, tags: ["a", "b"], deep: false, request: { x: 1 } });
});

test("what does not fit is named", () => {
  const { problems } = argumentsOf(fieldsOf(SCHEMA), { "/caseID": "4.5", "/request": "{" });
  assert.deepEqual(problems.map(({ field, what }) => [field.name, what]), [["caseID", "bad_number"], ["request", "bad_json"]]);
  assert.deepEqual(argumentsOf(fieldsOf(SCHEMA), {}).problems.map(({ what }) => what), ["missing"]);
});

test("a schema that refers to itself ends", () => {
  const endless = { type: "object", properties: { a: { $ref: "#/$defs/A" } }, $defs: { A: { $ref: "#/$defs/A" } } };
  assert.equal(fieldsOf(endless)[0]?.kind, "json");
});

const NESTED = {
  type: "object",
  required: ["request"],
  properties: {
    request: {
      type: "object",
      properties: {
        customer: { type: "array", items: { type: ["string", "integer"] } },
        status: { type: "array", items: { type: "string", enum: ["open", "closed"] } },
        time: { type: "object", required: ["start"], properties: { start: { type: "string" }, end: { type: ["integer", "string"] } } },
        tag: { type: "array", items: { type: "object", properties: { key: { type: "string" } } } },
      },
    },
  },
};

test("objects in objects are groups of fields; nothing of them has to be written as JSON", () => {
  const [request] = fieldsOf(NESTED);
  assert.deepEqual(request?.fields.map(({ name, kind }) => [name, kind]), [["customer", "list"], ["status", "choices"], ["time", "group"], ["tag", "json"]]);
  const { value, problems } = argumentsOf(fieldsOf(NESTED), { "/request/customer": "nordfjord, 2172", "/request/status": "closed\nopen", "/request/time/start": "now -1 day" });
  assert.deepEqual(problems, []);
  assert.deepEqual(value, { request: { customer: ["nordfjord", "2172"], status: ["open", "closed"], time: { start: "now -1 day" } } });
});

test("a required object goes empty, one that may be left out is left out until something of it is typed", () => {
  assert.deepEqual(argumentsOf(fieldsOf(NESTED), {}), { value: { request: {} }, problems: [] });
  const { problems } = argumentsOf(fieldsOf(NESTED), { "/request/time/end": "now" });
  assert.deepEqual(problems.map(({ field, what }) => [field.path, what]), [["/request/time/start", "missing"]]);
});

test("numbers of 64 bits stay what was typed", () => {
  const schema = { type: "object", properties: { id: { type: "integer" }, ids: { type: "array", items: { type: "integer" } }, any: {}, whole: {}, share: { type: "number" } } };
  const typed = { "/id": "9223372036854775807", "/ids": "9007199254740993, -7", "/any": '{"id": 9007199254740993}', "/whole": "9007199254740993", "/share": "0.5" };
  const { value, problems } = argumentsOf(fieldsOf(schema), typed);
  assert.deepEqual(problems, []);
  assert.equal(shortTextOf(value), '{"id":9223372036854775807,"ids":[9007199254740993,-7],"any":{"id":9007199254740993},"whole":9007199254740993,"share":0.5}');
});
