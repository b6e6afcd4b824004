//! The tools about the metric `ProcessingEventsPerFilter`.
//!
//! The request stands in `metrics`. Which keys and values the metric has is in
//! its descriptor, which is read once, on the first call; where that fails the
//! names are left for Argus to check.

use futures::future::BoxFuture;
use serde_json::Map;
use serde_json::Value;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::error::Failure;
use crate::servers::argus::error::FailureKind;
use crate::servers::argus::metrics;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::tools::Answer;
use crate::servers::argus::tools::Certainty;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::Make;
use crate::servers::argus::tools::Query;
use crate::servers::argus::tools::Rest;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::Work;
use crate::servers::argus::tools::run;
use crate::servers::argus::validate::Problems;

/// What the rows share.
const METRIC: Tool = Tool::of(Family::Metric, Certainty::Documented);

/// Names listed in a failure.
const MAX_LISTED: usize = 50;

/// The aggregation itself, names unchecked.
static AGGREGATE: Rest = Rest {
    make: Make::Completed(metrics::complete),
    empty: Some("The call to Argus succeeded and no metric records matched: there are no numbers for this request."),
    ..Rest::of("POST /metrics/v1/metric/ProcessingEventsPerFilter/aggregate", Answer::Numbers)
};

static AGGREGATION: Query = Query {
    translator: "generateProcessingEventsPerFilterMetricAggregationQuery",
    execute: "executeProcessingEventsPerFilterMetricAggregation",
    values: &[],
    rest: Rest {
        make: Make::Completed(metrics::complete),
        road: Some(aggregated),
        explain: Some(with_known_names),
        ..Rest::of(AGGREGATE.call, Answer::Numbers)
    },
    shown: None,
};

/// The tools, in the order in which they are listed.
pub static TOOLS: &[Tool] = &[
    Tool {
        name: AGGREGATION.translator,
        aliases: &["generateProcessingEventsPerFilterQuery"],
        title: "Build a filter activity aggregation",
        purpose: "Turns a question about event-filter activity (annotation, analysis and match filters) in the \
                  detection pipelines into a valid aggregation body of the ProcessingEventsPerFilter \
                  metric. At least one item in statistics.values is needed; grouping, splitting or \
                  comparing by a key uses statistics.groupBy. Without a time range it covers today.",
        arguments: metrics::arguments,
        work: Work::Translate(&AGGREGATION),
        ..METRIC
    },
    Tool {
        name: AGGREGATION.execute,
        aliases: &["executeProcessingEventsPerFilter"],
        title: "Aggregate filter activity",
        purpose: "Aggregates the ProcessingEventsPerFilter metric: event-filter activity (annotation, analysis \
                  and match filters) in the detection pipelines. Use sum for totals, avg for plain \
                  means, wavg for weighted means, min and max for extremes. metricTimestamp is the \
                  start of a time bucket, 0 without time buckets; metricDescriptorID is nothing to show. \
                  Do not invent buckets, customers, timestamps, units or translations of keys. \
                  Without a time range it covers today.",
        arguments: metrics::arguments,
        work: Work::Execute(&AGGREGATION),
        ..METRIC
    },
];

/// Key and value names of the metric.
#[derive(Debug)]
pub struct Names {
    keys: Vec<String>,
    values: Vec<String>,
}

impl Names {
    fn of(descriptor: &Value) -> Option<Self> {
        let names = |list: &str| -> Option<Vec<String>> {
            let items = descriptor[list].as_array()?;
            Some(items.iter().filter_map(|item| item["name"].as_str().map(str::to_owned)).collect())
        };
        let (keys, values) = (names("keys")?, names("values")?);
        (!values.is_empty()).then_some(Self { keys, values })
    }

    /// Refuses names that the metric does not have.
    fn check(&self, request: &Value) -> Result<(), Failure> {
        let mut problems = Problems::default();
        let values: Vec<&str> = self.values.iter().map(String::as_str).collect();
        let keys: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        let groups: Vec<&str> = keys.iter().copied().chain(["customer"]).collect();
        let mut check = |list: &str, name: &str, allowed: &[&str]| {
            let items = request.pointer(&format!("/{}", list.replace('.', "/"))).and_then(Value::as_array);
            for (place, item) in items.into_iter().flatten().enumerate() {
                if let Some(got) = item[name].as_str().filter(|got| !allowed.contains(got)) {
                    problems.add_choice(format!("request.{list}[{place}].{name}"), got, allowed);
                }
            }
        };
        check("statistics.values", "name", &values);
        check("statistics.values", "weightByValue", &values);
        check("statistics.groupBy", "key", &groups);
        check("filter.key", "name", &keys);
        problems.into_result()
    }
}

/// Reads the descriptor once per process; a failure is remembered too, since
/// the call itself must not wait for it again.
async fn names(backend: &Backend) -> Option<&Names> {
    let read = || async {
        let request = RestRequest::get(&["metrics", "v1", "descriptor", "ProcessingEventsPerFilter"]);
        match backend.send(&request).await {
            Ok(answer) => Names::of(&answer.envelope.data),
            Err(failure) => {
                tracing::debug!(kind = failure.kind.name(), "the metric descriptor could not be read");
                None
            }
        }
    };
    backend.memory.metric_names.get_or_init(read).await.as_ref()
}

fn aggregated<'a>(backend: &'a Backend, checked: &'a Map<String, Value>) -> BoxFuture<'a, Result<Outcome, Failure>> {
    Box::pin(async move {
        let shape = metrics::arguments();
        // What needs no descriptor is refused before Argus is asked anything.
        AGGREGATE.make.body(backend, &shape, checked).await?;
        if let Some(names) = names(backend).await {
            names.check(checked.get("request").unwrap_or(&Value::Null))?;
        }
        run::call(&AGGREGATE, backend, &shape, checked).await
    })
}

/// A name that Argus refused is answered with those it knows.
fn with_known_names<'a>(
    backend: &'a Backend,
    mut failure: Failure,
    _checked: &'a Map<String, Value>,
) -> BoxFuture<'a, Failure> {
    if failure.kind == FailureKind::ValidationFailed
        && let Some(Some(names)) = backend.memory.metric_names.get()
    {
        let listed = |names: &[String]| names.iter().take(MAX_LISTED).cloned().collect::<Vec<_>>().join(", ");
        let (values, keys) = (listed(&names.values), listed(&names.keys));
        let said = failure.message.trim_end_matches('.');
        failure.message = format!("{said}. Known values: {values}. Known keys: {keys}, customer.");
    }
    Box::pin(std::future::ready(failure))
}

#[cfg(test)]
#[path = "metric_tests.rs"]
mod tests;
