import assert from "node:assert/strict";
import { test } from "node:test";
import { Unmarker, mark, sentenceAt, spanText } from "../src/markdown/marks.ts";

const pieces = (text: string, citations: { span: number[] }[]) => {
  const { text: marked, sets } = mark(text, citations);
  return new Unmarker(sets).pieces(marked).map((piece) => [piece.text, [...piece.cites]]);
};

test("a span becomes a piece of its own", () => {
  assert.deepEqual(pieces("Case 4711 is open", [{ span: [5, 9] }]), [["Case ", []], ["4711", [0]], [" is open", []]]);
});

test("spans count code points, not UTF-16 units", () => {
  assert.deepEqual(pieces("🔥 4711", [{ span: [2, 6] }]), [["🔥 ", []], ["4711", [0]]]);
});

test("nested and equal spans share their pieces", () => {
  const cites = [{ span: [0, 9] }, { span: [5, 9] }, { span: [5, 9] }];
  assert.deepEqual(pieces("Case 4711", cites), [["Case ", [0]], ["4711", [0, 1, 2]]]);
});

test("spans outside the text mark nothing", () => {
  assert.deepEqual(pieces("short", [{ span: [2, 99] }, { span: [3, 3] }]), [["short", []]]);
});

test("edges in the text itself do not pass for edges of ours", () => {
  assert.deepEqual(pieces("a\u{F0000}b", [{ span: [0, 1] }]), [["a", [0]], ["\ufffdb", []]]);
});

test("marks hold across tokens of the parser", () => {
  const { text, sets } = mark("**4711** x", [{ span: [0, 8] }]);
  const unmarker = new Unmarker(sets);
  const [first = "", second = ""] = text.split("**4711**");
  assert.deepEqual(unmarker.pieces(first), []);
  assert.deepEqual(unmarker.pieces("4711").map(({ cites }) => [...cites]), [[0]]);
  assert.deepEqual(unmarker.pieces(second).map(({ cites }) => [...cites]), [[]]);
});

test("the sentence of a span ends at its line or full stop", () => {
  const text = "First one. Case 4711 is **open**.\n- Case 4712: closed\n";
  assert.equal(sentenceAt(text, [16, 20]), "Case 4711 is open.");
  assert.equal(sentenceAt(text, [text.indexOf("4712"), text.indexOf("4712") + 4]), "Case 4712: closed");
  assert.equal(spanText(text, [16, 20]), "4711");
});
