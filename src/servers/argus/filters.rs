//! The search request of the three filter families.
//!
//! One table with what the kinds have in common, and what only match filters
//! know. Code is never asked for here; it comes with the tools that read one
//! filter. Does not know paging or results.

use crate::servers::argus::criteria;
use crate::servers::argus::criteria::choices;
use crate::servers::argus::criteria::ids;
use crate::servers::argus::criteria::names;
use crate::servers::argus::criteria::switch;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Rule;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::filter_values::FilterKind;
use crate::servers::argus::filter_values::MATCH;
use crate::servers::argus::filter_values::MATCH_EVENT_FLAGS;
use crate::servers::argus::filter_values::MATCH_TYPES;
use crate::servers::argus::filter_values::USER_FIELDS;

/// The arguments of a search over filters of a kind: `{request}`.
pub fn arguments(kind: &'static FilterKind) -> Shape {
    request(kind, Vec::new(), Vec::new())
}

/// The arguments of a search over match filters, which have criteria of their own.
pub fn match_arguments() -> Shape {
    request(&MATCH, match_fields(), vec![criteria::apart("includeEventFlag", "excludeEventFlag")])
}

fn request(kind: &'static FilterKind, own: Vec<Field>, own_rules: Vec<Rule>) -> Shape {
    let mut rules = vec![criteria::apart("includeFilterFlag", "excludeFilterFlag")];
    rules.extend(own_rules);
    let mut fields = filters(kind, own.clone());
    let [ascending, descending] = relatives();
    fields.splice(2..2, [ascending.or(false), descending.or(true)]);
    fields.push(criteria::sort_by(kind.sort_fields, kind.sort_doc).or(vec!["-lastUpdated"]));
    fields.extend(criteria::paging(25));
    let mut inner = filters(kind, own);
    inner.splice(2..2, relatives());
    let alone = &[
        "required",
        "exclude",
        "includeAscendingCustomer",
        "includeDescendingCustomer",
        "includeDeleted",
        "keywordFieldStrategy",
        "keywordMatchStrategy",
        "userFieldStrategy",
        "userMatchStrategy",
    ];
    fields.push(criteria::sub_criteria(inner, alone, rules.clone()));
    fields.push(Field::fixed("includeCode", false));
    Shape::of(vec![criteria::request(Shape::of(fields).with_rules(rules), kind.request_doc)])
}

fn relatives() -> [Field; 2] {
    [
        switch("includeAscendingCustomer", "Filters of parent customers too.").rest("includeAscendingCustomers"),
        switch("includeDescendingCustomer", "Filters of child customers too.").rest("includeDescendingCustomers"),
    ]
}

fn filters(kind: &'static FilterKind, own: Vec<Field>) -> Vec<Field> {
    let mut fields = vec![
        ids("filterID", "Filter IDs; any of them."),
        names("customer", "Customer IDs or short names; any of them."),
    ];
    fields.extend(criteria::flags(
        ("includeFilterFlag", "All of these must be set."),
        ("excludeFilterFlag", "None of these may be set."),
        kind.flags,
    ));
    fields.extend(own);
    fields.extend(criteria::keywords(
        kind.keyword_fields,
        "Where to look (Argus takes all).",
        "Whether all or any of the words must be found (Argus takes all).",
    ));
    let doc = "Time range; none means no bound. Argus compares with lastUpdated unless told otherwise.";
    fields.push(criteria::time_filter(kind.time_fields, doc).field());
    fields.extend(criteria::users(USER_FIELDS));
    fields.extend([
        Field::new(
            "userMatchStrategy",
            Kind::one_of(&["any", "all"]),
            "Whether any or all of the users must fit (Argus takes all).",
        ),
        switch("includeDeleted", "Deleted filters too (Argus takes false)."),
    ]);
    fields
}

fn match_fields() -> Vec<Field> {
    vec![
        ids("alarmID", "Alarm IDs; any of them."),
        names("attackCategory", "Attack category IDs or short names."),
        ids("associateCaseID", "IDs of cases the filter associates events with.").rest("associatedCaseID"),
        names("location", "Location IDs or short names."),
        choices("filterType", MATCH_TYPES, "Kinds of match filter."),
        choices(
            "includeEventFlag",
            MATCH_EVENT_FLAGS,
            "Event flags the filter asks for, from listAllowedMatchFilterEventFlags; all of them.",
        )
        .rest("includeEventFlags"),
        choices(
            "excludeEventFlag",
            MATCH_EVENT_FLAGS,
            "Event flags the filter rules out, from listAllowedMatchFilterEventFlags; all of them.",
        )
        .rest("excludeEventFlags"),
    ]
}
