//! Aggregates of the filter metric over real HTTP: every way to cut the records gives
//! the same totals, and functions give what they are called.

use serde_json::{Value, json};

use crate::sim::argus::tests::{FULL, Running};

const PATH: &str = "/metrics/v1/metric/ProcessingEventsPerFilter/aggregate";

async fn aggregate(sim: &Running, mut body: Value) -> Vec<Value> {
    if body.get("values").is_none() {
        body["values"] = json!([{"name": "eventsMatched"}]);
    }
    let (status, answer) = sim.post(FULL, PATH, body).await;
    assert_eq!(status, 200, "{answer}");
    answer["data"].as_array().unwrap().clone()
}

fn value(aggregate: &Value) -> f64 {
    aggregate["values"][0]["value"].as_f64().unwrap()
}

fn total(aggregates: &[Value]) -> f64 {
    aggregates.iter().map(value).sum()
}

#[tokio::test]
async fn groups_and_buckets_add_up_to_the_whole() {
    let sim = Running::start().await;
    let range = |mut body: Value| {
        body["startTimestamp"] = json!("now -2 days");
        body
    };
    let whole = aggregate(&sim, range(json!({}))).await;
    assert_eq!((whole.len(), &whole[0]["metricTimestamp"], &whole[0]["keys"]), (1, &json!(0), &json!([])));
    let others = json!({"groupBy": [{"key": "filterID", "limit": 5}], "includeOthers": true});
    for (body, many) in [
        (json!({"groupBy": [{"key": "filterType"}]}), 3),
        (json!({"groupBy": [{"key": "host"}, {"key": "filterType"}]}), 6),
        (json!({"groupBy": [{"key": "customer"}]}), 4),
        (others.clone(), 6),
        (json!({"calendarInterval": "day"}), 3),
        (json!({"resolution": 6, "resolutionUnit": "hours"}), 8),
    ] {
        let parts = aggregate(&sim, range(body.clone())).await;
        assert_eq!((parts.len(), total(&parts)), (many, value(&whole[0])), "{body}");
    }
    let listed = aggregate(&sim, range(others)).await;
    assert_eq!(listed[5]["keys"][0]["value"], "others");
    let sizes: Vec<f64> = listed[..5].iter().map(value).collect();
    assert!(sizes.windows(2).all(|pair| pair[0] >= pair[1]), "largest first: {sizes:?}");
    let mut selected = 0.0;
    for firm in ["nordfjord", "havbris", "bergtun"] {
        selected += total(&aggregate(&sim, range(json!({"customer": [firm]}))).await);
    }
    let global = aggregate(&sim, range(json!({"groupBy": [{"key": "customer"}]}))).await;
    let global = global.iter().find(|part| part["customer"].is_null()).unwrap();
    assert_eq!(selected + value(global), value(&whole[0]));
}

#[tokio::test]
async fn functions_agree_with_each_other() {
    let sim = Running::start().await;
    let one = |name: &str, function: &str| json!({"name": name, "aggregationFunction": function});
    let mut values: Vec<Value> =
        ["sum", "avg", "min", "max", "sumOfSquares"].iter().map(|f| one("eventsProcessed", f)).collect();
    values.push(json!({"name": "processingTime"}));
    values.push(json!({"name": "processingTime", "aggregationFunction": "wavg", "weightByValue": "eventsProcessed"}));
    let body = json!({
        "startTimestamp": "now -1 hour", "values": values,
        "keyIntervals": [{"name": "filterID", "values": ["20418"]}],
    });
    let found = aggregate(&sim, body).await;
    let value = |n: usize| found[0]["values"][n]["value"].as_f64().unwrap();
    // Six records in an hour, since it does not begin on a ten minute mark.
    assert!((value(0) - value(1) * 6.0).abs() < 0.01, "{found:?}");
    assert!(value(2) <= value(1) && value(1) <= value(3));
    assert!(value(4) >= value(0) * value(0) / 6.0);
    assert_eq!(value(5), value(6), "the weighted mean is the default");
    assert_eq!(found[0]["values"][5]["unit"], "milliseconds");
}

#[tokio::test]
async fn the_filter_behind_the_beacon_has_risen_and_new_records_arrive() {
    let sim = Running::start().await;
    let of = |start: &str, end: &str| {
        json!({
            "startTimestamp": start, "endTimestamp": end,
            "keyIntervals": [{"name": "filterID", "gte": 20418, "lt": 20419}],
            "groupBy": [{"key": "filterID"}],
        })
    };
    let before = aggregate(&sim, of("now -16 hours", "now -8 hours")).await;
    let since = aggregate(&sim, of("now -8 hours", "now")).await;
    assert!(value(&since[0]) > 3.0 * value(&before[0]));
    assert_eq!(since[0]["keys"][0]["translation"], "Beacon periodicity");
    sim.sim.clock().advance(jiff::SignedDuration::from_mins(30));
    let later = aggregate(&sim, of("now -510 minutes", "now")).await;
    assert!(value(&later[0]) > value(&since[0]));
    // What is switched off did nothing, and says so.
    let idle = json!({"keyIntervals": [{"name": "filterID", "values": [20419]}]});
    assert_eq!(value(&aggregate(&sim, idle).await[0]), 0.0);
    let never = json!({"startTimestamp": "now -9 days", "endTimestamp": "now -8 days"});
    assert!(aggregate(&sim, never).await.is_empty());
}

#[tokio::test]
async fn wrong_aggregations_are_refused_with_every_problem() {
    let sim = Running::start().await;
    let body = json!({
        "values": [{"name": "eventsLost"}, {"name": "eventsMatched", "aggregationFunction": "wavg"}],
        "groupBy": [{"key": "colour"}], "keyIntervals": [{"name": "host"}], "resolution": 1,
        "resolutionUnit": "seconds", "startTimestamp": "now -2 days", "sortBy": ["weight"], "customerDomain": "X",
    });
    let (status, answer) = sim.post(FULL, PATH, body).await;
    assert_eq!(status, 412);
    let mut fields: Vec<&str> =
        answer["messages"].as_array().unwrap().iter().map(|m| m["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "customerDomain",
            "groupBy[0].key",
            "keyIntervals[0].name",
            "resolution",
            "sortBy",
            "values[0].name",
            "values[1].weightByValue",
        ]
    );
    assert_eq!(sim.post(FULL, PATH, json!({})).await.0, 412, "no values");
    let other = "/metrics/v1/metric/Weather/aggregate";
    assert_eq!(sim.post(FULL, other, json!({"values": [{"name": "eventsMatched"}]})).await.0, 404);
    let (_, descriptor) = sim.get(FULL, "/metrics/v1/descriptor/ProcessingEventsPerFilter").await;
    assert_eq!(descriptor["data"]["keys"][0]["translator"], "eventFilter");
}
