//! The tools about events.
//!
//! Search criteria stand in `events`, statistics in `event_statistics`, allowed
//! values in `event_values`.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::cases;
use crate::servers::argus::criteria;
use crate::servers::argus::criteria::switch;
use crate::servers::argus::event_statistics;
use crate::servers::argus::event_values;
use crate::servers::argus::events;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::tools::Answer;
use crate::servers::argus::tools::Certainty;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::Make;
use crate::servers::argus::tools::On;
use crate::servers::argus::tools::Query;
use crate::servers::argus::tools::Rest;
use crate::servers::argus::tools::Shown;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::Values;
use crate::servers::argus::tools::Work;

/// What the rows share.
const EVENT: Tool = Tool::of(Family::Event, Certainty::Documented);

static SEARCH: Query = Query {
    translator: "generateArgusEventSearchQuery",
    execute: "executeSearchArgusEvent",
    values: event_values::VALUE_TOOLS,
    rest: Rest {
        make: Make::Completed(|_, body| {
            events::with_index_range(body);
            Ok(())
        }),
        finish: Some(with_warning),
        ..Rest::page("POST /events/v2/event/search")
    },
    shown: Some(Shown { value: with_link, schema: with_link_schema }),
};

static STATISTICS: Query = Query {
    translator: "generateArgusEventStatisticsQuery",
    execute: "executeStatisticsArgusEvent",
    values: &["listAllowedEventFlags", "listAllowedEndpointFlags"],
    rest: Rest {
        make: Make::Completed(event_statistics::complete),
        finish: Some(with_warning),
        ..Rest::of("POST /events/v2/event/statistics", Answer::Numbers)
    },
    shown: None,
};

/// The tools, in the order in which they are listed.
pub static TOOLS: &[Tool] = &[
    Tool {
        name: SEARCH.translator,
        aliases: &["generateEventSearchQuery"],
        title: "Build an event search",
        purpose: "Turns event-search intent into valid Argus Event V2 search criteria (searchCriteria) and \
                  a shareable link to the same search in the web portal (searchLink). Without a time \
                  range the search covers today.",
        arguments: events::arguments,
        work: Work::Translate(&SEARCH),
        ..EVENT
    },
    Tool {
        name: STATISTICS.translator,
        aliases: &["generateEventStatisticsQuery"],
        title: "Build event statistics",
        certainty: Certainty::Proposed,
        purpose: "Turns a question about numbers of events (counts, groups, timelines) into valid Argus \
                  event statistics criteria. At least one of statistics.groupBy and \
                  statistics.timeRangeMetrics is needed. Without a time range they cover today.",
        arguments: event_statistics::arguments,
        work: Work::Translate(&STATISTICS),
        ..EVENT
    },
    Tool {
        name: "listAllowedEventFlags",
        aliases: &["listEventFlags"],
        title: "Allowed event flags",
        certainty: Certainty::Proposed,
        purpose: "Lists the event flags allowed in request.includeEventFlag and request.excludeEventFlag of an event search.",
        work: Work::Values(Values::of("includeEventFlag, excludeEventFlag", event_values::FLAGS)),
        ..EVENT
    },
    Tool {
        name: "listAllowedEndpointFlags",
        aliases: &["listEndpointFlags"],
        title: "Allowed endpoint flags",
        certainty: Certainty::Proposed,
        purpose: "Lists the flags of an event's source or destination allowed in request.endpoint[] of an event search.",
        work: Work::Values(Values::of("includeEndpointFlag, excludeEndpointFlag", event_values::ENDPOINT_FLAGS)),
        ..EVENT
    },
    Tool {
        name: "listAllowedEventSortBy",
        aliases: &["listEventSortBy"],
        title: "Allowed event sort values",
        certainty: Certainty::Proposed,
        purpose: "Lists the sort values allowed in request.sortBy of an event search and sortBy of getEventsAssociatedWithCase.",
        work: Work::Values(Values::sorting(event_values::SORT_FIELDS)),
        ..EVENT
    },
    Tool {
        name: "getEventsAssociatedWithCase",
        aliases: &["getArgusEventsAssociatedWithCase"],
        title: "Get the events of a case",
        purpose: "Returns one page of the events associated with a case. More than 100 events need \
                  repeated calls with a growing offset. Values of sortBy come unchanged from \
                  listAllowedEventSortBy.",
        arguments: case_arguments,
        work: Work::Call(Rest::page("GET /events/v2/case/{caseID}")),
        ..EVENT
    },
    Tool {
        name: SEARCH.execute,
        aliases: &["searchArgusEvent"],
        title: "Search events",
        purpose: "Runs an event search and returns one page of events. Without a time range the search \
                  covers today only, so an empty result says nothing about earlier days. Properties are \
                  left out unless includeProperties is true; getEventByEventIdentifier has the full event.",
        arguments: events::arguments,
        work: Work::Execute(&SEARCH),
        hints: &[
            (On::Field("sortBy"), "Call listAllowedEventSortBy and use a returned value unchanged."),
            (On::Field("customer"), "Look the customer up with getCustomerByIDOrShortName."),
        ],
        ..EVENT
    },
    Tool {
        name: STATISTICS.execute,
        aliases: &["executeArgusEventStatistics", "executeEventStatistics"],
        title: "Count events",
        certainty: Certainty::Proposed,
        purpose: "Counts events, by groups and over time, and returns a tree of buckets. This is the only \
                  source of numbers of events: pages of a search are no count. count counts an \
                  aggregated event once, rawEventCount counts what is inside it. Without a time range \
                  it covers today only.",
        arguments: event_statistics::arguments,
        work: Work::Execute(&STATISTICS),
        hints: &[(On::Field("customer"), "Look the customer up with getCustomerByIDOrShortName.")],
        ..EVENT
    },
    Tool {
        name: "getEventByEventIdentifier",
        aliases: &["getEventByID", "getArgusEventByID"],
        title: "Get an event",
        certainty: Certainty::Proposed,
        purpose: "Returns one event, with its properties and comments unless asked otherwise. The \
                  identifier has the form timestampEpochMillis/customerID/eventUUID, as in the id of an \
                  event; a RAW/, AGGR/ or NIDS/ prefix is stripped.",
        arguments: event_arguments,
        work: Work::Call(Rest::object("GET /events/v2/event/{+eventIdentifier}")),
        ..EVENT
    },
    Tool {
        name: "getEventLineage",
        aliases: &["getArgusEventLineage"],
        title: "Get the history of an event",
        certainty: Certainty::Proposed,
        purpose: "Returns one page of the lineage of an event: when it was created, updated, assessed and \
                  indexed, by whom and where, newest first unless sorted otherwise. The identifier has \
                  the form timestampEpochMillis/customerID/eventUUID; a RAW/, AGGR/ or NIDS/ prefix is \
                  stripped. Old events may have no lineage.",
        arguments: lineage_arguments,
        work: Work::Call(Rest {
            empty: Some(
                "The call to Argus succeeded and holds no lineage for this event. Old events may have \
                 none; it does not mean that the event does not exist.",
            ),
            ..Rest::page("GET /events/v2/event/{+eventIdentifier}/lineage")
        }),
        ..EVENT
    },
];

fn case_arguments() -> Shape {
    let mut fields = vec![cases::case_id()];
    fields.extend(criteria::paging(25));
    fields.extend([events::include_properties(false), events::sort_by()]);
    Shape::of(fields)
}

fn event_arguments() -> Shape {
    Shape::of(vec![
        events::event_identifier(),
        events::include_properties(true),
        switch("includeComments", "Add the comments.").or(true),
        switch("includeSubEvents", "Add the identifiers of the events inside an aggregate.").or(false),
    ])
}

fn lineage_arguments() -> Shape {
    let mut fields = vec![events::event_identifier()];
    fields.extend(criteria::paging(25));
    let sort = Kind::Sort { names: &["createdTimestamp"] };
    fields.push(Field::new("sortBy", sort, "Order of the entries.").or("-createdTimestamp"));
    Shape::of(fields)
}

/// A search that reaches far back may run long; the reader should know.
fn with_warning(backend: &Backend, outcome: Outcome, sent: &Map<String, Value>) -> Outcome {
    match events::long_range_warning(sent, (backend.config.clock)()) {
        Some(warning) => outcome.with_meta("warnings", json!([warning])),
        None => outcome,
    }
}

fn with_link(backend: &Backend, criteria: Map<String, Value>) -> Value {
    let link = events::search_link(&backend.config.portal_url, &criteria);
    json!({"searchCriteria": criteria, "searchLink": link})
}

fn with_link_schema(body: Map<String, Value>) -> Value {
    json!({
        "type": "object",
        "properties": {"searchCriteria": body, "searchLink": {"type": "string"}},
        "required": ["searchCriteria", "searchLink"],
        "additionalProperties": false,
    })
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
