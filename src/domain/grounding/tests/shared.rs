//! What is said of several rows at once: a state, a time or a priority told of "two cases" or
//! "the incidents" must hold of each of them.

use serde_json::json;

use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::tests::about;
use crate::domain::grounding::tests::caught;
use crate::domain::grounding::tests::honest;
use crate::domain::grounding::tests::result;
use crate::domain::lang::Lang;
use crate::domain::outcome::Outcome;

fn two_cases() -> EvidenceResult {
    let row = |id: u64, subject: &str, status: &str, priority: &str, created: &str| {
        json!({"id": id, "subject": subject, "status": status, "priority": priority, "type": "securityIncident",
          "customer": {"id": 2172, "shortName": "bergtun", "name": "Bergtun Sykehus HF"}, "createdTime": created})
    };
    result(
        "r1",
        "executeSearchArgusCase",
        json!({"request": {"customer": ["bergtun"]}}),
        Outcome::Ok,
        json!({"data": [
            row(4120816, "Shared administrator account in use", "pendingSoc", "low", "2026-02-09T08:05:30Z"),
            row(4120655, "Blocked exploit against imaging server", "pendingClose", "medium", "2026-02-05T08:15:30Z"),
        ], "page": {"offset": 0, "limit": 25, "size": 2, "count": 2, "stop": true}}),
    )
}

#[test]
fn what_holds_of_one_row_is_not_said_of_all() {
    let results = [two_cases()];
    caught(
        &about(&results, Lang::En),
        &[
            ("There are two cases in status pendingSoc.", "wrong_count"),
            ("There are two security incidents that are currently in the status \"pendingSoc\".", "wrong_count"),
            ("Two security incidents have low priority.", "wrong_count"),
            ("Both cases have the status \"pendingSoc\".", "wrong_value"),
            ("All cases are about \"Blocked exploit against imaging server\".", "wrong_value"),
        ],
    );
    caught(
        &about(&results, Lang::De),
        &[
            ("Es gibt zwei Fälle mit Status pendingSoc.", "wrong_count"),
            ("Es gibt zwei Sicherheitsincidente, die im aktuellen Status \"pendingSoc\" sind.", "wrong_count"),
            ("Beide Fälle haben den Status pendingSoc.", "wrong_value"),
            ("Es gibt zwei Sicherheitsvorfälle, die den Status \"pendingSoc\" haben.", "wrong_count"),
        ],
    );
    caught(&about(&results, Lang::Nb), &[("Det er to sikkerhetshendelser med status \"pendingSoc\".", "wrong_count")]);
}

#[test]
fn what_holds_of_the_rows_passes() {
    let results = [two_cases()];
    honest(
        &about(&results, Lang::En),
        &[
            "There are two cases; one of them is in status pendingSoc.",
            "There is one security incident in the status \"pendingSoc\".",
            "There are two security incidents for Bergtun Sykehus HF.",
            "Both cases belong to Bergtun Sykehus HF.",
            "Of all cases, 1 has the status pendingSoc.",
            "All cases are of the type securityIncident.",
            "Here are all cases: 4120816 has the status pendingSoc, 4120655 has pendingClose.",
            "Two cases: 4120816 (pendingSoc) and 4120655 (pendingClose).",
        ],
    );
    honest(&about(&results, Lang::De), &["Es gibt einen Sicherheitsvorfall mit Status \"pendingSoc\"."]);
}
