//! What the tools about datastores do, call by call: a module per tool, named after it.

use serde_json::Value;
use serde_json::json;

use crate::servers::argus::testing::Reply;
use crate::servers::argus::testing::Stub;

fn descriptor(behaviour: &str, global: bool) -> Value {
    json!({"name": "vip-users", "dataType": "MAP", "behaviourType": behaviour, "globalData": global,
        "useLowerCaseKeys": true, "deleted": false})
}

mod get_data_store_descriptor {
    use super::*;

    #[tokio::test]
    async fn the_descriptor_comes_with_what_it_means_for_a_lookup() {
        let mut deleted = descriptor("CENTRAL", false);
        deleted["deleted"] = json!(true);
        let rows = [
            (descriptor("CENTRAL", false), json!(true), json!("required")),
            (descriptor("CENTRAL", true), json!(true), json!("0")),
            (descriptor("LOCAL", false), json!(false), json!(null)),
            (descriptor("DISTRIBUTED", true), json!(false), json!(null)),
            (deleted, json!(false), json!(null)),
        ];
        for (descriptor, readable, customer) in rows {
            let stub = Stub::start(vec![Reply::object(descriptor.clone())]).await;
            let value = stub.data("getDataStoreDescriptor", json!({"name": "vip users"})).await;
            assert_eq!(value["data"], descriptor);
            assert_eq!((&value["lookup"]["entriesReadable"], &value["lookup"]["customerID"]), (&readable, &customer));
            assert!(value["lookup"]["why"].is_string());
            assert_eq!(stub.lines(), ["GET /datastores/v1/descriptor/vip%20users"]);
        }
    }
}

mod get_data_store_entry {
    use super::*;

    const NAME: &str = "getDataStoreEntry";

    fn asked(key: &str, customer: u64) -> Value {
        json!({"dataStoreName": "vip-users", "key": key, "customerID": customer})
    }

    #[tokio::test]
    async fn the_descriptor_is_read_first_and_the_key_in_its_case() {
        let entry = json!({"key": "kari.solheim", "value": "{\"tier\":1}"});
        let stub = Stub::start(vec![Reply::object(descriptor("CENTRAL", false)), Reply::object(entry.clone())]).await;
        let value = stub.data(NAME, asked("Kari.Solheim", 2171)).await;
        assert_eq!(value["data"], entry);
        assert!(value["meta"]["notes"][0].as_str().unwrap().contains("lower case"));
        let lines = [
            "GET /datastores/v1/descriptor/vip-users",
            "GET /datastores/v1/store/vip-users/kari.solheim?customerID=2171",
        ];
        assert_eq!(stub.lines(), lines);
    }

    #[tokio::test]
    async fn keys_with_slashes_and_blanks_arrive_intact() {
        let mut plain = descriptor("CENTRAL", true);
        plain["useLowerCaseKeys"] = json!(false);
        let stub = Stub::start(vec![Reply::object(plain), Reply::object(json!({"key": "x"}))]).await;
        let value = stub.data(NAME, asked(" A/b c", 0)).await;
        assert!(value["meta"].get("notes").is_none());
        assert_eq!(stub.lines()[1], "GET /datastores/v1/store/vip-users/%20A%2Fb%20c?customerID=0");
    }

    #[tokio::test]
    async fn what_the_descriptor_rules_out_is_refused_before_the_entry_is_asked_for() {
        let mut deleted = descriptor("CENTRAL", false);
        deleted["deleted"] = json!(true);
        let rows = [
            (descriptor("LOCAL", false), 2171, "dataStoreName"),
            (descriptor("DISTRIBUTED", false), 2171, "dataStoreName"),
            (deleted, 2171, "dataStoreName"),
            (descriptor("CENTRAL", true), 2171, "customerID"),
            (descriptor("CENTRAL", false), 0, "customerID"),
        ];
        for (descriptor, customer, path) in rows {
            let stub = Stub::start(vec![Reply::object(descriptor)]).await;
            let error = stub.error(NAME, asked("x", customer)).await;
            assert_eq!(error["kind"], "INVALID_ARGUMENTS");
            assert_eq!(error["fieldErrors"][0]["path"], path);
            assert_eq!(stub.seen().len(), 1);
        }
    }

    #[tokio::test]
    async fn no_entry_says_that_the_datastore_was_read() {
        let stub = Stub::start(vec![Reply::object(descriptor("CENTRAL", false)), Reply::object(json!(null))]).await;
        let error = stub.error(NAME, asked("nobody", 2171)).await;
        assert_eq!(error["kind"], "NOT_FOUND");
        assert!(error["message"].as_str().unwrap().contains("was read and holds no such key"));
        assert_eq!(error["request"], "GET /datastores/v1/store/vip-users/nobody");
    }

    #[tokio::test]
    async fn a_scope_is_never_guessed() {
        let stub = Stub::start(vec![Reply::object(json!({}))]).await;
        let error = stub.error(NAME, json!({"dataStoreName": "vip-users", "key": ""})).await;
        assert_eq!(error["fieldErrors"].as_array().unwrap().len(), 2);
        assert!(stub.seen().is_empty());
    }

    #[tokio::test]
    async fn a_descriptor_is_good_for_a_minute() {
        let replies = vec![
            Reply::object(descriptor("CENTRAL", false)),
            Reply::object(json!({"key": "a"})),
            Reply::object(json!({"key": "b"})),
            Reply::object(descriptor("LOCAL", false)),
        ];
        let stub = Stub::start(replies).await;
        let now = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(1_770_624_930_000));
        let mut config = stub.config();
        let clock = std::sync::Arc::clone(&now);
        config.clock = std::sync::Arc::new(move || {
            jiff::Timestamp::from_millisecond(clock.load(std::sync::atomic::Ordering::Relaxed)).unwrap()
        });
        let server = crate::servers::argus::ArgusServer::new(config).unwrap();
        for (later_ms, failed) in [(0, false), (59_000, false), (2_000, true)] {
            now.fetch_add(later_ms, std::sync::atomic::Ordering::Relaxed);
            let arguments = asked("x", 2171).as_object().unwrap().clone();
            assert_eq!(server.call(NAME, &arguments).await.unwrap().is_error, Some(failed));
        }
        assert_eq!(stub.seen().len(), 4);
    }
}
