//! The fields that requests of several families have in common.
//!
//! Each is declared once: how a list of names, words, flags, times or a page is
//! asked for, and what sub-criteria may hold. Knows no family.

use serde_json::Map;
use serde_json::Value;

use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Lift;
use crate::servers::argus::fields::Rule;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::time::TimeText;
use crate::servers::argus::time::classify;
use crate::servers::argus::validate::Problems;
use crate::servers::argus::validate::join;

/// Highest offset plus limit where Argus searches a window only.
const SEARCH_WINDOW: i64 = 10_000;

/// Text of one keyword.
const KEYWORD: Kind = Kind::Text { max: 200 };

/// The `request` argument, whose fields are the REST body.
pub fn request(shape: Shape, doc: &'static str) -> Field {
    Field::new("request", Kind::Object(shape), doc).required().lifted(Lift::Sent)
}

/// A list of IDs or short names.
pub fn names(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Kind::Name.list(), doc)
}

/// A list of numeric IDs.
pub fn ids(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Kind::at_least(1).list(), doc)
}

/// A list of texts that must match exactly.
pub fn texts(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Kind::Text { max: 1_000 }.list(), doc)
}

/// A list of values out of a fixed list.
pub fn choices(name: &'static str, values: &'static [&'static str], doc: &'static str) -> Field {
    Field::new(name, Kind::one_of(values).list(), doc)
}

/// A true or false that is only sent when it is set.
pub fn switch(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Kind::Boolean, doc)
}

/// Words, where to look for them, and how many of them must be found.
pub fn keywords(places: &'static [&'static str], places_doc: &'static str, match_doc: &'static str) -> [Field; 3] {
    [
        Field::new("keywords", KEYWORD.list(), "Words to look for."),
        choices("keywordFieldStrategy", places, places_doc),
        Field::new("keywordMatchStrategy", Kind::one_of(&["all", "any"]), match_doc),
    ]
}

/// Keywords of a list tool, which knows no places.
pub fn words() -> Field {
    Field::new("keywords", KEYWORD.list(), "Words to look for.")
}

/// Users and the roles in which they appear.
pub fn users(roles: &'static [&'static str]) -> [Field; 2] {
    [
        names("user", "Users or groups, by ID or short name."),
        choices("userFieldStrategy", roles, "In which role the users appear (Argus takes all)."),
    ]
}

/// A pair of flag lists, each with its name and doc, sent as `includeFlags` and
/// `excludeFlags`. The rule that they share no entry goes with it: [`apart`].
pub fn flags(
    include: (&'static str, &'static str),
    exclude: (&'static str, &'static str),
    values: &'static [&'static str],
) -> [Field; 2] {
    [
        choices(include.0, values, include.1).rest("includeFlags"),
        choices(exclude.0, values, exclude.1).rest("excludeFlags"),
    ]
}

/// The rule for a pair of flag lists.
pub fn apart(include: &'static str, exclude: &'static str) -> Rule {
    Rule::Disjoint(include, exclude)
}

/// The order of results, by the names in `fields`.
pub fn sort_by(fields: &'static [&'static str], doc: &'static str) -> Field {
    Field::new("sortBy", Kind::Sort { names: fields }.list(), doc)
}

/// The paging pair every list tool has.
pub fn paging(limit: u64) -> [Field; 2] {
    [
        Field::new("limit", Kind::Integer { min: 1, max: 100 }, "Items in one page.").or(limit),
        Field::new("offset", Kind::at_least(0), "Items to skip: the nextOffset of the page before.").or(0),
    ]
}

/// The rule of endpoints that search a window: offset plus limit is bounded.
pub fn within_window() -> Rule {
    Rule::Check(|object, path, problems| {
        let number = |name: &str| object.get(name).and_then(Value::as_i64).unwrap_or(0);
        if number("offset").saturating_add(number("limit")) > SEARCH_WINDOW {
            let problem = format!("limit plus offset must be at most {SEARCH_WINDOW}");
            let got = object.get("offset").cloned().unwrap_or_default();
            problems.add(join(path, "offset"), problem, &got);
        }
    })
}

/// `exclude` and `required` of an item.
pub fn exclude_required() -> [Field; 2] {
    [switch("exclude", "Remove matches."), switch("required", "Must match as well.")]
}

/// An item that is one of several, combined with OR: it must hold more than the
/// fields `alone`, and cannot be both required and excluded.
pub fn item(mut fields: Vec<Field>, alone: &'static [&'static str], rules: Vec<Rule>) -> Shape {
    fields.extend(exclude_required());
    let mut all = vec![Rule::MoreThan(alone), Rule::NotBoth("required", "exclude")];
    all.extend(rules);
    Shape::of(fields).with_rules(all)
}

/// Further criteria with the same filter fields, one level deep.
pub fn sub_criteria(fields: Vec<Field>, alone: &'static [&'static str], rules: Vec<Rule>) -> Field {
    let shape = item(fields, alone, rules)
        .shown_as("Any of the filter fields of request, plus the booleans exclude and required.");
    Field::new(
        "subCriteria",
        Kind::Object(shape).list(),
        "Further criteria, combined with OR; required makes one an AND, exclude removes its matches.",
    )
}

/// A start or end of a range.
pub fn time(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Kind::Time, doc)
}

/// The shared time range object; `strategies` are the time fields of the family.
pub fn time_filter(strategies: &'static [&'static str], doc: &'static str) -> TimeFilter {
    TimeFilter { strategies, doc, start: None, end: None }
}

/// A time range whose ends may have defaults.
pub struct TimeFilter {
    strategies: &'static [&'static str],
    doc: &'static str,
    start: Option<&'static str>,
    end: Option<&'static str>,
}

impl TimeFilter {
    /// Sets the start that is used when none is given.
    pub fn from(mut self, start: &'static str) -> Self {
        self.start = Some(start);
        self
    }

    /// Sets the end that is used when none is given.
    pub fn to(mut self, end: &'static str) -> Self {
        self.end = Some(end);
        self
    }

    /// The field.
    pub fn field(self) -> Field {
        let mut start = time(
            "startTimestamp",
            "Start: milliseconds since 1970, ISO 8601 in UTC with Z, or a relative string such as \
             startOfDay -7 days.",
        );
        let mut end = time("endTimestamp", "End, in the same forms; for example now.");
        start.default = self.start.map(Value::from);
        end.default = self.end.map(Value::from);
        let mut fields = vec![start, end];
        if !self.strategies.is_empty() {
            fields.extend([
                choices("timeFieldStrategy", self.strategies, "Time fields the range is compared with."),
                Field::new(
                    "timeMatchStrategy",
                    Kind::one_of(&["any", "all"]),
                    "Whether any or all of those fields must lie in the range (Argus takes any).",
                ),
            ]);
        }
        let shape = Shape::of(fields).with_rules(vec![Rule::Check(start_before_end)]);
        Field::new("timeFilter", Kind::Object(shape), self.doc).lifted(Lift::Both)
    }
}

/// Two fixed ends must be in order.
pub fn start_before_end(object: &Map<String, Value>, path: &str, problems: &mut Problems) {
    let read = |name: &str| classify(object.get(name)?.as_str()?).ok();
    if let (Some(TimeText::Absolute(start)), Some(TimeText::Absolute(end))) =
        (read("startTimestamp"), read("endTimestamp"))
        && start >= end
    {
        let got = object.get("startTimestamp").cloned().unwrap_or(Value::Null);
        problems.add(join(path, "startTimestamp"), "must be before endTimestamp", &got);
    }
}
