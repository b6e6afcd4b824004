//! Computes a query over the series at one moment, as PromQL does: names
//! fall away in arithmetic and sums, sides are matched by all their labels,
//! comparisons keep or drop.

use std::collections::BTreeMap;
use std::fmt;

use crate::sim::sysdig::metrics::parse::Expr;
use crate::sim::sysdig::metrics::parse::Op;
use crate::sim::sysdig::metrics::series::Series;

const NAME: &str = "__name__";

/// One value with its labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Labels by name.
    pub labels: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
}

/// Why a query that can be read has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvalError(&'static str);

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

enum Outcome {
    Scalar(f64),
    Vector(Vec<Sample>),
}

/// The vector that an expression stands for.
///
/// # Errors
/// [`EvalError`] when it stands for something else, or its sides do not fit.
pub fn instant(expression: &Expr, series: &[Series]) -> Result<Vec<Sample>, EvalError> {
    match outcome(expression, series)? {
        Outcome::Vector(samples) => Ok(samples),
        Outcome::Scalar(value) => Ok(vec![Sample { labels: BTreeMap::new(), value }]),
    }
}

fn vector(expression: &Expr, series: &[Series]) -> Result<Vec<Sample>, EvalError> {
    match outcome(expression, series)? {
        Outcome::Vector(samples) => Ok(samples),
        Outcome::Scalar(_) => Err(EvalError("expected a vector, found a number")),
    }
}

fn outcome(expression: &Expr, series: &[Series]) -> Result<Outcome, EvalError> {
    Ok(match expression {
        Expr::Number(value) => Outcome::Scalar(*value),
        Expr::Selector { range: Some(_), .. } => {
            return Err(EvalError("a range needs a function around it"));
        }
        Expr::Selector { .. } => Outcome::Vector(selected(expression, series, |series, _| series.now())),
        Expr::SumOverTime(of) => match of.as_ref() {
            Expr::Selector { range: Some(_), .. } => {
                let summed = selected(of, series, Series::summed_over);
                Outcome::Vector(summed.into_iter().map(nameless).collect())
            }
            _ => return Err(EvalError("sum_over_time needs a selector with a range")),
        },
        Expr::Vector(of) => match outcome(of, series)? {
            Outcome::Scalar(value) => Outcome::Vector(vec![Sample { labels: BTreeMap::new(), value }]),
            Outcome::Vector(_) => return Err(EvalError("vector needs a number")),
        },
        Expr::Sum { by, of } => Outcome::Vector(summed(by, vector(of, series)?)),
        Expr::TopK(number, of) => {
            let mut samples = vector(of, series)?;
            samples.sort_by(|one, other| other.value.total_cmp(&one.value));
            samples.truncate(*number);
            Outcome::Vector(samples)
        }
        Expr::Binary(op, left, right) => binary(*op, outcome(left, series)?, outcome(right, series)?)?,
    })
}

fn selected(selector: &Expr, series: &[Series], value: impl Fn(&Series, u64) -> f64) -> Vec<Sample> {
    let Expr::Selector { metric, matchers, range } = selector else { return Vec::new() };
    let fits = |series: &&Series| {
        series.metric == metric && matchers.iter().all(|matcher| matcher.fits(|label| series.label(label)))
    };
    let sample = |series: &Series| {
        let own = series.labels.iter().map(|(label, value)| ((*label).to_owned(), value.clone()));
        let labels = own.chain([(NAME.to_owned(), metric.clone())]).collect();
        Sample { labels, value: value(series, range.unwrap_or(0)) }
    };
    series.iter().filter(fits).map(sample).collect()
}

fn nameless(mut sample: Sample) -> Sample {
    sample.labels.remove(NAME);
    sample
}

fn summed(by: &[String], samples: Vec<Sample>) -> Vec<Sample> {
    let mut groups: BTreeMap<BTreeMap<String, String>, f64> = BTreeMap::new();
    for mut sample in samples {
        sample.labels.retain(|label, _| by.contains(label));
        *groups.entry(sample.labels).or_insert(0.0) += sample.value;
    }
    groups.into_iter().map(|(labels, value)| Sample { labels, value }).collect()
}

fn binary(op: Op, left: Outcome, right: Outcome) -> Result<Outcome, EvalError> {
    Ok(match (left, right) {
        (Outcome::Vector(left), Outcome::Vector(right)) if op == Op::Or => Outcome::Vector(either(left, right)),
        (_, _) if op == Op::Or => return Err(EvalError("or stands between vectors")),
        (Outcome::Scalar(left), Outcome::Scalar(right)) => {
            Outcome::Scalar(computed(op, left, right).ok_or(EvalError("comparisons of two numbers need bool"))?)
        }
        (Outcome::Vector(left), Outcome::Scalar(right)) => {
            Outcome::Vector(left.into_iter().filter_map(|sample| combined(op, sample, right)).collect())
        }
        (Outcome::Scalar(_), Outcome::Vector(_)) => {
            return Err(EvalError("a number on the left of a vector is not simulated"));
        }
        (Outcome::Vector(left), Outcome::Vector(right)) => Outcome::Vector(matched(op, left, right)?),
    })
}

/// The left, and what the right has besides.
fn either(mut left: Vec<Sample>, right: Vec<Sample>) -> Vec<Sample> {
    let known: Vec<_> = left.iter().cloned().map(|sample| nameless(sample).labels).collect();
    left.extend(right.into_iter().filter(|sample| !known.contains(&nameless(sample.clone()).labels)));
    left
}

fn matched(op: Op, left: Vec<Sample>, right: Vec<Sample>) -> Result<Vec<Sample>, EvalError> {
    let mut values = BTreeMap::new();
    for sample in right.into_iter().map(nameless) {
        if values.insert(sample.labels, sample.value).is_some() {
            return Err(EvalError("found duplicate series on the right side; many-to-many matching not allowed"));
        }
    }
    let pairs = left.into_iter().filter_map(|sample| {
        let value = *values.get(&nameless(sample.clone()).labels)?;
        combined(op, sample, value)
    });
    Ok(pairs.collect())
}

/// The left side with what comes out; `None` when a comparison drops it.
fn combined(op: Op, sample: Sample, right: f64) -> Option<Sample> {
    match op {
        Op::Less => (sample.value < right).then_some(sample),
        Op::Greater => (sample.value > right).then_some(sample),
        _ => {
            let value = computed(op, sample.value, right)?;
            Some(Sample { value, ..nameless(sample) })
        }
    }
}

fn computed(op: Op, left: f64, right: f64) -> Option<f64> {
    match op {
        Op::Plus => Some(left + right),
        Op::Minus => Some(left - right),
        Op::Times => Some(left * right),
        Op::Divide => Some(left / right),
        Op::Or | Op::Less | Op::Greater => None,
    }
}
