//! What is said of several rows at once: a state, a time or a priority told of "two cases" or
//! "the incidents" must hold of each of them.

use serde_json::json;

use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::input::Stance;
use crate::domain::grounding::tests::Given;
use crate::domain::grounding::tests::about;
use crate::domain::grounding::tests::caught;
use crate::domain::grounding::tests::honest;
use crate::domain::grounding::tests::page_of_events;
use crate::domain::grounding::tests::result;
use crate::domain::grounding::tests::run;
use crate::domain::lang::Lang;
use crate::domain::outcome::Outcome;
use crate::domain::policy::decision::RouterDecision;

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

fn given<'a>(results: &'a [EvidenceResult], stale: &'a [EvidenceResult], language: Lang) -> Given<'a> {
    Given { question: "", results, stale, stance: Stance::Turn(RouterDecision::Refresh), language }
}

#[test]
fn a_time_told_of_all_is_the_time_of_each() {
    let results = [two_cases()];
    caught(
        &about(&results, Lang::En),
        &[
            ("Both cases were created on 2026-02-05.", "wrong_time"),
            ("Two cases were created on 2026-02-05.", "wrong_count"),
            ("All cases were created at 2026-02-09T08:05:30Z.", "wrong_time"),
            ("There are two cases. They were created on 5 February 2026.", "wrong_time"),
            ("The incidents were created on 2026-02-05 at 08:15:30 UTC.", "wrong_time"),
        ],
    );
    caught(
        &about(&results, Lang::De),
        &[
            ("Beide Fälle wurden am 5. Februar 2026 erstellt.", "wrong_time"),
            ("Die Incidente wurden am 2026-02-05 um 08:15:30 UTC erstellt.", "wrong_time"),
            ("Es gibt zwei Fälle. Sie wurden am 5. Februar 2026 erstellt.", "wrong_time"),
        ],
    );
    caught(&about(&results, Lang::Nb), &[("Sakene ble opprettet 5. februar 2026.", "wrong_time")]);
    caught(&about(&results, Lang::Sv), &[("Ärendena skapades den 5 februari 2026.", "wrong_time")]);
    caught(&about(&results, Lang::Fr), &[("Les dossiers ont été créés le 5 février 2026.", "wrong_time")]);
    caught(&about(&results, Lang::Es), &[("Los casos fueron creados el 5 de febrero de 2026.", "wrong_time")]);
}

#[test]
fn a_value_told_of_the_rows_is_the_value_of_each() {
    let results = [two_cases()];
    caught(
        &about(&results, Lang::En),
        &[
            ("The cases are in status pendingSoc.", "wrong_value"),
            ("The cases are low priority.", "wrong_value"),
            ("There are two cases. They have low priority.", "wrong_value"),
            ("These incidents are about \"Blocked exploit against imaging server\".", "wrong_value"),
        ],
    );
    caught(
        &about(&results, Lang::De),
        &[
            ("Die Fälle haben den Status pendingSoc.", "wrong_value"),
            ("Es gibt zwei Fälle. Sie haben niedrige Priorität.", "wrong_value"),
        ],
    );
    caught(&about(&results, Lang::Nb), &[("Sakene har lav prioritet.", "wrong_value")]);
    caught(&about(&results, Lang::Fr), &[("Les dossiers ont une priorité basse.", "wrong_value")]);
    caught(&about(&results, Lang::Es), &[("Los casos tienen prioridad baja.", "wrong_value")]);
}

#[test]
fn what_each_row_holds_is_told_of_them() {
    let results = [two_cases()];
    honest(
        &about(&results, Lang::En),
        &[
            "Both cases were created in February 2026.",
            "The cases were created between 2026-02-05 and 2026-02-09.",
            "The cases were created on 2026-02-05 and 2026-02-09.",
            "The cases are security incidents of Bergtun Sykehus HF.",
            "The cases have low and medium priority.",
            "The cases in status pendingSoc were created on 2026-02-09.",
            "One of the cases was created on 2026-02-05.",
            "1 case was created on 2026-02-05 and 1 on 2026-02-09.",
            "Two cases were found. They belong to Bergtun Sykehus HF and were created in February 2026.",
            "Some of these cases are low priority.",
            "The low priority cases were created on 2026-02-09.",
            "The results were fetched on 2026-02-09.",
            "There are cases in status pendingSoc.",
        ],
    );
    honest(
        &about(&results, Lang::De),
        &[
            "Die Fälle wurden im Februar 2026 erstellt.",
            "Die Fälle gehören zu Bergtun Sykehus HF.",
            "Einer der Fälle hat den Status pendingSoc.",
        ],
    );
    honest(&about(&results, Lang::Nb), &["Sakene ble opprettet i februar 2026.", "En av sakene har lav prioritet."]);
    honest(&about(&results, Lang::Fr), &["Un des dossiers a une priorité basse."]);
    honest(&about(&results, Lang::Es), &["Uno de los casos tiene prioridad baja."]);
}

/// The same cases at an earlier time, when one of them was still open.
fn two_cases_before() -> EvidenceResult {
    let mut before = two_cases();
    let mut content = (*before.content).clone();
    content["data"][1]["status"] = json!("workingSoc");
    before.id = "r0".to_owned();
    before.observed_at = "2026-02-09T07:15:30Z".parse().unwrap();
    before.content = std::sync::Arc::new(content);
    before
}

#[test]
fn news_is_held_against_the_earlier_result() {
    let now = [two_cases()];
    let before = [two_cases_before()];
    let mut same = two_cases();
    same.id = "r0".to_owned();
    let same = [same];
    let news: [(Lang, &str, &str); 7] = [
        (Lang::En, "There is something new.", "Nothing has changed since."),
        (Lang::De, "Ja, es gibt etwas Neues.", "Nein, es gibt nichts Neues."),
        (Lang::Nb, "Ja, det er noe nytt.", "Det er ingen endringer."),
        (Lang::Sv, "Det finns något nytt.", "Inget har ändrats."),
        (Lang::Da, "Der er noget nyt.", "Der er ingen ændringer."),
        (Lang::Fr, "Il y a du nouveau.", "Rien n'a changé."),
        (Lang::Es, "Hay novedades.", "No hay cambios."),
    ];
    for (language, changed, unchanged) in news {
        honest(&given(&now, &before, language), &[changed]);
        caught(&given(&now, &before, language), &[(unchanged, "wrong_value")]);
        honest(&given(&now, &same, language), &[unchanged]);
        caught(&given(&now, &same, language), &[(changed, "wrong_value")]);
        // Without an earlier result nobody knows.
        caught(
            &given(&now, &[], language),
            &[(changed, "unsupported_statement"), (unchanged, "unsupported_statement")],
        );
    }
}

#[test]
fn news_of_one_row_or_one_attribute_is_its_own() {
    let now = [two_cases()];
    let before = [two_cases_before()];
    let given = given(&now, &before, Lang::En);
    honest(
        &given,
        &[
            "Case 4120816 has not changed.",
            "Case 4120655 has changed: its status is pendingClose.",
            "The priority of case 4120655 has not changed.",
        ],
    );
    caught(
        &given,
        &[
            ("Case 4120655 is unchanged.", "wrong_value"),
            ("Case 4120816 has changed.", "wrong_value"),
            ("The priority of case 4120655 has changed.", "wrong_value"),
        ],
    );
}

#[test]
fn a_question_tells_nothing() {
    let results = [two_cases()];
    for draft in ["Is case 4120816 still open?", "Ist Fall 4120816 noch offen?", "Should I look at case 4120816?"] {
        assert!(!run(&about(&results, Lang::En), draft).tells(), "{draft}");
    }
    for draft in ["Case 4120816 has the status pendingSoc.", "Is it open? Case 4120816 is in status pendingSoc."] {
        assert!(run(&about(&results, Lang::En), draft).tells(), "{draft}");
    }
}

#[test]
fn rows_named_by_their_ports_are_compared() {
    let results = [page_of_events()];
    let given = about(&results, Lang::En);
    honest(&given, &["The event from port 50009 has a higher count than the one from port 50002."]);
    caught(&given, &[("The event from port 50002 has a higher count than the one from port 50009.", "wrong_value")]);
}

#[test]
fn different_values_are_those_of_the_rows_themselves() {
    let row = |id: u64, customer: u64, reporter: u64| json!({"id": id, "customer": {"id": customer}, "reporter": {"customerID": reporter, "customer": {"id": reporter}}});
    let rows = [row(4120816, 2172, 1), row(4120655, 2171, 1), row(4120771, 2172, 1), row(4120802, 2172, 1)];
    let results = [result(
        "r1",
        "executeSearchArgusCase",
        json!({"request": {}}),
        Outcome::Ok,
        json!({"data": rows, "page": {"offset": 0, "limit": 25, "size": 4, "count": 4, "stop": true}}),
    )];
    let given = about(&results, Lang::En);
    honest(&given, &["The 4 cases belong to 2 different customers."]);
    caught(&given, &[("The 4 cases belong to 3 different customers.", "wrong_count")]);
}
