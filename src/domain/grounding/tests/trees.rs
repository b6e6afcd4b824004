//! Trees of counts: a number goes with the group that its sentence names, in its branch. The
//! true texts and the false ones differ in a number or in a name and in nothing else.

use serde_json::Value;
use serde_json::json;

use crate::domain::grounding::claim::Claim;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::Verdict;
use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::render::render_results;
use crate::domain::grounding::tests::about;
use crate::domain::grounding::tests::caught;
use crate::domain::grounding::tests::honest;
use crate::domain::grounding::tests::result;
use crate::domain::grounding::tests::run;
use crate::domain::lang::Lang;
use crate::domain::outcome::Outcome;

fn group(kind: &str, id: &str, name: &str, count: u64, raw: u64) -> Value {
    let group = json!({"type": kind, "identifier": id, "shortName": name, "displayName": name});
    json!({"count": count, "rawEventCount": raw, "group": group})
}

fn counted(tool: &str, tree: Value) -> [EvidenceResult; 1] {
    let arguments =
        json!({"request": {"filter": {"timeFilter": {"startTimestamp": "startOfDay", "endTimestamp": "now"}}}});
    [result("r1", tool, arguments, Outcome::Ok, json!({"data": [tree], "meta": {"source": "argus"}}))]
}

fn severities() -> [EvidenceResult; 1] {
    let buckets = [("critical", 240, 606_612), ("high", 52, 140), ("low", 15, 2471), ("medium", 11, 50)]
        .map(|(name, count, raw)| group("severity", name, name, count, raw));
    counted("executeStatisticsArgusEvent", json!({"count": 318, "rawEventCount": 609_273, "buckets": buckets}))
}

fn branches() -> [EvidenceResult; 1] {
    let customer = |id: &str, name: &str, inside: &[(&str, u64, u64)]| {
        let (count, raw) = inside.iter().fold((0, 0), |sum, (_, count, raw)| (sum.0 + count, sum.1 + raw));
        let mut record = group("customer", id, name, count, raw);
        record["buckets"] =
            inside.iter().map(|(name, count, raw)| group("severity", name, name, *count, *raw)).collect();
        record
    };
    let buckets = [
        customer("2172", "havbris", &[("critical", 240, 606_612), ("low", 7, 1714), ("high", 4, 41)]),
        customer("2171", "nordfjord", &[("high", 48, 99), ("medium", 5, 24)]),
    ];
    counted("executeStatisticsArgusEvent", json!({"count": 304, "rawEventCount": 608_490, "buckets": buckets}))
}

/// Days by the calendar of Oslo, which begin at 23:00 UTC.
fn days() -> [EvidenceResult; 1] {
    let start = |day: i64| 1_770_332_400_000 + day * 86_400_000;
    let bucket =
        |day: i64, count: u64| json!({"timestamp": start(day), "count": count, "rawEventCount": count * 3 + 1000});
    let buckets = [bucket(0, 17), bucket(1, 54), bucket(2, 31)];
    let line = json!([{"name": "timeline", "count": 102, "rawEventCount": 3306, "buckets": buckets}]);
    counted("executeStatisticsArgusEvent", json!({"count": 102, "rawEventCount": 3306, "timeline": line}))
}

fn assets() -> [EvidenceResult; 1] {
    let customer = |id: &str, name: &str, count: u64| json!({"count": count, "metadata": {"type": "customer", "identifier": id, "shortName": name, "name": name}});
    let buckets = [customer("2171", "nordfjord", 58), customer("2172", "havbris", 46), customer("2188", "bergtun", 34)];
    counted("executeStatisticsArgusAsset", json!({"count": 138, "buckets": buckets}))
}

#[test]
fn true_numbers_of_groups_pass_in_many_wordings() {
    honest(
        &about(&severities(), Lang::En),
        &[
            "- critical: 240 events\n- high: 52 events\n- low: 15 events",
            "240 critical, 52 high, 15 low and 11 medium events.",
            "There are 318 events in total, 52 of them high.",
            "52 of the 318 events are high.",
            "critical 240, high 52, 318 in total",
            "| severity | count |\n| --- | --- |\n| critical | 240 |\n| high | 52 |",
            "| severity | count | raw event count |\n| --- | --- | --- |\n| critical | 240 | 606612 |",
        ],
    );
    honest(&about(&severities(), Lang::De), &["Es gibt 240 kritische Ereignisse.", "- high: 52 Ereignisse"]);
    honest(
        &about(&severities(), Lang::Nb),
        &["Det er 52 hendelser med høy alvorlighetsgrad og 240 kritiske.", "Det er 318 hendelser totalt."],
    );
    honest(
        &about(&branches(), Lang::En),
        &[
            "- havbris, critical: 240 events\n- nordfjord, high: 48 events",
            "Havbris has 251 events, of which 240 are critical and 4 are high; nordfjord has 48 high ones.",
            "There are 52 events of severity high.",
            "## Nordfjord\n- high: 48\n\n## Havbris\n- critical: 240",
        ],
    );
    honest(
        &about(&assets(), Lang::En),
        &["Nordfjord has 58 assets, Havbris 46 and Bergtun 34.", "There are 138 assets in total."],
    );
    honest(
        &about(&days(), Lang::En),
        &[
            "- from 2026-02-05 23:00 UTC: 17 events\n- from 2026-02-06 23:00 UTC: 54 events",
            "On 6 February there were 17 events.",
        ],
    );
}

#[test]
fn a_tree_that_counted_nothing_is_nothing_found() {
    let [mut empty] = counted("executeStatisticsArgusEvent", json!({"count": 0, "rawEventCount": 0, "buckets": []}));
    empty.outcome = Outcome::Empty;
    let results = [empty];
    honest(&about(&results, Lang::En), &["The search found no events.", "The search succeeded and found no events."]);
    caught(&about(&results, Lang::En), &[("There are 3 events.", "hidden_empty")]);
}

#[test]
fn a_tree_that_counted_nothing_says_nothing_of_other_objects() {
    let [mut empty] = counted("executeStatisticsArgusEvent", json!({"count": 0, "rawEventCount": 0, "buckets": []}));
    empty.outcome = Outcome::Empty;
    empty.arguments = json!({"request": {"filter": {"customer": ["nordfjord"]}}});
    let results = [empty];
    honest(&about(&results, Lang::En), &["No events were found for Nordfjord."]);
    honest(&about(&results, Lang::Nb), &["Det ble ikke funnet noen hendelser for Nordfjord."]);
    for text in ["Nordfjord has no assets.", "There are no open cases for Nordfjord."] {
        let report = run(&about(&results, Lang::En), text);
        let told = |claim: &&Claim| claim.kind == ClaimKind::Absence && claim.verdict == Verdict::Supported;
        assert!(report.claims().iter().find(told).is_none(), "passes: {text}");
        assert!(report.claims().iter().any(|claim| claim.verdict != Verdict::Supported), "no claim: {text}");
    }
}

#[test]
fn numbers_of_another_group_are_caught() {
    caught(
        &about(&severities(), Lang::En),
        &[
            ("- critical: 52 events", "wrong_entity"),
            ("- high: 240 events", "wrong_entity"),
            ("52 critical, 240 high, 15 low and 11 medium events.", "wrong_entity"),
            ("There are 52 events today.", "wrong_count"),
            ("There are 52 events in total.", "wrong_count"),
            ("There are 318 events in total, 52 of them critical.", "wrong_entity"),
            ("There are 318 critical events.", "wrong_entity"),
            ("medium 15, low 11", "wrong_entity"),
            ("There were 606612 critical events.", "wrong_count"),
            ("| severity | count |\n| --- | --- |\n| critical | 52 |\n| high | 240 |", "wrong_entity"),
        ],
    );
    caught(&about(&severities(), Lang::Nb), &[("Det er 52 kritiske hendelser.", "wrong_entity")]);
    caught(&about(&severities(), Lang::De), &[("Es gibt 52 kritische Ereignisse.", "wrong_entity")]);
    caught(
        &about(&branches(), Lang::En),
        &[
            ("- havbris, critical: 7 events", "wrong_entity"),
            ("Havbris has 48 high events.", "wrong_entity"),
            ("Nordfjord has 240 critical events.", "wrong_count"),
            ("There are 48 events of severity high.", "wrong_count"),
            ("There are 53 events of severity high.", "wrong_count"),
            ("## Nordfjord\n- high: 4\n\n## Havbris\n- high: 48", "wrong_entity"),
            (
                "| customer | severity | count |\n| --- | --- | --- |\n| havbris | high | 48 |\n| nordfjord | high | 4 |",
                "wrong_entity",
            ),
        ],
    );
    caught(
        &about(&assets(), Lang::En),
        &[
            ("Nordfjord has 58 assets, Havbris 34 and Bergtun 46.", "wrong_entity"),
            ("There are 58 assets in total.", "wrong_count"),
        ],
    );
    caught(
        &about(&days(), Lang::En),
        &[
            ("- from 2026-02-06 23:00 UTC: 17 events", "wrong_entity"),
            ("On 7 February there were 17 events.", "wrong_entity"),
            ("There were 17 events in total.", "wrong_count"),
            ("| from | count |\n| --- | --- |\n| 2026-02-06 23:00 UTC | 31 |", "wrong_entity"),
        ],
    );
}

#[test]
fn only_a_whole_word_makes_an_event_raw() {
    let results = severities();
    honest(&about(&results, Lang::En), &["There were 606612 raw events of severity critical."]);
    honest(&about(&results, Lang::Nb), &["Det er 606612 råhendelser som er kritiske."]);
    honest(&about(&results, Lang::Fr), &["Il y a 606612 événements bruts critiques."]);
    for (language, text) in [
        (Lang::De, "Bedrohungen: Es gibt 606612 kritische Ereignisse."),
        (Lang::Nb, "I dette området er det 606612 kritiske hendelser."),
        (Lang::En, "Of the brute force kind there were 606612 critical events."),
        (Lang::Ja, "発生した重大なイベントは606612件のイベントです。"),
    ] {
        caught(&about(&results, language), &[(text, "wrong_count")]);
    }
}

fn customers() -> [EvidenceResult; 1] {
    let buckets = [("2171", "nordfjord", 200, 400), ("2188", "bergtun", 100, 300), ("2172", "havbris", 18, 20)]
        .map(|(id, name, count, raw)| group("customer", id, name, count, raw));
    counted("executeStatisticsArgusEvent", json!({"count": 318, "rawEventCount": 720, "buckets": buckets}))
}

/// The customers' events of these severities.
fn asked_for(severities: &[&str]) -> [EvidenceResult; 1] {
    let mut results = customers();
    results[0].arguments = json!({"request": {"filter": {"severity": severities}, "groupBy": ["customer"]}});
    results
}

#[test]
fn what_the_tree_and_the_call_do_not_say_of_a_number_is_not_supported() {
    honest(
        &about(&customers(), Lang::En),
        &[
            "There were 318 events.",
            "Nordfjord has 200 events and Bergtun 100.",
            "Customer Nordfjord: 200 events",
            "| customer | count |\n| --- | --- |\n| nordfjord | 200 |",
        ],
    );
    let unsupported = |results: &[EvidenceResult], text: &str, part: &str| {
        let report = run(&about(results, Lang::En), text);
        let told = report.claims().iter().filter(|claim| claim.text.contains(part)).collect::<Vec<_>>();
        assert!(!told.is_empty(), "{part} is no claim of: {text}");
        assert!(told.iter().all(|claim| claim.verdict != Verdict::Supported), "passes: {text}: {told:?}");
    };
    for (text, part) in [
        ("There were 318 critical events.", "318"),
        ("Nordfjord has 200 critical events.", "200"),
        ("There are 318 cases.", "318"),
        ("Nordfjord has 200 assets.", "200"),
        ("Bergtun had 100 closed events.", "100"),
        ("Critical events by customer:\n- nordfjord: 200", "200"),
        ("## Critical events\n- nordfjord: 200 events", "200"),
        ("| customer | critical |\n| --- | --- |\n| nordfjord | 200 |", "200"),
    ] {
        unsupported(&customers(), text, part);
    }
    unsupported(&severities(), "There are 52 events that are not high.", "52");
    unsupported(&asked_for(&["high"]), "There are 318 low events.", "318");
    unsupported(&asked_for(&["high", "critical"]), "There are 318 high events.", "318");
}

#[test]
fn what_the_call_asked_for_is_known_of_every_number() {
    let supported = |results: &[EvidenceResult], text: &str| {
        honest(&about(results, Lang::En), &[text]);
        let report = run(&about(results, Lang::En), text);
        let told = |claim: &&Claim| claim.text.contains("318") && claim.verdict == Verdict::Supported;
        assert!(report.claims().iter().any(|claim| told(&claim)), "{text}: {:?}", report.claims());
    };
    supported(&asked_for(&["high"]), "There are 318 high events.");
    supported(&asked_for(&["high", "critical"]), "There are 318 high and critical events.");
    supported(&customers(), "There are 318 events.");
    caught(&about(&customers(), Lang::En), &[("There are 318 cases.", "wrong_count")]);
    caught(&about(&asked_for(&["high"]), Lang::En), &[("There are 318 low events.", "wrong_count")]);
}

#[test]
fn a_long_sentence_over_many_groups_is_checked_number_by_number() {
    let name = |at: u64| format!("host-{at:04}.nordfjord.example");
    let buckets: Vec<Value> = (0..1000).map(|at| group("host", &name(at), &name(at), 5000 + at, 9000 + at)).collect();
    let all = (0..1000).map(|at| 5000 + at).sum::<u64>();
    let results = counted("executeStatisticsArgusEvent", json!({"count": all, "buckets": buckets}));
    let told = |shift: u64| {
        let parts: Vec<String> = (0..60).map(|at| format!("{} {}", name(at * 7), 5000 + at * 7 + shift)).collect();
        format!("The hosts have these events: {}.", parts.join(", "))
    };
    honest(&about(&results, Lang::En), &[&told(0)]);
    // Each number told of the host before its own: at least the last has no other reading.
    let report = run(&about(&results, Lang::En), &told(7));
    assert!(!report.violations().is_empty(), "{:?}", report.claims());
}

#[test]
fn a_tree_is_rendered_with_its_branches_and_is_supported() {
    for (results, row) in [
        (severities(), "| high | 52 | 140 |"),
        (branches(), "| havbris | low | 7 | 1714 |"),
        (days(), "| 2026-02-05 23:00:00 UTC | 17 | 1051 |"),
        (assets(), "| bergtun | 34 |"),
    ] {
        let text = render_results(&results, Lang::En);
        assert!(text.contains(row), "{row} is not in\n{text}");
        let report = run(&about(&results, Lang::En), &text);
        assert!(report.violations().is_empty(), "{:?} in\n{text}", report.violations());
    }
}
