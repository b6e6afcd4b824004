//! How values compare: with what a statement names, and with each other when
//! rows are sorted.

use std::cmp::Ordering;

use serde_json::Value;
use serde_json::json;

use crate::sim::sysdig::sysql::parse::Literal;
use crate::sim::sysdig::sysql::parse::Operator;

/// What a row is sorted by: values, and whether the largest comes first.
pub(super) struct Sorted(pub(super) Vec<(Value, bool)>);

impl Ord for Sorted {
    fn cmp(&self, other: &Self) -> Ordering {
        let orders = self.0.iter().zip(&other.0).map(|((one, descending), (other, _))| {
            let order = ordered(one, other);
            if *descending { order.reverse() } else { order }
        });
        orders.fold(Ordering::Equal, Ordering::then)
    }
}

impl PartialOrd for Sorted {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Sorted {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Sorted {}

impl Operator {
    /// Whether this order is what is asked for.
    pub(super) fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// The order of a value and a literal of its type.
pub(super) fn ordering(value: &Value, literal: &Literal) -> Option<Ordering> {
    match (value, literal) {
        (Value::String(value), Literal::Text(text)) => Some(value.as_str().cmp(text)),
        (Value::Number(value), Literal::Number(number)) => value.as_f64()?.partial_cmp(number),
        (Value::Bool(value), Literal::Bool(flag)) => Some(value.cmp(flag)),
        _ => None,
    }
}

/// Numbers by size, texts by alphabet, anything else by its text.
fn ordered(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one.as_f64().unwrap_or(0.0).total_cmp(&other.as_f64().unwrap_or(0.0))
        }
        (Value::String(one), Value::String(other)) => one.cmp(other),
        (Value::Null, Value::Null) => Ordering::Equal,
        (one, other) => json!(one).to_string().cmp(&json!(other).to_string()),
    }
}
