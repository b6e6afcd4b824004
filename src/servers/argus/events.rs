//! The search request of the event family, and its portal link.
//!
//! One table serves the translator and the execute tool; statistics take the
//! same filters. Beyond renaming, the
//! index range is derived from the time range, since Argus searches only the
//! current day's index unless told otherwise. Does not know paging or results.

use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::criteria;
use crate::servers::argus::criteria::switch;
use crate::servers::argus::event_values::ENDPOINT_FLAGS;
use crate::servers::argus::event_values::FLAGS;
use crate::servers::argus::event_values::SEVERITIES;
use crate::servers::argus::event_values::SORT_FIELDS;
use crate::servers::argus::event_values::TIME_FIELDS;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Rule;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::identifier::EVENT_IDENTIFIER;
use crate::servers::argus::network::ADDRESS;
use crate::servers::argus::network::COUNTRY;
use crate::servers::argus::network::DOMAIN;
use crate::servers::argus::time;
use crate::servers::argus::time::TimeText;
use crate::servers::argus::validate::Problems;
use crate::servers::argus::validate::join;

/// Entries allowed in one list of event criteria.
const MAX_CRITERIA: usize = 10_000;

/// A search that starts further back than this gets a warning about its run time.
const LONG_RANGE: SignedDuration = SignedDuration::from_hours(31 * 24);

/// The arguments of the translator and of the search: `{request, includeProperties}`.
pub fn arguments() -> Shape {
    Shape::of(vec![criteria::request(request(), "The event search to make."), include_properties(false)])
}

/// The `includeProperties` argument.
pub fn include_properties(default: bool) -> Field {
    Field::new("includeProperties", Kind::Boolean, "Add all properties to each event.")
        .rest("includeAllProperties")
        .or(default)
}

/// The `eventIdentifier` argument of the tools about one event.
pub fn event_identifier() -> Field {
    let doc = "timestampEpochMillis/customerID/eventUUID.";
    Field::new("eventIdentifier", Kind::Checked(&EVENT_IDENTIFIER), doc).aliases(&["id"]).required()
}

/// The sort argument of lists of events.
pub fn sort_by() -> Field {
    criteria::sort_by(SORT_FIELDS, "Sort fields, from listAllowedEventSortBy.").or(vec!["-lastEventTimestamp"])
}

/// The search request.
pub fn request() -> Shape {
    let mut fields = filters();
    fields.extend([
        switch("includeComments", "Add comments to each event (Argus takes false)."),
        switch("includeSubEvents", "Add the identifiers of the events inside an aggregate (Argus takes false)."),
        sort_by(),
    ]);
    fields.extend(criteria::paging(25));
    fields.push(sub_criteria());
    Shape::of(fields).with_rules(rules())
}

/// The filters of statistics: those of a search, with the same sub-criteria.
pub fn filter() -> Shape {
    let mut fields = filters();
    fields.push(sub_criteria());
    Shape::of(fields).with_rules(rules())
}

fn rules() -> Vec<Rule> {
    vec![flags_disjoint(), Rule::Check(end_needs_start)]
}

fn filters() -> Vec<Field> {
    let doc = "Time range; without a start it starts at startOfDay, without an end it ends now.";
    let mut fields = matches();
    fields.push(criteria::time_filter(TIME_FIELDS, doc).to("now").field());
    fields
}

fn flags_disjoint() -> Rule {
    criteria::apart("includeEventFlag", "excludeEventFlag")
}

/// The default start is today, so a fixed end without a start would as a rule
/// ask for an empty range and read as "nothing matched".
fn end_needs_start(object: &Map<String, Value>, path: &str, problems: &mut Problems) {
    let Some(filter) = object.get("timeFilter") else {
        return;
    };
    let end = filter["endTimestamp"].as_str().unwrap_or_default();
    let absolute = matches!(time::classify(end), Ok(TimeText::Absolute(_)));
    if absolute && filter.get("startTimestamp").is_none() {
        let path = join(path, "timeFilter.startTimestamp");
        let problem = "is needed beside a fixed endTimestamp (the default start is startOfDay)";
        problems.add(path, problem, &Value::Null);
    }
}

fn sub_criteria() -> Field {
    let mut fields = matches();
    fields.push(criteria::time_filter(TIME_FIELDS, "Time range.").field());
    criteria::sub_criteria(fields, &["required", "exclude", "includeUnpublished"], vec![flags_disjoint()])
}

fn list(kind: Kind) -> Kind {
    kind.list_of_up_to(MAX_CRITERIA)
}

/// A list of items of attack, endpoint or property.
fn items(fields: Vec<Field>, alone: &'static [&'static str], rules: Vec<Rule>) -> Kind {
    list(Kind::Object(criteria::item(fields, alone, rules)))
}

fn matches() -> Vec<Field> {
    vec![
        Field::new("associateCaseID", list(Kind::at_least(0)), "IDs of associated cases; 0 means events with no case.")
            .rest("associatedCase"),
        Field::new("attack", attack(), "Attacks; items are combined with OR unless required."),
        Field::new("customer", list(Kind::Name), "Customer IDs or short names; any of them."),
        Field::new("domain", list(Kind::Checked(&DOMAIN)), "Fully qualified domain names."),
        Field::new("endpoint", endpoint(), "Sources and destinations."),
        Field::new(
            "eventIdentifier",
            list(Kind::Checked(&EVENT_IDENTIFIER)),
            "Events by identifier: timestampEpochMillis/customerID/eventUUID.",
        ),
        Field::new("property", property(), "Properties of the event."),
        Field::new("severity", list(Kind::one_of(SEVERITIES)), "Severities; any of them."),
        Field::new("type", list(Kind::one_of(&["aggregated", "raw"])), "Kinds of event; none means both."),
        Field::new("includeEventFlag", list(Kind::one_of(FLAGS)), "From listAllowedEventFlags; all must be set.")
            .rest("includeFlag"),
        Field::new("excludeEventFlag", list(Kind::one_of(FLAGS)), "From listAllowedEventFlags; none may be set.")
            .rest("excludeFlag"),
        Field::new(
            "includeUnpublished",
            Kind::Boolean,
            "false leaves out events whose publication lies ahead (Argus takes true).",
        ),
        Field::new(
            "productionCustomers",
            Kind::Boolean,
            "true: leave out customers not in production; false: only those.",
        ),
    ]
}

fn attack() -> Kind {
    let fields = vec![
        Field::new("alarm", list(Kind::Name), "Alarm IDs or short names."),
        Field::new("attackCategory", list(Kind::Name), "Category IDs or short names."),
        Field::new("signature", list(Kind::Text { max: 1_000 }), "Signature names."),
    ];
    items(fields, &["required", "exclude"], Vec::new())
}

fn endpoint() -> Kind {
    let fields = vec![
        Field::new("ip", list(Kind::Checked(&ADDRESS)), "Addresses or CIDR networks."),
        Field::new("port", list(Kind::Integer { min: 0, max: 65_535 }), "Ports."),
        Field::new("countryCode", list(Kind::Checked(&COUNTRY)), "Country codes of two upper-case letters."),
        Field::new("minMaskBits", Kind::Integer { min: 0, max: 128 }, "Least prefix length."),
        Field::new(
            "endpointFieldStrategy",
            Kind::one_of(&["source", "destination", "all"]),
            "Which end to look at (Argus takes all).",
        ),
        Field::new(
            "includeEndpointFlag",
            list(Kind::one_of(ENDPOINT_FLAGS)),
            "From listAllowedEndpointFlags; all must be set.",
        )
        .rest("includeFlag"),
        Field::new(
            "excludeEndpointFlag",
            list(Kind::one_of(ENDPOINT_FLAGS)),
            "From listAllowedEndpointFlags; none may be set.",
        )
        .rest("excludeFlag"),
    ];
    let disjoint = Rule::Disjoint("includeEndpointFlag", "excludeEndpointFlag");
    items(fields, &["required", "exclude", "endpointFieldStrategy"], vec![disjoint])
}

fn property() -> Kind {
    let fields = vec![
        Field::new("key", Kind::Text { max: 200 }, "Name of the property; none: any property."),
        Field::new("value", list(Kind::Text { max: 1_000 }), "Values; none tests for presence."),
        Field::new(
            "valueMatchStrategy",
            Kind::one_of(&["any", "all"]),
            "Whether any or all values must match (Argus takes any).",
        ),
        Field::new(
            "valueSearchStrategy",
            Kind::one_of(&["exact", "tokenized"]),
            "How values are compared (Argus takes exact).",
        ),
    ];
    let alone = &["required", "exclude", "valueMatchStrategy", "valueSearchStrategy"];
    items(fields, alone, Vec::new())
}

/// Adds to a REST body what the time range means for the indexes searched.
pub fn with_index_range(body: &mut Map<String, Value>) {
    // Argus would start in 1970 otherwise, and search today's index only.
    let start = body.entry("startTimestamp").or_insert_with(|| json!("startOfDay")).clone();
    let end = index_end(body.get("endTimestamp").and_then(Value::as_str).unwrap_or_default());
    body.insert("indexStartTimestamp".to_owned(), start);
    body.insert("indexEndTimestamp".to_owned(), json!(end));
}

/// The end of the index range: the end of the time range unless that is a
/// relative string that may lie ahead.
fn index_end(end: &str) -> String {
    let ahead = matches!(time::classify(end), Ok(TimeText::Relative)) && end.contains('+');
    if ahead { "now".to_owned() } else { end.to_owned() }
}

/// A warning for criteria that reach far back, by the time `now`.
pub fn long_range_warning(criteria: &Map<String, Value>, now: Timestamp) -> Option<&'static str> {
    let start = criteria.get("startTimestamp")?.as_str()?;
    let back = now.duration_since(time::estimate(start, now)?);
    (back > LONG_RANGE).then_some("The search starts more than 31 days back; such searches may run long.")
}

/// A link that opens the criteria in the web portal, without paging.
pub fn search_link(portal_url: &str, criteria: &Map<String, Value>) -> String {
    let mut shared = criteria.clone();
    shared.shift_remove("limit");
    shared.shift_remove("offset");
    let text = Value::Object(shared).to_string();
    format!("{portal_url}/spa/events/search?q={}", base64_url(text.as_bytes()))
}

/// URL-safe base64 without padding.
fn base64_url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..=chunk.len() {
            let index = bits >> (18 - 6 * place) & 63;
            text.push(char::from(ALPHABET[index as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_url_safe_and_unpadded() {
        let rows: [(&[u8], &str); 5] =
            [(b"", ""), (b"f", "Zg"), (b"fo", "Zm8"), (b"foo", "Zm9v"), (&[0xfb, 0xff, 0xfe], "-__-")];
        for (bytes, text) in rows {
            assert_eq!(base64_url(bytes), text);
        }
    }

    #[test]
    fn a_search_far_back_is_warned_about() {
        let now: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let of = |start: &str| {
            let mut criteria = Map::new();
            criteria.insert("startTimestamp".to_owned(), json!(start));
            long_range_warning(&criteria, now).is_some()
        };
        assert!(of("startOfDay -40 days"));
        assert!(of("2026-01-01T00:00:00Z"));
        assert!(!of("startOfDay -7 days"));
        assert!(!of("somethingElse"));
    }
}
