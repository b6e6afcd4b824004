//! The metric store of the simulated backend: instant queries over series of
//! the world's pods. `series` holds the numbers, `parse` reads PromQL,
//! `eval` computes. The part of PromQL that the Kubernetes tools need is
//! there, as it really works; anything else is refused.

pub mod eval;
pub mod parse;
pub mod series;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::sim::sysdig::metrics::eval::Sample;
use crate::sim::sysdig::metrics::parse::Expr;
use crate::sim::sysdig::metrics::series::Series;
use crate::sim::sysdig::query::parameters;
use crate::sim::sysdig::reply::Answer;
use crate::sim::sysdig::reply::Reply;
use crate::sim::sysdig::seed::Seed;
use crate::sim::sysdig::work::Work;

/// Most steps of one query.
pub const MAX_STEPS: usize = 1_000_000;
const PARAMETERS: &[&str] = &["query", "limit", "time", "timeout"];

/// All series of the world.
#[derive(Debug, Clone)]
pub struct Metrics(Vec<Series>);

impl Metrics {
    /// The series of this seed's world.
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        Self(series::all(seed))
    }

    /// Answers an instant query; `empty` leaves every series out.
    ///
    /// # Errors
    /// 400 or 422 with the store's own error object.
    pub fn answer(&self, query: &str, now: Timestamp, empty: bool) -> Answer {
        let parameters = parameters(query, PARAMETERS).map_err(|reply| bad(reply.body["message"].as_str()))?;
        let text = parameters.get("query").ok_or_else(|| bad(Some("missing parameter query")))?;
        let limit: usize = match parameters.get("limit") {
            None => 0,
            Some(limit) => limit.parse().map_err(|_| bad(Some("limit must be a whole number")))?,
        };
        let time = match parameters.get("time") {
            None => now,
            Some(time) => moment(time).ok_or_else(|| bad(Some("time must be RFC 3339 or unix seconds")))?,
        };
        let expression = Expr::parse(text).map_err(|problem| bad(Some(&problem.to_string())))?;
        let work = Work::of_at_most(MAX_STEPS);
        let samples = eval::instant(&expression, if empty { &[] } else { &self.0 }, &work).map_err(|problem| {
            let body = json!({"status": "error", "errorType": "execution", "error": problem.to_string()});
            Reply { status: StatusCode::UNPROCESSABLE_ENTITY, body, retry_after: None }
        })?;
        Ok(Reply::ok(vector(&samples, limit, time)))
    }
}

fn vector(samples: &[Sample], limit: usize, time: Timestamp) -> Value {
    let shown = if limit == 0 { samples.len() } else { limit.min(samples.len()) };
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this era are exact in a float")]
    let seconds = time.as_millisecond() as f64 / 1000.0;
    let result: Vec<Value> = samples[..shown]
        .iter()
        .map(|sample| json!({"metric": sample.labels, "value": [seconds, sample.value.to_string()]}))
        .collect();
    let mut body = json!({"status": "success", "data": {"resultType": "vector", "result": result}});
    if shown < samples.len() {
        body["warnings"] = json!(["results truncated due to limit"]);
    }
    body
}

fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| Timestamp::from_second(text.parse().ok()?).ok())
}

fn bad(problem: Option<&str>) -> Reply {
    let problem = problem.unwrap_or("bad query");
    let body = json!({"status": "error", "errorType": "bad_data", "error": problem});
    Reply { status: StatusCode::BAD_REQUEST, body, retry_after: None }
}

#[cfg(test)]
mod tests;
