//! The checker alone: an answer of two kilobytes against results of 4 kB, 64 kB and
//! 1 MB, with and without parsing the JSON, so that the share of reading is seen.
//! Budgets, of `parse_and_check`: under 2 ms at 64 kB, under 30 ms at 1 MB. The 4 kB
//! are the result of an ordinary turn, of whose 3 ms this is a part.
//!
//! `cases` is a list of small records and an answer that prints ids, codes and
//! addresses; `events` has identifiers that more than one spelling fits (IPv6, URLs, cut
//! ids), times and long texts.

use std::sync::Arc;

use divan::Bencher;
use divan::counter::BytesCount;
use groundwire::domain::grounding::check;
use groundwire::domain::grounding::input::CheckInput;
use groundwire::domain::grounding::input::EvidenceResult;
use groundwire::domain::grounding::input::Stance;
use groundwire::domain::lang::Lang;
use groundwire::domain::outcome::Outcome;
use groundwire::domain::policy::decision::RouterDecision;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use serde_json::json;

const SIZES: [usize; 3] = [4 << 10, 64 << 10, 1 << 20];
const ANSWER_BYTES: usize = 2 << 10;

fn main() {
    divan::main();
}

fn now() -> Timestamp {
    Timestamp::from_second(1_770_624_930).expect("in range")
}

/// One record, and the line that an honest answer prints of it.
type Entry = (Value, String);

fn case(n: usize) -> Entry {
    let status = ["pendingCustomer", "workingSoc", "closed"][n % 3];
    let priority = ["low", "medium", "high", "critical"][n % 4];
    let (id, address) = (4_000_000 + n, format!("10.20.{}.{}", n / 250 % 250, n % 250));
    let record = json!({
        "id": id, "status": status, "priority": priority,
        "subject": format!("Beacon-like traffic from host-{n:05}"),
        "customer": {"id": 2171, "shortName": "nordfjord", "name": "Nordfjord Kraft AS"},
        "source": {"address": address, "port": 40_000 + n % 20_000},
        "createdTimestamp": 1_770_000_000_000_u64 + n as u64 * 60_000,
        "closedTime": null, "flags": ["notified", "established"],
    });
    (record, format!("- {id}: {status}, {priority} priority, source {address}\n"))
}

fn event(n: usize) -> Entry {
    let uuid = format!("{:08x}-4c1d-4e8b-9a57-{:012x}", n * 7_919, n * 104_729);
    let id = format!("1770{:09}/2171/{uuid}", n * 1_000);
    let (address, port) = (format!("2001:db8:20:{:x}::{:x}", n / 500, n % 500), 40_000 + n % 20_000);
    let url = format!("https://cdn-{:03}.example/pkg/{n:06}.bin", n % 200);
    let started = format!("2026-02-{:02}T{:02}:{:02}:07Z", 1 + n / 1_440 % 28, n / 60 % 24, n % 60);
    let record = json!({
        "id": id, "severity": (["low", "medium", "high"][n % 3]), "startTimestamp": started,
        "source": {"address": address, "port": port, "hostName": format!("nfk-ws-{n:05}")},
        "uri": url, "attackInfo": {"alarmID": 4_400 + n % 12, "alarmDescription": "Unexpected download of a program"},
        "message": format!("The host nfk-ws-{n:05} fetched {url} twice within ten minutes, and ran what it got. \
            The file is not signed, and no other host of this customer has asked for it before."),
        "flags": ["established"],
    });
    let line = format!("- {}… at {}: {address} fetched {url}\n", &uuid[..13], started.replace('T', " "));
    (record, line)
}

/// A page of about so many bytes of JSON.
fn page(entry: fn(usize) -> Entry, bytes: usize) -> Value {
    let rows: Vec<Value> = (0..bytes / entry(0).0.to_string().len()).map(|n| entry(n).0).collect();
    let page = json!({"offset": 0, "limit": rows.len(), "size": rows.len(), "count": rows.len()});
    json!({"data": rows, "page": page})
}

/// An answer of at most two kilobytes: a sentence on the whole, then a line per record.
fn answer(entry: fn(usize) -> Entry, noun: &str, rows: usize) -> String {
    let mut text = format!("Nordfjord has {rows} {noun} in total. These are the first:\n\n");
    for line in (0..rows).map(|n| entry(n).1) {
        if text.len() + line.len() > ANSWER_BYTES {
            break;
        }
        text.push_str(&line);
    }
    text
}

fn evidence(content: Value) -> Vec<EvidenceResult> {
    vec![EvidenceResult {
        id: "r1".to_owned(),
        tool: "executeSearchArgusCase".to_owned(),
        arguments: json!({"request": {"customer": ["nordfjord"]}}),
        observed_at: now(),
        outcome: Outcome::Ok,
        content: Arc::new(content),
        page: None,
        error: None,
    }]
}

fn run(draft: &str, results: &[EvidenceResult]) -> usize {
    let report = check(&CheckInput {
        user_message: "Show me the latest of Nordfjord",
        draft,
        now: now(),
        zone: TimeZone::UTC,
        results,
        stale: &[],
        stance: Stance::Turn(RouterDecision::CallTool),
        language: Lang::En,
    });
    report.claims().len()
}

/// The JSON and the honest answer over it. Every value of the answer must be found: a
/// checker that gives up early would look fast.
fn honest(entry: fn(usize) -> Entry, noun: &str, bytes: usize) -> (Value, String) {
    let content = page(entry, bytes);
    let rows = content["data"].as_array().map_or(0, Vec::len);
    let draft = answer(entry, noun, rows);
    (content, draft)
}

fn parse_and_check(bencher: Bencher<'_, '_>, content: &Value, draft: &str) {
    let text = content.to_string();
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        let content = serde_json::from_str(divan::black_box(&text)).expect("our own JSON");
        run(divan::black_box(draft), &evidence(content))
    });
}

/// Parse, index and check a case list: what a turn pays for a new result.
#[divan::bench(args = SIZES)]
fn parse_and_check_cases(bencher: Bencher<'_, '_>, bytes: usize) {
    let (content, draft) = honest(case, "cases", bytes);
    parse_and_check(bencher, &content, &draft);
}

/// The same for events.
#[divan::bench(args = SIZES)]
fn parse_and_check_events(bencher: Bencher<'_, '_>, bytes: usize) {
    let (content, draft) = honest(event, "events", bytes);
    parse_and_check(bencher, &content, &draft);
}

/// Index and check: what a repair pays.
#[divan::bench(args = SIZES)]
fn check_parsed_cases(bencher: Bencher<'_, '_>, bytes: usize) {
    let (content, draft) = honest(case, "cases", bytes);
    let results = evidence(content);
    bencher.bench(|| run(divan::black_box(&draft), divan::black_box(&results)));
}

/// The index nearly alone: a draft without anything to look up.
#[divan::bench(args = SIZES)]
fn index_cases(bencher: Bencher<'_, '_>, bytes: usize) {
    let results = evidence(page(case, bytes));
    bencher.bench(|| run(divan::black_box("Hello."), divan::black_box(&results)));
}

/// Parsing alone: what no checker can save.
#[divan::bench(args = SIZES)]
fn parse_cases(bencher: Bencher<'_, '_>, bytes: usize) {
    let text = page(case, bytes).to_string();
    bencher.bench(|| serde_json::from_str::<Value>(divan::black_box(&text)).expect("our own JSON"));
}
