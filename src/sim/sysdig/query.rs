//! Reads the query of an events listing strictly: an unknown or repeated
//! parameter is a fault of the caller, so that mistakes in our own requests
//! come to light.

use std::collections::BTreeMap;

use crate::sim::sysdig::cursor::Cursor;
use crate::sim::sysdig::cursor::Window;
use crate::sim::sysdig::feed::PageRequest;
use crate::sim::sysdig::filter::Filter;
use crate::sim::sysdig::reply::Reply;

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 200;
const MAX_WINDOW_NANOS: i64 = 14 * 24 * 3_600 * 1_000_000_000;
const EVENTS: &[&str] = &["limit", "from", "to", "filter", "cursor"];

/// The parameters of one request, by name.
pub type Parameters = BTreeMap<String, String>;

/// Decodes a query of which only these names are known.
///
/// # Errors
/// 400 for an unknown or repeated parameter.
pub fn parameters(query: &str, known: &[&str]) -> Result<Parameters, Reply> {
    let mut parameters = Parameters::new();
    let Ok(url) = reqwest::Url::parse(&format!("http://localhost/?{query}")) else {
        return Err(Reply::bad_request("the query is not valid"));
    };
    for (name, value) in url.query_pairs() {
        if !known.contains(&name.as_ref()) {
            let name: String = name.chars().take(64).collect();
            return Err(Reply::bad_request(format!("unknown parameter '{name}'")));
        }
        if parameters.insert(name.to_string(), value.into_owned()).is_some() {
            return Err(Reply::bad_request(format!("repeated parameter '{name}'")));
        }
    }
    Ok(parameters)
}

/// The page that a listing's query asks for.
///
/// # Errors
/// 400 naming the parameter.
pub fn page_request(query: &str) -> Result<PageRequest, Reply> {
    let parameters = parameters(query, EVENTS)?;
    let limit = limit(&parameters)?;
    let filter = parameters
        .get("filter")
        .map(|text| Filter::parse(text))
        .transpose()
        .map_err(|error| Reply::bad_request(format!("invalid filter: {error}")))?;
    let has_window = parameters.contains_key("from") || parameters.contains_key("to");
    let (window, cursor) = match parameters.get("cursor") {
        Some(_) if has_window => {
            return Err(Reply::bad_request("cursor excludes from and to"));
        }
        Some(text) => {
            let cursor = Cursor::decode(text).ok_or_else(|| Reply::bad_request("invalid cursor"))?;
            (cursor.window, Some(cursor))
        }
        None => (window(&parameters)?, None),
    };
    Ok(PageRequest { limit, window, cursor, filter })
}

fn limit(parameters: &Parameters) -> Result<usize, Reply> {
    let Some(text) = parameters.get("limit") else {
        return Ok(DEFAULT_LIMIT);
    };
    text.parse()
        .ok()
        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        .ok_or_else(|| Reply::bad_request(format!("limit must be between 1 and {MAX_LIMIT}")))
}

fn window(parameters: &Parameters) -> Result<Window, Reply> {
    let time = |name: &str| {
        parameters
            .get(name)
            .ok_or_else(|| Reply::bad_request("from and to are both needed without a cursor"))?
            .parse::<i64>()
            .map_err(|_| Reply::bad_request(format!("{name} must be nanoseconds since the epoch")))
    };
    let (from, to) = (time("from")?, time("to")?);
    if from > to {
        return Err(Reply::bad_request("from must not be after to"));
    }
    if to.checked_sub(from).is_none_or(|length| length > MAX_WINDOW_NANOS) {
        return Err(Reply::bad_request("the time window must not exceed 14 days"));
    }
    Ok(Window { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(query: &str) -> String {
        page_request(query).unwrap_err().body["message"].to_string()
    }

    #[test]
    fn a_good_query_is_read() {
        let request = page_request("limit=7&from=10&to=20&filter=severity%20%3D%20%224%22").unwrap();
        assert_eq!(request.limit, 7);
        assert_eq!(request.window, Window { from: 10, to: 20 });
        assert!(request.filter.is_some() && request.cursor.is_none());
        assert_eq!(page_request("from=0&to=1").unwrap().limit, DEFAULT_LIMIT);
    }

    #[test]
    fn faults_are_named() {
        for (query, text) in [
            ("from=0", "both needed"),
            ("", "both needed"),
            ("from=0&to=1&limit=0", "between 1 and 200"),
            ("from=0&to=1&limit=201", "between 1 and 200"),
            ("from=0&to=1&limit=x", "between 1 and 200"),
            ("from=5&to=1", "after"),
            ("from=x&to=1", "nanoseconds"),
            ("from=0&to=1209600000000001", ""),
            ("from=0&to=1209600000000001000", "14 days"),
            ("from=-9223372036854775808&to=9223372036854775807", "14 days"),
            ("from=0&to=1&sort=x", "unknown parameter 'sort'"),
            ("from=0&from=1&to=1", "repeated parameter 'from'"),
            ("cursor=zz", "invalid cursor"),
            ("cursor=zz&from=1", "excludes"),
            ("from=0&to=1&filter=severity", "invalid filter: expected an operator at position 8"),
        ] {
            if !text.is_empty() {
                let message = refused(query);
                assert!(message.contains(text), "{query}: {message}");
            }
        }
    }
}
