//! Checks over all tables: no panic on any input, bounded reports, and valid
//! requests that come out within the tables' own schemas.

use proptest::prelude::Just;
use proptest::prelude::Strategy;
use proptest::prelude::any;
use proptest::prop_oneof;
use proptest::proptest;
use proptest::strategy::BoxedStrategy;

use super::*;
use crate::servers::argus::body;
use crate::servers::argus::cases;
use crate::servers::argus::events;
use crate::servers::argus::schema;
use crate::servers::argus::tools;

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

/// A valid value of a kind.
fn valid(kind: &Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Text { .. } => "[a-zA-Z][a-zA-Z0-9 .:-]{0,20}[a-z]".prop_map(Value::from).boxed(),
        Kind::Name => {
            prop_oneof!["[a-z][a-z0-9-]{0,20}".prop_map(Value::from), (1u32..9_999_999).prop_map(Value::from),].boxed()
        }
        Kind::Integer { min, max } => (*min..=(*max).min(1_000_000)).prop_map(Value::from).boxed(),
        Kind::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        Kind::OneOf { values, .. } => proptest::sample::select(*values).prop_map(Value::from).boxed(),
        Kind::Sort { names } => proptest::sample::select(sort_values(names)).prop_map(Value::from).boxed(),
        Kind::Time => {
            prop_oneof![Just(json!("startOfDay -7 days")), Just(json!("now -1 hour")), Just(json!("now")),].boxed()
        }
        Kind::Uuid => any::<u128>().prop_map(|id| json!(Uuid::from_u128(id).to_string())).boxed(),
        // The special kinds are covered by their own tests.
        Kind::Checked(_) => Just(Value::Null).boxed(),
        Kind::List { of, .. } => proptest::collection::vec(valid(of), 1..3).prop_map(Value::from).boxed(),
        Kind::Object(shape) => valid_object(shape),
    }
}

fn valid_object(shape: &Shape) -> BoxedStrategy<Value> {
    let mut object = Just(Map::new()).boxed();
    for field in &shape.fields {
        // Lists of objects come with rules of their own; flags that exclude each
        // other would clash at random.
        let skip = field.name.starts_with("exclude")
            || ["subCriteria", "eventIdentifier", "domain"].contains(&field.name)
            || ["attack", "endpoint", "property"].contains(&field.name);
        if skip {
            continue;
        }
        let name = field.name;
        let required = field.required;
        object = (object, any::<bool>(), valid(&field.kind))
            .prop_map(move |(mut object, set, value)| {
                if set || required {
                    object.insert(name.to_owned(), value);
                }
                object
            })
            .boxed();
    }
    object.prop_map(Value::Object).boxed()
}

fn check_valid(shape: &Shape, sent: &Value) -> Map<String, Value> {
    let empty = Map::new();
    let first = arguments(shape, sent.as_object().unwrap_or(&empty));
    let first = first.unwrap_or_else(|failure| panic!("{sent}: {failure}"));
    // What was checked once passes again unchanged.
    assert_eq!(arguments(shape, &first).unwrap(), first);
    first
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn any_arguments_of_any_tool_are_checked_without_a_panic(sent in json_like()) {
        let Value::Object(sent) = sent else { return Ok(()) };
        for tool in tools::ALL {
            if let Err(failure) = arguments(&(tool.arguments)(), &sent) {
                assert!(!failure.field_errors.is_empty());
                assert!(failure.field_errors.len() <= MAX_PROBLEMS);
            }
        }
    }

    #[test]
    fn valid_case_requests_make_bodies_within_the_schema(sent in valid_object(&cases::request())) {
        let checked = check_valid(&cases::request(), &sent);
        let sent_body = Value::Object(body::rest(&cases::request(), &checked));
        let schema = Value::Object(schema::rest(&cases::request()));
        assert!(jsonschema::is_valid(&schema, &sent_body), "{sent_body}");
    }

    #[test]
    fn valid_event_requests_make_bodies_within_the_schema(sent in valid_object(&events::request())) {
        let checked = check_valid(&events::request(), &sent);
        let sent_body = Value::Object(body::rest(&events::request(), &checked));
        let schema = Value::Object(schema::rest(&events::request()));
        assert!(jsonschema::is_valid(&schema, &sent_body), "{sent_body}");
    }
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
