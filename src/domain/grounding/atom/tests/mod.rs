//! Tables per language, and properties over any string.

mod identifiers;
mod numbers;
mod properties;
mod times;

use crate::domain::grounding::atom::Atom;
use crate::domain::grounding::atom::AtomKind;
use crate::domain::grounding::atom::Decimal;
use crate::domain::grounding::atom::Identifier;
use crate::domain::grounding::atom::NumberAtom;
use crate::domain::grounding::atom::scan;
use crate::domain::lang::Lang;

fn printed<'t>(text: &'t str, atoms: &[Atom]) -> Vec<&'t str> {
    atoms.iter().map(|atom| atom.span.of(text)).collect()
}

fn numbers(text: &str, lang: Lang) -> Vec<NumberAtom> {
    scan(text, Some(lang))
        .into_iter()
        .filter_map(|atom| match atom.kind {
            AtomKind::Number(number) => Some(number),
            _ => None,
        })
        .collect()
}

fn identifiers_of(text: &str) -> Vec<Identifier> {
    scan(text, None)
        .into_iter()
        .filter_map(|atom| match atom.kind {
            AtomKind::Identifier(identifier) => Some(identifier),
            _ => None,
        })
        .collect()
}

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).expect("test data is a number")
}
