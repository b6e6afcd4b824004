//! The checker alone: an answer of two kilobytes against results of 64 kB and 1 MB,
//! with and without parsing the JSON, so that the share of reading is seen.

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

const SIZES: [usize; 2] = [64 << 10, 1 << 20];
const ANSWER_BYTES: usize = 2 << 10;

fn main() {
    divan::main();
}

fn now() -> Timestamp {
    Timestamp::from_second(1_770_624_930).expect("in range")
}

fn row(n: usize) -> Value {
    let status = ["pendingCustomer", "workingSoc", "closed"][n % 3];
    let priority = ["low", "medium", "high", "critical"][n % 4];
    json!({
        "id": 4_000_000 + n, "status": status, "priority": priority,
        "subject": format!("Beacon-like traffic from host-{n:05}"),
        "customer": {"id": 2171, "shortName": "nordfjord", "name": "Nordfjord Kraft AS"},
        "source": {"address": format!("10.20.{}.{}", n / 250 % 250, n % 250), "port": 40_000 + n % 20_000},
        "createdTimestamp": 1_770_000_000_000_u64 + n as u64 * 60_000,
        "closedTime": null, "flags": ["notified", "established"],
    })
}

/// A case list of about so many bytes.
fn payload(bytes: usize) -> String {
    let rows: Vec<Value> = (0..bytes / row(0).to_string().len()).map(row).collect();
    let page = json!({"offset": 0, "limit": rows.len(), "size": rows.len(), "count": rows.len()});
    json!({"data": rows, "page": page}).to_string()
}

/// An answer of two kilobytes: a sentence on the whole, then a line per case.
fn answer(rows: usize) -> String {
    let mut text = format!("Nordfjord has {rows} cases in total. These are the first:\n\n");
    for n in 0.. {
        let row = row(n);
        let line = format!(
            "- {}: {}, {} priority, source {}\n",
            row["id"], row["status"], row["priority"], row["source"]["address"]
        );
        if text.len() + line.len() > ANSWER_BYTES {
            break;
        }
        text.push_str(&line.replace('"', ""));
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
        user_message: "Show me the cases of Nordfjord",
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

fn parsed(bytes: usize) -> (Vec<EvidenceResult>, String) {
    let content: Value = serde_json::from_str(&payload(bytes)).expect("our own JSON");
    let rows = content["data"].as_array().map_or(0, Vec::len);
    (evidence(content), answer(rows))
}

/// Parse, index and check: what a turn pays for a new result.
#[divan::bench(args = SIZES)]
fn parse_and_check(bencher: Bencher<'_, '_>, bytes: usize) {
    let text = payload(bytes);
    let (_, draft) = parsed(bytes);
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        let content = serde_json::from_str(divan::black_box(&text)).expect("our own JSON");
        run(&draft, &evidence(content))
    });
}

/// Index and check: what a repair pays.
#[divan::bench(args = SIZES)]
fn check_parsed(bencher: Bencher<'_, '_>, bytes: usize) {
    let (results, draft) = parsed(bytes);
    bencher.bench(|| run(divan::black_box(&draft), &results));
}

/// The index nearly alone: a draft without anything to look up.
#[divan::bench(args = SIZES)]
fn index(bencher: Bencher<'_, '_>, bytes: usize) {
    let (results, _) = parsed(bytes);
    bencher.bench(|| run(divan::black_box("Hello."), &results));
}
