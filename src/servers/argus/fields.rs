//! The field table from which a tool's schema, its checks and its REST body come.
//!
//! A [`Shape`] lists the fields of one object: MCP name, accepted aliases, REST
//! name, kind, default. `schema.rs` shows it, `validate.rs` checks against it and
//! `body.rs` renames by it, so the three cannot drift apart and a translator's
//! output is the executed body by construction. Holds no behaviour of its own.

use serde_json::Map;
use serde_json::Value;

use crate::servers::argus::validate::Problems;

/// Entries allowed in a list unless a family says otherwise.
pub const MAX_ENTRIES: usize = 500;

/// Longest free text, in characters.
pub const MAX_TEXT: usize = 1_000;

/// One object: its fields in the order in which they are shown and sent.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    /// The fields.
    pub fields: Vec<Field>,
    /// What must hold between fields.
    pub rules: Vec<Rule>,
    /// A sentence shown in place of the fields, where listing them again would
    /// only make the schema long. The checks are the same.
    pub shown_as: Option<&'static str>,
}

/// A condition over several fields of one object.
#[derive(Debug, Clone)]
pub enum Rule {
    /// At least one field other than these is set.
    MoreThan(&'static [&'static str]),
    /// At least one of these is set.
    AnyOf(&'static [&'static str]),
    /// The two flags are not both true.
    NotBoth(&'static str, &'static str),
    /// The two lists share no entry.
    Disjoint(&'static str, &'static str),
    /// The objects of the list differ in this field.
    Unique(&'static str, &'static str),
    /// Anything else; gets the checked object and its path.
    Check(fn(&Map<String, Value>, &str, &mut Problems)),
}

/// One field.
#[derive(Debug, Clone)]
pub struct Field {
    /// Canonical MCP name.
    pub name: &'static str,
    /// Further names accepted, never listed.
    pub aliases: &'static [&'static str],
    /// Name in the REST body or query.
    pub rest: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// One line for the reader of the schema.
    pub doc: &'static str,
    /// Whether leaving it out is a problem.
    pub required: bool,
    /// Value used when it is left out.
    pub default: Option<Value>,
    /// Where the fields of this object stand, if it is one.
    pub lift: Lift,
}

/// Where the fields of a nested object stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lift {
    /// Inside it.
    No,
    /// One level up in REST.
    Sent,
    /// One level up in REST, and they may stand there in the arguments too.
    Both,
}

/// A check outside the common kinds.
#[derive(Debug)]
pub struct Checked {
    /// The JSON schema of the value.
    pub schema: fn() -> Value,
    /// Returns the normalised value, or a sentence saying what is expected.
    pub check: fn(&Value) -> Result<Value, String>,
    /// Values that pass unchanged.
    pub examples: &'static [&'static str],
}

/// What a field may hold.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Text of 1 to `max` characters.
    Text {
        /// Longest text, in characters.
        max: usize,
    },
    /// An ID or a short name; numbers are taken as text.
    Name,
    /// A whole number; digit strings are accepted.
    Integer {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// A number, whole or not, of at least `min`.
    Number {
        /// Smallest.
        min: f64,
    },
    /// true or false.
    Boolean,
    /// true or false, of which REST asks the opposite under its own name.
    Negated,
    /// One of a fixed list, case-sensitive.
    OneOf {
        /// The values shown and accepted.
        values: &'static [&'static str],
        /// Values that are sent under another spelling.
        sent_as: &'static [(&'static str, &'static str)],
    },
    /// A sort field, optionally with a leading `-`.
    Sort {
        /// The fields.
        names: &'static [&'static str],
    },
    /// A time string.
    Time,
    /// A UUID, sent in lower case.
    Uuid,
    /// Something with a check of its own.
    Checked(&'static Checked),
    /// A list without repeats; a single value is wrapped.
    List {
        /// What the entries hold.
        of: Box<Kind>,
        /// Most entries.
        max: usize,
    },
    /// One value that REST takes as a list.
    Single(Box<Kind>),
    /// A nested object.
    Object(Shape),
    /// Always sent with this value; no argument.
    Fixed(Value),
}

impl Kind {
    /// One of `values`, sent as it is.
    pub fn one_of(values: &'static [&'static str]) -> Self {
        Self::OneOf { values, sent_as: &[] }
    }

    /// A whole number of at least `min`.
    pub fn at_least(min: i64) -> Self {
        Self::Integer { min, max: i64::MAX }
    }

    /// A list of these with the common bound.
    pub fn list(self) -> Self {
        self.list_of_up_to(MAX_ENTRIES)
    }

    /// A list of at most `max` of these.
    pub fn list_of_up_to(self, max: usize) -> Self {
        Self::List { of: Box::new(self), max }
    }
}

impl Field {
    /// An optional field whose REST name is its own.
    pub fn new(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { name, aliases: &[], rest: name, kind, doc, required: false, default: None, lift: Lift::No }
    }

    /// Sets the REST name.
    pub fn rest(mut self, rest: &'static str) -> Self {
        self.rest = rest;
        self
    }

    /// Adds accepted names; the REST name is accepted anyhow.
    pub fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Makes leaving it out a problem.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Sets the value used when it is left out.
    pub fn or(mut self, default: impl Into<Value>) -> Self {
        self.default = Some(default.into());
        self
    }

    /// A constant of the REST request.
    pub fn fixed(name: &'static str, value: impl Into<Value>) -> Self {
        Self::new(name, Kind::Fixed(value.into()), "")
    }

    /// Makes the fields of this object stand one level up.
    pub fn lifted(mut self, lift: Lift) -> Self {
        self.lift = lift;
        self
    }

    /// Whether it can be set by arguments.
    pub fn is_argument(&self) -> bool {
        !matches!(self.kind, Kind::Fixed(_))
    }

    /// Whether `name` means this field.
    pub fn answers_to(&self, name: &str) -> bool {
        let same_in_rest = self.lift == Lift::No && !matches!(self.kind, Kind::Negated);
        self.is_argument() && (name == self.name || (same_in_rest && name == self.rest) || self.aliases.contains(&name))
    }

    /// Whether `name` and `value` are a constant of the REST request. Nothing is
    /// wrong with repeating it, as whoever passes on a translator's output does.
    pub fn repeats(&self, name: &str, value: &Value) -> bool {
        name == self.rest && matches!(&self.kind, Kind::Fixed(fixed) if fixed == value)
    }
}

impl Shape {
    /// An object with these fields and no rules.
    pub fn of(fields: Vec<Field>) -> Self {
        Self { fields, rules: Vec::new(), shown_as: None }
    }

    /// Shows a sentence in place of the fields.
    pub fn shown_as(mut self, sentence: &'static str) -> Self {
        self.shown_as = Some(sentence);
        self
    }

    /// Adds rules.
    pub fn with_rules(mut self, rules: Vec<Rule>) -> Self {
        self.rules = rules;
        self
    }
}
