// Carries citations through the markdown parser. Spans count code points of the raw text;
// the parser moves text into tokens. So each edge of a span gets a private-use character
// whose number names what is cited from there on, and the renderer takes them out again.

export interface Span {
  span: readonly number[];
}

/** Text with edges in it; `sets[n]` lists the citations that hold after edge `n`. */
export interface Marked {
  text: string;
  sets: number[][];
}

/** A piece of text and the citations that support it. */
export interface Piece {
  text: string;
  cites: readonly number[];
}

const FIRST = 0xf0000;
const LAST = 0xffffd;
const EDGES = /[\u{F0000}-\u{FFFFD}]/gu;
const NONE: readonly number[] = [];

export function mark(text: string, citations: readonly Span[]): Marked {
  // What looks like an edge in the text itself is shown as a character that cannot be shown.
  const points = [...text.replace(EDGES, "\ufffd")];
  const usable = citations.map(({ span }, index) => ({ index, start: span[0] ?? 0, end: span[1] ?? 0 }))
    .filter(({ start, end }) => start >= 0 && start < end && end <= points.length);
  const edges = [...new Set(usable.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  if (edges.length > LAST - FIRST) return { text: points.join(""), sets: [] };
  const parts: string[] = [];
  const sets: number[][] = [];
  let from = 0;
  for (const edge of edges) {
    parts.push(points.slice(from, edge).join(""), String.fromCodePoint(FIRST + sets.length));
    sets.push(usable.filter(({ start, end }) => start <= edge && edge < end).map(({ index }) => index));
    from = edge;
  }
  parts.push(points.slice(from).join(""));
  return { text: parts.join(""), sets };
}

/** Takes edges out of token after token, in the order of the text. */
export class Unmarker {
  private current: readonly number[] = NONE;
  private readonly sets: number[][];

  constructor(sets: number[][]) {
    this.sets = sets;
  }

  pieces(text: string): Piece[] {
    const pieces: Piece[] = [];
    let from = 0;
    for (const edge of text.matchAll(EDGES)) {
      if (edge.index > from) pieces.push({ text: text.slice(from, edge.index), cites: this.current });
      this.current = this.sets[(edge[0].codePointAt(0) ?? FIRST) - FIRST] ?? NONE;
      from = edge.index + edge[0].length;
    }
    if (from < text.length) pieces.push({ text: text.slice(from), cites: this.current });
    return pieces;
  }
}

export const withoutEdges = (text: string): string => text.replace(EDGES, "");

/** The text of a span. */
export const spanText = (text: string, span: readonly number[]): string => [...text].slice(span[0] ?? 0, span[1] ?? 0).join("");

const ENDS = new Set([".", "!", "?", "。"]);

/** The sentence or list item that a span stands in, without markup. */
export function sentenceAt(text: string, span: readonly number[]): string {
  const points = [...text];
  let start = span[0] ?? 0;
  let end = span[1] ?? start;
  const breaks = (at: number): boolean => points[at] === "\n" || (ENDS.has(points[at] ?? "") && /^\s?$/.test(points[at + 1] ?? ""));
  while (start > 0 && !breaks(start - 1)) start -= 1;
  while (end < points.length && !breaks(end)) end += 1;
  return points.slice(start, end + 1).join("").replace(/^[\s>#*|-]+/, "").replace(/[*_`|]+/g, "").trim();
}
