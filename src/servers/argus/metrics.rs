//! The aggregation request of the metric `ProcessingEventsPerFilter`.
//!
//! Beyond renaming, a body gets the smaller of the resolution and what Argus
//! takes, and is refused when it asks for more buckets than Argus gives. Key and
//! value names are those of the metric's descriptor and are not known here.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::criteria;
use crate::servers::argus::criteria::names;
use crate::servers::argus::criteria::switch;
use crate::servers::argus::error::Failure;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Lift;
use crate::servers::argus::fields::Rule;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::network::ADDRESS;
use crate::servers::argus::text::SCALAR;
use crate::servers::argus::time;
use crate::servers::argus::validate::Problems;
use crate::servers::argus::validate::join;

/// Largest resolution, and most buckets.
const MAX_BUCKETS: i64 = 10_000;

/// Levels of nested groups.
const MAX_LEVELS: usize = 3;

/// Values in one request.
const MAX_VALUES: usize = 50;

const FUNCTIONS: &[&str] = &["sum", "avg", "min", "max", "wavg", "sumOfSquares"];

const UNITS: &[&str] = &["milliseconds", "seconds", "minutes", "hours", "days"];

const INTERVALS: &[&str] = &["second", "minute", "hour", "day", "week", "month", "quarter", "year"];

/// The arguments: `{request: {filter, statistics, translateKey}}`.
pub fn arguments() -> Shape {
    let request = Shape::of(vec![
        Field::new("filter", Kind::Object(filter()), "Records to aggregate; without it, those of today.")
            .lifted(Lift::Both),
        Field::new("statistics", Kind::Object(statistics()), "Values, groups and time buckets; at least one value.")
            .required()
            .lifted(Lift::Sent),
        Field::new("translateKey", Kind::Negated, "Translate key values for display where possible.")
            .rest("skipKeyTranslation")
            .or(true),
    ]);
    Shape::of(vec![criteria::request(request, "The aggregation to make.")])
}

fn filter() -> Shape {
    let doc = "Time range, by when records reached the metric service; without it startOfDay to now.";
    Shape::of(vec![
        names("customer", "Customer IDs or short names; any of them."),
        criteria::time_filter(&[], doc).from("startOfDay").to("now").field(),
        Field::new(
            "customerDomain",
            Kind::Text { max: 200 },
            "Domain in which short names of customers are looked up.",
        ),
        Field::new("key", Kind::Object(key()).list(), "Values of descriptor keys.").rest("keyIntervals"),
        Field::new("timeZone", Kind::Text { max: 100 }, "Time zone of calendar buckets, for example Europe/Oslo."),
    ])
}

fn key() -> Shape {
    let bound = |name, doc| Field::new(name, Kind::Checked(&SCALAR), doc);
    Shape::of(vec![
        Field::new("name", Kind::Text { max: 200 }, "Name of the key.").required(),
        Field::new("values", Kind::Checked(&SCALAR).list(), "Any of these values."),
        bound("gt", "Greater than."),
        bound("gte", "At least."),
        bound("lt", "Less than."),
        bound("lte", "At most."),
        Field::new("cidrs", Kind::Checked(&ADDRESS).list(), "In any of these networks."),
    ])
    .with_rules(vec![Rule::MoreThan(&["name"]), Rule::Check(one_way_to_match)])
}

fn statistics() -> Shape {
    let value = Shape::of(vec![
        Field::new("name", Kind::Text { max: 200 }, "Name of the value.").required(),
        Field::new(
            "aggregationFunction",
            Kind::one_of(FUNCTIONS),
            "sum for totals, avg for plain means, wavg for weighted ones, min and max for extremes; \
             without it the function of the descriptor.",
        ),
        Field::new("weightByValue", Kind::Text { max: 200 }, "Name of the value that weighs; with wavg only."),
    ])
    .with_rules(vec![Rule::Check(weight_fits_function)]);
    let group = Shape::of(vec![
        Field::new("key", Kind::Text { max: 200 }, "Name of the key, or customer.").required(),
        Field::new("limit", Kind::Integer { min: 1, max: MAX_BUCKETS }, "Most groups.").or(10),
    ]);
    Shape::of(vec![
        Field::new("values", Kind::Object(value).list_of_up_to(MAX_VALUES), "Values to aggregate.").required(),
        Field::new("groupBy", Kind::Object(group).list_of_up_to(MAX_LEVELS), "Keys to group, split or compare by."),
        switch("includeOthers", "Add one group for the rest; true unless set, with groupBy only."),
        Field::new(
            "resolution",
            Kind::at_least(0),
            "Length of a time bucket in resolutionUnit; 0: the whole range in one bucket; at most 10000.",
        )
        .or(0),
        Field::new("resolutionUnit", Kind::one_of(UNITS), "Unit of resolution.").or("minutes"),
        Field::new("calendarInterval", Kind::one_of(INTERVALS), "Buckets by the calendar, in place of resolution."),
        Field::new("sortBy", Kind::Text { max: 200 }.list(), "Order of the aggregates."),
    ])
    .with_rules(vec![
        Rule::Unique("groupBy", "key"),
        Rule::Check(others_need_groups),
        Rule::Check(one_kind_of_bucket),
    ])
}

fn one_way_to_match(object: &Map<String, Value>, path: &str, problems: &mut Problems) {
    let ranged = ["gt", "gte", "lt", "lte"].iter().any(|name| object.contains_key(*name));
    let ways = [object.contains_key("values"), ranged, object.contains_key("cidrs")];
    if ways.iter().filter(|way| **way).count() > 1 {
        let problem = "must have values, or bounds, or cidrs, and not several of these";
        problems.add(path, problem, &Value::Object(object.clone()));
    }
}

fn weight_fits_function(object: &Map<String, Value>, path: &str, problems: &mut Problems) {
    let weighted = object.get("aggregationFunction").and_then(Value::as_str) == Some("wavg");
    let path = join(path, "weightByValue");
    match object.get("weightByValue") {
        None if weighted => problems.add(path, "is required with wavg", &Value::Null),
        Some(weight) if !weighted => problems.add(path, "is allowed with wavg only", weight),
        _ => {}
    }
}

fn others_need_groups(object: &Map<String, Value>, path: &str, problems: &mut Problems) {
    if let Some(others) = object.get("includeOthers")
        && !object.contains_key("groupBy")
    {
        problems.add(join(path, "includeOthers"), "is allowed with groupBy only", others);
    }
}

fn one_kind_of_bucket(object: &Map<String, Value>, path: &str, problems: &mut Problems) {
    let resolution = object.get("resolution").and_then(Value::as_i64).unwrap_or(0);
    if let Some(interval) = object.get("calendarInterval")
        && resolution > 0
    {
        let path = join(path, "calendarInterval");
        problems.add(path, "is not allowed beside a resolution above 0", interval);
    }
}

/// Completes a body.
///
/// # Errors
/// `INVALID_ARGUMENTS` for more buckets than Argus gives.
pub fn complete(backend: &Backend, body: &mut Map<String, Value>) -> Result<(), Failure> {
    if body.contains_key("groupBy") {
        body.entry("includeOthers").or_insert(json!(true));
    }
    let resolution = body.get("resolution").and_then(Value::as_i64).unwrap_or(0).min(MAX_BUCKETS);
    body.insert("resolution".to_owned(), json!(resolution));

    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let range = time::range_ms(text("startTimestamp"), text("endTimestamp"), (backend.config.clock)());
    let interval = text("calendarInterval");
    let (field, bucket) = match (resolution, interval) {
        (0, interval) => ("calendarInterval", time::unit_ms(interval)),
        (many, _) => ("resolution", time::unit_ms(text("resolutionUnit")).map(|unit| unit.saturating_mul(many))),
    };
    let mut problems = Problems::default();
    if let (Some(range), Some(bucket)) = (range, bucket)
        && range / bucket > MAX_BUCKETS
    {
        let path = format!("request.statistics.{field}");
        let problem = format!("makes more than {MAX_BUCKETS} buckets; take a coarser one or a shorter range");
        problems.add(path, problem, body.get(field).unwrap_or(&Value::Null));
    }
    problems.into_result()
}
