//! The tools about analysis, annotation and match filters.
//!
//! Requests stand in `filters`, allowed values in `filter_values`. Code of a
//! filter is passed on as text and never run or altered.

use serde_json::Map;
use serde_json::Value;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::error::Failure;
use crate::servers::argus::error::FailureKind;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::filter_values::ANALYSIS;
use crate::servers::argus::filter_values::ANNOTATION;
use crate::servers::argus::filter_values::MATCH;
use crate::servers::argus::filter_values::MATCH_EVENT_FLAGS;
use crate::servers::argus::filters;
use crate::servers::argus::tools::Certainty;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::On;
use crate::servers::argus::tools::Query;
use crate::servers::argus::tools::Rest;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::Values;
use crate::servers::argus::tools::Work;

const ANALYSIS_FILTER: Tool = Tool::of(Family::AnalysisFilter, Certainty::Documented);
const ANNOTATION_FILTER: Tool = Tool::of(Family::AnnotationFilter, Certainty::Documented);
const MATCH_FILTER: Tool = Tool::of(Family::MatchFilter, Certainty::Documented);

static ANALYSIS_SEARCH: Query = Query {
    translator: "generateArgusAnalysisFilterSearchQuery",
    execute: "executeSearchArgusAnalysisFilter",
    values: &["listAllowedAnalysisFilterSortBy"],
    rest: Rest::page("POST /eventfilters/v2/analysis/search"),
    shown: None,
};

static ANNOTATION_SEARCH: Query = Query {
    translator: "generateArgusAnnotationFilterSearchQuery",
    execute: "executeSearchArgusAnnotationFilter",
    values: &["listAllowedAnnotationFilterSortBy"],
    rest: Rest::page("POST /eventfilters/v2/annotation/search"),
    shown: None,
};

static MATCH_SEARCH: Query = Query {
    translator: "generateArgusMatchFilterSearchQuery",
    execute: "executeSearchArgusMatchFilter",
    values: &["listAllowedMatchFilterEventFlags", "listAllowedMatchFilterSortBy"],
    rest: Rest::page("POST /eventfilters/v2/match/search"),
    shown: None,
};

/// The tools, in the order in which they are listed.
pub static TOOLS: &[Tool] = &[
    Tool {
        name: ANALYSIS_SEARCH.translator,
        aliases: &["generateAnalysisFilterSearchQuery"],
        title: "Build an analysis filter search",
        purpose: "Turns intent to find analysis filters into a valid Argus search body, with defaults filled \
                  in. An analysis filter is a detection rule that makes a new event out of the event \
                  stream.",
        arguments: || filters::arguments(&ANALYSIS),
        work: Work::Translate(&ANALYSIS_SEARCH),
        ..ANALYSIS_FILTER
    },
    Tool {
        name: "listAllowedAnalysisFilterSortBy",
        aliases: &["listAnalysisFilterSortBy"],
        title: "Allowed analysis filter sort values",
        certainty: Certainty::Proposed,
        purpose: "Lists the sort values allowed in request.sortBy of an analysis filter search.",
        work: Work::Values(Values::sorting(ANALYSIS.sort_fields)),
        ..ANALYSIS_FILTER
    },
    Tool {
        name: "getAnalysisFilterByID",
        aliases: &["getArgusAnalysisFilterByID"],
        title: "Get an analysis filter",
        purpose: "Returns one analysis filter by its ID, with its statements and its trigger code. The events \
                  it makes are called ARGUS- and its actionName.",
        arguments: one_filter,
        work: Work::Call(Rest {
            explain: Some(|backend, failure, checked| Box::pin(with_kind(backend, failure, checked, "analysis"))),
            ..Rest::object("GET /eventfilters/v2/analysis/{id}")
        }),
        hints: RIGHTS_HINT,
        ..ANALYSIS_FILTER
    },
    Tool {
        name: ANALYSIS_SEARCH.execute,
        aliases: &["searchArgusAnalysisFilter"],
        title: "Search analysis filters",
        purpose: "Runs a search over analysis filters and returns one page of them, without code; \
                  getAnalysisFilterByID has statements and trigger code.",
        arguments: || filters::arguments(&ANALYSIS),
        work: Work::Execute(&ANALYSIS_SEARCH),
        hints: RIGHTS_HINT,
        ..ANALYSIS_FILTER
    },
    Tool {
        name: ANNOTATION_SEARCH.translator,
        aliases: &["generateAnnotationFilterSearchQuery"],
        title: "Build an annotation filter search",
        purpose: "Turns intent to find annotation filters into a valid Argus search body, with defaults \
                  filled in. An annotation filter is a rule that adds to events of the event stream.",
        arguments: || filters::arguments(&ANNOTATION),
        work: Work::Translate(&ANNOTATION_SEARCH),
        ..ANNOTATION_FILTER
    },
    Tool {
        name: "listAllowedAnnotationFilterSortBy",
        aliases: &["listAnnotationFilterSortBy"],
        title: "Allowed annotation filter sort values",
        certainty: Certainty::Proposed,
        purpose: "Lists the sort values allowed in request.sortBy of an annotation filter search.",
        work: Work::Values(Values::sorting(ANNOTATION.sort_fields)),
        ..ANNOTATION_FILTER
    },
    Tool {
        name: "getAnnotationFilterByID",
        aliases: &["getArgusAnnotationFilterByID"],
        title: "Get an annotation filter",
        purpose: "Returns one annotation filter by its ID, with its statement and its trigger code.",
        arguments: one_filter,
        work: Work::Call(Rest {
            explain: Some(|backend, failure, checked| Box::pin(with_kind(backend, failure, checked, "annotation"))),
            ..Rest::object("GET /eventfilters/v2/annotation/{id}")
        }),
        hints: RIGHTS_HINT,
        ..ANNOTATION_FILTER
    },
    Tool {
        name: ANNOTATION_SEARCH.execute,
        aliases: &["searchArgusAnnotationFilter"],
        title: "Search annotation filters",
        purpose: "Runs a search over annotation filters and returns one page of them, without code; \
                  getAnnotationFilterByID has statement and trigger code.",
        arguments: || filters::arguments(&ANNOTATION),
        work: Work::Execute(&ANNOTATION_SEARCH),
        hints: RIGHTS_HINT,
        ..ANNOTATION_FILTER
    },
    Tool {
        name: MATCH_SEARCH.translator,
        aliases: &["generateMatchFilterSearchQuery"],
        title: "Build a match filter search",
        purpose: "Turns intent to find match filters into a valid Argus search body, with defaults filled in. \
                  A match filter is a rule that picks events by criteria and changes or drops them.",
        arguments: filters::match_arguments,
        work: Work::Translate(&MATCH_SEARCH),
        ..MATCH_FILTER
    },
    Tool {
        name: "listAllowedMatchFilterEventFlags",
        aliases: &["listMatchFilterEventFlags"],
        title: "Allowed event flags of match filters",
        certainty: Certainty::Proposed,
        purpose: "Lists the event flags allowed in request.includeEventFlag and request.excludeEventFlag of a \
                  match filter search. They are other flags than those of an event search.",
        work: Work::Values(Values::of("includeEventFlag, excludeEventFlag", MATCH_EVENT_FLAGS)),
        ..MATCH_FILTER
    },
    Tool {
        name: "listAllowedMatchFilterSortBy",
        aliases: &["listMatchFilterSortBy"],
        title: "Allowed match filter sort values",
        certainty: Certainty::Proposed,
        purpose: "Lists the sort values allowed in request.sortBy of a match filter search.",
        work: Work::Values(Values::sorting(MATCH.sort_fields)),
        ..MATCH_FILTER
    },
    Tool {
        name: "getMatchFilterByID",
        aliases: &["getArgusMatchFilterByID"],
        title: "Get a match filter",
        purpose: "Returns one match filter by its ID, with its criteria and actions and its match and \
                  transform code.",
        arguments: one_filter,
        work: Work::Call(Rest {
            explain: Some(|backend, failure, checked| Box::pin(with_kind(backend, failure, checked, "match"))),
            ..Rest::object("GET /eventfilters/v2/match/{id}")
        }),
        hints: RIGHTS_HINT,
        ..MATCH_FILTER
    },
    Tool {
        name: MATCH_SEARCH.execute,
        aliases: &["searchArgusMatchFilter"],
        title: "Search match filters",
        purpose: "Runs a search over match filters and returns one page of them, without code; \
                  getMatchFilterByID has match and transform code.",
        arguments: filters::match_arguments,
        work: Work::Execute(&MATCH_SEARCH),
        hints: RIGHTS_HINT,
        ..MATCH_FILTER
    },
];

const RIGHTS_HINT: &[(On, &str)] = &[
    (
        On::Kind(FailureKind::AccessDenied),
        "Filters are readable only for keys with filter rights; the message names the missing one if Argus did. \
         Report that instead of trying again.",
    ),
    (
        On::Kind(FailureKind::NotFound),
        "A filter ID belongs to exactly one kind: analysis, annotation or match. The key may also lack access, so \
         this does not prove that the filter does not exist.",
    ),
];

fn one_filter() -> Shape {
    Shape::of(vec![
        Field::new("id", Kind::at_least(1), "ID of the filter.").aliases(&["filterID"]).required(),
        Field::fixed("includeCode", true),
    ])
}

/// Asks once which kind an ID belongs to when this kind does not have it.
async fn with_kind(backend: &Backend, mut failure: Failure, checked: &Map<String, Value>, kind: &str) -> Failure {
    if failure.kind != FailureKind::NotFound {
        return failure;
    }
    let id = checked.get("id").map(ToString::to_string).unwrap_or_default();
    let request = RestRequest::get(&["eventfilters", "v2", "filter", &id, "type"]);
    let Ok(answer) = backend.send(&request).await else {
        return failure;
    };
    let (other, tool) = match answer.envelope.data["filterType"].as_str() {
        Some("analysis") => ("analysis", "getAnalysisFilterByID"),
        Some("annotation") => ("annotation", "getAnnotationFilterByID"),
        Some("match") => ("match", "getMatchFilterByID"),
        _ => return failure,
    };
    if other != kind {
        failure.hint = Some(format!("Argus has {id} as the ID of a filter of kind {other}: call {tool}."));
    }
    failure
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
