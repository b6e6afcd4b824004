//! The statistics request of the event family: filters, groups and timelines.
//!
//! Filters are those of the search. Every timeline is sent with a start and an
//! end of its own, since Argus would start it in 1970, and a timeline of too
//! many buckets is refused here. Does not know results.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::criteria;
use crate::servers::argus::criteria::switch;
use crate::servers::argus::criteria::time as time_field;
use crate::servers::argus::error::Failure;
use crate::servers::argus::event_values::GROUP_FIELDS;
use crate::servers::argus::event_values::RESOLUTIONS;
use crate::servers::argus::event_values::TIMELINE_FIELDS;
use crate::servers::argus::events;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Lift;
use crate::servers::argus::fields::Rule;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::text::METRIC_NAME;
use crate::servers::argus::time;
use crate::servers::argus::validate::Problems;

/// Levels of nested groups.
const MAX_LEVELS: usize = 3;

/// Timelines in one request.
const MAX_TIMELINES: usize = 20;

/// Buckets in one timeline.
const MAX_BUCKETS: i64 = 2_000;

/// The arguments: `{request: {filter, statistics}}`.
pub fn arguments() -> Shape {
    let request = Shape::of(vec![
        Field::new("filter", Kind::Object(events::filter()), "The events to count; without it, those of today.")
            .lifted(Lift::Both),
        Field::new("statistics", Kind::Object(statistics()), "What to count: groupBy, timeRangeMetrics, or both.")
            .required()
            .lifted(Lift::Sent),
    ]);
    Shape::of(vec![criteria::request(request, "The event statistics to make.")])
}

fn statistics() -> Shape {
    let group = vec![
        Field::new("field", Kind::one_of(GROUP_FIELDS), "Field whose values make the buckets.").required(),
        Field::new("limit", Kind::Integer { min: 1, max: 1_000 }, "Most buckets.").or(10),
        switch("includeOthers", "Add one bucket for the rest.").or(false),
    ];
    let timeline = vec![
        Field::new("name", Kind::Checked(&METRIC_NAME), "Name of the timeline, unique in the request.").or("timeline"),
        Field::new("field", Kind::one_of(TIMELINE_FIELDS), "Time of the event that counts.").or("lastEvent"),
        Field::new("resolution", Kind::one_of(RESOLUTIONS), "Length of a bucket.").required(),
        time_field("startTimestamp", "Start; that of the filter unless set."),
        time_field("endTimestamp", "End; that of the filter, or now, unless set."),
        switch("includeEmpty", "Give empty buckets too.").or(true),
    ];
    let timeline = Shape::of(timeline).with_rules(vec![Rule::Check(criteria::start_before_end)]);
    let groups = Kind::Object(Shape::of(group)).list_of_up_to(MAX_LEVELS);
    Shape::of(vec![
        Field::new("groupBy", groups, "Groups; their order is the order of nesting."),
        Field::new("timeRangeMetrics", Kind::Object(timeline).list_of_up_to(MAX_TIMELINES), "Timelines.")
            .rest("timeline"),
    ])
    .with_rules(vec![Rule::AnyOf(&["groupBy", "timeRangeMetrics"]), Rule::Unique("timeRangeMetrics", "name")])
}

/// Adds the index range and the ends of timelines to a body.
///
/// # Errors
/// `INVALID_ARGUMENTS` for timelines of too many buckets.
pub fn complete(backend: &Backend, body: &mut Map<String, Value>) -> Result<(), Failure> {
    events::with_index_range(body);
    let now = (backend.config.clock)();
    let start = body.get("startTimestamp").cloned().unwrap_or_default();
    let end = body.get("endTimestamp").cloned().unwrap_or_else(|| json!("now"));
    let mut problems = Problems::default();
    let timelines = body.get_mut("timeline").and_then(Value::as_array_mut);
    for (place, item) in timelines.into_iter().flatten().enumerate() {
        let Some(item) = item.as_object_mut() else { continue };
        item.entry("startTimestamp").or_insert_with(|| start.clone());
        item.entry("endTimestamp").or_insert_with(|| end.clone());
        let text = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
        let millis = time::range_ms(text("startTimestamp"), text("endTimestamp"), now);
        let resolution = text("resolution");
        if let (Some(millis), Some(bucket)) = (millis, time::unit_ms(resolution))
            && millis / bucket > MAX_BUCKETS
        {
            let path = format!("request.statistics.timeRangeMetrics[{place}].resolution");
            let problem = format!("makes more than {MAX_BUCKETS} buckets; take a coarser one or a shorter range");
            problems.add(path, problem, &json!(resolution));
        }
    }
    problems.into_result()
}
