//! Rows and page data of a payload: where the list is, how many match in all, and
//! whether more rows exist or may exist. A list that is exactly as long as its limit
//! counts as possibly cut when nothing says that it is whole.

use serde_json::Map;
use serde_json::Value;

use crate::domain::ledger::Page;

/// Wrapper objects looked through when searching for rows.
const MAX_WRAPPERS: usize = 4;

/// Rows that SysQL returns when the statement has no `LIMIT`, and the most it returns at all.
const SYSQL_LIMITS: (u64, u64) = (50, 1_000);

/// Default sizes of metric lists: exactly so many rows without a limit of ours may be a cut.
const METRIC_DEFAULT_LIMITS: [u64; 2] = [10, 20];

/// Where the rows of a payload are, looking through the usual envelopes.
pub fn find_list(content: &Value) -> Option<&Vec<Value>> {
    const DIRECT: [&str; 12] = [
        "data", "results", "items", "result", "rows", "records", "hits", "events", "cases", "alerts", "entries",
        "values",
    ];
    let mut at = content;
    for _ in 0..MAX_WRAPPERS {
        match at {
            Value::Array(rows) => return Some(rows),
            Value::Object(object) => {
                // A record with an id of its own is one object, whatever lists it holds.
                if object.contains_key("id") && !object.contains_key("items") && !object.contains_key("data") {
                    return None;
                }
                at = DIRECT.iter().filter_map(|key| object.get(*key)).find(|v| v.is_array() || v.is_object())?;
            }
            _ => return None,
        }
    }
    None
}

/// Page data of a list; `None` when nothing is known of paging.
pub fn page_of(content: &Value, rows: u64, arguments: &Value) -> Option<Page> {
    let holders = page_holders(content);
    let number = |keys: &[&str]| {
        holders.iter().find_map(|holder| keys.iter().find_map(|key| holder.get(*key).and_then(Value::as_u64)))
    };
    let flag = |keys: &[&str]| {
        holders.iter().find_map(|holder| keys.iter().find_map(|key| holder.get(*key).and_then(Value::as_bool)))
    };
    let offset = number(&["offset"]).or_else(|| argument_number(arguments, "offset"));
    let limit = number(&["limit", "pageSize", "page_size"]).or_else(|| argument_number(arguments, "limit"));
    let total = total_of(content, &holders);
    let seen = offset.unwrap_or(0) + rows;
    let next = holders.iter().any(|holder| {
        ["nextOffset", "next", "nextCursor", "next_cursor", "nextPage", "next_page", "nextPageToken", "next_page_token"]
            .iter()
            .any(|key| holder.get(*key).is_some_and(points_on))
    });
    let said_more =
        flag(&["has_more", "hasMore", "more", "truncated", "isTruncated", "is_truncated", "incomplete", "partial"]);
    let stop = flag(&["stop", "last", "isLast", "is_last"]);
    let window =
        holders.iter().any(|holder| holder.get("reason").and_then(Value::as_str) == Some("SEARCH_WINDOW_LIMIT"));
    let mut more =
        stop == Some(false) || next || said_more == Some(true) || window || total.is_some_and(|total| total > seen);
    // The limit was hit exactly and nothing says that this was all.
    let unknown = total.is_none() && stop != Some(true) && said_more != Some(false) && rows > 0;
    if unknown && cut_at(content, arguments, limit).is_some_and(|limits| limits.contains(&rows)) {
        more = true;
    }
    let known = offset.is_some() || limit.is_some() || total.is_some() || more || stop.is_some();
    known.then_some(Page { offset, limit, rows: Some(rows), total, more })
}

/// The sizes at which a list without a total may have been cut.
fn cut_at(content: &Value, arguments: &Value, limit: Option<u64>) -> Option<Vec<u64>> {
    if let Some(limit) = limit {
        return Some(vec![limit]);
    }
    if let Some(query) = arguments.get("sysql_query").and_then(Value::as_str) {
        let limit = query.to_ascii_lowercase().rsplit_once("limit").and_then(|(_, rest)| {
            rest.trim_start().chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
        });
        return Some(vec![limit.unwrap_or(SYSQL_LIMITS.0), SYSQL_LIMITS.1]);
    }
    let metric = content.pointer("/data/resultType").is_some();
    metric.then(|| METRIC_DEFAULT_LIMITS.to_vec())
}

fn points_on(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

fn argument_number(arguments: &Value, key: &str) -> Option<u64> {
    let read = |value: &Value| value.as_u64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()));
    arguments.get(key).or_else(|| arguments.get("request").and_then(|request| request.get(key))).and_then(read)
}

/// Objects that may carry page data, most specific first.
fn page_holders(content: &Value) -> Vec<&Map<String, Value>> {
    let mut holders = Vec::new();
    let layers =
        [Some(content), content.get("results"), content.get("result"), content.get("data"), content.get("hits")];
    for layer in layers.into_iter().flatten() {
        for key in ["page", "pagination", "paging", "page_info", "pageInfo", "metaData", "meta", "metadata"] {
            if let Some(holder) = layer.get(key).and_then(Value::as_object) {
                holders.push(holder);
            }
        }
        if let Some(holder) = layer.as_object() {
            holders.push(holder);
        }
    }
    holders
}

fn total_of(content: &Value, holders: &[&Map<String, Value>]) -> Option<u64> {
    let keys = ["total", "totalCount", "total_count", "totalResults", "total_results", "count", "matched"];
    let said = holders.iter().find_map(|holder| keys.iter().find_map(|key| holder.get(*key).and_then(Value::as_u64)));
    said.or_else(|| content.pointer("/hits/total/value").and_then(Value::as_u64))
}
