//! Computes a query over the series at one moment, as PromQL does: names
//! fall away in arithmetic and sums, sides are matched by all their labels,
//! comparisons keep or drop.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;

use crate::sim::sysdig::metrics::parse::Expr;
use crate::sim::sysdig::metrics::parse::Op;
use crate::sim::sysdig::metrics::series::Series;
use crate::sim::sysdig::work::TooMuch;
use crate::sim::sysdig::work::Work;

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
pub struct EvalError(String);

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<TooMuch> for EvalError {
    fn from(problem: TooMuch) -> Self {
        Self(problem.to_string())
    }
}

fn error<T>(problem: &str) -> Result<T, EvalError> {
    Err(EvalError(problem.to_owned()))
}

enum Outcome {
    Scalar(f64),
    Vector(Vec<Sample>),
}

/// The vector that an expression stands for.
///
/// # Errors
/// [`EvalError`] when it stands for something else, its sides do not fit, or
/// it takes too many steps.
pub fn instant(expression: &Expr, series: &[Series], work: &Work) -> Result<Vec<Sample>, EvalError> {
    match (Evaluation { series, work }).outcome(expression)? {
        Outcome::Vector(samples) => Ok(samples),
        Outcome::Scalar(value) => Ok(vec![Sample { labels: BTreeMap::new(), value }]),
    }
}

struct Evaluation<'a> {
    series: &'a [Series],
    work: &'a Work,
}

impl Evaluation<'_> {
    fn vector(&self, expression: &Expr) -> Result<Vec<Sample>, EvalError> {
        match self.outcome(expression)? {
            Outcome::Vector(samples) => Ok(samples),
            Outcome::Scalar(_) => error("expected a vector, found a number"),
        }
    }

    fn outcome(&self, expression: &Expr) -> Result<Outcome, EvalError> {
        self.work.spend(1)?;
        Ok(match expression {
            Expr::Number(value) => Outcome::Scalar(*value),
            Expr::Selector { range: Some(_), .. } => return error("a range needs a function around it"),
            Expr::Selector { .. } => Outcome::Vector(self.selected(expression, |series, _| series.now())?),
            Expr::SumOverTime(of) => match of.as_ref() {
                Expr::Selector { range: Some(_), .. } => {
                    let summed = self.selected(of, Series::summed_over)?;
                    Outcome::Vector(summed.into_iter().map(nameless).collect())
                }
                _ => return error("sum_over_time needs a selector with a range"),
            },
            Expr::Vector(of) => match self.outcome(of)? {
                Outcome::Scalar(value) => Outcome::Vector(vec![Sample { labels: BTreeMap::new(), value }]),
                Outcome::Vector(_) => return error("vector needs a number"),
            },
            Expr::Sum { by, of } => {
                let samples = self.vector(of)?;
                self.work.spend(samples.len().saturating_mul(by.len()))?;
                Outcome::Vector(summed(by, samples))
            }
            Expr::TopK(number, of) => {
                let mut samples = self.vector(of)?;
                samples.sort_by(|one, other| other.value.total_cmp(&one.value));
                samples.truncate(*number);
                Outcome::Vector(samples)
            }
            Expr::Chain(first, others) => {
                let mut left = self.outcome(first)?;
                for (op, right) in others {
                    left = self.binary(*op, left, self.outcome(right)?)?;
                }
                left
            }
        })
    }

    fn selected(&self, selector: &Expr, value: impl Fn(&Series, u64) -> f64) -> Result<Vec<Sample>, EvalError> {
        let Expr::Selector { metric, matchers, range } = selector else { return Ok(Vec::new()) };
        self.work.spend(self.series.len().saturating_mul(1 + matchers.len()))?;
        let fits = |series: &&Series| {
            series.metric == metric && matchers.iter().all(|matcher| matcher.fits(|label| series.label(label)))
        };
        let sample = |series: &Series| {
            let own = series.labels.iter().map(|(label, value)| ((*label).to_owned(), value.clone()));
            let labels = own.chain([(NAME.to_owned(), metric.clone())]).collect();
            Sample { labels, value: value(series, range.unwrap_or(0)) }
        };
        Ok(self.series.iter().filter(fits).map(sample).collect())
    }

    fn binary(&self, op: Op, left: Outcome, right: Outcome) -> Result<Outcome, EvalError> {
        let size = |side: &Outcome| if let Outcome::Vector(samples) = side { samples.len() } else { 1 };
        self.work.spend(size(&left) + size(&right))?;
        Ok(match (left, right) {
            (Outcome::Vector(left), Outcome::Vector(right)) if op == Op::Or => Outcome::Vector(either(left, right)),
            (_, _) if op == Op::Or => return error("or stands between vectors"),
            (Outcome::Scalar(left), Outcome::Scalar(right)) => match computed(op, left, right) {
                Some(value) => Outcome::Scalar(value),
                None => return error("comparisons of two numbers need bool"),
            },
            (Outcome::Vector(left), Outcome::Scalar(right)) => {
                Outcome::Vector(left.into_iter().filter_map(|sample| combined(op, sample, right)).collect())
            }
            (Outcome::Scalar(_), Outcome::Vector(_)) => {
                return error("a number on the left of a vector is not simulated");
            }
            (Outcome::Vector(left), Outcome::Vector(right)) => Outcome::Vector(matched(op, left, right)?),
        })
    }
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

/// The left, and what the right has besides.
fn either(mut left: Vec<Sample>, right: Vec<Sample>) -> Vec<Sample> {
    let known: BTreeSet<_> = left.iter().cloned().map(|sample| nameless(sample).labels).collect();
    left.extend(right.into_iter().filter(|sample| !known.contains(&nameless(sample.clone()).labels)));
    left
}

fn matched(op: Op, left: Vec<Sample>, right: Vec<Sample>) -> Result<Vec<Sample>, EvalError> {
    let mut values = BTreeMap::new();
    for sample in right.into_iter().map(nameless) {
        if values.insert(sample.labels, sample.value).is_some() {
            return error("found duplicate series on the right side; many-to-many matching not allowed");
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
