//! One header of a request as text: a blank one counts as absent, a repeated or very long one is
//! no answer.

use http::HeaderMap;

/// Bytes that one header may have; what is longer is no credential and no host.
const HEADER_BYTES: usize = 8 * 1024;

/// What one header says.
#[derive(Debug, Clone, Default)]
pub(crate) enum Field<T> {
    /// Nothing.
    #[default]
    Absent,
    /// Repeated, or not of its form.
    Unusable,
    /// This.
    Given(T),
}

/// A header as text.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Field<&'a str> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return if headers.contains_key(name) { Field::Unusable } else { Field::Absent };
    };
    if value.len() > HEADER_BYTES {
        return Field::Unusable;
    }
    match value.to_str().map(str::trim) {
        Ok("") => Field::Absent,
        Ok(text) => Field::Given(text),
        Err(_) => Field::Unusable,
    }
}
