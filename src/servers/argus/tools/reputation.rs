//! The tools about the reputation of indicators (domain names and addresses).
//!
//! Argus has two generations of this service. The newer is asked first; where it
//! does not exist the older one is asked and remembered for the process, unless
//! a setting names one. What only one of them can do is refused with the other.

use futures::future::BoxFuture;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::client::RestAnswer;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::criteria;
use crate::servers::argus::criteria::choices;
use crate::servers::argus::criteria::switch;
use crate::servers::argus::error::Failure;
use crate::servers::argus::error::FailureKind;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Rule;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::indicator::Form;
use crate::servers::argus::indicator::INDICATOR;
use crate::servers::argus::indicator::INDICATOR_OR_RANGE;
use crate::servers::argus::indicator::Indicator;
use crate::servers::argus::indicator::IndicatorType;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::tools::Answer;
use crate::servers::argus::tools::Certainty;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::On;
use crate::servers::argus::tools::Rest;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::Work;
use crate::servers::argus::validate::Problems;
use crate::servers::argus::validate::join;

/// What the rows share.
const REPUTATION: Tool = Tool::of(Family::Reputation, Certainty::Proposed);

/// The tools, in the order in which they are listed.
pub static TOOLS: &[Tool] = &[
    Tool {
        name: "getIOCReputationScore",
        aliases: &["getReputation", "getReputationScore"],
        title: "Get the reputation of an indicator",
        purpose: "Returns the reputation score of a domain name or address. Quote only the value returned: \
                  meta.reputationApi says which service it comes from, and the scales of the two differ. No \
                  score means unknown, not clean.",
        arguments: score_arguments,
        work: Work::Call(Rest {
            road: Some(score),
            ..Rest::object(
                "GET /reputation/v2/score/{type}/{value}, else GET /reputation/v1/calculated/{ip,domain}/{value}",
            )
        }),
        hints: &[(
            On::Kind(FailureKind::NotFound),
            "No score means that the reputation is unknown, not that the value is clean.",
        )],
        ..REPUTATION
    },
    Tool {
        name: "getIOCReputationIndicators",
        aliases: &["getReputationIndicators"],
        title: "Get the indicators behind a reputation",
        purpose: "Returns the entries of indicator lists that hold a domain name, address or network, one page \
                  per call, only active ones unless told otherwise. An empty result means that no list \
                  visible to this key holds the value, never that the value is harmless.",
        arguments: indicator_arguments,
        work: Work::Call(Rest {
            road: Some(indicators),
            ..Rest::of(
                "POST /reputation/v2/indicator/search, else GET /reputation/v1/observation/{ip,domain}/{value}",
                Answer::Page,
            )
        }),
        hints: &[(
            On::Kind(FailureKind::NotFound),
            "No entry means that the reputation is unknown, not that the value is clean.",
        )],
        ..REPUTATION
    },
];

const NO_SCORE: &str = "The call to Argus succeeded and there is no score for this value: its reputation is unknown, \
                        which does not mean that it is clean.";

const NO_INDICATOR: &str = "The call to Argus succeeded and no indicator list visible to this key holds the value. \
                            That does not mean that the value is harmless.";

/// A generation of the reputation service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// Observations and calculated values.
    First,
    /// Indicators and scores.
    Second,
}

impl Generation {
    /// The name in settings and results.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "v1",
            Self::Second => "v2",
        }
    }
}

fn value_and_type(kind: Kind, doc: &'static str) -> [Field; 2] {
    [
        Field::new("value", kind, doc).required(),
        Field::new("type", Kind::one_of(&["domain", "ip"]), "Type of the value; guessed unless set."),
    ]
}

fn score_arguments() -> Shape {
    let doc = "Domain name or address; [.] and hxxp are undone, and of a URL the host is taken.";
    let mut fields = Vec::from(value_and_type(Kind::Checked(&INDICATOR), doc));
    let algorithms = Kind::one_of(&["maxConfidence", "decreasingRelevancyMaxConfidence"]);
    fields.push(
        Field::new("scoringAlgorithm", algorithms, "How the score is calculated; the second one is experimental.")
            .or("maxConfidence"),
    );
    Shape::of(fields).with_rules(vec![Rule::Check(type_fits)])
}

fn indicator_arguments() -> Shape {
    let doc = "Domain name, address, CIDR network or range of addresses; [.] and hxxp are undone, and of a URL the \
               host is taken.";
    let mut fields = Vec::from(value_and_type(Kind::Checked(&INDICATOR_OR_RANGE), doc));
    fields.extend([
        switch("includeParentDomains", "Entries for the domains above, too.").or(false),
        switch("includeSubdomains", "Entries for the domains below, too.").or(false),
        choices("state", &["active", "latest", "old"], "States of an entry.").or(vec!["active"]),
    ]);
    fields.extend(criteria::paging(25));
    Shape::of(fields).with_rules(vec![Rule::Check(type_fits), Rule::Check(relatives_of_a_domain)])
}

fn parsed(object: &Map<String, Value>) -> Option<Indicator> {
    object.get("value").and_then(Value::as_str).and_then(Indicator::parse)
}

fn type_fits(object: &Map<String, Value>, path: &str, problems: &mut Problems) {
    if let (Some(found), Some(asked)) = (parsed(object), object.get("type").and_then(Value::as_str))
        && found.kind.name() != asked
    {
        let problem = format!("does not fit the value, which is of type {}", found.kind.name());
        problems.add(join(path, "type"), problem, &json!(asked));
    }
}

fn relatives_of_a_domain(object: &Map<String, Value>, path: &str, problems: &mut Problems) {
    if parsed(object).is_some_and(|found| found.kind == IndicatorType::Domain) {
        return;
    }
    for name in ["includeParentDomains", "includeSubdomains"] {
        if object.get(name) == Some(&Value::Bool(true)) {
            problems.add(join(path, name), "needs a domain name as value", &json!(true));
        }
    }
}

/// Asks the generation that the settings or an earlier call chose; else the
/// second, and the first where the second does not exist. A 404 of both says
/// nothing about which exists, so nothing is remembered then.
async fn ask(
    backend: &Backend,
    second: &RestRequest,
    first: Result<RestRequest, Failure>,
) -> Result<(Generation, RestAnswer), Failure> {
    let chosen = backend.config.reputation_api.or(backend.memory.reputation.get().copied());
    if chosen != Some(Generation::First) {
        match backend.send(second).await {
            Err(failure) if chosen.is_none() && matches!(failure.http_status, Some(404 | 405)) => {}
            answer => {
                let answer = answer?;
                // Another call may have chosen in the meantime; either choice is one that answered.
                let _ = backend.memory.reputation.set(Generation::Second);
                return Ok((Generation::Second, answer));
            }
        }
    }
    let answer = backend.send(&first?).await?;
    let _ = backend.memory.reputation.set(Generation::First);
    Ok((Generation::First, answer))
}

fn noted(outcome: Outcome, generation: Generation, indicator: &Indicator) -> Outcome {
    let outcome = outcome.with_meta("reputationApi", json!(generation.name()));
    match &indicator.note {
        Some(note) => outcome.with_note(note),
        None => outcome,
    }
}

/// What the first generation cannot do.
fn only_second(path: &str, got: Value) -> Failure {
    let problem = "is known to version 2 of the reputation service only, and this Argus answers with version 1";
    Failure::invalid_field(path, problem, got)
}

fn indicator_of(checked: &Map<String, Value>) -> Result<Indicator, Failure> {
    parsed(checked).ok_or_else(|| {
        let got = checked.get("value").cloned().unwrap_or_default();
        Failure::invalid_field("value", "must be a domain name or an address", got)
    })
}

fn score<'a>(backend: &'a Backend, checked: &'a Map<String, Value>) -> BoxFuture<'a, Result<Outcome, Failure>> {
    Box::pin(async move {
        let indicator = indicator_of(checked)?;
        let (kind, value) = (indicator.kind.name(), indicator.value.as_str());
        let algorithm = checked.get("scoringAlgorithm").and_then(Value::as_str).unwrap_or("maxConfidence");
        let second = RestRequest::get(&["reputation", "v2", "score", kind, value])
            .with_query(vec![("scoringAlgorithm".to_owned(), algorithm.to_owned())]);
        let first = match algorithm {
            "maxConfidence" => Ok(RestRequest::get(&["reputation", "v1", "calculated", kind, value])),
            other => Err(only_second("scoringAlgorithm", json!(other))),
        };
        let (generation, answer) = ask(backend, &second, first).await?;
        let outcome = match answer.envelope.data {
            Value::Array(_) => Outcome::numbers(answer)?.saying(NO_SCORE),
            _ => Outcome::single(answer)?,
        };
        Ok(noted(outcome, generation, &indicator))
    })
}

fn indicators<'a>(backend: &'a Backend, checked: &'a Map<String, Value>) -> BoxFuture<'a, Result<Outcome, Failure>> {
    Box::pin(async move {
        let indicator = indicator_of(checked)?;
        let number = |name: &str| checked.get(name).and_then(Value::as_u64).unwrap_or(0);
        let (offset, limit) = (number("offset"), number("limit"));
        let second = RestRequest::search("/reputation/v2/indicator/search", second_body(&indicator, checked));
        let (generation, answer) = ask(backend, &second, first_request(&indicator, checked)).await?;
        let outcome =
            noted(Outcome::list(answer, (offset, limit), false)?.saying(NO_INDICATOR), generation, &indicator);
        let by_state = checked.get("state") == Some(&json!(["active", "latest", "old"]));
        Ok(match generation {
            Generation::First if !by_state => {
                outcome.with_note("Version 1 of the service does not filter by state: look at the state of each entry.")
            }
            _ => outcome,
        })
    })
}

fn second_body(indicator: &Indicator, checked: &Map<String, Value>) -> Value {
    let mut body = Map::new();
    body.insert("value".to_owned(), json!([indicator.value]));
    body.insert("type".to_owned(), json!([indicator.kind.name()]));
    for name in ["includeParentDomains", "includeSubdomains"] {
        if indicator.kind == IndicatorType::Domain {
            body.insert(name.to_owned(), checked.get(name).cloned().unwrap_or(json!(false)));
        }
    }
    for name in ["state", "limit", "offset"] {
        if let Some(value) = checked.get(name) {
            body.insert(name.to_owned(), value.clone());
        }
    }
    Value::Object(body)
}

fn first_request(indicator: &Indicator, checked: &Map<String, Value>) -> Result<RestRequest, Failure> {
    if indicator.form == Form::Range {
        return Err(only_second("value", json!(indicator.value)));
    }
    for name in ["includeParentDomains", "includeSubdomains"] {
        if checked.get(name) == Some(&Value::Bool(true)) {
            return Err(only_second(name, json!(true)));
        }
    }
    let mut query = vec![("countMaxWait".to_owned(), "-1".to_owned())];
    for name in ["limit", "offset"] {
        query.extend(checked.get(name).map(|value| (name.to_owned(), value.to_string())));
    }
    let path = ["reputation", "v1", "observation", indicator.kind.name(), &indicator.value];
    Ok(RestRequest::get(&path).with_query(query))
}

#[cfg(test)]
#[path = "reputation_tests.rs"]
mod tests;
