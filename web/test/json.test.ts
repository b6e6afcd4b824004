import assert from "node:assert/strict";
import { test } from "node:test";
import { parseExact, textOf } from "../src/json/exact.ts";
import { ancestors, child, valueAt } from "../src/json/pointer.ts";
import { allBranches, firstOpen, rowsOf } from "../src/json/rows.ts";
import { find } from "../src/json/search.ts";
import { sorted, tableOf } from "../src/json/table.ts";
import { TypeAhead, treeKey } from "../src/json/treeKeys.ts";

const RESULT = { data: [{ id: 4711, "a/b~c": "x" }, { id: 12, "a/b~c": null }], page: { count: 2 } };

test("pointers escape what has a meaning in them", () => {
  assert.equal(child("/data/0", "a/b~c"), "/data/0/a~1b~0c");
  assert.equal(valueAt(RESULT, "/data/0/a~1b~0c"), "x");
  assert.equal(valueAt(RESULT, ""), RESULT);
});

test("places that are not there have no value", () => {
  for (const pointer of ["/data/2", "/data/01", "/data/-1", "/page/count/x", "/toString", "/data/length"]) {
    assert.equal(valueAt(RESULT, pointer), undefined, pointer);
  }
});

test("the way to a place begins at the root", () => {
  assert.deepEqual(ancestors("/data/0/id"), ["", "/data", "/data/0"]);
  assert.deepEqual(ancestors(""), []);
});

test("only what is open becomes rows", () => {
  assert.deepEqual(rowsOf(RESULT, new Set([""])).map((row) => row.pointer), ["", "/data", "/page"]);
  assert.equal(rowsOf(RESULT, allBranches(RESULT)).length, 10);
});

test("a huge list is not opened at first", () => {
  const big = { data: Array.from({ length: 50_000 }, (_, id) => ({ id })) };
  assert.ok(rowsOf(big, firstOpen(big)).length < 500);
});

test("search looks at keys and values, in order of the document", async () => {
  const { signal } = new AbortController();
  assert.deepEqual(await find(RESULT, "id", signal), ["/data/0/id", "/data/1/id"]);
  assert.deepEqual(await find(RESULT, "4711", signal), ["/data/0/id"]);
});

test("the rows of a result are its longest list of objects, sorted as numbers where they are", () => {
  const table = tableOf(RESULT);
  assert.equal(table?.pointer, "/data");
  assert.deepEqual(table?.columns, ["id", "a/b~c"]);
  assert.deepEqual(table && sorted(table, "id", false), [1, 0]);
});

test("a result without rows has no table", () => {
  assert.equal(tableOf({ data: { id: 1 } }), null);
  assert.equal(tableOf("plain text"), null);
});

test("the keys of a tree open, enter, leave and close", () => {
  const closed = rowsOf(RESULT, new Set([""]));
  assert.deepEqual(treeKey("ArrowRight", closed, 1), { index: 1, toggle: "/data" });
  const open = rowsOf(RESULT, new Set(["", "/data"]));
  assert.deepEqual(treeKey("ArrowRight", open, 1), { index: 2 });
  assert.deepEqual(treeKey("ArrowLeft", open, 2), { index: 1 });
  assert.deepEqual(treeKey("End", open, 0), { index: 4 });
  assert.equal(treeKey("x", open, 0), null);
});

test("the keys of a tree open all branches beside a row", () => {
  const rows = rowsOf(RESULT, new Set([""]));
  assert.deepEqual(treeKey("*", rows, 1), { index: 1, open: ["/data", "/page"] });
  assert.deepEqual(treeKey("ArrowLeft", rows, 0), { index: 0, toggle: "" });
});

test("typed letters lead to the next row that begins with them", () => {
  const rows = rowsOf(RESULT, allBranches(RESULT));
  const at = (index: number) => rows[index]?.pointer;
  const typed = new TypeAhead();
  assert.equal(at(typed.key("i", 0, rows, 0)?.index ?? -1), "/data/0/id");
  assert.equal(at(typed.key("i", 5_000, rows, 3)?.index ?? -1), "/data/1/id");
  assert.equal(at(typed.key("p", 10_000, rows, 0)?.index ?? -1), "/page");
  assert.equal(at(typed.key("x", 10_100, rows, 8)?.index ?? -1), at(8), "nothing begins with px");
  assert.equal(at(typed.key("4", 20_000, rows, 0)?.index ?? -1), "/data/0/id", "values count as well");
  assert.equal(typed.key("Shift", 30_000, rows, 0), null);
  assert.equal(typed.key(" ", 40_000, rows, 0), null);
});

test("numbers of 64 bits are not rounded", { skip: !("rawJSON" in JSON) }, () => {
  const parsed = parseExact('{"id": 9007199254740993123, "n": 12, "f": 1.5}') as { id: bigint; n: number };
  assert.equal(String(parsed.id), "9007199254740993123");
  assert.equal(parsed.n, 12);
  assert.match(textOf(parsed), /"id": 9007199254740993123,/);
});
