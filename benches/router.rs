//! The router by rules alone: what every turn pays before anything else happens. Budget:
//! under 200 µs a message. `first_message` is a round over mixed messages without a
//! conversation, `follow_up` the same messages after five results of 64 kB were shown, in
//! which the router looks for what the message names; `long_message` is the longest text
//! that is read, with and without letters beyond ASCII. Figures are per round: items a second tell the cost of one message.

use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use groundwire::domain::ledger::Ledger;
use groundwire::domain::message::Message;
use groundwire::domain::message::Role;
use groundwire::domain::policy::router::RouteInput;
use groundwire::domain::policy::router::Router;
use groundwire::domain::policy::settings::Policy;
use groundwire::domain::policy::shown::Shown;
use groundwire::domain::policy::shown::ShownResult;
use groundwire::domain::tool::ToolName;
use groundwire::domain::tool::ToolSpec;
use jiff::Timestamp;
use serde_json::json;

const MESSAGES: [&str; 12] = [
    "Show me the open cases for Nordfjord",
    "What is the state of case 4120771?",
    "any news?",
    "Er den fortsatt åpen?",
    "Kan du lage en tabell av dette?",
    "und jetzt?",
    "Fass das bitte kurz zusammen",
    "Montre-moi les dossiers ouverts de Havbris",
    "¿Cuántos eventos hubo en las últimas 24 horas?",
    "ケース4120771の状況は?",
    "thanks, that was all",
    "Look up 203.0.113.66 and cdn-sync[.]example, and the events of the last two hours in cluster1",
];

fn main() {
    divan::main();
}

fn router() -> Router {
    Router::new(Policy::shipped().expect("the shipped policy is sound")).expect("its patterns compile")
}

fn tools(router: &Router) -> Vec<Arc<ToolSpec>> {
    let mut names: Vec<&String> = router.policy().groups.iter().flat_map(|group| &group.order).collect();
    names.sort();
    names.dedup();
    let tool = |name: &&String| {
        Arc::new(ToolSpec {
            name: ToolName::qualify("argus", name),
            server: "argus".to_owned(),
            tool: (*name).clone(),
            description: String::new(),
            input_schema: json!({"type": "object"}).into(),
            output_schema: None,
            read_only: true,
            hinted: true,
        })
    };
    names.iter().map(tool).collect()
}

fn now() -> Timestamp {
    Timestamp::from_second(1_770_624_930).expect("in range")
}

/// A conversation in which five case lists were shown.
fn conversation() -> (Shown, Vec<Message>) {
    let row = |n: usize| {
        json!({
            "id": 4_000_000 + n, "status": "pendingCustomer", "priority": "high",
            "subject": format!("Beacon-like traffic from nfk-ws-{n:05}"),
            "customer": {"id": 2171, "shortName": "nordfjord", "name": "Nordfjord Kraft AS"},
            "source": {"address": format!("10.20.{}.{}", n / 250 % 250, n % 250), "port": 40_000 + n % 20_000},
        })
    };
    let result = |at: usize| ShownResult {
        id: None,
        tool: "executeSearchArgusCase".to_owned(),
        arguments: json!({"request": {"customer": ["nordfjord"]}}),
        content: Arc::new(json!({"data": (at * 250..(at + 1) * 250).map(row).collect::<Vec<_>>()})),
    };
    let all: Vec<ShownResult> = (0..5).map(result).collect();
    let said = |role, content: &str| Message { role, content: content.to_owned(), turn_id: None };
    let history =
        vec![said(Role::User, "Show me the open cases for Nordfjord"), said(Role::Assistant, "These are open: …")];
    (Shown { latest: all.clone(), all }, history)
}

fn decide(bencher: Bencher<'_, '_>, messages: &[&str], shown: &Shown, history: &[Message]) {
    let router = router();
    let tools = tools(&router);
    bencher.counter(ItemsCount::new(messages.len())).bench(|| {
        let decided = messages.iter().filter(|message| {
            let input = RouteInput { message, history, shown, tools: &tools, expected_groups: &[], now: now() };
            router.decide(divan::black_box(&input)).1.is_some()
        });
        decided.count()
    });
}

/// Twelve messages in seven languages.
#[divan::bench]
fn first_message(bencher: Bencher<'_, '_>) {
    decide(bencher, &MESSAGES, &Shown::from_ledger(&Ledger::default()), &[]);
}

/// The same after much was shown.
#[divan::bench]
fn follow_up(bencher: Bencher<'_, '_>) {
    let (shown, history) = conversation();
    decide(bencher, &MESSAGES, &shown, &history);
}

/// A pasted log of 16 kB with a question before it.
#[divan::bench(args = ["GET", "hentet på nytt"])]
fn long_message(bencher: Bencher<'_, '_>, verb: &str) {
    let line =
        format!("2026-02-09T08:15:30Z nfk-ws-0417 curl[2231]: {verb} https://cdn.example/a 200 from 203.0.113.66\n");
    let message = format!("What is this, and is it in an open case?\n{}", line.repeat((16 << 10) / line.len()));
    decide(bencher, &[&message], &Shown::from_ledger(&Ledger::default()), &[]);
}

/// Policy and lexicon made ready: paid once per start.
#[divan::bench]
fn compile() -> Router {
    router()
}
