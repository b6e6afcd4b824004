//! A corpus of answers as sources really send them, the nasty ones first.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;
use serde_json::json;

use crate::domain::classify::Classified;
use crate::domain::classify::classify;
use crate::domain::outcome::Outcome;
use crate::domain::tool::RawToolResult;
use crate::domain::tool::text_block;

fn raw(is_error: bool, structured: Option<Value>, texts: &[&str]) -> RawToolResult {
    RawToolResult {
        is_error,
        structured: structured.map(Arc::new),
        blocks: texts.iter().map(|text| text_block((*text).to_owned())).collect(),
        meta: None,
        received_at: "2026-02-09T08:15:31Z".parse().expect("a time"),
    }
}

fn of(value: Value, arguments: Value) -> Classified {
    classify(&raw(false, Some(value), &[]), &arguments)
}

fn of_text(text: &str) -> Classified {
    classify(&raw(false, None, &[text]), &json!({}))
}

fn rows(n: usize) -> Vec<Value> {
    (0..n).map(|id| json!({"id": id, "subject": "x"})).collect()
}

fn argus_error(kind: &str) -> Value {
    json!({"error": {"kind": kind, "tool": "executeSearchArgusCase", "message": format!("no Argus data was obtained: {kind}"),
        "retryable": false, "hint": "…"}})
}

#[test]
fn argus_error_kinds_have_their_outcome() {
    let search = json!({"request": {"customer": ["nordfjord"]}});
    for (kind, outcome) in [
        ("INVALID_ARGUMENTS", Outcome::InvalidArguments),
        ("VALIDATION_FAILED", Outcome::InvalidArguments),
        ("UNPROCESSABLE", Outcome::InvalidArguments),
        ("ACCESS_DENIED", Outcome::Denied),
        ("AUTHENTICATION_FAILED", Outcome::Denied),
        ("NOT_FOUND", Outcome::Error),
        ("TIMEOUT", Outcome::Timeout),
        ("NETWORK_ERROR", Outcome::Unavailable),
        ("SERVICE_UNAVAILABLE", Outcome::Unavailable),
        ("SERVER_ERROR", Outcome::Error),
        ("RATE_LIMITED", Outcome::Error),
        ("RESOURCE_LIMIT", Outcome::Error),
        ("BAD_RESPONSE", Outcome::Error),
    ] {
        for flag in [true, false] {
            let got = classify(&raw(flag, Some(argus_error(kind)), &[]), &search);
            assert_eq!(got.outcome, outcome, "{kind} {flag}");
            assert!(got.error.is_some_and(|error| error.contains(kind)));
        }
    }
}

#[test]
fn not_found_is_empty_for_a_lookup_and_an_error_otherwise() {
    for lookup in [json!({"value": "harmless.example"}), json!({"dataStoreName": "no-such-store"})] {
        assert_eq!(of(argus_error("NOT_FOUND"), lookup).outcome, Outcome::Empty);
    }
    let lookup = json!({"caseID": 4120999});
    let found = of(argus_error("NOT_FOUND"), lookup.clone());
    assert_eq!(found.outcome, Outcome::Empty);
    assert!(found.error.is_some());
    assert_eq!(of(json!({"data": null, "responseCode": 404}), lookup.clone()).outcome, Outcome::Empty);
    assert_eq!(of(json!({"data": null}), lookup.clone()).outcome, Outcome::Empty);
    let sysdig = "error retrieving event, status code: 404, response: {}";
    assert_eq!(classify(&raw(true, None, &[sysdig]), &json!({"event_id": "18a0"})).outcome, Outcome::Empty);
    // A page of a proxy speaks of a path, not of the object.
    let page = "<html><head><title>404 Not Found</title></head></html>";
    assert_eq!(classify(&raw(false, None, &[page]), &lookup).outcome, Outcome::Error);
}

#[test]
fn errors_inside_a_success_are_errors() {
    for (payload, outcome) in [
        (json!({"responseCode": 500, "data": []}), Outcome::Error),
        (json!({"responseCode": 503, "messages": [{"type": "ERROR", "message": "overload"}]}), Outcome::Unavailable),
        (json!({"meta": {"responseCode": 403}, "data": []}), Outcome::Denied),
        (json!({"statusCode": 404, "body": "{\"message\":\"gone\"}"}), Outcome::Error),
        (json!({"status_code": 504, "results": {}}), Outcome::Timeout),
        (json!({"status": 401, "message": "Unauthorized"}), Outcome::Denied),
        (json!({"code": 429, "message": "slow down"}), Outcome::Error),
        (json!({"error": "connection refused"}), Outcome::Unavailable),
        (json!({"error": {"code": "DEADLINE_EXCEEDED", "message": "late"}}), Outcome::Timeout),
        (json!({"errors": [{"message": "validation failed"}]}), Outcome::InvalidArguments),
        (json!({"success": false, "message": "no"}), Outcome::Error),
        (json!({"status": "error", "errorType": "bad_data", "error": "parse error"}), Outcome::Error),
        (json!({"result": {"isError": true, "message": "x"}}), Outcome::Error),
        (json!({"result": "{\"error\":{\"kind\":\"TIMEOUT\",\"message\":\"late\"}}"}), Outcome::Timeout),
        (json!({"results": {"error": "boom", "message": "boom"}, "status_code": 200}), Outcome::Error),
        (
            json!({"data": [], "messages": [{"type": "FIELD_ERROR", "field": "sortBy", "message": "invalid value"}]}),
            Outcome::Error,
        ),
        (json!([{"error": "boom"}]), Outcome::Error),
        (json!({"exit_code": 2, "output": "bad flag", "exit_codes_explained": "…"}), Outcome::Error),
        (
            json!({"statusCode": 200, "body": "<!DOCTYPE html><html><title>502 Bad Gateway</title>"}),
            Outcome::Unavailable,
        ),
    ] {
        let got = of(payload.clone(), json!({"request": {}}));
        assert_eq!(got.outcome, outcome, "{payload}");
        assert!(got.error.is_some(), "{payload}");
    }
}

#[test]
fn error_pages_and_error_texts_are_errors() {
    for (text, outcome) in [
        ("<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body></body></html>", Outcome::Unavailable),
        ("  <HTML><body><h1>403 Forbidden</h1></body></HTML>", Outcome::Denied),
        ("Error: request timed out", Outcome::Timeout),
        ("HTTP/1.1 503 Service Unavailable", Outcome::Unavailable),
        ("Traceback (most recent call last):\n  ...", Outcome::Error),
        ("Error calling tool 'x': (403)\nReason: Forbidden", Outcome::Denied),
    ] {
        assert_eq!(of_text(text).outcome, outcome, "{text}");
    }
    // A text about errors is not an error.
    assert_eq!(of_text("Errors seen on nfk-ws-0417: 3").outcome, Outcome::Ok);
}

#[test]
fn sysdig_error_texts_have_their_outcome() {
    for (text, outcome) in [
        ("event_id is required", Outcome::InvalidArguments),
        ("error triggering request: context deadline exceeded", Outcome::Timeout),
        ("error triggering request: dial tcp: connection refused", Outcome::Unavailable),
        ("error retrieving events, status code: 400, response: bad filter", Outcome::InvalidArguments),
        ("error retrieving events, status code: 403, response: {}", Outcome::Denied),
        ("error generating SysQL query, status code: 500, response: {}", Outcome::Error),
        ("", Outcome::Error),
    ] {
        assert_eq!(classify(&raw(true, None, &[text]), &json!({})).outcome, outcome, "{text}");
    }
}

#[test]
fn pages_say_whether_rows_are_missing() {
    let page = |extra: Value| json!({"data": rows(25), "page": extra});
    for (payload, arguments, outcome) in [
        (
            page(json!({"offset": 0, "limit": 25, "count": 25, "nextOffset": null, "stop": true})),
            json!({}),
            Outcome::Ok,
        ),
        (
            page(json!({"offset": 0, "limit": 25, "count": 314, "nextOffset": 25, "stop": false})),
            json!({}),
            Outcome::Partial,
        ),
        (
            page(json!({"offset": 0, "limit": 25, "count": null, "nextOffset": 25, "stop": false})),
            json!({}),
            Outcome::Partial,
        ),
        (
            page(json!({"offset": 0, "limit": 25, "stop": true, "reason": "SEARCH_WINDOW_LIMIT"})),
            json!({}),
            Outcome::Partial,
        ),
        (page(json!({"offset": 25, "limit": 25, "count": 50, "stop": true})), json!({}), Outcome::Partial),
        (json!({"results": {"data": rows(3), "page": {"total": 3}}, "status_code": 200}), json!({}), Outcome::Ok),
        (
            json!({"results": {"data": rows(3), "page": {"total": 37, "next": "abc"}}, "status_code": 200}),
            json!({}),
            Outcome::Partial,
        ),
        (json!({"items": rows(10)}), json!({"limit": 10}), Outcome::Partial),
        (json!({"items": rows(10)}), json!({"limit": "10"}), Outcome::Partial),
        (json!({"items": rows(9)}), json!({"limit": 10}), Outcome::Ok),
        (json!({"items": rows(10), "has_more": false}), json!({"limit": 10}), Outcome::Ok),
        (json!({"items": rows(4), "has_more": true}), json!({}), Outcome::Partial),
        (json!({"items": rows(4), "next_cursor": "x"}), json!({}), Outcome::Partial),
        (json!({"items": rows(4), "next_cursor": null}), json!({}), Outcome::Ok),
        (json!({"items": rows(4), "truncated": true}), json!({}), Outcome::Partial),
        (json!({"data": rows(4), "errors": [{"message": "one shard failed"}]}), json!({}), Outcome::Partial),
        (
            json!({"results": {"items": rows(50), "id": "q", "summary": {}}}),
            json!({"sysql_query": "MATCH A RETURN A;"}),
            Outcome::Partial,
        ),
        (
            json!({"results": {"items": rows(3), "id": "q", "summary": {}}}),
            json!({"sysql_query": "MATCH A RETURN A LIMIT 3;"}),
            Outcome::Partial,
        ),
        (
            json!({"results": {"items": rows(2), "id": "q"}}),
            json!({"sysql_query": "MATCH A RETURN A LIMIT 3;"}),
            Outcome::Ok,
        ),
        (
            json!({"status": "success", "data": {"resultType": "vector", "result": rows(20)}}),
            json!({}),
            Outcome::Partial,
        ),
        (json!({"status": "success", "data": {"resultType": "vector", "result": rows(7)}}), json!({}), Outcome::Ok),
    ] {
        assert_eq!(of(payload.clone(), arguments.clone()).outcome, outcome, "{payload} {arguments}");
    }
    let got = of(page(json!({"offset": 0, "limit": 25, "count": 314, "nextOffset": 25, "stop": false})), json!({}));
    assert_eq!((got.rows, got.total), (Some(25), Some(314)));
    assert!(got.page.is_some_and(|page| page.more));
}

#[test]
fn nothing_found_needs_a_call_that_succeeded() {
    for (payload, outcome) in [
        (
            json!({"data": [], "page": {"offset": 0, "limit": 25, "count": 0, "stop": true, "reason": "NO_RESULTS"}}),
            Outcome::Empty,
        ),
        (json!({"results": {"data": [], "page": {"total": 0}}, "status_code": 200}), Outcome::Empty),
        (json!([]), Outcome::Empty),
        (json!({}), Outcome::Empty),
        (json!({"data": [{"count": 0, "rawEventCount": 0}]}), Outcome::Empty),
        (
            json!({"branches": {}, "tree": {}, "metadata": {"note": "Process tree not available for this event"}}),
            Outcome::Empty,
        ),
        (json!({"results": [], "total": 1200}), Outcome::Error),
        (json!({"data": [], "page": {"count": 1200, "offset": 0}}), Outcome::Error),
        (
            json!({"data": [], "page": {"offset": 50, "limit": 25, "count": 40, "stop": true, "reason": "OFFSET_BEYOND_END"}}),
            Outcome::Partial,
        ),
    ] {
        assert_eq!(of(payload.clone(), json!({})).outcome, outcome, "{payload}");
    }
    assert_eq!(classify(&raw(false, None, &[]), &json!({})).outcome, Outcome::Empty);
}

#[test]
fn several_matches_where_one_was_asked_are_ambiguous() {
    let lookup = json!({"idOrShortName": "acme"});
    assert_eq!(of(json!({"data": rows(2)}), lookup).outcome, Outcome::Ambiguous);
    assert_eq!(of(json!({"ambiguous": true, "data": rows(2)}), json!({})).outcome, Outcome::Ambiguous);
    assert_eq!(of(json!({"candidates": rows(2)}), json!({"name": "acme"})).outcome, Outcome::Ambiguous);
    assert_eq!(of(json!({"statusCode": 300, "error": "Multiple Choices"}), json!({})).outcome, Outcome::Ambiguous);
    // Comments of one case are a list, and no ambiguity.
    assert_eq!(of(json!({"data": rows(2)}), json!({"caseID": 4120771})).outcome, Outcome::Ok);
}

#[test]
fn records_with_fields_named_like_errors_stay_records() {
    for payload in [
        json!({"data": {"id": 1, "status": "failed", "error": "seen on the host"}}),
        json!({"data": [{"id": 1, "error": "disk full", "status": "error"}]}),
        json!({"id": 1, "status": "error", "subject": "Failed login"}),
        json!({"data": rows(1), "messages": [{"type": "WARNING", "message": "slow"}], "meta": {"responseCode": 200}}),
        json!({"data": rows(1), "error": null}),
        json!({"exit_code": 1, "output": "Policies evaluation: FAILED"}),
    ] {
        assert_eq!(of(payload.clone(), json!({})).outcome, Outcome::Ok, "{payload}");
    }
}

#[test]
fn the_payload_is_structured_content_then_json_then_text() {
    let structured = classify(&raw(false, Some(json!({"a": 1})), &["{\"b\":2}"]), &json!({}));
    assert_eq!(*structured.content, json!({"a": 1}));
    assert_eq!(*of_text("{\"b\":2}").content, json!({"b": 2}));
    assert_eq!(*of_text("\"{\\\"b\\\":2}\"").content, json!({"b": 2}));
    let empty = classify(&raw(false, None, &["{\"data\":[]}", "The call succeeded and matched nothing."]), &json!({}));
    assert_eq!((empty.outcome, (*empty.content).clone()), (Outcome::Empty, json!({"data": []})));
    assert_eq!(*of_text("Ubuntu 24.04").content, json!("Ubuntu 24.04"));
    assert_eq!(*of_text("{broken").content, json!("{broken"));
}

#[test]
fn source_times_are_taken_unless_they_lie_ahead() {
    let at = |meta: Value| of(meta, json!({})).observed_at.map(|at| at.to_string());
    assert_eq!(
        at(json!({"data": 1, "meta": {"retrievedAt": "2026-02-09T08:15:30Z"}})).as_deref(),
        Some("2026-02-09T08:15:30Z")
    );
    assert_eq!(
        at(json!({"results": 1, "metadata": {"timestamp": "2026-02-09T08:15:30.5Z"}})).as_deref(),
        Some("2026-02-09T08:15:30.5Z")
    );
    assert_eq!(at(json!({"data": 1, "meta": {"retrievedAt": "2027-01-01T00:00:00Z"}})), None);
    assert_eq!(at(json!({"data": 1, "meta": {"retrievedAt": "yesterday"}})), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic_and_flagged_errors_never_pass(text in "\\PC{0,200}", flag in any::<bool>()) {
        let got = classify(&raw(flag, None, &[&text]), &json!({}));
        prop_assert!(!flag || !got.outcome.answered());
    }

    #[test]
    fn a_stated_error_never_passes_for_data(status in 400_u64..600, n in 0_usize..4) {
        let got = of(json!({"responseCode": status, "data": rows(n)}), json!({"request": {}}));
        prop_assert!(!got.outcome.answered());
    }
}

#[test]
fn deep_nesting_is_cut_off_and_no_crash() {
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(of_text(&deep).outcome, Outcome::Ok);
    let mut nested = json!({"error": "deep"});
    for _ in 0..60 {
        nested = json!({"result": nested});
    }
    of(nested, json!({}));
}
