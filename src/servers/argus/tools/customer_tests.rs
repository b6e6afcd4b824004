//! What the tools about customers do, call by call: a module per tool, named after it.

use serde_json::json;

use crate::servers::argus::testing::Reply;
use crate::servers::argus::testing::Stub;

mod get_customer_by_id_or_short_name {
    use super::*;

    #[tokio::test]
    async fn a_customer_is_read_with_the_properties_asked_for() {
        let stub = Stub::start(vec![Reply::object(json!({"id": 2171, "properties": null}))]).await;
        let arguments = json!({"idOrShortName": "nordfjord", "includeProperties": ["a.b", "c"],
            "includePropertiesWithPrefix": "sla."});
        let value = stub.data("getCustomerByIDOrShortName", arguments).await;
        assert_eq!(value["data"]["properties"], json!(null));
        stub.data("getCustomerByIDOrShortName", json!({"customerID": 2171})).await;
        let lines = [
            "GET /customers/v2/customer/nordfjord?includeProperties=a.b&includeProperties=c\
             &includePropertiesWithPrefix=sla.",
            "GET /customers/v2/customer/2171",
        ];
        assert_eq!(stub.lines(), lines);
    }
}

mod get_customer_properties {
    use super::*;

    #[tokio::test]
    async fn properties_are_paged_and_sections_are_checked() {
        let item = json!({"key": "sla.reaction.critical", "value": "PT30M", "source": "customer"});
        let stub = Stub::start(vec![Reply::list(json!([item]), 0, 25, 1)]).await;
        let value = stub.data("getCustomerProperties", json!({"idOrShortName": 2171, "section": "sla"})).await;
        assert_eq!(value["data"][0], item);
        assert_eq!(value["page"]["reason"], "LAST_PAGE");
        assert_eq!(stub.lines(), ["GET /customers/v2/customer/2171/properties?section=sla&limit=25&offset=0"]);
        let error = stub.error("getCustomerProperties", json!({"idOrShortName": 2171, "section": "SLA"})).await;
        assert_eq!(error["fieldErrors"][0]["path"], "section[0]");
    }
}

mod execute_search_argus_customer {
    use super::*;

    #[tokio::test]
    async fn a_request_becomes_the_rest_body() {
        let stub = Stub::start(vec![Reply::list(json!([{"id": 2171}]), 0, 25, 1)]).await;
        let request = json!({"keywords": "nord", "ancestor": 2100, "type": "leaf",
            "excludeCustomerFlag": "disabled", "sortBy": ["-relevance"]});
        let value = stub.data("executeSearchArgusCustomer", json!({"request": request})).await;
        assert_eq!(value["data"], json!([{"id": 2171}]));
        assert_eq!(stub.lines(), ["POST /customers/v2/customer/search"]);
        let expected = json!({"keywords": ["nord"], "ancestor": ["2100"], "type": ["leaf"],
            "excludeFlags": ["disabled"], "sortBy": ["-relevance"], "limit": 25, "offset": 0});
        assert_eq!(stub.seen()[0].body, expected);
        let bad = json!({"request": {"limit": 0, "type": "both", "sortBy": "size"}});
        let error = stub.error("executeSearchArgusCustomer", bad).await;
        assert_eq!(error["fieldErrors"].as_array().unwrap().len(), 3);
    }
}
