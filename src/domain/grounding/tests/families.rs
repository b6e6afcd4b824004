//! Results of metrics, customer properties, reputation and datastores: what an honest answer says
//! of them passes, and the same said wrongly does not.

use serde_json::Value;
use serde_json::json;

use crate::domain::grounding::claim::Verdict;
use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::tests::about;
use crate::domain::grounding::tests::caught;
use crate::domain::grounding::tests::honest;
use crate::domain::grounding::tests::result;
use crate::domain::lang::Lang;
use crate::domain::outcome::Outcome;

fn metrics() -> EvidenceResult {
    let row = |id: u64, name: &str, value: f64| {
        json!({"customer": null, "keys": [{"name": "filterID", "value": id.to_string(), "translation": name}],
            "metricDescriptorID": "3a68bd46-efc0-58e5-868f-b3aaca25b28e", "metricTimestamp": 0,
            "values": [{"name": "processingTime", "value": value, "unit": "milliseconds"}]})
    };
    result(
        "r1",
        "executeProcessingEventsPerFilterMetricAggregation",
        json!({"request": {"statistics": {"groupBy": [{"key": "filterID"}]}}}),
        Outcome::Ok,
        json!({"data": [
            row(31112, "Group port-scan from 10.60.12.74", 11.767),
            row(31103, "Raise phishing-landing from 10.20.12.103", 9.755),
        ]}),
    )
}

#[test]
fn a_metric_is_told_with_the_name_that_its_key_is_shown_as() {
    let results = [metrics()];
    honest(
        &about(&results, Lang::En),
        &[
            "There are 2 rows in the result.\n- Filter 31112 (Group port-scan from 10.60.12.74): 11.767\n- Filter 31103 (Raise phishing-landing from 10.20.12.103): 9.755",
        ],
    );
    for text in [
        "- Filter 31112 (Group port-scan from 10.60.12.74): 9.755\n- Filter 31103: 11.767",
        "- Filter 31112 (Group port-scan from 10.60.12.75): 11.767",
        "- Filter 31103 (Group port-scan from 10.60.12.74): 9.755",
        "There are 3 rows in the result.",
    ] {
        stopped(&results, text);
    }
}

#[test]
fn the_name_that_a_key_is_shown_as_is_that_of_its_row() {
    let results = [metrics()];
    honest(
        &about(&results, Lang::En),
        &[
            "Filter 31112 is named Group port-scan from 10.60.12.74.",
            "Filter 31103 is named Raise phishing-landing from 10.20.12.103, with 9.755.",
        ],
    );
    caught(
        &about(&results, Lang::En),
        &[
            ("Filter 31112 is named Raise phishing-landing from 10.20.12.103.", "wrong_entity"),
            ("Filter 31103 is named Group port-scan from 10.60.12.74.", "wrong_entity"),
        ],
    );
}

fn stopped(results: &[EvidenceResult], text: &str) {
    let report = crate::domain::grounding::tests::run(&about(results, Lang::En), text);
    assert!(!report.violations().is_empty(), "passes: {text}");
}

fn properties() -> EvidenceResult {
    let row = |key: &str, value: &str, default: &str| -> Value {
        json!({"key": key, "value": value, "jsonValue": null, "defaultValue": default, "defaultJsonValue": null,
            "source": "customer"})
    };
    result(
        "r1",
        "getCustomerProperties",
        json!({"idOrShortName": "nordfjord", "section": ["sla"]}),
        Outcome::Ok,
        json!({"data": [
            row("sla.reaction.critical", "PT30M", "PT60M"),
            row("sla.reaction.high", "PT2H", "PT2H"),
            row("sla.reaction.medium", "PT8H", "PT8H"),
            row("sla.reaction.low", "PT8H", "PT8H"),
        ]}),
    )
}

#[test]
fn a_service_level_is_a_length_of_time_of_its_own_row() {
    let results = [properties()];
    honest(
        &about(&results, Lang::En),
        &[
            "- Property sla.reaction.critical: value PT30M\n- Property sla.reaction.high: value PT2H",
            "sla.reaction.critical is 30 minutes.",
        ],
    );
    caught(
        &about(&results, Lang::En),
        &[
            ("sla.reaction.critical is PT2H.", "wrong_time"),
            ("sla.reaction.critical is 60 minutes.", "wrong_time"),
            ("The reaction time is 45 minutes.", "wrong_time"),
        ],
    );
}

#[test]
fn a_service_level_without_its_key_is_that_of_the_row_whose_words_are_said() {
    let results = [properties()];
    honest(
        &about(&results, Lang::En),
        &[
            "Nordfjord's reaction time for critical cases is 30 minutes.",
            "Nordfjord's reaction time for medium and low cases is 8 hours.",
        ],
    );
    caught(
        &about(&results, Lang::En),
        &[
            ("Nordfjord's reaction time for critical cases is 2 hours.", "wrong_time"),
            ("Nordfjord's reaction time for high and low cases is 30 minutes.", "wrong_time"),
        ],
    );
    for text in [
        "Nordfjord's reaction time is 2 hours.",
        "Nordfjord's reaction time is 2 hours for critical and 30 minutes for high cases.",
    ] {
        unsupported(&results, text, "2 hours");
    }
}

/// The part of a text is no supported claim: it is wrong, or left to the judge.
fn unsupported(results: &[EvidenceResult], text: &str, part: &str) {
    let report = crate::domain::grounding::tests::run(&about(results, Lang::En), text);
    let told = report.claims().iter().filter(|claim| claim.text.contains(part)).collect::<Vec<_>>();
    assert!(!told.is_empty(), "{part} is no claim of: {text}");
    assert!(told.iter().all(|claim| claim.verdict != Verdict::Supported), "passes: {text}: {told:?}");
}

fn filters() -> EvidenceResult {
    let row = |id: u64, name: &str, drop: bool| json!({"id": id, "name": name, "customer": {"id": 2188, "shortName": "bergtun"}, "actions": {"drop": drop}});
    result(
        "r1",
        "executeSearchArgusMatchFilter",
        json!({"request": {"customer": ["bergtun"]}}),
        Outcome::Ok,
        json!({"data": [row(31133, "Lower phishing-landing", false), row(31127, "Drop cleartext passwords", true), row(31140, "Drop noisy rule", false)]}),
    )
}

#[test]
fn a_word_in_the_name_of_a_filter_is_no_statement_about_what_it_does() {
    let results = [filters()];
    honest(
        &about(&results, Lang::En),
        &[
            "3 filters match.\n- Filter 31133 (Lower phishing-landing): customer bergtun\n- Filter 31127 (Drop cleartext passwords): customer bergtun",
        ],
    );
    honest(
        &about(&results, Lang::En),
        &["Filter 31140 (Drop noisy rule) does not drop.", "Filter 31127 (Drop cleartext passwords) does drop."],
    );
    caught(
        &about(&results, Lang::En),
        &[
            ("Filter 31133 does drop.", "wrong_value"),
            ("Filter 31140 (Drop noisy rule) does drop.", "wrong_value"),
            ("Filter 31127 (Drop cleartext passwords) does not drop.", "wrong_value"),
        ],
    );
}
