// Markdown as elements of our own, never as HTML: the parser gives tokens and each of them
// becomes an element here. Raw HTML stays text, images are not loaded, and addresses show
// as text, for what a model writes may come from the data it was given. A definition of a link
// shows as it was written, for what was approved must not vanish.
import { marked } from "marked";
import type { Token, Tokens } from "marked";
import type { ComponentChildren, VNode } from "preact";
import { useMemo } from "preact/hooks";
import { Unmarker, mark, withoutEdges } from "./marks.ts";
import type { Piece, Span } from "./marks.ts";

export type Cited = (text: string, cites: readonly number[]) => ComponentChildren;

interface Properties {
  text: string;
  citations?: readonly Span[];
  /** Draws a piece of text that is supported. */
  cited?: Cited;
}

const NOTHING: readonly Span[] = [];

export function Markdown({ text, citations = NOTHING, cited }: Properties): VNode {
  const parsed = useMemo(() => {
    const prepared = mark(text, citations);
    return { tokens: marked.lexer(prepared.text, { gfm: true, breaks: true }), sets: prepared.sets };
  }, [text, citations]);
  const draw = new Drawing(new Unmarker(parsed.sets), cited);
  return <div class="markdown">{draw.blocks(parsed.tokens)}</div>;
}

/** The box of a task, as text. */
const box = ({ checked }: Tokens.Checkbox): string => (checked ? "☑ " : "☐ ");

class Drawing {
  private readonly unmarker: Unmarker;
  private readonly cited: Cited | undefined;

  constructor(unmarker: Unmarker, cited: Cited | undefined) {
    this.unmarker = unmarker;
    this.cited = cited;
  }

  blocks(tokens: Token[]): ComponentChildren[] {
    return tokens.map((token) => this.block(token));
  }

  private block(token: Token): ComponentChildren {
    switch (token.type) {
      case "space":
        return null;
      case "checkbox":
        return box(token as Tokens.Checkbox);
      case "hr":
        return <hr />;
      case "heading":
        // The page has headings of its own above these.
        return <p class={`heading heading-${(token as Tokens.Heading).depth}`}>{this.inline(token)}</p>;
      case "blockquote":
        return <blockquote>{this.blocks((token as Tokens.Blockquote).tokens)}</blockquote>;
      case "code":
        return <pre tabIndex={0}><code>{this.text((token as Tokens.Code).text)}</code></pre>;
      case "list":
        return this.list(token as Tokens.List);
      case "table":
        return this.table(token as Tokens.Table);
      case "paragraph":
        return <p>{this.inline(token)}</p>;
      case "text":
        return this.inline(token);
      default:
        return <p>{this.text(token.raw)}</p>;
    }
  }

  private list(list: Tokens.List): VNode {
    const items = list.items.map((item) => <li>{this.blocks(item.tokens)}</li>);
    return list.ordered ? <ol start={Number(list.start) || 1}>{items}</ol> : <ul>{items}</ul>;
  }

  private table(table: Tokens.Table): VNode {
    const head = table.header.map((cell) => <th scope="col">{this.inline(cell)}</th>);
    const rows = table.rows.map((row) => <tr>{row.map((cell) => <td>{this.inline(cell)}</td>)}</tr>);
    return (
      <div class="table-scroll" tabIndex={0} role="group">
        <table>
          <thead><tr>{head}</tr></thead>
          <tbody>{rows}</tbody>
        </table>
      </div>
    );
  }

  /** The inline tokens of a block, or its text where it has none. */
  private inline(token: { tokens?: Token[]; text?: string; raw?: string }): ComponentChildren {
    if (token.tokens) return token.tokens.map((inner) => this.span(inner));
    return this.text(token.text ?? token.raw ?? "");
  }

  private span(token: Token): ComponentChildren {
    switch (token.type) {
      case "strong":
        return <strong>{this.inline(token)}</strong>;
      case "em":
        return <em>{this.inline(token)}</em>;
      case "del":
        return <del>{this.inline(token)}</del>;
      case "codespan":
        return <code>{this.text((token as Tokens.Codespan).text)}</code>;
      case "br":
        return <br />;
      case "link":
        return this.address(token as Tokens.Link);
      case "image":
        return this.address(token as Tokens.Image);
      case "escape":
      case "text":
        return this.inline(token as Tokens.Text);
      case "checkbox":
        return box(token as Tokens.Checkbox);
      default:
        return this.text(token.raw);
    }
  }

  /** A link or image as text: what it says, and where it would lead. */
  private address(token: Tokens.Link | Tokens.Image): VNode {
    const href = withoutEdges(token.href);
    const says = withoutEdges(token.text);
    const content = token.type === "link" ? this.inline(token) : this.text(token.text);
    const title = withoutEdges(token.title ?? "");
    const plain = says === href || `mailto:${says}` === href || `http://${says}` === href;
    return <span class="address">{content}{plain ? null : <code>{href}</code>}{title ? ` “${title}”` : null}</span>;
  }

  private text(text: string): ComponentChildren {
    return this.unmarker.pieces(text).map((piece) => this.piece(piece));
  }

  private piece({ text, cites }: Piece): ComponentChildren {
    if (cites.length === 0 || !this.cited || text.trim() === "") return text;
    return this.cited(text, cites);
  }
}
