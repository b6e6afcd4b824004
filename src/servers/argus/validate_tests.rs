//! Checks over the tables of all tools: no panic on any input, bounded reports,
//! right requests come out as the REST definitions want them, and wrong ones are
//! refused with every problem named and nobody asked.

use std::sync::LazyLock;

use proptest::prelude::Just;
use proptest::prelude::ProptestConfig;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prop_oneof;
use proptest::proptest;
use proptest::strategy::BoxedStrategy;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::servers::argus::backend::Backend;
use crate::servers::argus::body;
use crate::servers::argus::cases;
use crate::servers::argus::events;
use crate::servers::argus::random_requests;
use crate::servers::argus::rest_tables;
use crate::servers::argus::server::ArgusServer;
use crate::servers::argus::testing::Reply;
use crate::servers::argus::testing::Stub;
use crate::servers::argus::tools;
use crate::servers::argus::tools::Make;
use crate::servers::argus::tools::Tool;

/// Any JSON, with names that fields have so that it gets past the first check.
fn json_like() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("request"),
        Just("customer"),
        Just("timeFilter"),
        Just("startTimestamp"),
        Just("subCriteria"),
        Just("endpoint"),
        Just("ip"),
        Just("limit"),
        Just("tag"),
        Just("key"),
        Just("sortBy"),
        Just("eventIdentifier"),
        Just("caseID"),
        Just("other"),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((name.clone(), inner), 0..6).prop_map(|pairs| {
                let pairs = pairs.into_iter().map(|(name, value)| (name.to_owned(), value));
                Value::Object(pairs.collect())
            }),
        ]
    })
    .boxed()
}

/// The tables of all tools, made once.
static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| tools::ALL.iter().map(|tool| (tool.arguments)()).collect());

/// What a tool sends to Argus for checked arguments, names not yet looked up;
/// `None` if that is more than a number of buckets that nobody gives.
fn sent_by(tool: &Tool, backend: &Backend, checked: &Map<String, Value>) -> Option<Value> {
    let rest = tool.rest().expect("a tool that asks Argus");
    let mut left = checked.clone();
    for part in rest.call.split(['{', '}']).skip(1).step_by(2) {
        left.shift_remove(part.trim_start_matches('+')).expect("an argument for the path");
    }
    let mut sent = body::rest(&(tool.arguments)(), &left);
    if let Make::Completed(complete) = rest.make
        && let Err(failure) = complete(backend, &mut sent)
    {
        assert!(failure.message.contains("buckets"), "{failure}");
        return None;
    }
    Some(Value::Object(sent))
}

async fn idle() -> Stub {
    Stub::start(vec![Reply::object(json!({"id": 1}))]).await
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_arguments_of_any_tool_are_checked_without_a_panic(sent in json_like()) {
        let Value::Object(sent) = sent else { return Ok(()) };
        for shape in SHAPES.iter() {
            if let Err(failure) = arguments(shape, &sent) {
                assert!(!failure.field_errors.is_empty());
                assert!(failure.field_errors.len() <= MAX_PROBLEMS);
            }
        }
    }
}

#[tokio::test]
async fn right_requests_of_every_tool_are_sent_as_the_rest_definitions_want_them() {
    let stub = idle().await;
    let backend = Backend::new(stub.config()).unwrap();
    for tool in tools::ALL.iter() {
        let Some(schema) = tool.rest().and_then(|rest| rest_tables::schema(rest.call)) else { continue };
        let validator = jsonschema::validator_for(&schema).unwrap();
        let shape = (tool.arguments)();
        for seed in 0..40 {
            let sent = random_requests::valid(&shape, &mut StdRng::seed_from_u64(seed));
            let checked = arguments(&shape, &sent).unwrap_or_else(|failure| panic!("{}: {failure}", tool.name));
            // What was checked once passes again unchanged.
            assert_eq!(arguments(&shape, &checked).unwrap(), checked, "{}", tool.name);
            let Some(body) = sent_by(tool, &backend, &checked) else { continue };
            let wrong: Vec<String> = validator.iter_errors(&body).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{} (seed {seed}): {wrong:?} in {body}", tool.name);
        }
    }
}

#[test]
fn every_call_that_follows_a_table_is_in_the_rest_definitions() {
    for tool in tools::ALL.iter() {
        let Some(rest) = tool.rest() else { continue };
        let own_road = rest.road.is_some() && !rest.call.contains("/metrics/");
        assert_eq!(rest_tables::schema(rest.call).is_none(), own_road, "{}", tool.name);
    }
}

#[tokio::test]
async fn wrong_requests_of_every_tool_are_refused_with_every_problem_and_nobody_asked() {
    let stub = idle().await;
    let server = ArgusServer::new(stub.config()).unwrap();
    for tool in tools::ALL.iter() {
        for seed in 0..25 {
            let (sent, spoilt) = random_requests::invalid(&(tool.arguments)(), &mut StdRng::seed_from_u64(seed));
            let result = server.call(tool.name, &sent).await.expect("a known tool");
            let value = result.structured_content.expect("structured content");
            assert_eq!(value["error"]["kind"], "INVALID_ARGUMENTS", "{}: {}", tool.name, json!(sent));
            let errors = value["error"]["fieldErrors"].as_array().cloned().unwrap_or_default();
            let named: Vec<&str> = errors.iter().filter_map(|error| error["path"].as_str()).collect();
            for path in spoilt {
                let inside = format!("{path}[0]");
                assert!(
                    named.contains(&path.as_str()) || named.contains(&inside.as_str()),
                    "{} (seed {seed}): {path} not in {named:?} for {}",
                    tool.name,
                    json!(sent)
                );
            }
        }
    }
    assert!(stub.seen().is_empty());
}

#[test]
fn a_flood_of_problems_is_counted_and_cut() {
    let customers: Vec<Value> = (0..100).map(|_| json!(true)).collect();
    let sent = json!({"request": {"customer": customers}});
    let failure = arguments(&cases::arguments(), sent.as_object().unwrap()).unwrap_err();
    assert_eq!(failure.field_errors.len(), MAX_PROBLEMS);
    assert!(failure.message.contains("and 75 more problems") || failure.message.ends_with('…'));
}

#[test]
fn lists_are_bounded() {
    let many: Vec<Value> = (0..501).map(Value::from).collect();
    let sent = json!({"request": {"customer": many}});
    let failure = arguments(&cases::arguments(), sent.as_object().unwrap()).unwrap_err();
    assert_eq!(failure.field_errors[0].path, "request.customer");
    // Event criteria may hold more.
    assert!(arguments(&events::arguments(), sent.as_object().unwrap()).is_ok());
}

#[test]
fn no_name_means_two_fields_of_a_table() {
    fn check(shape: &Shape, path: &str) {
        let fields: Vec<_> = shape.fields.iter().filter(|field| field.is_argument()).collect();
        for name in fields.iter().flat_map(|field| [&[field.name, field.rest], field.aliases].concat()) {
            let meant = fields.iter().filter(|field| field.answers_to(name)).count();
            assert!(meant <= 1, "{path}: {name}");
        }
        for field in fields {
            match &field.kind {
                Kind::Object(inner) => check(inner, field.name),
                Kind::List { of, .. } => {
                    if let Kind::Object(inner) = of.as_ref() {
                        check(inner, field.name);
                    }
                }
                _ => {}
            }
        }
    }
    for (tool, shape) in tools::ALL.iter().zip(SHAPES.iter()) {
        check(shape, tool.name);
    }
}

#[tokio::test]
async fn a_translators_output_is_taken_as_a_request_where_it_is_the_bare_body() {
    let stub = idle().await;
    let server = ArgusServer::new(stub.config()).unwrap();
    let rows = [
        ("generateArgusMatchFilterSearchQuery", json!({"keywords": ["scanner"], "includeEventFlag": ["BLOCKED"]})),
        ("generateArgusCaseSearchQuery", json!({"status": ["closed"], "startTimestamp": "now -1 day"})),
        ("generateArgusPassiveDNSSearchQuery", json!({"query": "cdn-sync.example", "recordType": ["a"]})),
    ];
    for (tool, request) in rows {
        let mut body = request;
        for _ in 0..2 {
            let arguments = json!({"request": body}).as_object().cloned().unwrap();
            let again = server.call(tool, &arguments).await.unwrap().structured_content.unwrap();
            assert!(again.get("error").is_none(), "{tool}: {again}");
            body = again;
        }
    }
}
