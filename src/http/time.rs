//! How a time looks on the wire: RFC 3339, UTC, milliseconds. One type, so that no
//! response writes it in another way.

use jiff::Timestamp;
use serde::Serialize;
use serde::Serializer;
use utoipa::PartialSchema;
use utoipa::ToSchema;
use utoipa::openapi::KnownFormat;
use utoipa::openapi::ObjectBuilder;
use utoipa::openapi::RefOr;
use utoipa::openapi::Schema;
use utoipa::openapi::SchemaFormat;
use utoipa::openapi::Type;

/// A moment in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.3}", self.0))
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .into()
    }
}

impl ToSchema for Time {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_whatever_they_are() {
        for (given, wanted) in [
            ("2026-02-09T08:15:30Z", "2026-02-09T08:15:30.000Z"),
            ("2026-02-09T09:15:30.123456+01:00", "2026-02-09T08:15:30.123Z"),
        ] {
            let time: Timestamp = given.parse().unwrap();
            assert_eq!(serde_json::to_value(Time(time)).unwrap(), wanted);
        }
    }
}
