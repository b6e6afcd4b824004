//! Probing a model profile over HTTP and by `groundwire check`: who may, what is found, that
//! it is kept, and that it is shown for that very model alone.

use groundwire::config::auth::AuthMode;
use groundwire::config::models::ModelConfig;
use groundwire::domain::caller::AccessRole;
use groundwire::domain::probe::ProbeReport;
use groundwire::domain::probe::Probed;
use groundwire::sandbox::SandboxOptions;
use groundwire::sandbox::sqlite_url;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::support::database::TestDatabase;
use crate::support::gateway::Gateway;
use crate::support::gateway::NOW;
use crate::support::gateway::adjusted;
use crate::support::gateway::json;
use crate::support::gateway::options;
use crate::support::gateway::refused;
use crate::support::held::HeldModel;

/// A gateway with one more profile, `own`, over a model server that outlives it.
fn with_profile(profile: ModelConfig, store: Option<String>) -> SandboxOptions {
    let options = adjusted(move |config| drop(config.models.0.insert("own".to_owned(), profile.clone())));
    SandboxOptions { store, ..options }
}

fn probe(gateway: &Gateway, name: &str) -> reqwest::RequestBuilder {
    gateway.post(&format!("/api/models/{name}/probe"), &json!({}))
}

async fn shown(gateway: &Gateway, name: &str) -> Value {
    let list = json(gateway.get("/api/models"), 200).await;
    let item = list["items"].as_array().expect("a list").iter().find(|item| item["id"] == name);
    item.expect("the profile")["probe"].clone()
}

async fn ended(gateway: Gateway) {
    gateway.stop.cancel();
    gateway.serving.await.expect("no panic").expect("a clean end");
    gateway.app.close().await;
}

#[tokio::test]
async fn a_probe_says_what_the_server_honours_and_is_shown_from_then_on() {
    let gateway = Gateway::start(options()).await;
    let found = json(probe(&gateway, "sim"), 200).await;
    let expected = json!({
        "at": "2026-02-09T08:15:30.000Z", "reachable": true, "answers": true, "model_listed": true,
        "models": found["models"], "streaming": true, "usage": true, "auto_calls": true, "required_honoured": true,
        "named_honoured": true, "parallel_calls": true, "json_schema_honoured": true, "reasoning_field": null,
        "problems": [],
    });
    assert_eq!(found, expected);
    assert!(found["models"].as_array().expect("a list").contains(&json!("sim/honest")), "{found}");
    assert_eq!(shown(&gateway, "sim").await, found);
    assert_eq!(shown(&gateway, "sim-judge").await, Value::Null);
    let (code, error) = refused(probe(&gateway, "smi"), 404).await;
    assert_eq!(code, "model_not_found");
    assert_eq!(error["message"], "no model profile smi; known are: sim, sim-judge");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_a_finding() {
    let gateway = Gateway::start(with_profile(ModelConfig::new("http://127.0.0.1:9/v1", "m"), None)).await;
    let found = json(probe(&gateway, "own"), 200).await;
    assert_eq!(
        (&found["reachable"], &found["answers"], &found["streaming"]),
        (&json!(false), &json!(false), &Value::Null)
    );
    assert!(!found["problems"].as_array().expect("a list").is_empty(), "{found}");
    assert_eq!(shown(&gateway, "own").await, found);
}

#[tokio::test]
async fn probing_is_for_engineers_and_reading_for_all() {
    let gateway = Gateway::start(adjusted(|config| config.auth.mode = AuthMode::Token)).await;
    let engineer = gateway.token("eva", AccessRole::Engineer, None).await;
    json(probe(&gateway, "sim").bearer_auth(&engineer), 200).await;
    for role in [AccessRole::Reader, AccessRole::Analyst] {
        let token = gateway.token(&format!("{role:?}"), role, None).await;
        assert_eq!(refused(probe(&gateway, "sim").bearer_auth(&token), 403).await.0, "role_missing", "{role:?}");
        let list = json(gateway.get("/api/models").bearer_auth(&token), 200).await;
        assert_eq!(list["items"][0]["probe"]["reachable"], true, "{role:?}");
    }
    assert_eq!(refused(probe(&gateway, "sim"), 401).await.0, "token_missing");
}

#[tokio::test]
async fn a_profile_is_probed_by_one_at_a_time() {
    let model = HeldModel::start("").await;
    let gateway = Gateway::start(with_profile(model.profile(), None)).await;
    let first = tokio::spawn(probe(&gateway, "own").send());
    model.is_asked().await;
    let (code, error) = refused(probe(&gateway, "own"), 409).await;
    assert_eq!(
        (code.as_str(), error["message"].as_str()),
        ("probe_running", Some("model profile own is being probed"))
    );
    json(probe(&gateway, "sim"), 200).await;
    model.gate.cancel();
    assert_eq!(first.await.expect("no panic").expect("an answer").status(), 200);
    json(probe(&gateway, "own"), 200).await;
}

/// A restart, and then the profile comes to mean another model.
async fn kept_over_a_restart(url: String) {
    let model = HeldModel::start("nothing of the kind").await;
    let start = |profile: ModelConfig| Gateway::start(with_profile(profile, Some(url.clone())));
    let gateway = start(model.profile()).await;
    json(probe(&gateway, "own"), 200).await;
    let found = json(probe(&gateway, "own"), 200).await;
    ended(gateway).await;

    let gateway = start(model.profile()).await;
    assert_eq!(shown(&gateway, "own").await, found);
    ended(gateway).await;

    let other = ModelConfig { model: "sim/thinks".to_owned(), ..model.profile() };
    let gateway = start(other).await;
    assert_eq!(shown(&gateway, "own").await, Value::Null);
    let elsewhere = json(probe(&gateway, "own"), 200).await;
    assert_eq!(elsewhere["reasoning_field"], "content", "{elsewhere}");
    assert_eq!(shown(&gateway, "own").await, elsewhere);
    ended(gateway).await;
}

#[tokio::test]
async fn findings_survive_a_restart_and_belong_to_one_model_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    kept_over_a_restart(sqlite_url(folder.path())).await;
}

#[tokio::test]
async fn findings_survive_a_restart_and_belong_to_one_model_on_postgresql() {
    let Some(database) = TestDatabase::postgres().await else { return };
    kept_over_a_restart(database.url.clone()).await;
}

async fn findings_read_back_whole(database: TestDatabase) {
    let store = database.open().await;
    assert_eq!(store.probes().await.expect("read"), []);
    let report = ProbeReport {
        reachable: true,
        models: vec!["a\u{0}b".to_owned(), "Ærlig".to_owned()],
        model_listed: Some(false),
        reasoning_field: Some("reasoning_content".to_owned()),
        problems: vec!["list of models: 404\u{0}".to_owned()],
        ..ProbeReport::default()
    };
    let at: Timestamp = NOW.parse().expect("a time");
    let probed = Probed { at, report };
    store.keep_probe("own", "12ab", &Probed { at, report: ProbeReport::default() }).await.expect("kept");
    store.keep_probe("own", "34cd", &probed).await.expect("kept instead");
    let kept = store.probes().await.expect("read");
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].profile.as_str(), kept[0].target.as_str(), &kept[0].probed), ("own", "34cd", &probed));
}

#[tokio::test]
async fn a_finding_reads_back_whole_from_sqlite() {
    findings_read_back_whole(TestDatabase::sqlite()).await;
}

#[tokio::test]
async fn a_finding_reads_back_whole_from_postgresql() {
    if let Some(database) = TestDatabase::postgres().await {
        findings_read_back_whole(database).await;
    }
}
