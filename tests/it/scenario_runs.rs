//! Scenario runs over HTTP: what can be run, how a run grows, how it ends, what stops it, how
//! many there may be, and who may. Models are held back by a gate where a test must look at a
//! run that goes on.

use std::fs;
use std::path::Path;
use std::time::Duration;

use groundwire::config::Config;
use groundwire::config::auth::AuthMode;
use groundwire::config::models::ModelConfig;
use groundwire::config::secret::SecretRef;
use groundwire::domain::caller::AccessRole;
use groundwire::sandbox::SandboxOptions;
use groundwire::scenario::runs::Bounds;
use serde_json::Value;
use serde_json::json;

use crate::support::gateway::Gateway;
use crate::support::gateway::adjusted;
use crate::support::gateway::header;
use crate::support::gateway::json;
use crate::support::gateway::options;
use crate::support::gateway::refused;
use crate::support::gateway::text;
use crate::support::held::HeldModel;

const NOBODYS: &str = "01939c5e-0000-7000-8000-000000000001";
/// A scenario with a call, and one without.
const STATUS: &str = "call_tool/status_of_one_case";
const WEATHER: &str = "refuse/the_weather";
/// The second message of `TALK`, which a held model does not answer.
const SECOND: &str = "Any change on the first one?";
const TALK: &str = "refresh/the_first_one_changed";

/// A gateway with one more profile, `held`.
fn with_held(model: &HeldModel) -> SandboxOptions {
    let profile = model.profile();
    adjusted(move |config| drop(config.models.0.insert("held".to_owned(), profile.clone())))
}

fn with_folder(folder: &Path) -> impl Fn(&mut Config) + Send + Sync + use<> {
    let folder = folder.display().to_string();
    move |config| config.server.scenarios = Some(folder.clone())
}

fn order(scenario: &str, model: Option<&str>) -> Value {
    match model {
        Some(model) => json!({ "scenario": scenario, "model": model }),
        None => json!({ "scenario": scenario }),
    }
}

async fn start(gateway: &Gateway, scenario: &str, model: Option<&str>) -> String {
    let ordered = json(gateway.post("/api/scenario-runs", &order(scenario, model)), 202).await;
    text(&ordered["id"])
}

fn path(run: &str) -> String {
    format!("/api/scenario-runs/{run}")
}

/// The run as soon as it is as wanted. Looks again whenever something has changed.
async fn once(gateway: &Gateway, run: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut changes = gateway.runs.changes();
    loop {
        changes.borrow_and_update();
        let seen = json(gateway.get(&path(run)), 200).await;
        if wanted(&seen) {
            return seen;
        }
        changes.changed().await.expect("the runs are there");
    }
}

async fn over(gateway: &Gateway, run: &str) -> Value {
    once(gateway, run, |run| run["finished_at"].is_string()).await
}

async fn ids(gateway: &Gateway) -> Vec<String> {
    let list = json(gateway.get("/api/scenario-runs"), 200).await;
    list["items"].as_array().expect("a list").iter().map(|run| text(&run["id"])).collect()
}

fn checks(turn: &Value) -> Vec<(String, bool)> {
    let checks = turn["checks"].as_array().expect("a list");
    checks.iter().map(|check| (text(&check["what"]), check["passed"] == true)).collect()
}

#[tokio::test]
async fn the_shipped_scenarios_and_the_models_for_them_are_listed() {
    let gateway = Gateway::start(options()).await;
    let list = json(gateway.get("/api/scenarios"), 200).await;
    assert_eq!(list["next_cursor"], Value::Null);
    let find = |id: &str| {
        let found = list["items"].as_array().expect("a list").iter().find(|item| item["id"] == id);
        found.unwrap_or_else(|| panic!("{id} in {list}")).clone()
    };
    assert_eq!(
        find(TALK),
        json!({
            "id": TALK, "purpose": "News about one row of a list, named by its position.", "decision": "refresh",
            "language": "en", "turns": 2,
            "also_with": ["reuses_stale", "swaps_entities", "fabricates", "judge_rejects_all", "cuts_stream", "loops"],
        })
    );
    for (id, language) in
        [("refuse/guess_in_norwegian", "nb"), ("call_tool/status_in_german", "de"), ("refresh/in_japanese", "ja")]
    {
        assert_eq!(find(id)["language"], language, "{id}");
    }
    let models: Vec<String> = list["models"].as_array().expect("a list").iter().map(text).collect();
    assert_eq!(models[0], "sim/honest");
    assert!(models.contains(&"sim/fabricates".to_owned()) && models.ends_with(&["sim".into(), "sim-judge".into()]));
}

#[tokio::test]
async fn a_run_that_passes_shows_every_check_and_the_whole_trace() {
    let gateway = Gateway::start(options()).await;
    let id = start(&gateway, STATUS, None).await;
    let run = over(&gateway, &id).await;
    assert_eq!((run["state"].as_str(), run["model"].as_str()), (Some("passed"), Some("sim/honest")), "{run}");
    assert_eq!((&run["reason"], &run["scenario"]), (&Value::Null, &json!(STATUS)));
    let turn = &run["turns"][0];
    assert_eq!(
        (turn["decision"].as_str(), turn["rule"].as_str(), turn["outcome"].as_str(), turn["verdict"].as_str()),
        (Some("call_tool"), Some("explicit_target"), Some("answered"), Some("grounded"))
    );
    assert!(text(&turn["text"]).contains("pendingCustomer") && turn["running"] == false, "{turn}");
    let held = checks(turn);
    assert!(held.iter().all(|(_, passed)| *passed), "{turn}");
    // One for each expectation that the file names, those for models that mean well included.
    let what: Vec<&str> = held.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(
        what,
        [
            "decision",
            "rule",
            "outcome",
            "calls",
            "text contains",
            "text contains",
            "text lacks",
            "text lacks",
            "basis",
            "outcome",
            "verdict",
            "nothing_stopped",
            "claims",
            "budget",
            "budget",
        ]
    );
    assert_eq!(
        turn["checks"][0],
        json!({ "what": "decision", "passed": true, "wanted": "call_tool", "got": "call_tool" })
    );

    let trace = json(gateway.get(&format!("{}/turns/0", path(&id))), 200).await;
    assert_eq!((&trace["id"], &trace["text"]), (&turn["turn_id"], &turn["text"]));
    assert_eq!(trace["results"][0]["content"]["data"]["status"], "pendingCustomer", "{trace}");
    assert!(!trace["events"].as_array().expect("a list").is_empty() && trace["claims"].is_array());
    let light = json(gateway.get(&format!("{}/turns/0?results=none", path(&id))), 200).await;
    assert_eq!(light["results"][0]["content"], Value::Null);
    // It is no turn of the gateway itself.
    assert_eq!(refused(gateway.get(&format!("/api/turns/{}", text(&turn["turn_id"]))), 404).await.0, "turn_not_found");
    assert_eq!(json(gateway.get("/api/conversations"), 200).await["items"], json!([]));
}

#[tokio::test]
async fn a_model_that_misbehaves_is_held_against_what_holds_for_every_model() {
    let gateway = Gateway::start(options()).await;
    let id = start(&gateway, STATUS, Some("sim/fabricates+once")).await;
    let run = over(&gateway, &id).await;
    assert_eq!((run["state"].as_str(), run["model"].as_str()), (Some("passed"), Some("sim/fabricates+once")), "{run}");
    assert!(!checks(&run["turns"][0]).iter().any(|(what, _)| what == "nothing_stopped"), "{run}");
}

#[tokio::test]
async fn a_folder_of_ones_own_takes_the_place_of_the_shipped_set_and_a_run_can_fail() {
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = "purpose: A greeting is\n  no question about data.\nturns:\n  - user: Hello\n    expect:\n      decision: [converse, clarify]\n      new_call: true\n      text: {lacks: [hello], contains: [4711]}\n  - user: Thanks\n    expect: {decision: converse}\n";
    fs::write(folder.path().join("greeting.yaml"), wrong.replace("[4711]", "[\"4711\"]")).expect("written");
    let gateway = Gateway::start(adjusted(with_folder(folder.path()))).await;
    let list = json(gateway.get("/api/scenarios"), 200).await;
    assert_eq!(
        list["items"],
        json!([{
            "id": "greeting", "purpose": "A greeting is no question about data.", "decision": "converse",
            "language": "en", "turns": 2, "also_with": [],
        }])
    );
    let id = start(&gateway, "greeting", None).await;
    let run = over(&gateway, &id).await;
    assert_eq!((run["state"].as_str(), &run["reason"]), (Some("failed"), &Value::Null), "{run}");
    let held = checks(&run["turns"][0]);
    let passed = |what: &str| held.iter().find(|(name, _)| name == what).map(|(_, passed)| *passed);
    assert_eq!(
        (passed("decision"), passed("new_call"), passed("text contains")),
        (Some(true), Some(false), Some(false))
    );
    let missed = &run["turns"][0]["checks"][1];
    assert_eq!((missed["wanted"].as_str(), missed["got"].as_str()), (Some("a call in this turn"), Some("no call")));
    assert_eq!(checks(&run["turns"][1]), [("decision".to_owned(), true)], "the run goes on to its end");
}

#[tokio::test]
async fn what_cannot_be_told_is_inconclusive_and_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("key");
    fs::write(&key, "a key").expect("written");
    let named = key.display().to_string();
    let gateway = Gateway::start(adjusted(move |config| {
        let mut profile = ModelConfig::new("http://127.0.0.1:9/v1", "m");
        profile.api_key = Some(SecretRef::File(named.clone()));
        config.models.0.insert("locked".to_owned(), profile);
    }))
    .await;
    // The world of a run reads the secret for itself, and it is gone by then.
    fs::remove_file(&key).expect("removed");
    let run = over(&gateway, &start(&gateway, WEATHER, Some("locked")).await).await;
    assert_eq!((run["state"].as_str(), &run["turns"]), (Some("inconclusive"), &json!([])), "{run}");
    let reason = text(&run["reason"]);
    assert!(reason.contains("the world did not start") && reason.contains("models.locked.api_key"), "{reason}");
    // And the next one runs.
    let run = over(&gateway, &start(&gateway, WEATHER, None).await).await;
    assert_eq!(run["state"], "passed", "{run}");
}

#[tokio::test]
async fn a_run_grows_turn_by_turn() {
    let model = HeldModel::start(SECOND).await;
    let gateway = Gateway::start(with_held(&model)).await;
    let id = start(&gateway, TALK, Some("held")).await;
    model.is_asked().await;
    let run = once(&gateway, &id, |run| run["turns"][1]["decision"].is_string()).await;
    assert_eq!((run["state"].as_str(), &run["finished_at"]), (Some("running"), &Value::Null));
    let turns = run["turns"].as_array().expect("a list");
    assert_eq!(turns.len(), 2);
    assert_eq!((&turns[0]["running"], turns[0]["outcome"].as_str()), (&json!(false), Some("answered")));
    assert!(!checks(&turns[0]).is_empty());
    let second = &turns[1];
    assert_eq!(
        (&second["running"], second["user"].as_str(), second["decision"].as_str()),
        (&json!(true), Some(SECOND), Some("refresh"))
    );
    assert_eq!((&second["outcome"], &second["checks"], text(&second["text"]).as_str()), (&Value::Null, &json!([]), ""));
    assert!(second["turn_id"].is_string());
    json(gateway.get(&format!("{}/turns/0", path(&id))), 200).await;
    assert_eq!(refused(gateway.get(&format!("{}/turns/1", path(&id))), 409).await.0, "turn_not_finished");
    assert_eq!(refused(gateway.get(&format!("{}/turns/2", path(&id))), 404).await.0, "turn_not_found");

    model.gate.cancel();
    let run = over(&gateway, &id).await;
    assert_eq!(run["state"], "passed", "{run}");
    assert_eq!(run["turns"][1]["turn_id"], second["turn_id"]);
    json(gateway.get(&format!("{}/turns/1", path(&id))), 200).await;
}

#[tokio::test]
async fn a_run_is_stopped_in_the_middle_of_a_turn_and_forgotten() {
    let model = HeldModel::start("").await;
    let gateway = Gateway::start(with_held(&model)).await;
    let id = start(&gateway, STATUS, Some("held")).await;
    model.is_asked().await;
    assert_eq!(gateway.delete(&path(&id)).send().await.expect("an answer").status(), 204);
    assert_eq!(refused(gateway.get(&path(&id)), 404).await.0, "scenario_run_not_found");
    assert_eq!(refused(gateway.delete(&path(&id)), 404).await.0, "scenario_run_not_found");
    assert_eq!(ids(&gateway).await, Vec::<String>::new());
    // The model is still held back; since one runs at a time, this one ends only if that one has.
    let next = start(&gateway, WEATHER, None).await;
    assert_eq!(over(&gateway, &next).await["state"], "passed");
}

#[tokio::test]
async fn one_runs_a_few_wait_and_more_are_refused() {
    let model = HeldModel::start("").await;
    let bounds = Bounds { waiting: 1, ..Bounds::default() };
    let gateway = Gateway::bounded(with_held(&model), bounds).await;
    let first = start(&gateway, STATUS, Some("held")).await;
    let second = start(&gateway, WEATHER, None).await;
    model.is_asked().await;
    let waiting = json(gateway.get(&path(&second)), 200).await;
    assert_eq!((waiting["state"].as_str(), &waiting["turns"]), (Some("queued"), &json!([])));
    let third = gateway.post("/api/scenario-runs", &order(WEATHER, None));
    let response = third.send().await.expect("an answer");
    assert_eq!((response.status().as_u16(), header(&response, "retry-after").as_str()), (429, "1"));
    let refusal: Value = response.json().await.expect("JSON");
    assert_eq!(refusal["error"]["code"], "scenario_queue_full");
    assert_eq!(refusal["error"]["details"], json!({ "waiting": 1 }));
    assert_eq!(ids(&gateway).await, [second.clone(), first.clone()]);
    // One that waits can be called off; then there is room.
    assert_eq!(gateway.delete(&path(&second)).send().await.expect("an answer").status(), 204);
    let third = start(&gateway, WEATHER, None).await;
    model.gate.cancel();
    assert_eq!(over(&gateway, &third).await["state"], "passed");
    assert_eq!(over(&gateway, &first).await["state"], "passed");
}

#[tokio::test]
async fn the_oldest_finished_runs_are_forgotten() {
    let gateway = Gateway::bounded(options(), Bounds { remembered: 2, ..Bounds::default() }).await;
    let mut runs = Vec::new();
    for _ in 0..3 {
        let id = start(&gateway, WEATHER, None).await;
        over(&gateway, &id).await;
        runs.push(id);
    }
    assert_eq!(ids(&gateway).await, [runs[2].clone(), runs[1].clone()]);
    assert_eq!(refused(gateway.get(&path(&runs[0])), 404).await.0, "scenario_run_not_found");
}

#[tokio::test]
async fn a_run_that_takes_too_long_is_ended_and_inconclusive() {
    let model = HeldModel::start("").await;
    let bounds = Bounds { time: Duration::ZERO, ..Bounds::default() };
    let gateway = Gateway::bounded(with_held(&model), bounds).await;
    let run = over(&gateway, &start(&gateway, STATUS, Some("held")).await).await;
    assert_eq!(run["state"], "inconclusive", "{run}");
    assert_eq!(run["reason"], "it took longer than 0 seconds");
}

#[tokio::test]
async fn going_down_stops_runs_and_takes_no_more() {
    let model = HeldModel::start("").await;
    let gateway = Gateway::start(with_held(&model)).await;
    let first = start(&gateway, STATUS, Some("held")).await;
    let second = start(&gateway, WEATHER, None).await;
    model.is_asked().await;
    gateway.runs.close().await;
    let run = json(gateway.get(&path(&first)), 200).await;
    assert_eq!((run["state"].as_str(), run["reason"].as_str()), (Some("stopped"), Some("the run was stopped")));
    assert_eq!((&run["turns"][0]["running"], &run["turns"][0]["outcome"]), (&json!(false), &json!("cancelled")));
    assert_eq!(json(gateway.get(&path(&second)), 200).await["state"], "stopped");
    let refusal = refused(gateway.post("/api/scenario-runs", &order(WEATHER, None)), 503).await;
    assert_eq!(refusal.0, "shutting_down");
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let gateway = Gateway::start(options()).await;
    let post = |body: Value| gateway.post("/api/scenario-runs", &body);
    let (code, error) = refused(post(order("refuse/the_wether", None)), 404).await;
    assert_eq!((code.as_str(), error["details"]["field"].as_str()), ("scenario_not_found", Some("scenario")));
    assert!(text(&error["message"]).contains("refuse/the_wether"), "{error}");
    for (model, words) in [
        ("sim/honset", "no behaviour honset; it has honest, "),
        ("qwen", "no model profile qwen; the configuration has sim, sim-judge"),
    ] {
        let (code, error) = refused(post(order(WEATHER, Some(model))), 404).await;
        assert_eq!((code.as_str(), error["details"]["field"].as_str()), ("model_not_found", Some("model")));
        assert!(text(&error["message"]).contains(words), "{error}");
    }
    assert_eq!(refused(post(json!({ "model": "sim/honest" })), 400).await.0, "invalid_body");
    for (path, status, code) in [
        (path(NOBODYS), 404, "scenario_run_not_found"),
        (format!("{}/turns/0", path(NOBODYS)), 404, "scenario_run_not_found"),
        (path("first"), 400, "invalid_id"),
        (format!("{}/turns/first", path(NOBODYS)), 400, "invalid_id"),
        (format!("{}/turns/-1", path(NOBODYS)), 400, "invalid_id"),
        (format!("{}/turns/0?results=some", path(NOBODYS)), 400, "invalid_query"),
    ] {
        assert_eq!(refused(gateway.get(&path), status).await.0, code, "{path}");
    }
}

#[tokio::test]
async fn scenarios_are_for_engineers() {
    let gateway = Gateway::start(adjusted(|config| config.auth.mode = AuthMode::Token)).await;
    let engineer = gateway.token("eva", AccessRole::Engineer, None).await;
    let analyst = gateway.token("ada", AccessRole::Analyst, None).await;
    let ordered = gateway.post("/api/scenario-runs", &order(WEATHER, None)).bearer_auth(&engineer);
    let run = path(&text(&json(ordered, 202).await["id"]));
    for request in [
        gateway.get("/api/scenarios"),
        gateway.get("/api/scenario-runs"),
        gateway.post("/api/scenario-runs", &order(WEATHER, None)),
        gateway.get(&run),
        gateway.get(&format!("{run}/turns/0")),
        gateway.delete(&run),
    ] {
        assert_eq!(refused(request.bearer_auth(&analyst), 403).await.0, "role_missing");
    }
    assert_eq!(refused(gateway.get("/api/scenarios"), 401).await.0, "token_missing");
    for path in ["/api/scenarios", "/api/scenario-runs", &run] {
        json(gateway.get(path).bearer_auth(&engineer), 200).await;
    }
}
