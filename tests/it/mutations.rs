//! The checker held to figures: floors on generated drafts, changes of the evidence that
//! may change nothing, changes that must, and any text against any JSON. The floors are
//! what was measured, less a small margin; they rise with the checker and never fall.

use std::sync::Arc;

use groundwire::domain::grounding::check;
use groundwire::domain::grounding::claim::ClaimKind;
use groundwire::domain::grounding::claim::Verdict;
use groundwire::domain::grounding::input::CheckInput;
use groundwire::domain::grounding::input::EvidenceResult;
use groundwire::domain::grounding::input::Stance;
use groundwire::domain::grounding::report::GroundingReport;
use groundwire::domain::lang::Lang;
use groundwire::domain::outcome::Outcome;
use groundwire::mutation::build::drafts;
use groundwire::mutation::corpus::Corpus;
use groundwire::mutation::draft::Draft;
use groundwire::mutation::draft::Mutation;
use groundwire::mutation::language;
use groundwire::mutation::measure::measure;
use groundwire::mutation::report::Figures;
use groundwire::mutation::report::MutationReport;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::Just;
use proptest::prelude::ProptestConfig;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prop_oneof;
use proptest::proptest;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// Not the seed that anyone looks at while tuning.
const SEED: u64 = 23;
/// Every so many drafts are put to the checker, to keep the suite short.
const STRIDE: usize = 3;

async fn generated() -> Vec<Draft> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let corpus = Corpus::gather(SEED).await.expect("the simulators run");
    let languages = language::all().expect("the phrase files are sound");
    drafts(&corpus, &languages, SEED, 1).expect("every rule fits its phrases")
}

fn of_rules<'a>(drafts: &'a [Draft], rules: &[&str]) -> Vec<&'a Draft> {
    drafts.iter().filter(|draft| rules.contains(&draft.rule)).collect()
}

fn recall(figures: &[&Figures], mutation: Mutation) -> (usize, usize) {
    let found = figures.iter().filter_map(|figures| figures.by_mutation.get(&mutation));
    found.fold((0, 0), |(caught, lies), recall| (caught + recall.caught, lies + recall.lies))
}

/// Floors in percent of lies caught.
const FLOORS: &[(Mutation, usize)] = &[
    (Mutation::Character, 97),
    (Mutation::Digit, 97),
    (Mutation::InventedRow, 97),
    (Mutation::Reversed, 95),
    (Mutation::HiddenError, 95),
    (Mutation::HiddenEmpty, 95),
    (Mutation::PageAsTotal, 95),
    (Mutation::StaleAsFresh, 95),
    (Mutation::SwapResult, 93),
    (Mutation::OffByOne, 92),
    (Mutation::PhantomCall, 75),
    (Mutation::NullTold, 88),
    (Mutation::SwapWithin, 88),
    (Mutation::Zone, 85),
    (Mutation::OtherValue, 82),
    (Mutation::WrongAggregate, 80),
    (Mutation::WrongScope, 75),
];

#[tokio::test]
async fn lies_are_caught_and_honest_drafts_pass_as_often_as_measured() {
    let mut report = MutationReport::default();
    for draft in generated().await.iter().step_by(STRIDE) {
        let (honest, lied) = measure(draft);
        report.add(honest, lied);
    }
    let both = [&report.open, &report.held_out];
    for (mutation, floor) in FLOORS {
        let (caught, lies) = recall(&both, *mutation);
        assert!(lies > 0, "no lie of the kind {mutation:?}");
        // Some kinds have a few lies only: one miss more is chance.
        assert!((caught + 1) * 100 >= floor * lies, "{mutation:?}: {caught} of {lies}\n{}", report.examples(2));
    }
    let flagged: usize = both.iter().map(|figures| figures.alarms.flagged).sum();
    let honest: usize = both.iter().map(|figures| figures.alarms.drafts).sum();
    assert!(flagged * 100 <= 5 * honest, "{flagged} of {honest} honest drafts flagged\n{}", report.examples(2));
}

/// Kind, place and verdict of every claim, and code and place of every violation.
fn outcome(report: &GroundingReport) -> String {
    let claims: Vec<_> = report.claims().iter().map(|claim| (claim.span, claim.kind, claim.verdict)).collect();
    let violations: Vec<_> = report.violations().iter().map(|violation| (violation.span, violation.code)).collect();
    format!("{claims:?} {violations:?}")
}

/// The report on the draft after its evidence went through `change`.
fn after(draft: &Draft, change: impl Fn(&Value) -> Value) -> GroundingReport {
    let mut scene = draft.scene.clone();
    for result in &mut scene.results {
        result.content = Arc::new(change(&result.content));
    }
    check(&scene.input(&draft.text, draft.language))
}

fn before(draft: &Draft) -> GroundingReport {
    check(&draft.scene.input(&draft.text, draft.language))
}

fn keys_reversed(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().rev().map(|(key, value)| (key.clone(), keys_reversed(value))).collect(),
        Value::Array(items) => items.iter().map(keys_reversed).collect(),
        other => other.clone(),
    }
}

fn rows_reversed(value: &Value) -> Value {
    let mut changed = value.clone();
    if let Some(rows) = changed["data"].as_array_mut() {
        rows.reverse();
    }
    changed
}

/// Gives keys that no sentence speaks of other names, everywhere.
fn renamed(value: &Value) -> Value {
    let names =
        [("currentUserAccess", "viewerRights"), ("descriptionTextFormat", "bodyMarkup"), ("geoInfo", "whereabouts")];
    match value {
        Value::Object(map) => {
            let name = |key: &String| {
                names.iter().find(|(old, _)| old == key).map_or(key.clone(), |(_, new)| (*new).to_owned())
            };
            map.iter().map(|(key, value)| (name(key), renamed(value))).collect()
        }
        Value::Array(items) => items.iter().map(renamed).collect(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn order_of_keys_and_rows_and_names_of_other_keys_change_no_verdict() {
    let drafts = generated().await;
    for draft in drafts.iter().step_by(STRIDE * 2) {
        let expected = outcome(&before(draft));
        for (name, change) in
            [("keys", keys_reversed as fn(&Value) -> Value), ("rows", rows_reversed), ("names", renamed)]
        {
            assert_eq!(outcome(&after(draft, change)), expected, "{name} of {:?}", draft.text);
        }
    }
}

#[tokio::test]
async fn a_result_about_something_else_beside_it_changes_no_verdict() {
    let drafts = generated().await;
    let other = EvidenceResult {
        id: "elsewhere".to_owned(),
        tool: "getAsset".to_owned(),
        arguments: json!({"name": "qqq-srv-77"}),
        observed_at: drafts[0].scene.now,
        outcome: Outcome::Ok,
        content: Arc::new(json!({"data": {"hostName": "qqq-srv-77", "vendor": "Qlimt", "rackUnit": 987_123}})),
        page: None,
        error: None,
    };
    for draft in of_rules(&drafts, &["status", "priority", "created", "customer", "subject", "endpoint", "quote"]) {
        let mut scene = draft.scene.clone();
        scene.results.push(other.clone());
        let beside = check(&scene.input(&draft.text, draft.language));
        assert_eq!(outcome(&beside), outcome(&before(draft)), "{:?}", draft.text);
    }
}

/// Takes every key of these names out, everywhere.
fn without(value: &Value, names: &[&str]) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(key, _)| !names.contains(&key.as_str()));
            kept.map(|(key, value)| (key.clone(), without(value, names))).collect()
        }
        Value::Array(items) => items.iter().map(|item| without(item, names)).collect(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn without_the_field_that_supports_it_a_claim_is_supported_no_more() {
    let drafts = generated().await;
    let cases: [(&str, &[&str]); 3] = [
        ("status", &["status", "initialStatus", "currentStatus", "flags"]),
        ("priority", &["priority", "initialPriority"]),
        ("subject", &["subject", "description"]),
    ];
    let mut turned = 0;
    for (rule, fields) in cases {
        for draft in of_rules(&drafts, &[rule]) {
            let with = supported(&before(draft));
            let left = supported(&after(draft, |content| without(content, fields)));
            assert!(left <= with, "{:?}", draft.text);
            turned += usize::from(left < with);
        }
    }
    let all = of_rules(&drafts, &["status", "priority", "subject"]).len();
    // Some phrasings hold words that no table knows: then there was no such claim before.
    assert!(turned * 10 >= all * 7, "{turned} of {all} drafts lost a supported claim");
}

fn supported(report: &GroundingReport) -> usize {
    report.claims().iter().filter(|claim| claim.verdict == Verdict::Supported).count()
}

#[tokio::test]
async fn one_changed_character_of_a_supported_identifier_ends_its_support() {
    let drafts = generated().await;
    let mut tried = 0;
    for draft in drafts.iter().step_by(STRIDE) {
        let payload: String = draft.scene.results.iter().map(|result| result.content.to_string()).collect();
        let chars: Vec<char> = draft.text.chars().collect();
        for claim in before(draft).claims() {
            let wanted = claim.kind == ClaimKind::Identifier && claim.verdict == Verdict::Supported;
            let digits: Vec<usize> =
                (claim.span[0]..claim.span[1]).filter(|at| wanted && chars[*at].is_ascii_digit()).collect();
            let Some(at) = digits.last() else { continue };
            let mut changed = chars.clone();
            changed[*at] = if chars[*at] == '9' { '1' } else { '9' };
            let token: String = changed[claim.span[0]..claim.span[1]].iter().collect();
            if payload.contains(token.as_str()) || draft.scene.user_message.contains(token.as_str()) {
                continue;
            }
            tried += 1;
            let text: String = changed.iter().collect();
            let report = check(&draft.scene.input(&text, draft.language));
            let held = report
                .claims()
                .iter()
                .find(|other| other.span[0] <= *at && *at < other.span[1] && other.verdict == Verdict::Supported);
            assert!(held.is_none(), "{text:?}: {held:?}");
        }
    }
    assert!(tried > 50, "{tried} identifiers tried");
}

/// Any JSON, with the key names that payloads use among others.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[0-9a-f.:-]{1,16}".prop_map(Value::from),
    ];
    let key = prop_oneof![Just("id".to_owned()), Just("data".to_owned()), Just("name".to_owned()), ".{0,6}"];
    leaf.prop_recursive(4, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..6)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        ".{0,16}",
        "[0-9.,:/%-]{1,12}",
        Just("case 4711 is closed. ".to_owned()),
        Just("| a | b |\n|---|---|\n".to_owned()),
        Just("- none of the 3 rows ".to_owned()),
        Just("ケース12件は".to_owned()),
        Just("between 08:00 and 09:30 CET ".to_owned()),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_text_against_any_json_ends_in_a_sound_report(
        text in any_text(),
        contents in proptest::collection::vec(any_json(), 0..3),
        language in proptest::sample::select(Lang::KNOWN.to_vec()),
    ) {
        let now = Timestamp::from_second(1_770_624_930).expect("in range");
        let results: Vec<EvidenceResult> = contents
            .into_iter()
            .enumerate()
            .map(|(at, content)| EvidenceResult {
                id: at.to_string(),
                tool: "anything".to_owned(),
                arguments: json!({}),
                observed_at: now,
                outcome: Outcome::Ok,
                content: Arc::new(content),
                page: None,
                error: None,
            })
            .collect();
        let report = check(&CheckInput {
            user_message: "",
            draft: &text,
            now,
            zone: TimeZone::UTC,
            results: &results,
            stale: &[],
            stance: Stance::Stateless,
            language,
        });
        let length = text.chars().count();
        let spans = report.claims().iter().map(|claim| claim.span);
        for [start, end] in spans.chain(report.violations().iter().map(|violation| violation.span)) {
            assert!(start <= end && end <= length, "{start}..{end} of {length}");
        }
        for place in report.claims().iter().flat_map(|claim| &claim.evidence) {
            let result = results.iter().find(|result| result.id == place.result_id).expect("a given result");
            // Facts about the call itself point into its arguments.
            let found = result.content.pointer(&place.pointer);
            assert_eq!(found, Some(&place.value), "{}", place.pointer);
        }
    }
}
