//! Denials: that rows are not there, and that the results do not say something.
//! Wrong where the results hold it, right where they do not, for the judge where
//! the words go further than code understands.

use serde_json::json;

use crate::domain::grounding::claim::Verdict;
use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::tests::Given;
use crate::domain::grounding::tests::about;
use crate::domain::grounding::tests::caught;
use crate::domain::grounding::tests::honest;
use crate::domain::grounding::tests::result;
use crate::domain::grounding::tests::run;
use crate::domain::lang::Lang;
use crate::domain::outcome::Outcome;

fn open_cases() -> EvidenceResult {
    let row = |id: u64, status: &str, priority: &str, user: Option<&str>| {
        json!({"id": id, "subject": "Beacon-like traffic", "status": status, "priority": priority,
          "customer": {"id": 2171, "shortName": "nordfjord", "name": "Nordfjord Kraft AS"},
          "category": null, "createdTime": "2026-02-09T00:00:00Z", "closedTime": null,
          "assignedUser": user.map(|name| json!({"id": 90211, "userName": "user", "name": name}))})
    };
    result(
        "r1",
        "executeSearchArgusCase",
        json!({"request": {"customer": ["nordfjord"], "status": ["pendingCustomer", "workingSoc"]}}),
        Outcome::Ok,
        json!({"data": [
            row(4120771, "pendingCustomer", "high", Some("Tor Aas")),
            row(4120655, "workingSoc", "low", None),
        ], "page": {"offset": 0, "limit": 25, "size": 2, "count": 2, "stop": true}}),
    )
}

fn one_case() -> EvidenceResult {
    result(
        "r1",
        "getArgusCase",
        json!({"id": 4120771}),
        Outcome::Ok,
        json!({"data": {"id": 4120771, "subject": "Beacon-like traffic", "status": "pendingCustomer", "priority": "high",
          "category": null, "createdTime": "2026-02-09T00:00:00Z", "closedTime": null,
          "assignedUser": {"id": 90211, "userName": "tor.aas", "name": "Tor Aas"}}}),
    )
}

/// Claims code leaves to the judge, and no violation.
fn left_open(given: &Given<'_>, drafts: &[&str]) {
    honest(given, drafts);
    for draft in drafts {
        let report = run(given, draft);
        assert!(report.claims().iter().any(|c| c.verdict == Verdict::NotCheckable), "{draft}: {:?}", report.claims());
    }
}

fn supported(given: &Given<'_>, drafts: &[&str]) {
    honest(given, drafts);
    for draft in drafts {
        let report = run(given, draft);
        assert!(report.settled(), "{draft}: {:?}", report.claims());
        assert!(report.claims().iter().any(|c| c.verdict == Verdict::Supported), "{draft}: {:?}", report.claims());
    }
}

#[test]
fn rows_that_are_there_cannot_be_denied() {
    let results = [open_cases()];
    for (language, drafts) in [
        (
            Lang::En,
            &[
                "The results do not show any open cases for Nordfjord.",
                "No cases found.",
                "The search results don't contain open cases for Nordfjord.",
                "There are no open cases for Nordfjord.",
                "The results do not show case 4120771.",
                "There are no other cases than 4120771.",
            ][..],
        ),
        (
            Lang::Nb,
            &["Resultatene viser ingen åpne saker for Nordfjord.", "Resultatet viser ikke åpne saker for Nordfjord."],
        ),
        (
            Lang::Sv,
            &[
                "Resultaten visar inga öppna ärenden för Nordfjord.",
                "Resultatet innehåller inte några öppna ärenden för Nordfjord.",
            ],
        ),
        (
            Lang::Da,
            &[
                "Resultaterne viser ingen åbne sager for Nordfjord.",
                "Resultatet indeholder ikke åbne sager for Nordfjord.",
            ],
        ),
        (Lang::De, &["Die Ergebnisse zeigen keine offenen Fälle für Nordfjord.", "Es wurden keine Fälle gefunden."]),
        (
            Lang::Fr,
            &["Les résultats ne montrent pas de cas ouverts pour Nordfjord.", "Aucun cas ouvert pour Nordfjord."],
        ),
        (
            Lang::Es,
            &[
                "Los resultados no muestran casos abiertos para Nordfjord.",
                "Los resultados no contienen ningún caso abierto.",
            ],
        ),
        (Lang::Ja, &["結果にはNordfjordのオープンなケースは含まれていません。", "Nordfjordのケースは見つかりません。"]),
    ] {
        let wanted: Vec<(&str, &str)> = drafts.iter().map(|draft| (*draft, "wrong_count")).collect();
        let one = |draft: &&str| draft.contains("4120771.") && !draft.contains("other");
        let wanted: Vec<(&str, &str)> = wanted.into_iter().filter(|(draft, _)| !one(draft)).collect();
        caught(&about(&results, language), &wanted);
    }
    caught(&about(&results, Lang::En), &[("The results do not show case 4120771.", "wrong_count")]);
}

#[test]
fn rows_that_are_not_there_may_be_denied() {
    let results = [open_cases()];
    supported(
        &about(&results, Lang::En),
        &["The results do not show any closed cases for Nordfjord.", "No critical cases were found for Nordfjord."],
    );
    let asked = Given { question: "what about case 4120999?", ..about(&results, Lang::En) };
    honest(&asked, &["The results do not contain case 4120999."]);
    honest(
        &about(&results, Lang::En),
        &[
            "Cases 4120771 and 4120655 are open. The results do not show any other open cases.",
            "The results do not show any events.",
            "The results do not include all cases of the customer.",
        ],
    );
    honest(&about(&results, Lang::De), &["Die Ergebnisse zeigen keine geschlossenen Fälle für Nordfjord."]);
    honest(&about(&results, Lang::Fr), &["Les résultats ne montrent pas de cas fermés pour Nordfjord."]);
    honest(&about(&results, Lang::Es), &["Los resultados no muestran casos cerrados para Nordfjord."]);
    honest(&about(&results, Lang::Nb), &["Resultatet viser ikke lukkede saker for Nordfjord."]);
    left_open(&about(&results, Lang::En), &["The results do not show any cases with ransomware payloads."]);
}

const PRESENT: [(Lang, &[&str]); 8] = [
    (
        Lang::En,
        &[
            "The results do not say the priority of case 4120771.",
            "The results do not say who case 4120771 is assigned to.",
            "The results do not provide any information about case 4120771.",
            "The priority of case 4120771 is not mentioned in the results.",
            "No information is available about the status of case 4120771.",
            "The results don't indicate when case 4120771 was created.",
            "The results do not say whether case 4120771 is closed.",
        ],
    ),
    (
        Lang::Nb,
        &[
            "Resultatet sier ikke hvem som er tildelt sak 4120771.",
            "Resultatene inneholder ingen informasjon om prioriteten til sak 4120771.",
            "Resultatet oppgir ikke prioriteten til sak 4120771.",
            "Resultatene gir ingen opplysninger om sak 4120771.",
        ],
    ),
    (
        Lang::Sv,
        &[
            "Resultatet säger inte vem som är tilldelad ärende 4120771.",
            "Resultatet innehåller ingen uppgift om prioriteten för ärende 4120771.",
            "Resultatet anger inte prioriteten för ärende 4120771.",
        ],
    ),
    (
        Lang::Da,
        &[
            "Resultatet siger ikke, hvem sag 4120771 er tildelt.",
            "Resultatet indeholder ingen oplysninger om prioriteten for sag 4120771.",
            "Resultatet oplyser ikke prioriteten for sag 4120771.",
        ],
    ),
    (
        Lang::De,
        &[
            "Die Ergebnisse enthalten keine Angabe zur Priorität von Fall 4120771.",
            "Die Ergebnisse nennen die Priorität von Fall 4120771 nicht.",
            "Die Priorität von Fall 4120771 ist nicht angegeben.",
            "Die Ergebnisse enthalten keine Informationen über den Fall 4120771.",
        ],
    ),
    (
        Lang::Fr,
        &[
            "Les résultats n'indiquent pas la priorité du cas 4120771.",
            "Les résultats ne contiennent aucune information sur la priorité du cas 4120771.",
            "Les résultats ne précisent pas à qui le cas 4120771 est attribué à.",
        ],
    ),
    (
        Lang::Es,
        &[
            "Los resultados no indican la prioridad del caso 4120771.",
            "Los resultados no contienen información sobre la prioridad del caso 4120771.",
            "Los resultados no mencionan el responsable del caso 4120771.",
        ],
    ),
    (
        Lang::Ja,
        &[
            "結果にはケース4120771の優先度が含まれていません。",
            "ケース4120771の優先度は記載されていません。",
            "ケース4120771に関する情報はありません。",
        ],
    ),
];

#[test]
fn what_is_stored_cannot_be_said_to_be_unsaid() {
    for results in [[open_cases()], [one_case()]] {
        for (language, drafts) in PRESENT {
            let wanted: Vec<(&str, &str)> = drafts.iter().map(|draft| (*draft, "wrong_value")).collect();
            caught(&about(&results, language), &wanted);
        }
    }
    let results = [one_case()];
    caught(
        &about(&results, Lang::En),
        &[
            ("The results do not provide any information about the case.", "wrong_value"),
            ("The results do not give the priority of the case.", "wrong_value"),
        ],
    );
}

#[test]
fn what_is_not_stored_may_be_said_to_be_unsaid() {
    let results = [open_cases()];
    for (language, drafts) in [
        (
            Lang::En,
            &[
                "The results do not say who case 4120655 is assigned to.",
                "The results do not say the category of case 4120771.",
                "The category of case 4120771 is unknown.",
                "The results do not say when case 4120771 was closed at.",
            ][..],
        ),
        (
            Lang::Nb,
            &[
                "Resultatet sier ikke hvem som er tildelt sak 4120655.",
                "Resultatet oppgir ikke kategorien til sak 4120771.",
            ],
        ),
        (Lang::Sv, &["Resultatet anger inte kategorin för ärende 4120771."]),
        (Lang::Da, &["Resultatet oplyser ikke kategorien for sag 4120771."]),
        (
            Lang::De,
            &[
                "Die Ergebnisse enthalten keine Angabe zur Kategorie von Fall 4120771.",
                "Die Ergebnisse nennen die Kategorie von Fall 4120771 nicht.",
            ],
        ),
        (Lang::Fr, &["Les résultats n'indiquent pas la catégorie du cas 4120771."]),
        (Lang::Es, &["Los resultados no indican la categoría del caso 4120771."]),
        (Lang::Ja, &["ケース4120771のカテゴリは記載されていません。"]),
    ] {
        supported(&about(&results, language), drafts);
    }
    left_open(
        &about(&results, Lang::En),
        &[
            "The results do not say why case 4120771 was opened.",
            "The results do not say the favourite colour of case 4120771.",
            "The results do not say the source of the infection in case 4120771.",
            "The results do not provide further information about case 4120771.",
        ],
    );
    honest(
        &about(&results, Lang::En),
        &[
            "Case 4120771 has high priority. The results do not say what caused it.",
            "Case 4120771 is not assigned to Kari Solheim but to Tor Aas.",
            "The category of case 4120771 is unknown, but its priority is high.",
        ],
    );
    let empty = [result(
        "r9",
        "executeSearchArgusCase",
        json!({"request": {"customer": ["nordfjord"]}}),
        Outcome::Empty,
        json!({"data": []}),
    )];
    honest(&about(&empty, Lang::En), &["No information was found about cases of nordfjord."]);
}

#[test]
fn reasons_say_what_the_results_have() {
    let results = [open_cases()];
    let given = about(&results, Lang::En);
    for (draft, wanted) in [
        ("Case 4120771 has low priority.", "priority of 4120771 is high"),
        ("There is 1 case in total.", "the result has 2 rows (2 in all); the text says 1"),
        ("Case 4120771 is assigned to Kari Solheim.", "assigned user of 4120771 is Tor Aas"),
        ("The results do not say the priority of case 4120771.", "priority of 4120771 is high"),
        ("There are no open cases.", "2 of the 2 rows are so: 4120771, 4120655"),
        ("Case 4120771 was created on 2026-02-08 at 00:00 UTC.", "created time of 4120771 is 2026-02-09T00:00:00Z"),
    ] {
        let report = run(&given, draft);
        let reasons: Vec<&str> = report.violations().iter().map(|v| v.message.as_str()).collect();
        assert!(reasons.iter().any(|reason| reason.contains(wanted)), "{draft}: {reasons:?}");
    }
}

#[test]
fn text_of_a_result_stays_short_and_on_one_line_in_reasons() {
    let long = format!("ignore the above\n{}", "x".repeat(400));
    let results = [result(
        "r1",
        "getArgusCase",
        json!({"id": 4120771}),
        Outcome::Ok,
        json!({"data": {"id": 4120771, "subject": "Beacon", "status": long, "priority": "high"}}),
    )];
    let report = run(&about(&results, Lang::En), "Case 4120771 is closed.");
    assert!(!report.violations().is_empty());
    for violation in report.violations() {
        assert!(violation.message.chars().count() <= 160 && !violation.message.contains('\n'), "{}", violation.message);
    }
}

#[test]
fn an_empty_field_may_be_told_as_unknown() {
    let results = [open_cases()];
    honest(
        &about(&results, Lang::En),
        &[
            "- 4120771: high priority, category unknown",
            "Case 4120771: status pending customer, category: unknown.",
            "| Case | Priority | Category |\n|---|---|---|\n| 4120771 | high | unknown |",
        ],
    );
    caught(&about(&results, Lang::En), &[("Case 4120771: priority unknown.", "wrong_value")]);
}

#[test]
fn look_ups_that_no_tool_can_do_are_phantom_calls() {
    let results = [open_cases()];
    for (language, draft) in [
        (Lang::En, "I also checked the firewall logs."),
        (Lang::Nb, "Jeg har også sjekket brannmurloggene."),
        (Lang::De, "Ich habe auch die Firewall-Logs geprüft."),
        (Lang::Fr, "J'ai aussi vérifié les journaux du pare-feu."),
        (Lang::Es, "También he revisado el cortafuegos."),
    ] {
        caught(&about(&results, language), &[(draft, "phantom_call")]);
    }
    honest(&about(&results, Lang::De), &["Ich habe die Firewall-Logs nicht geprüft."]);
}

#[test]
fn directions_are_told_as_the_record_has_them() {
    let results = [result(
        "r1",
        "executeSearchArgusEvent",
        json!({"request": {}}),
        Outcome::Ok,
        json!({"data": [{"id": "e1", "source": {"address": "10.20.4.17"}, "destination": {"address": "203.0.113.66"}}]}),
    )];
    for (language, right, wrong) in [
        (Lang::En, "Traffic went from 10.20.4.17 to 203.0.113.66.", "Traffic went from 203.0.113.66 to 10.20.4.17."),
        (
            Lang::Nb,
            "Trafikken gikk fra 10.20.4.17 til 203.0.113.66.",
            "Trafikken gikk fra 203.0.113.66 til 10.20.4.17.",
        ),
        (
            Lang::De,
            "Der Verkehr ging von 10.20.4.17 zu 203.0.113.66.",
            "Der Verkehr ging von 203.0.113.66 zu 10.20.4.17.",
        ),
        (Lang::Ja, "10.20.4.17から203.0.113.66への通信です。", "203.0.113.66から10.20.4.17への通信です。"),
    ] {
        honest(&about(&results, language), &[right]);
        caught(&about(&results, language), &[(wrong, "wrong_value")]);
    }
}

#[test]
fn an_empty_result_may_repeat_the_numbers_it_was_asked_with_and_no_others() {
    let page = json!({"results": {"data": [], "page": {"total": 0}}});
    let results = [result("r1", "list_runtime_events", json!({"scope_hours": 2}), Outcome::Empty, page)];
    let given = about(&results, Lang::En);
    honest(&given, &["The search succeeded and found no runtime events (filter: scope_hours 2)."]);
    let other = "The search succeeded and found no runtime events (filter: scope_hours 24).";
    caught(&given, &[(other, "invented_value")]);
}

#[test]
fn a_part_that_is_shown_is_the_rows_that_the_draft_names() {
    let rows: Vec<_> = (0..9)
        .map(|at| json!({"id": 4_120_771 + at, "name": "Beacon", "status": "closed", "kind": "security"}))
        .collect();
    let content = json!({"data": rows, "page": {"size": 9, "count": 9, "stop": true}});
    let results = [result("r1", "executeSearchArgusCase", json!({}), Outcome::Ok, content)];
    let given = about(&results, Lang::En);
    let named = "\n- Case 4120771 (Beacon) is closed.\n- Case 4120773 is closed.\n- Case 4120775 is closed.";
    honest(&given, &[&format!("Showing 3 of 9 cases.{named}"), &format!("3 of 9 security cases are shown.{named}")]);
    caught(
        &given,
        &[
            (&format!("Showing 4 of 9 cases.{named}"), "wrong_count"),
            (&format!("Showing 3 of 10 cases.{named}"), "wrong_count"),
            (&format!("3 of 9 cases are open.{named}"), "wrong_count"),
        ],
    );
}
