//! `executeSearchArgusEvent`: one page of events.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::describe;
use crate::servers::argus::error::Failure;
use crate::servers::argus::event_values;
use crate::servers::argus::events;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::On;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::ToolKind;

/// The tool.
pub static TOOL: Tool = Tool {
    name: "executeSearchArgusEvent",
    aliases: &["searchArgusEvent"],
    title: "Search events",
    family: Family::Event,
    kind: ToolKind::Rest,
    description,
    arguments: events::arguments,
    output: None,
    hints: &[
        (On::Field("sortBy"), "Call listAllowedEventSortBy and use a returned value unchanged."),
        (On::Field("customer"), "Check the ID or short name of the customer."),
    ],
    run: |backend, arguments| Box::pin(run(backend, arguments)),
};

fn description() -> String {
    describe::search(
        "Runs an event search and returns one page of events. Without a time range the search \
         covers today only, so an empty result says nothing about earlier days. Properties are \
         left out unless includeProperties is true; getEventByEventIdentifier has the full event.",
        "generateArgusEventSearchQuery",
        event_values::VALUE_TOOLS,
    )
}

async fn run(backend: &Backend, arguments: Map<String, Value>) -> Result<Outcome, Failure> {
    let criteria = events::search_criteria(&arguments);
    let warning = events::long_range_warning(&criteria, (backend.config.clock)());
    let request = RestRequest::search("/events/v2/event/search", Value::Object(criteria.clone()));
    let outcome = backend.page(&request, &criteria).await?;
    Ok(match warning {
        Some(warning) => outcome.with_meta("warnings", json!([warning])),
        None => outcome,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    const NAME: &str = "executeSearchArgusEvent";

    #[tokio::test]
    async fn the_executed_body_is_the_translators_output() {
        let requests = [
            json!({}),
            json!({"attack": [{"signature": "SNORT-1:41336"}], "includeSubEvents": true}),
            json!({"property": {"key": "process.name"}, "type": "raw", "limit": 100, "offset": 25}),
            json!({"domain": "cdn-sync.example", "startTimestamp": "startOfDay -2 days",
                "subCriteria": [{"endpoint": [{"port": 443}], "exclude": true}]}),
        ];
        for request in requests {
            let stub = Stub::start(vec![Reply::list(json!([]), 0, 25, 0)]).await;
            let arguments = json!({"request": request, "includeProperties": false});
            let query = stub.data("generateArgusEventSearchQuery", arguments.clone()).await;
            stub.data(NAME, arguments).await;
            assert_eq!(stub.lines(), ["POST /events/v2/event/search"]);
            assert_eq!(stub.seen()[0].body, query["searchCriteria"]);
        }
    }

    #[tokio::test]
    async fn events_come_unchanged_with_their_page() {
        let events = json!([{"id": "AGGR/1/2171/x", "uri": null, "count": 48}]);
        let stub = Stub::start(vec![Reply::list(events.clone(), 0, 1, -1)]).await;
        let value = stub.data(NAME, json!({"request": {"limit": 1}})).await;
        assert_eq!(value["data"], events);
        assert_eq!(value["page"]["count"], json!(null));
        assert_eq!(value["page"]["reason"], "MORE_RESULTS_POSSIBLE");
        assert!(value["meta"].get("warnings").is_none());
    }

    #[tokio::test]
    async fn a_long_range_is_warned_about() {
        let stub = Stub::start(vec![Reply::list(json!([]), 0, 25, 0)]).await;
        let request = json!({"startTimestamp": "startOfDay -60 days"});
        let value = stub.data(NAME, json!({"request": request})).await;
        assert_eq!(value["meta"]["warnings"].as_array().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn limits_outside_1_to_100_are_never_sent() {
        let stub = Stub::start(vec![Reply::list(json!([]), 0, 25, 0)]).await;
        for limit in [0, 101] {
            let error = stub.error(NAME, json!({"request": {"limit": limit}})).await;
            assert_eq!(error["kind"], "INVALID_ARGUMENTS");
        }
        assert!(stub.seen().is_empty());
    }
}
