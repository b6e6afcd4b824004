//! Statements over the graph: the published examples, strict and lenient.

use super::*;
use crate::sim::sysdig::DEFAULT_SEED;

const SEED: Seed = Seed(DEFAULT_SEED);

fn run(statement: &str, strict: bool) -> Result<Value, String> {
    let body = json!({ "q": statement }).to_string();
    match answer(&Graph::new(SEED), SEED, body.as_bytes(), strict, false) {
        Ok(reply) => Ok(reply.body),
        Err(reply) => {
            assert_eq!(reply.status.as_u16(), 400);
            Err(reply.body["message"].as_str().unwrap().to_owned())
        }
    }
}

fn items(statement: &str) -> Vec<Value> {
    let body = run(statement, true).unwrap_or_else(|problem| panic!("{statement}: {problem}"));
    assert_eq!(body["summary"]["fetched_items_count"], body["items"].as_array().unwrap().len());
    assert_eq!(body["id"].as_str().unwrap().len(), 36);
    body["items"].as_array().unwrap().clone()
}

#[test]
fn the_graph_is_that_of_the_world() {
    for (entity, count) in
        [("KubeWorkload", 12), ("Vulnerability", 25), ("Host", 6), ("KubeNode", 6), ("KubeCluster", 4)]
    {
        assert_eq!(items(&format!("MATCH {entity};")).len(), count, "{entity}");
    }
    assert_eq!(items("MATCH KubeWorkload WHERE KubeWorkload.isExposed = true;").len(), 5);
    assert_eq!(items("MATCH CloudResource WHERE CloudResource.type = 'S3 Bucket';").len(), 10);
    let exploited = "MATCH Vulnerability AS v WHERE v.severity = 'Critical' AND v.hasExploit = true RETURN v;";
    assert_eq!(items(exploited).len(), 3);
    let unused = "MATCH Vulnerability AS v OPTIONAL MATCH v AFFECTS Image AS i WHERE v.packageType = 'golang' RETURN v.name, i.tag;";
    assert_eq!(items(unused), [json!({"v.name": "CVE-2099-1014", "i.tag": "1.9.0"})]);
}

#[test]
fn chains_agree_with_the_short_way() {
    let long = "MATCH KubeWorkload HAS Container RUNS Image AFFECTED_BY Vulnerability RETURN DISTINCT KubeWorkload.name AS w, KubeWorkload.clusterName AS c, Vulnerability.name AS v ORDER BY w, c, v LIMIT 1000;";
    let short = "MATCH KubeWorkload AFFECTED_BY Vulnerability RETURN DISTINCT KubeWorkload.name AS w, KubeWorkload.clusterName AS c, Vulnerability.name AS v ORDER BY w, c, v LIMIT 1000;";
    assert_eq!(items(long), items(short));
    assert!(items(long).len() > 20);
    let back = items(
        "MATCH Vulnerability AFFECTS KubeWorkload WHERE KubeWorkload.clusterName = 'cluster1' AND KubeWorkload.name = 'dicom-router' RETURN DISTINCT Vulnerability.name AS v ORDER BY v;",
    );
    assert!(back.contains(&json!({"v": "CVE-2021-44228"})), "{back:?}");
}

#[test]
fn conditions_counts_and_order() {
    let top = items(
        "MATCH Vulnerability RETURN Vulnerability.name AS n, Vulnerability.cvssScore AS s ORDER BY s DESC, n LIMIT 2;",
    );
    assert_eq!(top, [json!({"n": "CVE-2021-44228", "s": 10.0}), json!({"n": "CVE-2024-45491", "s": 9.8})]);
    let counted = items(
        "MATCH Vulnerability RETURN Vulnerability.severity AS severity, count(Vulnerability) AS n ORDER BY n DESC;",
    );
    assert_eq!(counted[0], json!({"severity": "Medium", "n": 8}));
    assert_eq!(counted.iter().map(|row| row["n"].as_u64().unwrap()).sum::<u64>(), 25);
    assert_eq!(items("MATCH Image RUNS Container RETURN Image;"), Vec::<Value>::new());
    let workloads =
        items("MATCH KubeWorkload AS w HAS Container AS c RETURN count(c) AS all, count(DISTINCT w) AS different;");
    assert_eq!(workloads, [json!({"all": 22, "different": 12})]);
    assert_eq!(items("MATCH Vulnerability AS v WHERE v.severity IN ['Low', 'Negligible'] AND NOT (v.hasFix = true OR v.cvssScore < 3) RETURN v;").len(), 3);
    assert_eq!(items("MATCH CloudResource WHERE CloudResource.type =~ '(?i).*s3 bucket.*' RETURN DISTINCT CloudResource OFFSET 7;").len(), 3);
}

#[test]
fn fifty_rows_without_a_limit_and_never_more_than_a_thousand() {
    let all = "MATCH KubeWorkload AFFECTED_BY Vulnerability RETURN KubeWorkload, Vulnerability";
    assert_eq!(items(&format!("{all};")).len().min(51), items(&format!("{all} LIMIT 50;")).len());
    let many = "MATCH Container RUNS Image AFFECTED_BY Vulnerability";
    assert_eq!(items(&format!("{many};")).len(), 50);
    assert!(items(&format!("{many} LIMIT 999999;")).len() > 50);
}

#[test]
fn lenient_takes_what_strict_refuses() {
    let sample = "MATCH CloudResource WHERE type = 'aws_s3_bucket' LIMIT 10;";
    assert_eq!(run(sample, true).unwrap_err(), "unknown identifier 'type'");
    let buckets = run(sample, false).unwrap();
    assert_eq!(buckets["items"].as_array().unwrap().len(), 10);
    assert_eq!(buckets["entities"]["CloudResource"]["definition"]["def_type"], "Entity");
    let open = "MATCH CloudResource AFFECTED_BY Vulnerability";
    assert!(run(open, true).unwrap_err().contains("missing ';'"));
    assert!(!run(open, false).unwrap()["items"].as_array().unwrap().is_empty());
}

#[test]
fn the_statements_made_of_questions_run_strictly() {
    for (question, part) in [
        ("Which vulnerabilities affect my workloads?", "KubeWorkload AFFECTED_BY"),
        ("Critical findings in the cloud", "= 'Critical'"),
        ("Show images and what is wrong with them", "MATCH Image"),
        ("List S3 buckets", "S3 Bucket"),
    ] {
        let message = generated(SEED, question);
        let statement = message["text"].as_str().unwrap();
        assert!(statement.contains(part), "{question}");
        assert!(run(statement, true).is_ok(), "{statement}");
    }
    let none = generated(SEED, "What is the weather?");
    assert_eq!(none["text"], "");
    assert_eq!(none["metadata"]["alternative_questions"].as_array().unwrap().len(), 2);
    assert!(none["metadata"]["translate_error_type"].is_string());
}

#[test]
fn what_cannot_be_read_is_refused_and_none_panics() {
    for (statement, text) in [
        ("", "expected MATCH"),
        ("SELECT 1;", "expected MATCH"),
        ("MATCH;", "expected a name"),
        ("MATCH Nothing;", "unknown entity 'Nothing'"),
        ("MATCH Image LIKES Vulnerability;", "unknown relationship 'LIKES'"),
        ("MATCH Image WHERE Image.colour = 'x';", "unknown field 'colour' of Image"),
        ("MATCH Image WHERE x.tag = 'x';", "unknown identifier 'x'"),
        ("MATCH Image WHERE Image = 'x';", "is an entity"),
        ("MATCH Image WHERE Image.tag = ;", "expected a value"),
        ("MATCH Image WHERE Image.tag = 'x;", "not closed"),
        ("MATCH Image WHERE Image.tag =~ '(';", "bad regular expression"),
        ("MATCH Image WHERE Image.tag =~ 7;", "needs a text"),
        ("MATCH Image LIMIT -1;", "whole number"),
        ("MATCH Image LIMIT 1.5;", "whole number"),
        ("MATCH Image LIMIT é;", "unexpected character"),
        ("MATCH Image; MATCH Host;", "unexpected 'MATCH'"),
        ("MATCH Image AS a HAS Host AS a;", "used twice"),
        ("MATCH Image ORDER BY Host.name;", "unknown identifier 'Host'"),
    ] {
        let problem = run(statement, true).unwrap_err();
        assert!(problem.contains(text), "{statement}: {problem}");
    }
    for statement in [
        "(".repeat(9_000),
        format!("MATCH Image WHERE {}", "(".repeat(9_000)),
        "x".repeat(20_000),
        format!("MATCH Image WHERE {} Image.tag = 'x'", "NOT ".repeat(3_000)),
    ] {
        assert!(run(&statement, false).is_err());
    }
    for body in ["", "{}", "[1]", "{\"q\": 7}", "{\"q\""] {
        let reply = answer(&Graph::new(SEED), SEED, body.as_bytes(), false, false).unwrap_err();
        assert_eq!(reply.status.as_u16(), 400);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_ends(text in ".{0,80}") {
        let _ = run(&text, false);
    }

    #[test]
    fn any_order_of_its_parts_ends(parts in proptest::collection::vec(proptest::sample::select(vec![
        "MATCH", "OPTIONAL", "Image", "Vulnerability", "KubeWorkload", "AFFECTED_BY", "AFFECTS", "AS", "a", "WHERE", "a.tag", "=",
        "=~", "'.*'", "IN", "[", "]", "(", ")", "AND", "NOT", "RETURN", "DISTINCT", "count", "ORDER", "BY", "LIMIT", "5", ",", ";",
    ]), 0..25)) {
        let _ = run(&format!("MATCH {}", parts.join(" ")), false);
    }
}
