//! Texts that nobody sends in good faith: the three languages of the backend
//! end on all of them, in a number of steps that is counted and bounded.
//!
//! `PROPTEST_CASES` says how many of each kind are tried.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseResult;

use super::*;
use crate::sim::sysdig::filter;
use crate::sim::sysdig::filter::Filter;
use crate::sim::sysdig::metrics;
use crate::sim::sysdig::metrics::series;
use crate::sim::sysdig::sysql;
use crate::sim::sysdig::sysql::graph::Graph;
use crate::sim::sysdig::work::Work;

/// Tokens that may be tried for each byte of a text, and for a text without any.
const TRIED_PER_BYTE: usize = 24;
const SEED: Seed = Seed(DEFAULT_SEED);

/// Parts of a language, and where texts of it go.
struct Language {
    parts: &'static str,
    /// Valid texts, to be changed a little.
    examples: &'static [&'static str],
    most_bytes: usize,
    ends: fn(&str) -> TestCaseResult,
}

const FILTER: Language = Language {
    parts: "( ) and or not in exists contains starts with startsWith = != < >= , \"a\" \" \\ severity 4 freeText ruleName \"é\" kubernetes.cluster.name \u{0}",
    examples: &[
        r#"not originator in ("benchmarks","compliance") and (severity >= "4" or ruleName contains "shell")"#,
        r#"freeText != "x" or host.hostName starts with "web-" and not aws.accountId exists"#,
    ],
    most_bytes: filter::MAX_CHARS,
    ends: filter_ends,
};

const PROMQL: Language = Language {
    parts: "sum by topk ( ) { } [ ] 1h 5 , kube_node_info kube_pod_info cluster = =~ !~ \"a.*\" \"(\" or + - * / < > vector sum_over_time é \\",
    examples: &[
        "topk(20,sum(sum_over_time(sysdig_container_net_http_error_count{}[1h])) by (kube_cluster_name)) / 3600.000000",
        r#"sum by (a, b)(kube_pod_info{cluster=~"prod-.*",x!="y"}) / (sum by (a)(kube_node_info) > 0) < 0.25 or vector(0)"#,
    ],
    most_bytes: metrics::parse::MAX_BYTES,
    ends: promql_ends,
};

const SYSQL: Language = Language {
    parts: "MATCH OPTIONAL Image Vulnerability KubeWorkload Container AFFECTED_BY AFFECTS HAS RUNS AS a b WHERE a.tag . = =~ '.*' '( IN [ ] ( ) AND OR NOT RETURN DISTINCT count ORDER BY DESC LIMIT OFFSET 5 -1 1e9 , ; * é",
    examples: &[
        "MATCH KubeWorkload AS k AFFECTED_BY Vulnerability AS v WHERE k.name =~ 'a.*' AND NOT (v.cvssScore > 3 OR v.hasFix = true) RETURN DISTINCT k.name AS n, count(v) ORDER BY n DESC LIMIT 5 OFFSET 1;",
        "MATCH Container RUNS Image AFFECTED_BY Vulnerability OPTIONAL MATCH Image AFFECTED_BY Vulnerability WHERE Image.tag IN ['a', 'b'];",
    ],
    most_bytes: sysql::parse::MAX_BYTES,
    ends: sysql_ends,
};

fn bounded(tried: usize, text: &str) -> TestCaseResult {
    prop_assert!(tried <= TRIED_PER_BYTE * (1 + text.len()), "{tried} tokens tried for {} bytes", text.len());
    Ok(())
}

/// Read in few steps, and held against every event of the world.
fn filter_ends(text: &str) -> TestCaseResult {
    let (parsed, tried) = Filter::parse_counted(text);
    bounded(tried, text)?;
    let Ok(filter) = parsed else { return Ok(()) };
    let start = Timestamp::UNIX_EPOCH;
    let feed = Feed::new(SEED, start);
    for event in feed.so_far(0) {
        let (_, steps) = filter.examined(&event.json);
        // Each comparison looks at one value, or at every text of the event.
        prop_assert!(steps <= (1 + text.len()) * 120, "{steps} steps on {} bytes", text.len());
    }
    Ok(())
}

fn promql_ends(text: &str) -> TestCaseResult {
    let (parsed, tried) = metrics::parse::parse_counted(text);
    bounded(tried, text)?;
    if let Ok(query) = parsed {
        let work = Work::of_at_most(metrics::MAX_STEPS);
        let all = series::all(SEED);
        // Each node of a query makes no more samples than there are series, and one of its own.
        if let Ok(samples) = metrics::eval::instant(&query, &all, &work) {
            prop_assert!(samples.len() <= all.len() + text.len());
        }
        prop_assert!(work.done() <= metrics::MAX_STEPS);
    }
    Ok(())
}

fn sysql_ends(text: &str) -> TestCaseResult {
    let (parsed, tried) = sysql::parse::parse_counted(text);
    bounded(tried, text)?;
    if let Ok(statement) = parsed {
        for strict in [true, false] {
            let work = Work::of_at_most(sysql::MAX_STEPS);
            if let Ok(rows) = sysql::eval::rows(&Graph::new(SEED), &statement, strict, &work) {
                prop_assert!(rows.items.len() <= 1_000);
            }
            prop_assert!(work.done() <= sysql::MAX_STEPS);
        }
    }
    Ok(())
}

/// Any bytes as text, parts of the language in any order, and valid texts
/// with a few places cut out, doubled or overwritten.
fn texts(language: &Language) -> BoxedStrategy<String> {
    let words: Vec<&str> = language.parts.split(' ').collect();
    let bytes = vec(any::<u8>(), 0..200).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let parts = vec(select(words.clone()), 0..60).prop_map(|parts| parts.join(" "));
    let long = (vec(select(words.clone()), 1..6), 1..400_usize)
        .prop_map(|(parts, times)| vec![parts.join(" "); times].join(" "));
    let change = (any::<prop::sample::Index>(), 0..3_u8, select(words.clone()));
    let changed = (select(language.examples), vec(change, 0..6)).prop_map(|(example, changes)| {
        let mut words: Vec<&str> = example.split_inclusive([' ', '(', ')', '"', ',']).collect();
        for (place, kind, part) in changes {
            let place = place.index(words.len().max(1)).min(words.len().saturating_sub(1));
            match kind {
                0 if words.len() > 1 => drop(words.remove(place)),
                1 => words.insert(place, words[place]),
                _ => words[place] = part,
            }
        }
        words.concat()
    });
    prop_oneof![bytes, parts, long, changed].boxed()
}

fn tries(language: &Language) {
    let mut runner = prop::test_runner::TestRunner::default();
    let outcome = runner.run(&texts(language), |text| (language.ends)(&text));
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}

#[test]
fn every_filter_ends() {
    tries(&FILTER);
}

#[test]
fn every_promql_query_ends() {
    tries(&PROMQL);
}

#[test]
fn every_sysql_statement_ends() {
    tries(&SYSQL);
}

/// `begin`, then `unit` as often as fits into the longest text, then `end`.
fn longest(language: &Language, begin: &str, unit: &str, end: &str) -> String {
    let times = (language.most_bytes - begin.len() - end.len()) / unit.len();
    format!("{begin}{}{end}", unit.repeat(times))
}

#[test]
fn nesting_without_end_is_refused() {
    for language in [FILTER, PROMQL, SYSQL] {
        let begin = if language.most_bytes == SYSQL.most_bytes { "MATCH Image WHERE " } else { "" };
        for unit in ["(", "not ", "NOT (", "sum(", "topk(1,"] {
            let ends = |text: &str| (language.ends)(text).unwrap_or_else(|error| panic!("{unit}: {error}"));
            ends(&format!("{begin}{}", unit.repeat(100_000)));
            ends(&longest(&language, begin, unit, ""));
        }
    }
}

/// What the longest texts cost, all of it counted.
#[test]
fn the_longest_filters_are_held_against_the_whole_world() {
    for (begin, unit, end) in [
        ("", "a=1 or ", "a=1"),
        ("", "severity!=\"9\" and ", "a=1"),
        ("", "freeText=\"x\"or ", "a=1"),
        ("severity in (", "\"9\",", "\"1\")"),
    ] {
        let text = longest(&FILTER, begin, unit, end);
        assert!(Filter::parse(&text).is_ok(), "{unit}");
        filter_ends(&text).unwrap();
    }
}

fn promql(text: &str) -> Result<usize, String> {
    let query = metrics::parse::Expr::parse(text).map_err(|error| error.to_string())?;
    let work = Work::of_at_most(metrics::MAX_STEPS);
    metrics::eval::instant(&query, &series::all(SEED), &work).map_err(|error| error.to_string())?;
    Ok(work.done())
}

/// Each operator used to be a level of nesting, and thousands overflowed the stack.
#[test]
fn a_sum_of_thousands_is_computed() {
    let steps = promql(&longest(&PROMQL, "vector(1)", "+1", "")).unwrap();
    assert!((4_000..40_000).contains(&steps), "{steps}");
}

/// Each side of `or` used to be compared with all before it.
#[test]
fn hundreds_of_alternatives_are_computed() {
    assert!(promql(&longest(&PROMQL, "up", " or kube_node_info", "")).is_ok());
}

/// Hundreds of expressions, each as large as may be, used to be compiled.
#[test]
fn regular_expressions_are_few_and_small() {
    let text = longest(&PROMQL, "up{", "a=~\"b\",", "a=\"\"}");
    assert!(promql(&text).unwrap_err().contains("more than 16 regular expressions"));
    assert!(promql(r#"up{a=~"((a{99}){99}){99}"}"#).unwrap_err().contains("bad regular expression"));
    assert!(promql(r#"up{a=~"(\\w|é){3}[a-z]+"}"#).is_ok());
}

#[test]
fn matchers_are_counted_for_every_series() {
    let all = series::all(SEED).len();
    let text = longest(&PROMQL, "up{", "a=\"\",", "a=\"\"}");
    assert!(promql(&text).unwrap() > 1_000 * all);
    let text = longest(&PROMQL, "up{a=\"\"}", "or up{a=\"\"}", "");
    assert!(promql(&text).unwrap() > 600 * all);
}

fn sysql(text: &str) -> Result<usize, String> {
    let statement = sysql::parse::Statement::parse(text)?;
    let work = Work::of_at_most(sysql::MAX_STEPS);
    sysql::eval::rows(&Graph::new(SEED), &statement, true, &work)?;
    Ok(work.done())
}

/// Each part used to be a level of nesting, and a thousand overflowed the stack.
#[test]
fn a_condition_of_a_thousand_parts_is_tested() {
    for word in ["OR", "AND"] {
        let text = longest(&SYSQL, "MATCH Image WHERE ", &format!("Image.tag='' {word} "), "Image.tag='';");
        assert!(sysql(&text).unwrap() > 4_000, "{word}");
    }
}

/// A few thousand matches used to be sorted by thousands of keys, which took minutes.
#[test]
fn sorting_by_thousands_of_keys_is_refused() {
    let match_all =
        "MATCH Container AS c RUNS Image AS i AFFECTED_BY Vulnerability AS v OPTIONAL MATCH KubeWorkload AS w";
    let text = longest(&SYSQL, &format!("{match_all} RETURN c ORDER BY c"), ",c", ";");
    assert!(sysql(&text).unwrap_err().contains("too many steps"));
    assert!(sysql(&format!("{match_all} RETURN c ORDER BY c LIMIT 1;")).is_ok());
}

/// As many rows as that with a thousand columns used to be made, for fifty to be shown.
#[test]
fn rows_of_a_thousand_columns_are_refused() {
    let match_all =
        "MATCH Container AS c RUNS Image AS i AFFECTED_BY Vulnerability AS v OPTIONAL MATCH KubeWorkload AS w";
    let text = longest(&SYSQL, &format!("{match_all} RETURN v"), ",v", ";");
    assert!(sysql(&text).unwrap_err().contains("too many steps"));
}

#[test]
fn paths_that_branch_and_branch_are_refused() {
    for step in ["AFFECTED_BY Vulnerability AS v# AFFECTS KubeWorkload AS w# ", "OPTIONAL MATCH Vulnerability AS v# "] {
        let mut text = "MATCH KubeWorkload AS w ".to_owned();
        for place in 0..200 {
            text.push_str(&step.replace('#', &place.to_string()));
        }
        assert!(sysql(&text).unwrap_err().contains("matches too much"), "{step}");
    }
}
