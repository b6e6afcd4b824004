//! How a turn goes on once its user has answered what a tool asked: with the plan that it had, over
//! results of now, with no change made twice; and what those are told whose calls cannot wait.

use std::process::Command;
use std::process::Output;
use std::process::Stdio;

use groundwire::config::auth::AuthMode;
use groundwire::domain::caller::AccessRole;
use rmcp::model::GetPromptRequestParams;
use rmcp::model::ReadResourceRequestParams;
use serde_json::Value;
use serde_json::json;

use crate::support::asker;
use crate::support::asker::Asker;
use crate::support::asker::COMPARE;
use crate::support::asker::STATE;
use crate::support::asker::place;
use crate::support::gateway::Gateway;
use crate::support::gateway::adjusted;
use crate::support::gateway::text;
use crate::support::mcp_side::Client;
use crate::support::mcp_side::sessionless;
use crate::support::served::answer;

const SYSQL: &str = "Which workloads are affected by vulnerabilities? Use SysQL";
const LOOK_UP: &str = "desk__getArgusCaseByID";

async fn gateway_of(asker: &Asker) -> Gateway {
    let url = asker.serve().await;
    Gateway::start(adjusted(move |config| asker::connect(config, &url, false))).await
}

fn asks(turn: &Value) {
    assert_eq!(
        (&turn["outcome"], &turn["question"]["kind"]),
        (&json!("clarification"), &json!("elicitation")),
        "{turn}"
    );
}

fn finished_tools(asker: &Asker) -> Vec<String> {
    asker.finished().iter().map(|call| text(&call["tool"])).collect()
}

fn finished_cases(asker: &Asker) -> Vec<Value> {
    asker.finished().iter().map(|call| call["arguments"]["caseID"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_whose_first_step_asks_is_gone_on_with() {
    for with_sessions in [false, true] {
        let asker = Asker::of_sysql(with_sessions, vec![place()]);
        asker.ask_by("generate_sysql");
        let gateway = gateway_of(&asker).await;
        let conversation = gateway.conversation().await;
        asks(&gateway.turn_in(&conversation, SYSQL).await);
        assert_eq!(finished_tools(&asker), Vec::<String>::new());
        let done = gateway.turn_in(&conversation, "Staging").await;
        assert_eq!((&done["rule"], &done["outcome"]), (&json!("tool_answered"), &json!("answered")), "{done}");
        assert_eq!((&done["basis"][0]["tool"], &done["verdict"]), (&json!("run_sysql"), &json!("grounded")), "{done}");
        assert_eq!(finished_tools(&asker), ["generate_sysql", "run_sysql"]);
        let run = &asker.finished()[1]["arguments"]["sysql_query"];
        assert_eq!(run, "MATCH Workload RETURN Workload;", "the statement that the answered call made");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_steps_whose_results_are_in_the_call_that_asks_are_not_made_again() {
    let asker = Asker::of_sysql(false, vec![place()]);
    asker.ask_by("run_sysql");
    let gateway = gateway_of(&asker).await;
    let conversation = gateway.conversation().await;
    asks(&gateway.turn_in(&conversation, SYSQL).await);
    let done = gateway.turn_in(&conversation, "Staging").await;
    assert_eq!(done["outcome"], "answered", "{done}");
    assert_eq!(finished_tools(&asker), ["generate_sysql", "run_sysql"]);
    let basis = done["basis"].as_array().expect("a basis");
    assert_eq!((basis.len(), &basis[0]["tool"]), (1, &json!("run_sysql")), "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_cannot_go_on_after_the_answer_makes_nothing_up() {
    let asker = Asker::of_sysql(false, vec![place()]);
    asker.ask_by("generate_sysql");
    let url = asker.serve().await;
    let gateway = Gateway::start(adjusted(move |config| {
        asker::connect(config, &url, false);
        let desk = config.mcp.servers.get_mut("desk").expect("it is there");
        desk.options.allow = Some(vec!["generate_sysql".to_owned()]);
    }))
    .await;
    let conversation = gateway.conversation().await;
    asks(&gateway.turn_in(&conversation, SYSQL).await);
    // Without the tool that would run it, the statement is no answer and nothing else is made up.
    let done = gateway.turn_in(&conversation, "Staging").await;
    assert_eq!(finished_tools(&asker), ["generate_sysql"], "{done}");
    assert_eq!((&done["outcome"], &done["basis"]), (&json!("tool_unavailable"), &json!([])), "{done}");
    assert_eq!(done["verdict"], "nothing_to_check", "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_rests_on_all_look_ups_of_the_question_as_of_now() {
    let asker = Asker::new(false, vec![place()]);
    asker.ask_about(4_120_802);
    let gateway = gateway_of(&asker).await;
    let conversation = gateway.conversation().await;
    asks(&gateway.turn_in(&conversation, COMPARE).await);
    let done = gateway.turn_in(&conversation, "Staging").await;
    let basis = done["basis"].as_array().expect("a basis");
    let mut cases: Vec<_> = basis.iter().map(|item| (item["arguments"]["caseID"].as_u64(), &item["outcome"])).collect();
    cases.sort_by_key(|(case, _)| *case);
    let ok = json!("ok");
    assert_eq!(cases, [(Some(4_120_771), &ok), (Some(4_120_802), &ok)], "{done}");
    assert!(basis.iter().all(|item| item["shown_earlier"] != true), "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_confirmed_call_brought_is_shown_with_the_question_of_the_next_and_it_is_not_made_again() {
    let asker = Asker::new(false, vec![place()]);
    asker.ask_about(4_120_802);
    let (gateway, conversation) = asker::two_to_confirm(&asker).await;
    let asked = gateway.turn_in(&conversation, "yes").await;
    asks(&asked);
    let said = text(&asked["text"]);
    assert!(said.contains("Which environment?") && said.contains("pendingCustomer"), "{said}");
    assert_eq!(asked["basis"][0]["arguments"]["caseID"], 4_120_771, "{asked}");
    let done = gateway.turn_in(&conversation, "Staging").await;
    assert!(text(&done["text"]).contains("4120802"), "{done}");
    assert_eq!(finished_cases(&asker), [json!(4_120_771), json!(4_120_802)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn confirmed_calls_that_ask_are_answered_one_after_the_other() {
    let asker = Asker::new(false, vec![place()]);
    let (gateway, conversation) = asker::two_to_confirm(&asker).await;
    asks(&gateway.turn_in(&conversation, "yes").await);
    let second = gateway.turn_in(&conversation, "Staging").await;
    asks(&second);
    assert!(text(&second["text"]).contains("pendingCustomer"), "what the first brought: {second}");
    let done = gateway.turn_in(&conversation, "Production").await;
    assert_eq!(done["rule"], "tool_answered", "{done}");
    assert_eq!(finished_cases(&asker), [json!(4_120_771), json!(4_120_802)]);
    let answers: Vec<Value> = asker.finished().iter().map(|call| call["answers"][0]["where"].clone()).collect();
    assert_eq!(answers, ["stage", "prod"]);
}

fn accept(content: Value) -> Value {
    json!({ "action": "accept", "content": content })
}

/// A client whose user thinks over what a server asks until the test answers.
struct Thinking {
    client: Client,
    is_asked: tokio::sync::mpsc::UnboundedReceiver<()>,
    answers: std::sync::mpsc::Sender<Value>,
}

impl Thinking {
    async fn of(gateway: &Gateway, token: Option<&str>) -> Self {
        let (asked, is_asked) = tokio::sync::mpsc::unbounded_channel();
        let (answers, given) = std::sync::mpsc::channel();
        let given = std::sync::Mutex::new(given);
        let client = Client::asked(gateway, token, move |question| {
            if !question.contains("Which environment?") {
                return accept(json!({ "run": true }));
            }
            asked.send(()).expect("the test listens");
            tokio::task::block_in_place(|| given.lock().expect("whole").recv()).expect("the test answers")
        });
        Self { client: client.await, is_asked, answers }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_call_that_was_not_sent_since_another_user_thinks_is_told_as_not_run() {
    let asker = Asker::new(true, vec![place()]);
    let url = asker.serve().await;
    // Over HTTP+SSE a question does not say whose it is, so a tool that asks goes alone.
    let gateway = Gateway::start(adjusted(move |config| {
        asker::connect(config, &url, true);
        let desk = config.mcp.servers.get_mut("desk").expect("it is there");
        desk.options.allow = Some(vec!["closeCase".to_owned()]);
    }))
    .await;
    let Thinking { client, mut is_asked, answers } = Thinking::of(&gateway, None).await;
    let in_chat = async {
        is_asked.recv().await.expect("the other user is asked");
        let conversation = gateway.conversation().await;
        let turn = gateway.turn_in(&conversation, "Close case 4120771").await;
        assert_eq!(turn["outcome"], "confirmation", "{turn}");
        let told = gateway.turn_in(&conversation, "yes").await;
        answers.send(accept(json!({ "where": "prod" }))).expect("the other user waits");
        told
    };
    let other = client.call("desk__closeCase", json!({ "caseID": 1 }));
    let (other, told) = futures::future::join(other, in_chat).await;
    assert_eq!(other.expect("a result").structured_content.expect("content")["status"], "closed");
    assert_eq!((&told["rule"], &told["outcome"]), (&json!("confirmed"), &json!("tool_unavailable")), "{told}");
    let said = text(&told["text"]);
    assert!(said.contains("did not run") && !said.contains("may or may not"), "{said}");
    assert_eq!(asker.begun(), ["closeCase"], "the other user's");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_caller_does_not_take_all_places_for_open_questions() {
    let asker = Asker::new(true, vec![place()]);
    let url = asker.serve().await;
    // Two places in all, so one for each.
    let gateway = Gateway::start(adjusted(move |config| {
        config.auth.mode = AuthMode::Token;
        config.limits.turns_at_once = 4;
        asker::connect(config, &url, false);
    }))
    .await;
    let anna = gateway.token("anna", AccessRole::Analyst, None).await;
    let bert = gateway.token("bert", AccessRole::Analyst, None).await;
    let Thinking { client, mut is_asked, answers } = Thinking::of(&gateway, Some(&anna)).await;
    let annas = Client::asked(&gateway, Some(&anna), |_| accept(json!({ "where": "stage" }))).await;
    let berts = Client::asked(&gateway, Some(&bert), |_| accept(json!({ "where": "stage" }))).await;
    let others = async {
        is_asked.recv().await.expect("she is asked");
        let (is_error, told) = annas.told(LOOK_UP, json!({ "caseID": 2 })).await;
        assert!(is_error && told.contains("in all or to this one"), "{told}");
        let result = berts.call(LOOK_UP, json!({ "caseID": 3 })).await.expect("a result");
        answers.send(accept(json!({ "where": "prod" }))).expect("she waits");
        result
    };
    let (hers, his) = futures::future::join(client.call(LOOK_UP, json!({ "caseID": 1 })), others).await;
    for result in [hers.expect("a result"), his] {
        assert_eq!(result.structured_content.expect("content")["status"], "pendingCustomer");
    }
    assert_eq!((annas.questions().len(), finished_cases(&asker)), (0, vec![json!(3), json!(1)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_shot_command_without_a_terminal_shows_the_question_and_how_to_answer_it() {
    let asker = Asker::new(false, vec![place()]);
    let gateway = gateway_of(&asker).await;
    let command = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_groundwire"));
        command.args(arguments).env_clear().stdin(Stdio::null());
        async move {
            let run = tokio::task::spawn_blocking(move || command.output());
            run.await.expect("it is waited for").expect("it runs")
        }
    };
    let url = gateway.url("");
    let asked: Output = command(&["ask", "--url", &url, "What is the status of case 4120771?"]).await;
    let (out, err) = (String::from_utf8_lossy(&asked.stdout), String::from_utf8_lossy(&asked.stderr));
    assert_eq!(asked.status.code(), Some(3), "{out}{err}");
    assert!(out.contains("Which environment?") && out.contains("[clarification · "), "{out}");
    let (_, way) = err.split_once("groundwire chat ").expect("it says how to answer");
    let conversation = way.trim().rsplit(' ').next().expect("its id");
    let done = gateway.turn_in(conversation, "Staging").await;
    assert_eq!(done["outcome"], "answered", "{done}");
}

/// Prompts and resources, as they are asked for.
const READS: [(&str, &str, &str); 2] =
    [("prompts/get", "name", "desk__handover"), ("resources/read", "uri", "desk://1")];

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_asks_about_a_prompt_or_a_resource_is_the_result_and_its_answer_is_good_once() {
    for with_sessions in [false, true] {
        // Twice the same: each answer is good for one of them.
        let asker = Asker::new(with_sessions, vec![place(), place()]);
        let gateway = gateway_of(&asker).await;
        for (method, key, name) in READS {
            let send = async |asked: Option<&Value>, place: &str| {
                let mut params = json!({ key: name });
                if let Some(asked) = asked {
                    let requests = asked["result"]["inputRequests"].as_object().expect("what it asks");
                    let answers = requests.keys().map(|key| (key.clone(), accept(json!({ "where": place }))));
                    params["requestState"] = asked["result"]["requestState"].clone();
                    params["inputResponses"] = Value::Object(answers.collect());
                }
                answer(sessionless(&gateway, method, params).send().await.expect("an answer")).await
            };
            let first = send(None, "").await;
            let second = send(Some(&first), "prod").await;
            for asked in [&first, &second] {
                assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
                let (_, form) = asked["result"]["inputRequests"].as_object().expect("some").iter().next().expect("one");
                assert_eq!(form["params"]["message"], format!("{method} of the server desk asks: Which environment?"));
                assert!(!asked.to_string().contains(STATE), "{asked}");
            }
            let done = send(Some(&second), "stage").await;
            let told = done["result"].to_string();
            let places = (told.find("prod").expect("the first"), told.find("stage").expect("the second"));
            assert!(places.0 < places.1 && done["result"]["_meta"].is_object(), "{done}");
            for over in [&first, &second] {
                let again = send(Some(over), "prod").await;
                assert!(again["error"]["message"].to_string().contains("no longer open"), "{again}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_a_session_is_asked_while_a_prompt_or_a_resource_waits() {
    for with_sessions in [false, true] {
        let asker = Asker::new(with_sessions, vec![place(), place()]);
        let gateway = gateway_of(&asker).await;
        let client = Client::asked(&gateway, None, |_| accept(json!({ "where": "stage" }))).await;
        let prompt = client.service.get_prompt(GetPromptRequestParams::new("desk__handover")).await.expect("a prompt");
        assert_eq!(json!(prompt).to_string().matches("stage").count(), 2, "{prompt:?}");
        let read = client.service.read_resource(ReadResourceRequestParams::new("desk://1")).await.expect("a resource");
        assert_eq!(json!(read).to_string().matches("stage").count(), 2, "{read:?}");
        assert_eq!(client.questions().len(), 4);
        let silent = Client::silent(&gateway, None).await;
        let told =
            silent.service.read_resource(ReadResourceRequestParams::new("desk://1")).await.expect_err("no answer");
        assert!(told.to_string().contains("its user cannot be asked"), "{told}");
        let unwilling = Client::asked(&gateway, None, |_| json!({ "action": "decline" })).await;
        let told = unwilling.service.get_prompt(GetPromptRequestParams::new("desk__handover")).await;
        assert!(told.expect_err("it is not filled").to_string().contains("declined"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_about_several_resources_at_once_reach_nobody_else() {
    let asker = Asker::new(true, vec![place()]);
    let gateway = gateway_of(&asker).await;
    let read = async |place: &'static str| {
        let client = Client::asked(&gateway, None, move |_| accept(json!({ "where": place }))).await;
        let read = client.service.read_resource(ReadResourceRequestParams::new("desk://1")).await;
        (json!(read.expect("a resource")).to_string(), client.questions().len())
    };
    let (prod, stage) = tokio::join!(read("prod"), read("stage"));
    assert!(prod.0.contains("prod") && !prod.0.contains("stage") && prod.1 == 1, "{prod:?}");
    assert!(stage.0.contains("stage") && !stage.0.contains("prod") && stage.1 == 1, "{stage:?}");
}
