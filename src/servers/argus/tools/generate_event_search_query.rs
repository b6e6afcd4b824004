//! `generateArgusEventSearchQuery`: turns event-search intent into Event V2
//! search criteria and a portal link. Asks Argus nothing.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::describe;
use crate::servers::argus::event_values;
use crate::servers::argus::events;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::schema;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::ToolKind;

/// The tool.
pub static TOOL: Tool = Tool {
    name: "generateArgusEventSearchQuery",
    aliases: &["generateEventSearchQuery"],
    title: "Build an event search",
    family: Family::Event,
    kind: ToolKind::Translator,
    description,
    arguments: events::arguments,
    output: Some(output),
    hints: &[],
    run: |backend, arguments| Box::pin(std::future::ready(Ok(run(backend, &arguments)))),
};

fn description() -> String {
    describe::translator(
        "Turns event-search intent into valid Argus Event V2 search criteria (searchCriteria) and \
         a shareable link to the same search in the web portal (searchLink). Without a time range \
         the search covers today.",
        "executeSearchArgusEvent",
        event_values::VALUE_TOOLS,
    )
}

fn output() -> Map<String, Value> {
    let schema = json!({
        "type": "object",
        "properties": {
            "searchCriteria": schema::rest(&events::request()),
            "searchLink": {"type": "string"},
        },
        "required": ["searchCriteria", "searchLink"],
        "additionalProperties": false,
    });
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

fn run(backend: &Backend, arguments: &Map<String, Value>) -> Outcome {
    let criteria = events::search_criteria(arguments);
    let link = events::search_link(&backend.config.portal_url, &criteria);
    Outcome::object(json!({"searchCriteria": criteria, "searchLink": link}))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    const NAME: &str = "generateArgusEventSearchQuery";

    async fn idle() -> Stub {
        Stub::start(vec![Reply::object(json!({}))]).await
    }

    async fn criteria(request: Value) -> Value {
        let stub = idle().await;
        let value = stub.data(NAME, json!({"request": request})).await;
        assert!(stub.seen().is_empty());
        value["searchCriteria"].clone()
    }

    #[tokio::test]
    async fn a_request_becomes_event_v2_criteria_and_a_link() {
        let stub = idle().await;
        let request = json!({
            "customer": ["nordfjord"], "severity": ["high", "critical"], "associateCaseID": [0],
            "endpoint": [{"ip": "10.20.4.0/24", "endpointFieldStrategy": "source",
                "includeEndpointFlag": ["isCustomerNet"], "required": true, "exclude": false}],
            "includeEventFlag": ["notified"], "excludeEventFlag": ["falsePositive"],
            "timeFilter": {"startTimestamp": "startOfDay -1 day", "timeFieldStrategy": "lastEvent"},
        });
        let arguments = json!({"request": request, "includeProperties": true});
        let value = stub.data(NAME, arguments).await;
        let expected = json!({
            "associatedCase": [0], "customer": ["nordfjord"],
            "endpoint": [{"ip": ["10.20.4.0/24"], "endpointFieldStrategy": "source",
                "includeFlag": ["isCustomerNet"], "required": true, "exclude": false}],
            "severity": ["high", "critical"],
            "includeFlag": ["notified"], "excludeFlag": ["falsePositive"],
            "startTimestamp": "startOfDay -1 day", "endTimestamp": "now",
            "timeFieldStrategy": ["lastEvent"],
            "indexStartTimestamp": "startOfDay -1 day", "indexEndTimestamp": "now",
            "includeAllProperties": true, "sortBy": ["-lastEventTimestamp"],
            "limit": 25, "offset": 0,
        });
        assert_eq!(value["searchCriteria"], expected);
        let link = value["searchLink"].as_str().unwrap();
        assert!(link.starts_with("https://portal.mnemonic.no/spa/events/search?q=eyJ"));
    }

    #[tokio::test]
    async fn the_index_range_follows_the_time_range() {
        let rows = [
            (json!({}), ["startOfDay", "now", "startOfDay", "now"]),
            (
                json!({"startTimestamp": 1000, "endTimestamp": "2026-02-01T00:00:00Z"}),
                ["1000", "2026-02-01T00:00:00Z", "1000", "2026-02-01T00:00:00Z"],
            ),
            (
                json!({"startTimestamp": "now -2 days", "endTimestamp": "now -1 day"}),
                ["now -2 days", "now -1 day", "now -2 days", "now -1 day"],
            ),
            (json!({"endTimestamp": "startOfDay +1 day"}), ["startOfDay", "startOfDay +1 day", "startOfDay", "now"]),
        ];
        let names = ["startTimestamp", "endTimestamp", "indexStartTimestamp", "indexEndTimestamp"];
        for (request, expected) in rows {
            let criteria = criteria(request).await;
            assert_eq!(names.map(|name| criteria[name].as_str().unwrap()), expected);
        }
    }

    #[tokio::test]
    async fn a_fixed_end_without_a_start_is_refused() {
        let stub = idle().await;
        let request = json!({"timeFilter": {"endTimestamp": "2026-01-01T00:00:00Z"}});
        let error = stub.error(NAME, json!({"request": request})).await;
        let path = "request.timeFilter.startTimestamp";
        assert_eq!(error["fieldErrors"][0]["path"], path);
    }

    #[tokio::test]
    async fn identifiers_are_brought_to_the_canonical_form() {
        let uuid = "5a2f0f6c-6d0b-4a4e-9b51-0c4b9e6a7d11";
        let request = json!({"eventIdentifier": format!("AGGR/1770622920440/2171/{uuid}")});
        let criteria = criteria(request).await;
        let expected = json!([format!("1770622920440/2171/{uuid}")]);
        assert_eq!(criteria["eventIdentifier"], expected);
    }

    #[tokio::test]
    async fn items_without_a_criterion_and_odd_values_are_refused_together() {
        let stub = idle().await;
        let request = json!({
            "endpoint": [{"required": true}, {"ip": "10.0.0.0/33"}, {"countryCode": "no"},
                {"port": 70_000}],
            "attack": [{"alarm": 58129, "required": true, "exclude": true}],
            "property": [{"valueMatchStrategy": "all"}],
            "domain": "https://x.example/", "severity": "High", "associateCaseID": -1,
            "eventIdentifier": "2171/x", "includeEventFlag": "notifed", "limit": 0,
        });
        let error = stub.error(NAME, json!({"request": request})).await;
        let problems = error["fieldErrors"].as_array().unwrap();
        let mut paths: Vec<&str> = problems.iter().map(|p| p["path"].as_str().unwrap()).collect();
        paths.sort_unstable();
        let expected = [
            "request.associateCaseID[0]",
            "request.attack[0]",
            "request.domain[0]",
            "request.endpoint[0]",
            "request.endpoint[1].ip[0]",
            "request.endpoint[2].countryCode[0]",
            "request.endpoint[3].port[0]",
            "request.eventIdentifier[0]",
            "request.includeEventFlag[0]",
            "request.limit",
            "request.property[0]",
            "request.severity[0]",
        ];
        assert_eq!(paths, expected);
        assert!(error["message"].as_str().unwrap().contains("did you mean notified?"));
    }
}
