//! Event identifiers: `timestampEpochMillis/customerID/eventUUID`.
//!
//! Events carry a compatibility form with a type prefix in their `id` field, so
//! the prefix is stripped here and not left to the model. What cannot be
//! converted is refused without asking Argus.

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

use crate::servers::argus::fields::Checked;

/// Prefixes of the compatibility form.
const PREFIXES: [&str; 3] = ["RAW/", "AGGR/", "NIDS/"];

/// The kind of a field that holds an event identifier.
pub static EVENT_IDENTIFIER: Checked =
    Checked { schema, check, examples: &["1770622920440/2171/5a2f0f6c-6d0b-4a4e-9b51-0c4b9e6a7d11"] };

/// A parsed identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventIdentifier {
    /// Time of the event, in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// The customer's ID.
    pub customer_id: i64,
    /// The event's UUID.
    pub event_id: Uuid,
}

impl EventIdentifier {
    /// Reads the canonical form, or one with a type prefix; blanks around it are ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
        let mut parts = text.split('/');
        let (time, customer, event) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || event.len() != 36 {
            return None;
        }
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let time: i64 = time.parse().ok().filter(|_| digits(time))?;
        let customer: i64 = customer.parse().ok().filter(|_| digits(customer))?;
        Timestamp::from_millisecond(time).ok()?;
        (customer >= 1).then_some(Self {
            timestamp_ms: time,
            customer_id: customer,
            event_id: Uuid::try_parse(event).ok()?,
        })
    }

    /// The canonical form.
    pub fn canonical(&self) -> String {
        let Self { timestamp_ms, customer_id, event_id } = self;
        format!("{timestamp_ms}/{customer_id}/{}", event_id.hyphenated())
    }
}

fn schema() -> Value {
    json!({
        "type": "string",
        "pattern": r"^\s*((RAW|AGGR|NIDS)/)?[0-9]+/[0-9]+/[0-9a-fA-F-]{36}\s*$",
    })
}

fn check(value: &Value) -> Result<Value, String> {
    value.as_str().and_then(EventIdentifier::parse).map(|identifier| json!(identifier.canonical())).ok_or_else(|| {
        "must be a canonical event identifier, timestampEpochMillis/customerID/eventUUID; a \
             RAW/, AGGR/ or NIDS/ prefix is stripped, any other form cannot be converted"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::any;
    use proptest::proptest;

    const CANONICAL: &str = "1770622920440/2171/5a2f0f6c-6d0b-4a4e-9b51-0c4b9e6a7d11";

    #[test]
    fn prefixes_blanks_and_case_are_brought_to_the_canonical_form() {
        for prefix in ["", "RAW/", "AGGR/", "NIDS/"] {
            let text = format!(" {prefix}{} ", CANONICAL.to_uppercase());
            assert_eq!(EventIdentifier::parse(&text).unwrap().canonical(), CANONICAL);
        }
    }

    #[test]
    fn other_forms_are_refused() {
        let uuid = "5a2f0f6c-6d0b-4a4e-9b51-0c4b9e6a7d11";
        let bad = [
            uuid.to_owned(),
            format!("2171/{uuid}"),
            format!("1/0/{uuid}"),
            format!("-1/2171/{uuid}"),
            format!("+1/2171/{uuid}"),
            format!("1/2171/{uuid}/x"),
            format!("XXX/1/2171/{uuid}"),
            "1/2171/not-a-uuid".to_owned(),
        ];
        for text in bad {
            assert_eq!(EventIdentifier::parse(&text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_a_fixed_point(text in any::<String>(), time in 0i64..4_000_000_000_000, id in any::<u128>()) {
            let _ = EventIdentifier::parse(&text);
            let made = format!("AGGR/{time}/7/{}", Uuid::from_u128(id));
            let once = EventIdentifier::parse(&made).unwrap();
            assert_eq!(EventIdentifier::parse(&once.canonical()).unwrap(), once);
        }
    }
}
