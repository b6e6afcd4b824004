//! The store, told once and run on both databases: what is written reads back whole,
//! one turn of a conversation runs at a time, nobody sees another's objects, and a turn
//! that cannot be stored, or whose process dies, leaves nothing behind.

use std::future::Future;
use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use groundwire::auth;
use groundwire::auth::Auth;
use groundwire::auth::AuthError;
use groundwire::auth::Authenticator;
use groundwire::auth::NewToken;
use groundwire::domain::caller::AccessRole;
use groundwire::domain::elicitation::Asking;
use groundwire::domain::event::AskedCall;
use groundwire::domain::event::BasisItem;
use groundwire::domain::event::Citation;
use groundwire::domain::event::JournalEntry;
use groundwire::domain::event::Question;
use groundwire::domain::event::QuestionKind;
use groundwire::domain::event::ReplyVerdict;
use groundwire::domain::event::Stopped;
use groundwire::domain::event::TurnEvent;
use groundwire::domain::event::TurnOutcome;
use groundwire::domain::event::Usage;
use groundwire::domain::form::Form;
use groundwire::domain::grounding::claim::Claim;
use groundwire::domain::grounding::claim::ClaimKind;
use groundwire::domain::grounding::claim::EvidenceRef;
use groundwire::domain::grounding::claim::Verdict;
use groundwire::domain::grounding::claim::ViolationCode;
use groundwire::domain::ids::CallId;
use groundwire::domain::ids::ConversationId;
use groundwire::domain::ids::ResultId;
use groundwire::domain::ids::TurnId;
use groundwire::domain::lang::Lang;
use groundwire::domain::ledger::LedgerEntry;
use groundwire::domain::ledger::Page;
use groundwire::domain::message::Conversation;
use groundwire::domain::message::Role;
use groundwire::domain::outcome::Outcome;
use groundwire::domain::pin::Acceptance;
use groundwire::domain::pin::Definition;
use groundwire::domain::pin::News;
use groundwire::domain::pin::Noted;
use groundwire::domain::policy::decision::Choice;
use groundwire::domain::policy::decision::DecidedBy;
use groundwire::domain::policy::decision::RouterDecision;
use groundwire::domain::policy::decision::Ruling;
use groundwire::domain::tool::MadeBy;
use groundwire::engine::ports::ModelRole;
use groundwire::engine::ports::StoreError;
use groundwire::engine::ports::TurnStore;
use groundwire::engine::record::CallQuestion;
use groundwire::engine::record::ModelExchange;
use groundwire::engine::record::OpenForClient;
use groundwire::engine::record::TurnRecord;
use groundwire::engine::record::TurnTimings;
use groundwire::store::Store;
use groundwire::store::StoreOptions;
use jiff::SignedDuration;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::Connection;
use sqlx::Executor;
use uuid::Uuid;

use crate::support::database::TestDatabase;

const LEASE: Duration = Duration::from_secs(60);

/// Each story becomes one test on either database.
macro_rules! on_both_databases {
    ($($story:ident)*) => {
        mod on_sqlite {
            $(#[tokio::test]
            async fn $story() {
                super::$story(super::TestDatabase::sqlite()).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $story() {
                if let Some(database) = super::TestDatabase::postgres().await {
                    super::$story(database).await;
                }
            })*
        }
    };
}

on_both_databases! {
    conversations_are_created_listed_found_renamed_and_deleted
    a_committed_turn_reads_back_as_it_was
    later_turns_mark_earlier_results_and_leave_their_records_alone
    one_turn_of_a_conversation_runs_at_a_time
    a_place_whose_lease_has_passed_is_taken_over
    of_many_that_begin_at_once_one_gets_the_place
    the_answer_to_a_question_is_taken_once
    questions_about_calls_are_answered_once_and_bounded
    many_conversations_commit_at_once
    nobody_sees_what_belongs_to_another
    the_newest_conversation_with_a_fingerprint_is_found
    a_turn_that_cannot_be_stored_leaves_nothing
    a_turn_with_many_results_is_stored
    text_that_databases_dislike_is_kept
    a_locked_database_is_named_and_works_again_when_free
    what_a_killed_process_committed_is_whole
    tokens_open_the_door_until_they_expire_or_are_revoked
    of_a_tool_only_what_was_looked_at_is_accepted
}

// ---- what is stored ---------------------------------------------------------------

fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-02-09T08:15:30.123456Z".parse().expect("a time");
    start + SignedDuration::from_secs(seconds)
}

fn id(kind: u8, number: u64) -> Uuid {
    Uuid::from_u128(u128::from(kind) << 64 | u128::from(number))
}

fn conversation(number: u64, owner: &str) -> Conversation {
    let created_at = at(i64::try_from(number).expect("small"));
    Conversation {
        id: ConversationId(id(1, number)),
        owner: owner.to_owned(),
        title: String::new(),
        created_at,
        updated_at: created_at,
    }
}

fn result(turn: TurnId, number: u64) -> LedgerEntry {
    LedgerEntry {
        id: ResultId(id(3, number)),
        call_id: CallId(id(4, number)),
        turn_id: turn,
        server: "argus".to_owned(),
        tool: "getArgusCaseByID".to_owned(),
        arguments: json!({"caseID": 4_120_771, "nested": {"z": 1, "a": [true, null]}}),
        made_by: MadeBy::Gateway,
        observed_at: at(7),
        outcome: Outcome::Partial,
        digest: format!("{number:064x}"),
        content: Arc::new(json!({"status": "pendingCustomer", "score": 0.1, "zeta": 1, "alpha": "Ærlig\u{0}talt"})),
        page: Some(Page { offset: Some(0), limit: Some(25), rows: Some(25), total: Some(314), more: true }),
        error: Some("cut\u{0}page".to_owned()),
        cause: None,
        max_age_ms: Some(60_000),
        evidence: true,
        shown: false,
        stale: false,
        superseded_by: None,
    }
}

fn ruling() -> Ruling {
    Ruling {
        decision: RouterDecision::CallTool,
        rule: "case_id".to_owned(),
        decided_by: DecidedBy::Rule,
        groups: vec!["cases".to_owned()],
        tools: vec!["getArgusCaseByID".to_owned()],
        arguments: json!({"caseID": 4_120_771}).as_object().expect("an object").clone(),
        missing: Vec::new(),
        choices: Vec::new(),
        about: vec![ResultId(id(3, 1))],
        reason: "names a case".to_owned(),
        language: Lang::Nb,
    }
}

fn events(turn: TurnId, of: ConversationId, entry: &LedgerEntry) -> Vec<JournalEntry> {
    let events = [
        TurnEvent::TurnStarted { turn_id: turn, conversation_id: of, message: "state?".to_owned() },
        TurnEvent::ToolRequested {
            call_id: entry.call_id,
            server: entry.server.clone(),
            tool: entry.tool.clone(),
            arguments: entry.arguments.clone(),
            made_by: MadeBy::Model,
            attempt: 1,
        },
        TurnEvent::ToolProgress { call_id: entry.call_id, progress: 0.5, total: Some(1.0), message: None },
        TurnEvent::AnswerText { text: "Case 4120771 is pendingCustomer.".to_owned() },
        TurnEvent::TurnCancelled {},
    ];
    (1..).zip(events).map(|(seq, event)| JournalEntry { seq, at: at(8), event }).collect()
}

fn claim(entry: &LedgerEntry) -> Claim {
    Claim {
        text: "4120771 is closed".to_owned(),
        span: [5, 22],
        kind: ClaimKind::EntityAttribute,
        verdict: Verdict::Contradicted,
        evidence: vec![EvidenceRef {
            result_id: entry.id.to_string(),
            pointer: "/status".to_owned(),
            value: json!("pendingCustomer"),
        }],
        reason: "status is pendingCustomer".to_owned(),
        code: Some(ViolationCode::WrongValue),
    }
}

/// A turn with something in every field.
fn record(of: &Conversation, number: u64) -> TurnRecord {
    let turn = TurnId(id(2, number));
    let entry = result(turn, number);
    let basis = BasisItem {
        result_id: entry.id,
        server: entry.server.clone(),
        tool: entry.tool.clone(),
        arguments: entry.arguments.clone(),
        observed_at: entry.observed_at,
        outcome: entry.outcome,
    };
    TurnRecord {
        id: turn,
        conversation_id: of.id,
        owner: of.owner.clone(),
        message: format!("What is the state of case 4120771? ({number})"),
        ruling: Some(ruling()),
        outcome: TurnOutcome::Answered,
        text: "Case 4120771 is pendingCustomer. SPØRSMÅL?".to_owned(),
        verdict: ReplyVerdict::Grounded,
        basis: vec![basis],
        citations: vec![Citation { span: [16, 31], result_id: entry.id, pointer: "/status".to_owned() }],
        claims: vec![claim(&entry)],
        stopped: vec![Stopped { text: "closed".to_owned(), code: "wrong_value".to_owned(), reason: "no".to_owned() }],
        question: Some(Question {
            kind: QuestionKind::Clarification,
            text: "Which one?".to_owned(),
            choices: vec![Choice { label: "4120771".to_owned(), message: "Show me case 4120771".to_owned() }],
            calls: Vec::new(),
        }),
        usage: Usage { prompt_tokens: 900, completion_tokens: 40, model_calls: 2 },
        started_at: at(6),
        finished_at: at(9 + i64::try_from(number).expect("small")),
        timings_ms: TurnTimings { total: 812.5, model: 700.25, tools: 110.0, own: 2.25 },
        events: events(turn, of.id, &entry),
        staled: Vec::new(),
        shown: vec![entry.id],
        superseded: Vec::new(),
        exchanges: vec![ModelExchange {
            step: "draft".to_owned(),
            role: ModelRole::Draft,
            prompt_digest: "ab".repeat(32),
            answer: Some(json!({"content": "…"})),
            error: None,
            duration_ms: 350.125,
        }],
        results: vec![entry],
        catalog_digest: "cd".repeat(32),
        config_digest: "ef".repeat(32),
        fingerprint: format!("history-{number}"),
        failure: None,
        replaces: None,
        open_call: None,
        asked: None,
    }
}

async fn commit(store: &Store, record: &TurnRecord) {
    store.begin_turn(record.conversation_id, record.id, record.started_at, LEASE).await.expect("begin a turn");
    store.commit_turn(record).await.expect("commit a turn");
}

fn kind<T: std::fmt::Debug>(outcome: Result<T, StoreError>) -> &'static str {
    outcome.expect_err("an error was expected").kind()
}

// ---- stories ----------------------------------------------------------------------

async fn conversations_are_created_listed_found_renamed_and_deleted(database: TestDatabase) {
    let store = database.open().await;
    for number in 1..=5 {
        store.create_conversation(&conversation(number, "ada")).await.expect("create");
    }
    let ids = |numbers: &[u64]| numbers.iter().map(|n| ConversationId(id(1, *n))).collect::<Vec<_>>();
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.list_conversations("ada", None, cursor.as_deref(), 2).await.expect("list");
        seen.extend(page.items.iter().map(|item| item.id));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, ids(&[5, 4, 3, 2, 1]));
    assert_eq!(kind(store.list_conversations("ada", None, Some("nonsense"), 2).await), "not_found");

    store.rename_conversation("ada", ConversationId(id(1, 2)), "Blåbær og ØL").await.expect("rename");
    commit(&store, &record(&conversation(3, "ada"), 30)).await;
    let find = async |text| {
        let page = store.list_conversations("ada", Some(text), None, 10).await.expect("search");
        page.items.iter().map(|item| item.id).collect::<Vec<_>>()
    };
    assert_eq!(find("BLÅBÆR").await, ids(&[2]));
    assert_eq!(find("spørsmål").await, ids(&[3]), "in a reply");
    assert_eq!(find("Case 4120771?").await, ids(&[3]), "in a message");
    assert_eq!(find("%").await, ids(&[]), "no wildcard");
    let titled = store.conversation("ada", ConversationId(id(1, 3))).await.expect("head");
    assert_eq!(titled.title, "What is the state of case 4120771? (30)");
    assert_eq!(titled.updated_at, record(&titled, 30).finished_at);

    store.delete_conversation("ada", ConversationId(id(1, 3))).await.expect("delete");
    assert_eq!(kind(store.load("ada", ConversationId(id(1, 3))).await), "not_found");
    assert_eq!(kind(store.turn("ada", TurnId(id(2, 30))).await), "not_found");
    assert_eq!(kind(store.result("ada", ResultId(id(3, 30))).await), "not_found");
    assert_eq!(kind(store.delete_conversation("ada", ConversationId(id(1, 3))).await), "not_found");
    store.ping().await.expect("writable");
}

async fn a_committed_turn_reads_back_as_it_was(database: TestDatabase) {
    let store = database.open().await;
    let head = conversation(1, "ada");
    store.create_conversation(&head).await.expect("create");
    let written = record(&head, 1);
    commit(&store, &written).await;
    let mut failed = record(&head, 2);
    failed.results.clear();
    failed.ruling = None;
    failed.text = String::new();
    failed.outcome = TurnOutcome::Failed;
    failed.verdict = ReplyVerdict::None;
    failed.failure = Some("model_unreachable".to_owned());
    failed.shown.clear();
    failed.fingerprint = String::new();
    commit(&store, &failed).await;
    store.close().await;

    let store = database.open().await;
    assert_eq!(store.turn("ada", written.id).await.expect("record"), written);
    assert_eq!(store.turn("ada", failed.id).await.expect("record"), failed);
    assert_eq!(store.turns("ada", head.id).await.expect("turns"), [written.id, failed.id]);
    assert_eq!(store.events("ada", written.id, 0).await.expect("events"), written.events);
    assert_eq!(store.events("ada", written.id, 3).await.expect("events"), written.events[3..]);
    let mut shown = written.results[0].clone();
    shown.shown = true;
    assert_eq!(store.result("ada", shown.id).await.expect("result"), shown);

    let loaded = store.load("ada", head.id).await.expect("load");
    assert_eq!(loaded.ledger.entries(), [shown]);
    assert_eq!(store.load("ada", head.id).await.expect("load"), loaded, "with payloads kept in memory");
    let nothing_kept = StoreOptions { kept_payload_bytes: 0, ..StoreOptions::default() };
    assert_eq!(database.open_with(&nothing_kept).await.load("ada", head.id).await.expect("load"), loaded);
    let said: Vec<_> = loaded.messages.iter().map(|m| (m.role, m.content.as_str(), m.turn_id)).collect();
    let expected = [
        (Role::User, written.message.as_str(), Some(written.id)),
        (Role::Assistant, written.text.as_str(), Some(written.id)),
        (Role::User, failed.message.as_str(), Some(failed.id)),
    ];
    assert_eq!(said, expected);
}

async fn later_turns_mark_earlier_results_and_leave_their_records_alone(database: TestDatabase) {
    let store = database.open().await;
    let head = conversation(1, "ada");
    store.create_conversation(&head).await.expect("create");
    let mut first = record(&head, 1);
    first.results.push(result(first.id, 101));
    first.shown.clear();
    commit(&store, &first).await;

    let mut second = record(&head, 2);
    let mut replaced_inside = result(second.id, 102);
    replaced_inside.superseded_by = Some(second.results[0].id);
    second.results.insert(0, replaced_inside);
    let [old, other] = [first.results[0].id, first.results[1].id];
    let new = second.results[1].id;
    second.staled = vec![old, other];
    second.superseded = vec![(old, new)];
    second.shown = vec![new, other];
    commit(&store, &second).await;

    let ledger = store.load("ada", head.id).await.expect("load").ledger;
    let marks: Vec<_> = ledger.entries().iter().map(|e| (e.id, e.stale, e.shown, e.superseded_by)).collect();
    let expected = [
        (old, true, false, Some(new)),
        (other, true, true, None),
        (ResultId(id(3, 102)), false, false, Some(new)),
        (new, false, true, None),
    ];
    assert_eq!(marks, expected);
    assert_eq!(store.turn("ada", first.id).await.expect("record"), first);
    assert_eq!(store.turn("ada", second.id).await.expect("record"), second);
}

async fn one_turn_of_a_conversation_runs_at_a_time(database: TestDatabase) {
    let store = database.open().await;
    let [head, other] = [conversation(1, "ada"), conversation(2, "ada")];
    for head in [&head, &other] {
        store.create_conversation(head).await.expect("create");
    }
    let [first, second] = [record(&head, 1), record(&head, 2)];
    store.begin_turn(head.id, first.id, at(0), LEASE).await.expect("begin");
    assert_eq!(kind(store.begin_turn(head.id, second.id, at(59), LEASE).await), "turn_running");
    store.begin_turn(other.id, TurnId(id(2, 9)), at(0), LEASE).await.expect("another conversation is free");
    assert_eq!(kind(store.commit_turn(&second).await), "turn_running");
    store.abandon_turn(head.id, second.id).await.expect("no harm to the holder");
    assert_eq!(kind(store.begin_turn(head.id, second.id, at(59), LEASE).await), "turn_running");
    store.commit_turn(&first).await.expect("commit");
    store.begin_turn(head.id, second.id, at(59), LEASE).await.expect("a commit frees the place");
    store.abandon_turn(head.id, second.id).await.expect("abandon");
    assert_eq!(kind(store.commit_turn(&second).await), "not_found");
    assert_eq!(store.turns("ada", head.id).await.expect("turns"), [first.id]);
    assert_eq!(kind(store.begin_turn(ConversationId(id(1, 99)), first.id, at(0), LEASE).await), "not_found");
}

async fn a_place_whose_lease_has_passed_is_taken_over(database: TestDatabase) {
    let store = database.open().await;
    let head = conversation(1, "ada");
    store.create_conversation(&head).await.expect("create");
    let [lost, taken] = [record(&head, 1), record(&head, 2)];
    store.begin_turn(head.id, lost.id, at(0), LEASE).await.expect("begin");
    store.begin_turn(head.id, taken.id, at(60), LEASE).await.expect("take over");
    assert_eq!(kind(store.commit_turn(&lost).await), "turn_running");
    store.commit_turn(&taken).await.expect("commit");
    assert_eq!(kind(store.commit_turn(&lost).await), "not_found");
    assert_eq!(store.turns("ada", head.id).await.expect("turns"), [taken.id]);
}

async fn of_many_that_begin_at_once_one_gets_the_place(database: TestDatabase) {
    // Two stores: two gateways on PostgreSQL, two processes on SQLite.
    let stores = [Arc::new(database.open().await), Arc::new(database.open().await)];
    let head = conversation(1, "ada");
    stores[0].create_conversation(&head).await.expect("create");
    let mut tries = tokio::task::JoinSet::new();
    for number in 0..16 {
        let store = Arc::clone(&stores[usize::from(number % 2 == 0)]);
        let place = ConversationId(id(1, 1));
        tries.spawn(async move { store.begin_turn(place, TurnId(id(2, number)), at(0), LEASE).await });
    }
    let outcomes = tries.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.into_iter().filter_map(Result::err).all(|error| error.kind() == "turn_running"));
}

/// A turn that asks whether to run something.
fn asking(of: &Conversation, number: u64) -> TurnRecord {
    let call = AskedCall { server: "desk".into(), tool: "closeCase".into(), arguments: json!({"caseID": 4_120_771}) };
    let question =
        Question { kind: QuestionKind::Confirmation, text: "Run it?".into(), choices: Vec::new(), calls: vec![call] };
    TurnRecord { outcome: TurnOutcome::Confirmation, question: Some(question), ..record(of, number) }
}

async fn the_answer_to_a_question_is_taken_once(database: TestDatabase) {
    let stores = [Arc::new(database.open().await), Arc::new(database.open().await)];
    let head = conversation(1, "ada");
    stores[0].create_conversation(&head).await.expect("create");
    let asked = asking(&head, 1);
    commit(&stores[0], &asked).await;
    let found = stores[1].confirmation("ada", asked.id).await.expect("read").expect("it asks");
    assert_eq!((found.conversation_id, &found.message), (head.id, &asked.message));
    assert_eq!(Some(&found.calls), asked.question.as_ref().map(|question| &question.calls));
    assert_eq!(kind(stores[1].confirmation("eve", asked.id).await), "not_found");
    let claim = async |store: &Store, owner: &str, turn, by, replaces| {
        store.claim_confirmation(owner, turn, TurnId(id(9, by)), replaces, at(9)).await.expect("asked")
    };
    assert!(!claim(&stores[0], "eve", asked.id, 1, None).await, "another owner's question is not there");
    let mut tries = tokio::task::JoinSet::new();
    for number in 0..16 {
        let store = Arc::clone(&stores[usize::from(number % 2 == 0)]);
        let turn = asked.id;
        tries.spawn(async move { store.claim_confirmation("ada", turn, TurnId(id(9, number)), None, at(9)).await });
    }
    let first = tries.join_all().await.into_iter().filter(|taken| matches!(taken, Ok(true))).count();
    assert_eq!(first, 1);
    // It stays taken, also for a turn that takes the place of the answer.
    let answer = record(&head, 2);
    commit(&stores[0], &answer).await;
    assert!(!claim(&stores[0], "ada", asked.id, 20, Some(answer.id)).await);
    // Only the last question of a conversation is open, and turns that are replaced are none.
    let again = TurnRecord { asked: Some("Close it".to_owned()), ..asking(&head, 3) };
    commit(&stores[0], &again).await;
    let found = stores[1].confirmation("ada", again.id).await.expect("read").expect("it asks");
    assert_eq!(found.message, "Close it", "its own message was only an answer on the way");
    let later = record(&head, 4);
    commit(&stores[0], &later).await;
    assert!(!claim(&stores[0], "ada", again.id, 21, None).await);
    assert!(claim(&stores[0], "ada", again.id, 22, Some(later.id)).await);
    assert!(!claim(&stores[0], "ada", later.id, 23, None).await, "it asked nothing");
    assert_eq!(stores[0].confirmation("ada", later.id).await.expect("read"), None);
    stores[0].delete_conversation("ada", head.id).await.expect("what was answered can be deleted");
}

async fn questions_about_calls_are_answered_once_and_bounded(database: TestDatabase) {
    let store = database.open().await;
    let question = |owner: &str, number: u64, open: Option<OpenForClient>| {
        let arguments = json!({"caseID": number});
        let call = AskedCall { server: "desk".into(), tool: "closeCase".into(), arguments };
        let asked_at = at(i64::try_from(number).expect("small"));
        let expires_at = asked_at + Duration::from_secs(600);
        CallQuestion { id: CallId(id(7, number)), owner: owner.into(), call, asked_at, expires_at, open }
    };
    let answer = async |number: u64, owner: &str, second: i64| {
        store.answer_about_call(owner, CallId(id(7, number)), true, at(second)).await.expect("asked")
    };
    let forms = [("q".to_owned(), Form { message: "Which?".into(), schema: json!({"type": "object"}) })].into();
    let asking = Asking { forms, state: Some("theirs".into()) };
    let open = OpenForClient { confirmed: true, asking, earlier: Vec::new(), round: 3 };
    for number in 0..130 {
        let question = question("ada", number, (number == 129).then(|| open.clone()));
        store.ask_about_call(&question).await.expect("asked");
    }
    store.ask_about_call(&question("eve", 500, None)).await.expect("asked");
    assert_eq!(answer(29, "ada", 131).await, None, "the oldest have lapsed");
    assert_eq!(answer(129, "eve", 131).await, None, "hers alone");
    let taken = answer(129, "ada", 131).await.expect("it is open");
    assert_eq!((taken.call.arguments, taken.open), (json!({"caseID": 129}), Some(open)));
    assert_eq!(answer(129, "ada", 131).await, None, "taken");
    assert!(answer(30, "ada", 131).await.is_some_and(|taken| taken.open.is_none()));
    assert_eq!(answer(31, "ada", 700).await, None, "too late");
    // One later question removes all that are too old, answered or not.
    store.ask_about_call(&question("ada", 5_000, None)).await.expect("asked");
    assert_eq!(answer(500, "eve", 1_000).await, None);
    assert!(answer(5_000, "ada", 5_001).await.is_some());
}

async fn many_conversations_commit_at_once(database: TestDatabase) {
    let stores = [Arc::new(database.open().await), Arc::new(database.open().await)];
    let mut turns = tokio::task::JoinSet::new();
    for number in 1..=20 {
        let store = Arc::clone(&stores[usize::from(number % 2 == 0)]);
        turns.spawn(async move {
            let head = conversation(number, "ada");
            store.create_conversation(&head).await.expect("create");
            commit(&store, &record(&head, number)).await;
        });
    }
    turns.join_all().await;
    for number in 1..=20 {
        let written = record(&conversation(number, "ada"), number);
        assert_eq!(stores[0].turn("ada", written.id).await.expect("record"), written);
    }
}

async fn nobody_sees_what_belongs_to_another(database: TestDatabase) {
    let store = database.open().await;
    let head = conversation(1, "ada");
    store.create_conversation(&head).await.expect("create");
    let written = record(&head, 1);
    commit(&store, &written).await;

    assert_eq!(kind(store.conversation("eve", head.id).await), "not_found");
    assert_eq!(kind(store.load("eve", head.id).await), "not_found");
    assert_eq!(kind(store.rename_conversation("eve", head.id, "mine").await), "not_found");
    assert_eq!(kind(store.delete_conversation("eve", head.id).await), "not_found");
    assert_eq!(kind(store.turn("eve", written.id).await), "not_found");
    assert_eq!(kind(store.turns("eve", head.id).await), "not_found");
    assert_eq!(kind(store.events("eve", written.id, 0).await), "not_found");
    assert_eq!(kind(store.result("eve", written.results[0].id).await), "not_found");
    assert!(store.list_conversations("eve", None, None, 10).await.expect("list").items.is_empty());
    assert_eq!(store.find_by_fingerprint("eve", "history-1").await.expect("find"), None);

    let mut forged = record(&Conversation { owner: "eve".to_owned(), ..head.clone() }, 2);
    store.begin_turn(head.id, forged.id, at(0), LEASE).await.expect("begin");
    assert_eq!(kind(store.commit_turn(&forged).await), "not_found");
    let own = conversation(2, "eve");
    store.create_conversation(&own).await.expect("create");
    forged = record(&own, 3);
    forged.staled = vec![written.results[0].id];
    store.begin_turn(own.id, forged.id, at(0), LEASE).await.expect("begin");
    assert_eq!(kind(store.commit_turn(&forged).await), "not_found", "a mark on another's result");
    assert!(!store.result("ada", written.results[0].id).await.expect("result").stale);
}

async fn the_newest_conversation_with_a_fingerprint_is_found(database: TestDatabase) {
    let store = database.open().await;
    for number in 1..=2 {
        let head = conversation(number, "ada");
        store.create_conversation(&head).await.expect("create");
        commit(&store, &TurnRecord { fingerprint: "same".to_owned(), ..record(&head, number) }).await;
    }
    let found = store.find_by_fingerprint("ada", "same").await.expect("find");
    assert_eq!(found, Some(ConversationId(id(1, 2))));
    assert_eq!(store.find_by_fingerprint("ada", "").await.expect("find"), None);
}

async fn a_turn_that_cannot_be_stored_leaves_nothing(database: TestDatabase) {
    let store = database.open().await;
    let head = conversation(1, "ada");
    store.create_conversation(&head).await.expect("create");
    let first = record(&head, 1);
    commit(&store, &first).await;
    let before = store.load("ada", head.id).await.expect("load");

    let mut second = record(&head, 2);
    second.results.push(result(second.id, 1));
    second.staled = vec![first.results[0].id];
    store.begin_turn(head.id, second.id, at(0), LEASE).await.expect("begin");
    assert_eq!(kind(store.commit_turn(&second).await), "broken", "a result id that is taken");
    assert_eq!(store.load("ada", head.id).await.expect("load"), before);
    assert_eq!(kind(store.turn("ada", second.id).await), "not_found");
    assert_eq!(kind(store.result("ada", second.results[0].id).await), "not_found");

    second.results.pop();
    second.staled.push(ResultId(id(3, 77)));
    assert_eq!(kind(store.commit_turn(&second).await), "not_found", "a mark on a result that is not there");
    assert_eq!(store.load("ada", head.id).await.expect("load"), before);

    second.staled.pop();
    store.commit_turn(&second).await.expect("the place was kept");
}

async fn a_turn_with_many_results_is_stored(database: TestDatabase) {
    let store = database.open().await;
    let head = conversation(1, "ada");
    store.create_conversation(&head).await.expect("create");
    let mut large = record(&head, 1);
    large.results = (1..=1_201).map(|number| result(large.id, number)).collect();
    commit(&store, &large).await;
    let mut next = record(&head, 2_000);
    next.staled = large.results.iter().map(|entry| entry.id).collect();
    next.superseded = large.results.iter().map(|entry| (entry.id, next.results[0].id)).collect();
    commit(&store, &next).await;
    assert_eq!(store.turn("ada", large.id).await.expect("record"), large);
    let ledger = store.load("ada", head.id).await.expect("load").ledger;
    assert_eq!(ledger.entries().iter().filter(|e| e.stale && e.superseded_by.is_some()).count(), 1_201);
}

async fn text_that_databases_dislike_is_kept(database: TestDatabase) {
    let store = database.open().await;
    let head = Conversation { title: "a\u{0}b".to_owned(), ..conversation(1, "ada") };
    store.create_conversation(&head).await.expect("create");
    let mut odd = record(&head, 1);
    odd.message = "nul \u{0}, quote ' \" \\, $1, \u{202e}rtl, 😀, \u{ffff}".to_owned();
    odd.text = format!("{}\r\n", odd.message);
    commit(&store, &odd).await;
    assert_eq!(store.turn("ada", odd.id).await.expect("record"), odd);
    assert_eq!(store.load("ada", head.id).await.expect("load").messages[1].content, odd.text);
    assert_eq!(store.conversation("ada", head.id).await.expect("head").title, "a\u{fffd}b");
}

async fn a_locked_database_is_named_and_works_again_when_free(database: TestDatabase) {
    let options = StoreOptions { busy_timeout: Duration::from_millis(30), ..StoreOptions::default() };
    let store = database.open_with(&options).await;
    let head = conversation(1, "ada");
    store.create_conversation(&head).await.expect("create");
    let written = record(&head, 1);
    store.begin_turn(head.id, written.id, at(0), LEASE).await.expect("begin");

    if database.is_sqlite() {
        let mut other = sqlx::SqliteConnection::connect(&database.url).await.expect("connect");
        other.execute("begin immediate").await.expect("lock");
        assert_eq!(kind(store.commit_turn(&written).await), "locked");
        assert_eq!(kind(store.ping().await), "locked");
        other.execute("rollback").await.expect("unlock");
    } else {
        let mut other = sqlx::PgConnection::connect(&database.url).await.expect("connect");
        let lock = "begin; lock table turns, conversations in exclusive mode";
        other.execute(sqlx::raw_sql(lock)).await.expect("lock");
        assert_eq!(kind(store.commit_turn(&written).await), "locked");
        assert_eq!(kind(store.ping().await), "locked");
        other.execute("rollback").await.expect("unlock");
    }
    store.commit_turn(&written).await.expect("commit");
    assert_eq!(store.turn("ada", written.id).await.expect("record"), written);
}

async fn of_a_tool_only_what_was_looked_at_is_accepted(database: TestDatabase) {
    let (store, other) = (database.open().await, database.open().await);
    let note = |hash: &str, news| Noted {
        server: "desk".to_owned(),
        tool: "close\0Case".to_owned(),
        hash: hash.to_owned(),
        definition: Definition::of(&json!({"name": "close\0Case", "description": hash})),
        news,
    };
    let key = "close\0Case";
    let first = News::First { hides: false };
    // Two gateways see it for the first time, and not the same: the first one counts.
    store.note_tools(&[note("a", first)], at(1)).await.expect("written");
    other.note_tools(&[note("b", first)], at(2)).await.expect("nothing to write");
    let pin = other.tool_pin("desk", key).await.expect("it is there");
    let accepted = pin.accepted.expect("at first sight");
    assert_eq!((accepted.hash.as_str(), accepted.by, accepted.at, accepted.definition), ("a", None, at(1), None));
    assert_eq!((pin.seen, pin.first_seen_at), (None, at(1)));

    other.note_tools(&[note("b", News::Other)], at(3)).await.expect("written");
    let [pin] = &store.tool_pins().await.expect("read")[..] else { panic!("one pin") };
    let was = pin.accepted.as_ref().and_then(|accepted| accepted.definition.as_ref());
    assert_eq!(was, Some(&note("a", first).definition), "what it differs from");
    assert_eq!(pin.seen.as_ref().map(|seen| (seen.hash.as_str(), seen.at)), Some(("b", at(3))));

    // Somebody looks at b while it becomes c.
    store.note_tools(&[note("c", News::Other)], at(4)).await.expect("written");
    let accept = async |store: &Store, number, hash: &str, by: &str| {
        store.accept_tool(id(7, number), "desk", key, hash, by, at(5)).await
    };
    assert_eq!(accept(&other, 1, "b", "kari").await.expect("answered"), Acceptance::Other { hash: "c".to_owned() });
    // Two accept c at once: one acceptance.
    let both = tokio::join!(accept(&store, 2, "c", "kari"), accept(&other, 3, "c", "ola"));
    let both = [both.0.expect("answered"), both.1.expect("answered")];
    assert!(both.contains(&Acceptance::Done) && both.contains(&Acceptance::Already), "{both:?}");
    let pin = store.tool_pin("desk", key).await.expect("it is there");
    let accepted = pin.accepted.expect("accepted");
    assert_eq!((accepted.hash.as_str(), accepted.at, pin.seen), ("c", at(5), None));
    assert!(accepted.by.is_some_and(|by| by == "kari" || by == "ola"));
    assert_eq!(accept(&store, 4, "a", "kari").await.expect("answered"), Acceptance::Other { hash: "c".to_owned() });

    // Changed, and back again: nothing waits.
    store.note_tools(&[note("d", News::Other)], at(6)).await.expect("written");
    store.note_tools(&[note("c", News::Back)], at(7)).await.expect("written");
    assert_eq!(store.tool_pin("desk", key).await.expect("it is there").seen, None);
    // One that hides characters is accepted by nobody at first.
    let hides = Noted { tool: "hides".to_owned(), ..note("h", News::First { hides: true }) };
    store.note_tools(&[hides], at(8)).await.expect("written");
    let pin = store.tool_pin("desk", "hides").await.expect("it is there");
    assert_eq!((pin.accepted, pin.seen.map(|seen| seen.hash)), (None, Some("h".to_owned())));
    let unknown = store.tool_pin("desk", "nothing").await.expect_err("never seen");
    assert!(matches!(unknown, StoreError::NotFound { what: "tool", .. }), "{unknown}");
    let unknown = store.accept_tool(id(7, 9), "desk", "nothing", "a", "kari", at(9)).await.expect_err("never seen");
    assert!(matches!(unknown, StoreError::NotFound { what: "tool", .. }), "{unknown}");

    let accepted = hashes(&database, "select was_hash, accepted_hash from tool_acceptances").await;
    assert_eq!(accepted, [(Some("a".to_owned()), "c".to_owned())]);

    // What waits is not forgotten by the way.
    assert_eq!(store.forget_tools("desk", Some("hides"), false, "kari", at(10)).await.expect("answered"), 0);
    assert_eq!(store.forget_tools("desk", None, false, "kari", at(11)).await.expect("answered"), 1);
    assert!(matches!(store.tool_pin("desk", key).await, Err(StoreError::NotFound { .. })));
    assert_eq!(store.forget_tools("elsewhere", None, true, "kari", at(12)).await.expect("answered"), 0);
    assert_eq!(store.forget_tools("desk", None, true, "ola", at(13)).await.expect("answered"), 1);
    assert_eq!(store.tool_pins().await.expect("read"), []);
    let forgotten = hashes(&database, "select was_hash, forgotten_by from forgotten_tools order by forgotten_at").await;
    assert_eq!(forgotten, [(Some("c".to_owned()), "kari".to_owned()), (None, "ola".to_owned())]);
    store.close().await;
    other.close().await;
}

/// Rows of an audit of tools: the hash that was accepted before, and something else.
async fn hashes(database: &TestDatabase, sql: &'static str) -> Vec<(Option<String>, String)> {
    if database.is_sqlite() {
        let mut connection = sqlx::SqliteConnection::connect(&database.url).await.expect("connected");
        return sqlx::query_as(sql).fetch_all(&mut connection).await.expect("read");
    }
    let mut connection = sqlx::PgConnection::connect(&database.url).await.expect("connected");
    sqlx::query_as(sql).fetch_all(&mut connection).await.expect("read")
}

async fn tokens_open_the_door_until_they_expire_or_are_revoked(database: TestDatabase) {
    let store = Arc::new(database.open().await);
    let door = Authenticator::new(Auth::Token, Arc::clone(&store));
    let new = |name: &str, expires_at| NewToken { name: name.to_owned(), role: AccessRole::Analyst, expires_at };
    let (lasting, secret) =
        auth::create_token(&store, new("ada", None), id(5, 1), [7; 32], at(0)).await.expect("create");
    let (_, brief) =
        auth::create_token(&store, new("bob", Some(at(60))), id(5, 2), [8; 32], at(1)).await.expect("create");
    let (secret, brief) = (secret.expose_secret(), brief.expose_secret());
    assert_eq!(secret, format!("gw_{}", "07".repeat(32)));
    let refused = async |bearer: Option<&str>, now| door.caller(bearer, now).await.expect_err("refused").kind();

    let caller = door.caller(Some(secret), at(5)).await.expect("let in");
    assert_eq!((caller.subject(), caller.role()), ("ada", AccessRole::Analyst));
    door.caller(Some(brief), at(59)).await.expect("let in");
    assert_eq!(refused(Some(brief), at(60)).await, "token_expired");
    assert_eq!(refused(None, at(5)).await, "token_missing");
    assert_eq!(refused(Some("  "), at(5)).await, "token_missing");
    assert_eq!(refused(Some("gw_guess"), at(5)).await, "token_unknown");
    assert_eq!(refused(Some(&format!("gw_{}", "09".repeat(32))), at(5)).await, "token_unknown");

    door.caller(Some(secret), at(30)).await.expect("let in");
    let listed = auth::list_tokens(&store).await.expect("list");
    assert_eq!(listed.iter().map(|token| token.name.as_str()).collect::<Vec<_>>(), ["ada", "bob"]);
    assert_eq!(listed[0].last_used_at, Some(at(5)), "noted once a minute");
    auth::revoke_token(&store, lasting.id, at(40)).await.expect("revoke");
    assert_eq!(refused(Some(secret), at(41)).await, "token_revoked");
    auth::revoke_token(&store, lasting.id, at(50)).await.expect("again");
    assert_eq!(auth::list_tokens(&store).await.expect("list")[0].revoked_at, Some(at(40)));
    assert_eq!(auth::revoke_token(&store, id(5, 9), at(50)).await.expect_err("none").kind(), "token_unknown");
    let unnamed = auth::create_token(&store, new(" \n", None), id(5, 3), [9; 32], at(0)).await;
    assert!(matches!(unnamed, Err(AuthError::BadName)));

    let open = Authenticator::new(Auth::None, Arc::clone(&store));
    assert_eq!(open.caller(None, at(0)).await.expect("let in").subject(), "local");
    store.close().await;
    assert_eq!(refused(Some(brief), at(5)).await, "auth_unavailable", "no tokens, nobody in");
}

// ---- processes that die -----------------------------------------------------------

const KILL_URL: &str = "GROUNDWIRE_TEST_KILL_URL";
const KILL_FROM: &str = "GROUNDWIRE_TEST_KILL_FROM";

/// Not a test: the process that `what_a_killed_process_committed_is_whole` starts and kills.
#[tokio::test]
#[ignore = "started by another test"]
#[expect(clippy::disallowed_methods, reason = "the parent tells the child by environment what to do")]
#[expect(clippy::print_stdout, reason = "the child tells the parent what it has committed")]
async fn child_that_commits_until_it_is_killed() {
    let (Ok(url), Ok(from)) = (std::env::var(KILL_URL), std::env::var(KILL_FROM)) else { return };
    let store = Store::connect(&url, &StoreOptions::default()).await.expect("open");
    let head = conversation(1, "ada");
    for number in from.parse::<u64>().expect("a number").. {
        commit(&store, &killable(&head, number)).await;
        println!("\ncommitted {number}");
    }
}

/// Starts are an hour apart, so that the place of a killed process counts as given up.
fn killable(head: &Conversation, number: u64) -> TurnRecord {
    let mut record = record(head, number * 10);
    record.results.extend((1..8).map(|more| result(record.id, number * 10 + more)));
    record.started_at = at(3_600 * i64::try_from(number).expect("small"));
    record
}

fn start_child(url: &str, from: u64) -> Child {
    let (_, module) = module_path!().split_once("::").expect("a module of the test crate");
    Command::new(std::env::current_exe().expect("the test binary"))
        .args(["--exact", "--ignored", "--nocapture"])
        .arg(format!("{module}::child_that_commits_until_it_is_killed"))
        .envs([(KILL_URL, url), (KILL_FROM, &from.to_string())])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("start the child")
}

/// Lets the child commit so many turns and a little more, then kills it; the last turn it told of.
fn kill_after(mut child: Child, turns: u64, spins: u64) -> u64 {
    let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut told = lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("committed ")?.parse::<u64>().ok());
    let mut last = 0;
    for _ in 0..turns {
        last = told.next().expect("the child commits");
    }
    // Somewhere inside of the next commit.
    for turn in 0..spins {
        std::hint::black_box(turn);
    }
    child.kill().expect("kill");
    last = told.last().unwrap_or(last);
    child.wait().expect("it is gone");
    last
}

async fn what_a_killed_process_committed_is_whole(database: TestDatabase) {
    let head = conversation(1, "ada");
    database.open().await.create_conversation(&head).await.expect("create");
    let mut from = 1;
    for round in 0..6_u64 {
        let child = start_child(&database.url, from);
        let spins = rand::random_range(0..40_000_u64);
        let told = tokio::task::spawn_blocking(move || kill_after(child, 1 + round % 3, spins)).await.expect("joined");

        let store = database.open().await;
        let stored = store.turns("ada", head.id).await.expect("turns");
        let stored_to = stored.len() as u64;
        assert!(stored_to == told || stored_to == told + 1, "told of {told}, stored {stored_to}");
        let mut results = 0;
        for (number, turn) in (1..).zip(&stored) {
            let written = killable(&head, number);
            assert_eq!(store.turn("ada", *turn).await.expect("record"), written);
            results += written.results.len();
        }
        let loaded = store.load("ada", head.id).await.expect("load");
        assert_eq!((loaded.messages.len(), loaded.ledger.entries().len()), (stored.len() * 2, results));
        from = stored_to + 1;
        // Its place can be had: at once on SQLite, where nobody else is there, or when the lease is over.
        let later = killable(&head, from + 1).started_at;
        let next = TurnId(id(9, round));
        store.begin_turn(head.id, next, if database.is_sqlite() { at(0) } else { later }, LEASE).await.expect("begin");
        store.abandon_turn(head.id, next).await.expect("abandon");
        store.close().await;
    }
}

// ---- SQLite alone -----------------------------------------------------------------

#[tokio::test]
async fn sqlite_places_are_kept_while_another_process_has_the_file_open() {
    let database = TestDatabase::sqlite();
    let serving = database.open().await;
    let head = conversation(1, "ada");
    serving.create_conversation(&head).await.expect("create");
    let running = record(&head, 1);
    serving.begin_turn(head.id, running.id, at(0), LEASE).await.expect("begin");

    let tool = database.open().await;
    assert_eq!(kind(tool.begin_turn(head.id, TurnId(id(2, 2)), at(1), LEASE).await), "turn_running");
    serving.commit_turn(&running).await.expect("its place was left alone");
}

#[tokio::test]
async fn sqlite_in_memory_works_with_one_connection() {
    let store = Store::connect("sqlite::memory:", &StoreOptions::default()).await.expect("open");
    store.migrate().await.expect("migrate");
    let head = conversation(1, "ada");
    store.create_conversation(&head).await.expect("create");
    let written = record(&head, 1);
    commit(&store, &written).await;
    assert_eq!(store.turn("ada", written.id).await.expect("record"), written);
}

#[tokio::test]
async fn sqlite_opened_read_only_reads_and_names_the_reason_for_not_writing() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    let head = conversation(1, "ada");
    store.create_conversation(&head).await.expect("create");
    let [first, second] = [record(&head, 1), record(&head, 2)];
    commit(&store, &first).await;
    store.begin_turn(head.id, second.id, at(0), LEASE).await.expect("begin");

    let url = format!("{}?mode=ro", database.url);
    let reading = Store::connect(&url, &StoreOptions::default()).await.expect("open");
    assert_eq!(reading.turn("ada", first.id).await.expect("record"), first);
    assert_eq!(kind(reading.commit_turn(&second).await), "read_only");
    assert_eq!(kind(reading.create_conversation(&conversation(2, "ada")).await), "read_only");
    assert_eq!(kind(reading.ping().await), "read_only");
}

#[tokio::test]
async fn a_full_sqlite_file_refuses_the_turn_and_keeps_the_rest() {
    let database = TestDatabase::sqlite();
    let options = StoreOptions { sqlite_max_pages: Some(120), ..StoreOptions::default() };
    let store = database.open_with(&options).await;
    let head = conversation(1, "ada");
    store.create_conversation(&head).await.expect("create");
    let first = record(&head, 1);
    commit(&store, &first).await;

    let mut second = record(&head, 2);
    second.results[0].content = Arc::new(json!({"log": "x".repeat(1_000_000)}));
    store.begin_turn(head.id, second.id, at(0), LEASE).await.expect("begin");
    assert_eq!(kind(store.commit_turn(&second).await), "full");
    assert_eq!(store.turns("ada", head.id).await.expect("turns"), [first.id]);
    second.results[0].content = Arc::new(json!({}));
    store.commit_turn(&second).await.expect("a small one fits");
    assert_eq!(store.turn("ada", second.id).await.expect("record"), second);
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let file = folder.path().join("notes.db");
    std::fs::write(&file, "not a database, but a good deal of text\n".repeat(300)).expect("write");
    let url = format!("sqlite:{}", file.display());
    assert_eq!(kind(Store::connect(&url, &StoreOptions::default()).await), "broken");
    let url = format!("sqlite:{}", folder.path().join("missing/file.db").display());
    assert_eq!(kind(Store::connect(&url, &StoreOptions::default()).await), "unreachable");
    assert_eq!(kind(Store::connect("mysql://db/x", &StoreOptions::default()).await), "unreachable");
}

// ---- PostgreSQL alone -------------------------------------------------------------

#[tokio::test]
async fn postgres_that_takes_no_writes_is_named() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let store = database.open().await;
    store.create_conversation(&conversation(1, "ada")).await.expect("create");
    store.close().await;
    let mut admin = sqlx::PgConnection::connect(&database.url).await.expect("connect");
    let name = database.url.rsplit('/').next().expect("a name");
    let sql = format!("alter database {name} set default_transaction_read_only = on");
    admin.execute(sqlx::AssertSqlSafe(sql)).await.expect("alter");

    let store = Store::connect(&database.url, &StoreOptions::default()).await.expect("open");
    assert_eq!(kind(store.create_conversation(&conversation(2, "ada")).await), "read_only");
    assert_eq!(kind(store.ping().await), "read_only");
    store.conversation("ada", ConversationId(id(1, 1))).await.expect("reading goes on");
}

/// A wire to the server that can be cut: the server is shared with other tests.
struct Wire {
    port: u16,
    target: String,
    task: tokio::task::JoinHandle<()>,
}

impl Wire {
    async fn to(target: &str, port: u16) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let to = target.to_owned();
        let task = tokio::spawn(async move {
            let mut open = tokio::task::JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                let to = to.clone();
                open.spawn(async move {
                    let mut far = tokio::net::TcpStream::connect(to).await.expect("the server");
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        Self { port, target: target.to_owned(), task }
    }

    /// Ends every connection and refuses new ones.
    async fn cut(self) -> (String, u16) {
        self.task.abort();
        let _ = self.task.await;
        (self.target, self.port)
    }
}

async fn within_the_test<T>(story: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(120), story).await.expect("no hanging on a dead server")
}

#[tokio::test]
async fn postgres_that_is_gone_is_unreachable_and_back_when_it_is() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let (user, rest) = database.url.split_once('@').expect("a user");
    let (server, name) = rest.split_once('/').expect("a name");
    let wire = Wire::to(server, 0).await;
    let through = TestDatabase::at(format!("{user}@127.0.0.1:{}/{name}", wire.port));
    let options = StoreOptions { acquire_timeout: Duration::from_millis(300), ..StoreOptions::default() };
    let store = through.open_with(&options).await;
    let head = conversation(1, "ada");
    store.create_conversation(&head).await.expect("create");
    let written = record(&head, 1);
    store.begin_turn(head.id, written.id, at(0), LEASE).await.expect("begin");

    let (target, port) = wire.cut().await;
    within_the_test(async {
        assert_eq!(kind(store.commit_turn(&written).await), "unreachable");
        assert_eq!(kind(store.ping().await), "unreachable");
        assert_eq!(kind(Store::connect(&through.url, &options).await), "unreachable");
    })
    .await;
    let _wire = Wire::to(&target, port).await;
    store.commit_turn(&written).await.expect("commit after its return");
    assert_eq!(store.turn("ada", written.id).await.expect("record"), written);
}

#[test]
fn a_stored_question_without_a_kind_is_a_clarification() {
    let old = json!({"text": "Which one?", "choices": []});
    let question: Question = serde_json::from_value(old).expect("it reads");
    assert_eq!((question.kind, question.calls), (QuestionKind::Clarification, Vec::new()));
}
