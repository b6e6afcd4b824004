//! The ledger with five hundred entries: what staling, recording and asking for fresh
//! evidence cost in a long conversation. No budget of its own: together they must not be
//! seen in the 3 ms of a turn.

use std::sync::Arc;

use divan::Bencher;
use groundwire::domain::ids::CallId;
use groundwire::domain::ids::ResultId;
use groundwire::domain::ids::TurnId;
use groundwire::domain::ledger::Ledger;
use groundwire::domain::ledger::LedgerEntry;
use groundwire::domain::outcome::Outcome;
use groundwire::domain::tool::MadeBy;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

const ENTRIES: u128 = 500;

fn main() {
    divan::main();
}

fn now() -> Timestamp {
    Timestamp::from_second(1_770_624_930).expect("in range")
}

fn turn(n: u128) -> TurnId {
    TurnId(Uuid::from_u128(n / 5))
}

fn entry(n: u128) -> LedgerEntry {
    LedgerEntry {
        id: ResultId(Uuid::from_u128(n)),
        call_id: CallId(Uuid::from_u128(n)),
        turn_id: turn(n),
        server: "argus".to_owned(),
        tool: "getArgusCaseByID".to_owned(),
        arguments: json!({"caseID": 4_000_000 + u64::try_from(n).unwrap_or(0) % 60}),
        made_by: MadeBy::Model,
        observed_at: now(),
        outcome: Outcome::Ok,
        digest: String::new(),
        content: Arc::new(Value::Null),
        page: None,
        error: None,
        cause: None,
        max_age_ms: Some(60_000),
        evidence: true,
        shown: true,
        stale: false,
        superseded_by: None,
    }
}

fn ledger() -> Ledger {
    Ledger::from_entries((0..ENTRIES).map(entry).collect())
}

/// A new message makes everything stale.
#[divan::bench]
fn next_message(bencher: Bencher<'_, '_>) {
    let ledger = ledger();
    bencher.with_inputs(|| ledger.clone()).bench_values(|mut ledger| (ledger.next_message().len(), ledger));
}

/// One more result, compared with all calls before it.
#[divan::bench]
fn record(bencher: Bencher<'_, '_>) {
    let ledger = ledger();
    let inputs = || (ledger.clone(), entry(ENTRIES));
    bencher.with_inputs(inputs).bench_values(|(mut ledger, entry)| (ledger.record(entry).len(), ledger));
}

/// Fresh evidence of the last turn.
#[divan::bench]
fn fresh(bencher: Bencher<'_, '_>) {
    let ledger = ledger();
    bencher.bench(|| divan::black_box(&ledger).fresh(turn(ENTRIES - 1), now()).count());
}
