//! What the tools about reputation do, call by call: a module per tool, named after it.

use serde_json::Value;
use serde_json::json;

use crate::servers::argus::server::ArgusServer;
use crate::servers::argus::testing::Reply;
use crate::servers::argus::testing::Stub;
use crate::servers::argus::tools::reputation::Generation;

fn missing() -> Reply {
    Reply::error(404, json!({"type": "ACTION_ERROR", "message": "Object not found"}))
}

async fn call(server: &ArgusServer, tool: &str, arguments: Value) -> Value {
    let result = server.call(tool, arguments.as_object().unwrap()).await.unwrap();
    result.structured_content.unwrap()
}

mod get_ioc_reputation_score {
    use super::*;

    const NAME: &str = "getIOCReputationScore";

    #[tokio::test]
    async fn the_newer_service_is_asked_and_the_value_made_readable() {
        let stub = Stub::start(vec![Reply::object(json!({"score": 0.9}))]).await;
        let value = stub.data(NAME, json!({"value": "hxxps://CDN-sync[.]example/x"})).await;
        assert_eq!(value["data"]["score"], 0.9);
        assert_eq!(value["meta"]["reputationApi"], "v2");
        assert!(value["meta"]["notes"][0].as_str().unwrap().contains("cdn-sync.example was looked up"));
        let line = "GET /reputation/v2/score/domain/cdn-sync.example?scoringAlgorithm=maxConfidence";
        assert_eq!(stub.lines(), [line]);
    }

    #[tokio::test]
    async fn the_older_service_is_chosen_once_where_the_newer_is_missing() {
        let old = Reply::list(json!([{"value": 4.2}]), 0, 25, 1);
        for first in [missing(), Reply::raw(404, "<html>"), Reply::raw(405, "")] {
            let stub = Stub::start(vec![first, old.clone()]).await;
            let server = ArgusServer::new(stub.config()).unwrap();
            for _ in 0..2 {
                let value = call(&server, NAME, json!({"value": "203.0.113.66"})).await;
                assert_eq!(value["data"], json!([{"value": 4.2}]));
                assert_eq!(value["meta"]["reputationApi"], "v1");
            }
            let old = "GET /reputation/v1/calculated/ip/203.0.113.66";
            let new = "GET /reputation/v2/score/ip/203.0.113.66?scoringAlgorithm=maxConfidence";
            assert_eq!(stub.lines(), [new, old, old]);
        }
    }

    #[tokio::test]
    async fn a_service_that_answered_stays_and_no_score_is_not_clean() {
        let stub = Stub::start(vec![Reply::object(json!({"score": 0.1})), missing()]).await;
        let server = ArgusServer::new(stub.config()).unwrap();
        call(&server, NAME, json!({"value": "a.example"})).await;
        let value = call(&server, NAME, json!({"value": "b.example"})).await;
        assert_eq!(value["error"]["kind"], "NOT_FOUND");
        assert!(value["error"]["hint"].as_str().unwrap().contains("not that the value is clean"));
        assert_eq!(stub.seen().len(), 2);

        let mut config = Stub::start(vec![missing()]).await.config();
        let old = Stub::start(vec![Reply::list(json!([]), 0, 25, 0)]).await;
        config.api_url = old.url.clone();
        config.reputation_api = Some(Generation::First);
        let server = ArgusServer::new(config).unwrap();
        let result = server.call(NAME, json!({"value": "a.example"}).as_object().unwrap()).await.unwrap();
        assert_eq!(result.is_error, Some(false));
        assert!(result.content[1].as_text().unwrap().text.contains("does not mean that it is clean"));
        assert_eq!(old.lines(), ["GET /reputation/v1/calculated/domain/a.example"]);
    }

    #[tokio::test]
    async fn a_named_service_is_not_left() {
        let stub = Stub::start(vec![missing()]).await;
        let mut config = stub.config();
        config.reputation_api = Some(Generation::Second);
        let server = ArgusServer::new(config).unwrap();
        assert_eq!(call(&server, NAME, json!({"value": "a.example"})).await["error"]["kind"], "NOT_FOUND");
        assert_eq!(stub.seen().len(), 1);
    }

    #[tokio::test]
    async fn wrong_values_types_and_algorithms_are_refused() {
        let stub = Stub::start(vec![missing()]).await;
        let error = stub.error(NAME, json!({"value": "two words", "type": "host", "scoringAlgorithm": "max"})).await;
        assert_eq!(error["fieldErrors"].as_array().unwrap().len(), 3);
        for bad in [json!({"value": "203.0.113.66", "type": "domain"}), json!({"value": "203.0.113.0/24"})] {
            assert_eq!(stub.error(NAME, bad).await["kind"], "INVALID_ARGUMENTS");
        }
        assert!(stub.seen().is_empty());

        // What only the newer service knows is not asked of the older one.
        let arguments = json!({"value": "a.example", "scoringAlgorithm": "decreasingRelevancyMaxConfidence"});
        let error = stub.error(NAME, arguments).await;
        assert_eq!(error["fieldErrors"][0]["path"], "scoringAlgorithm");
        assert_eq!(stub.seen().len(), 1);
    }
}

mod get_ioc_reputation_indicators {
    use super::*;

    const NAME: &str = "getIOCReputationIndicators";

    #[tokio::test]
    async fn the_newer_service_is_searched_for_active_entries() {
        let stub = Stub::start(vec![Reply::list(json!([{"state": "active"}]), 0, 25, 1)]).await;
        let value = stub.data(NAME, json!({"value": "cdn-sync.example", "includeSubdomains": true})).await;
        assert_eq!(value["page"]["reason"], "LAST_PAGE");
        assert_eq!(value["meta"]["reputationApi"], "v2");
        assert_eq!(stub.lines(), ["POST /reputation/v2/indicator/search"]);
        let expected = json!({"value": ["cdn-sync.example"], "type": ["domain"], "includeParentDomains": false,
            "includeSubdomains": true, "state": ["active"], "limit": 25, "offset": 0});
        assert_eq!(stub.seen()[0].body, expected);

        stub.data(NAME, json!({"value": "203.0.113.0/24", "state": ["active", "old"]})).await;
        let expected = json!({"value": ["203.0.113.0/24"], "type": ["ip"], "state": ["active", "old"],
            "limit": 25, "offset": 0});
        assert_eq!(stub.seen()[1].body, expected);
    }

    #[tokio::test]
    async fn the_older_service_says_that_it_does_not_filter_by_state() {
        let old = Reply::list(json!([{"state": 1}]), 0, 25, -1);
        let stub = Stub::start(vec![missing(), old]).await;
        let value = stub.data(NAME, json!({"value": "cdn-sync.example"})).await;
        assert_eq!(value["meta"]["reputationApi"], "v1");
        assert!(value["meta"]["notes"][0].as_str().unwrap().contains("does not filter by state"));
        let line = "GET /reputation/v1/observation/domain/cdn-sync.example?countMaxWait=-1&limit=25&offset=0";
        assert_eq!(stub.lines()[1], line);
    }

    #[tokio::test]
    async fn an_empty_list_is_never_harmless() {
        let stub = Stub::start(vec![Reply::list(json!([]), 0, 25, 0)]).await;
        let result = stub.call(NAME, json!({"value": "cdn-sync.example"})).await;
        assert_eq!(result.is_error, Some(false));
        assert!(result.content[1].as_text().unwrap().text.contains("does not mean that the value is harmless"));
    }

    #[tokio::test]
    async fn what_the_older_service_cannot_do_is_refused_there() {
        for arguments in [
            json!({"value": "203.0.113.0/24"}),
            json!({"value": "203.0.113.1-203.0.113.9"}),
            json!({"value": "a.example", "includeParentDomains": true}),
        ] {
            let stub = Stub::start(vec![missing()]).await;
            let error = stub.error(NAME, arguments).await;
            assert_eq!(error["kind"], "INVALID_ARGUMENTS");
            assert_eq!(stub.seen().len(), 1);
        }
        let stub = Stub::start(vec![missing()]).await;
        let error = stub.error(NAME, json!({"value": "203.0.113.66", "includeSubdomains": true})).await;
        assert_eq!(error["fieldErrors"][0]["path"], "includeSubdomains");
        assert!(stub.seen().is_empty());
    }
}
