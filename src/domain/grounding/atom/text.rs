//! The text as the scanner reads it: width-folded, with a map back to the original bytes, and cut
//! into tokens. Folds full-width ASCII, odd spaces, hyphens and curly quotes; letters of other
//! scripts stay what they are.

use crate::domain::grounding::atom::MAX_TEXT_BYTES;
use crate::domain::grounding::atom::Span;
use crate::domain::grounding::atom::lexicon::Phrase;
use crate::domain::grounding::atom::lexicon::starting_with;

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Letters of scripts written with spaces.
    Word,
    /// ASCII digits (after folding).
    Digits,
    /// Blanks inside a line.
    Space,
    /// A line break.
    Newline,
    /// One character of Japanese writing.
    Cjk,
    /// Any other single character.
    Punct,
}

/// A token with its place in the folded text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: usize,
    pub(super) end: usize,
    lower: (usize, usize),
    /// Lexicon phrases that begin with this word.
    pub(super) phrases: &'static [Phrase],
}

/// A text made ready for scanning.
#[derive(Debug)]
pub(super) struct Text {
    /// The folded text; identifiers are read from it.
    pub(super) folded: String,
    lower: String,
    /// Original offset for each folded byte, and for the end; empty when they are the same.
    map: Vec<usize>,
    /// All tokens in order.
    pub(super) tokens: Vec<Token>,
}

/// Folds one character; none of these changes the meaning of a token.
pub(super) fn fold_char(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).expect("the block maps onto printable ASCII"),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\u{2010}' | '\u{2011}' | '\u{2212}' => '-',
        '\u{2018}' | '\u{2019}' | '\u{02bc}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        '\u{301c}' => '~',
        _ => c,
    }
}

fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

fn kind_of(c: char) -> TokenKind {
    match c {
        '0'..='9' => TokenKind::Digits,
        '\n' | '\r' => TokenKind::Newline,
        _ if c.is_whitespace() => TokenKind::Space,
        _ if is_cjk(c) => TokenKind::Cjk,
        _ if c.is_alphabetic() => TokenKind::Word,
        _ => TokenKind::Punct,
    }
}

impl Text {
    /// Folds and cuts `text`, up to [`MAX_TEXT_BYTES`].
    pub(super) fn new(text: &str) -> Self {
        let mut cut = text.len().min(MAX_TEXT_BYTES);
        while !text.is_char_boundary(cut) {
            cut -= 1;
        }
        let text = text.get(..cut).unwrap_or("");
        let ascii = text.is_ascii();
        let mut folded = String::with_capacity(text.len());
        let mut map = Vec::new();
        if ascii {
            folded.push_str(text);
        } else {
            map.reserve(text.len() + 1);
            for (at, c) in text.char_indices() {
                folded.push(fold_char(c));
                map.resize(folded.len(), at);
            }
            map.push(text.len());
        }
        let mut this = Self { folded, lower: String::new(), map, tokens: Vec::new() };
        this.tokenize();
        this
    }

    fn tokenize(&mut self) {
        let mut lower = String::with_capacity(self.folded.len());
        let mut tokens: Vec<Token> = Vec::with_capacity(self.folded.len() / 3 + 8);
        for (at, c) in self.folded.char_indices() {
            let kind = kind_of(c);
            let from = lower.len();
            lower.extend(c.to_lowercase());
            let end = at + c.len_utf8();
            match tokens.last_mut() {
                Some(last)
                    if last.kind == kind && !matches!(kind, TokenKind::Punct | TokenKind::Cjk | TokenKind::Newline) =>
                {
                    last.end = end;
                    last.lower.1 = lower.len();
                }
                _ => tokens.push(Token { kind, start: at, end, lower: (from, lower.len()), phrases: &[] }),
            }
        }
        for token in &mut tokens {
            if matches!(token.kind, TokenKind::Word | TokenKind::Cjk) {
                token.phrases = starting_with(lower.get(token.lower.0..token.lower.1).unwrap_or(""));
            }
        }
        self.lower = lower;
        self.tokens = tokens;
    }

    /// The span in the original text for a range of the folded one.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        if self.map.is_empty() {
            return Span { start, end };
        }
        let at = |offset: usize| self.map.get(offset).copied().unwrap_or(start);
        Span { start: at(start), end: at(end) }
    }

    /// The kind of token `i`, if there is one.
    pub(super) fn kind(&self, i: usize) -> Option<TokenKind> {
        self.tokens.get(i).map(|token| token.kind)
    }

    /// Token `i` in lower case; empty past the end.
    pub(super) fn lower(&self, i: usize) -> &str {
        self.tokens.get(i).and_then(|token| self.lower.get(token.lower.0..token.lower.1)).unwrap_or("")
    }

    /// Token `i` as folded; empty past the end.
    pub(super) fn raw(&self, i: usize) -> &str {
        self.tokens.get(i).and_then(|token| self.folded.get(token.start..token.end)).unwrap_or("")
    }

    /// The digits of token `i`, if it is digits.
    pub(super) fn digits(&self, i: usize) -> Option<&str> {
        (self.kind(i) == Some(TokenKind::Digits)).then(|| self.raw(i))
    }

    /// The value of token `i`, if it is one to `most` digits.
    pub(super) fn small(&self, i: usize, most: usize) -> Option<i32> {
        self.digits(i).filter(|digits| digits.len() <= most.min(9)).and_then(|digits| digits.parse().ok())
    }

    /// Whether token `i` is the character `c`.
    pub(super) fn is(&self, i: usize, c: char) -> bool {
        let raw = self.raw(i);
        raw.starts_with(c) && raw.len() == c.len_utf8()
    }

    /// The index after token `i` if that is blank, else `i`.
    pub(super) fn skip_space(&self, i: usize) -> usize {
        i + usize::from(self.kind(i) == Some(TokenKind::Space))
    }

    /// The index of the last token before `i` that is not blank.
    pub(super) fn before(&self, i: usize) -> Option<usize> {
        let last = i.checked_sub(1)?;
        if self.kind(last) == Some(TokenKind::Space) { last.checked_sub(1) } else { Some(last) }
    }

    /// Whether a word or number touches token `i` from the left.
    pub(super) fn glued_left(&self, i: usize) -> bool {
        i > 0 && matches!(self.kind(i - 1), Some(TokenKind::Word | TokenKind::Digits))
    }

    /// Start of token `i` in the folded text.
    pub(super) fn start(&self, i: usize) -> usize {
        self.tokens.get(i).map_or(self.folded.len(), |token| token.start)
    }

    /// End of the token before `i` in the folded text.
    pub(super) fn end_before(&self, i: usize) -> usize {
        i.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(0, |token| token.end)
    }
}
