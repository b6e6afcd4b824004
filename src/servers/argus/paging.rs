//! Decides whether a list has more pages, and why.
//!
//! Follows the vendor client's own paginator: one call is one page, the offset
//! and limit that Argus *used* count, and the first matching row of the table
//! wins. Does not fetch anything.

use serde_json::Value;
use serde_json::json;

/// Highest offset plus limit on endpoints with a search window.
pub const SEARCH_WINDOW: u64 = 10_000;

/// What is known about one page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Offset Argus used.
    pub offset: u64,
    /// Limit Argus used.
    pub limit: u64,
    /// Items in this page.
    pub size: u64,
    /// All matches; `None` when Argus did not count.
    pub count: Option<u64>,
    /// Whether the endpoint caps offset plus limit at [`SEARCH_WINDOW`].
    pub windowed: bool,
}

impl Page {
    /// Whether to stop asking, and the reason.
    pub fn decide(&self) -> (bool, &'static str) {
        let end = self.offset.saturating_add(self.size);
        // Argus answers 0 where counting is not implemented, so a zero beside
        // items means "unknown", not "none".
        let count = self.count.filter(|count| *count > 0 || self.size == 0);
        match count {
            _ if self.size == 0 && self.offset == 0 => (true, "NO_RESULTS"),
            _ if self.size == 0 => (true, "OFFSET_BEYOND_END"),
            _ if self.windowed && end.saturating_add(self.limit) > SEARCH_WINDOW => (true, "SEARCH_WINDOW_LIMIT"),
            Some(count) if count > end => (false, "MORE_RESULTS_AVAILABLE"),
            None if self.size >= self.limit => (false, "MORE_RESULTS_POSSIBLE"),
            _ => (true, "LAST_PAGE"),
        }
    }

    /// The `page` object of a result.
    pub fn to_value(&self) -> Value {
        let (stop, reason) = self.decide();
        let next = (!stop).then(|| self.offset.saturating_add(self.size));
        json!({
            "offset": self.offset,
            "limit": self.limit,
            "size": self.size,
            "count": self.count,
            "nextOffset": next,
            "stop": stop,
            "reason": reason,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::any;
    use proptest::proptest;

    fn page(offset: u64, limit: u64, size: u64, count: Option<u64>) -> Page {
        Page { offset, limit, size, count, windowed: false }
    }

    #[test]
    fn the_decision_table_holds_row_by_row() {
        let windowed = Page { windowed: true, ..page(9_900, 100, 50, Some(20_000)) };
        let rows = [
            (page(0, 25, 0, Some(0)), (true, "NO_RESULTS")),
            (page(50, 25, 0, Some(40)), (true, "OFFSET_BEYOND_END")),
            (windowed, (true, "SEARCH_WINDOW_LIMIT")),
            (page(0, 25, 25, Some(30)), (false, "MORE_RESULTS_AVAILABLE")),
            (page(0, 25, 25, None), (false, "MORE_RESULTS_POSSIBLE")),
            (page(0, 25, 25, Some(0)), (false, "MORE_RESULTS_POSSIBLE")),
            (page(0, 25, 24, None), (true, "LAST_PAGE")),
            (page(25, 25, 5, Some(30)), (true, "LAST_PAGE")),
        ];
        for (page, expected) in rows {
            assert_eq!(page.decide(), expected, "{page:?}");
        }
    }

    #[test]
    fn pages_of_130_items_by_50_join_up() {
        let mut offset = Some(0);
        let mut seen = 0;
        while let Some(start) = offset {
            let size = 50.min(130 - start);
            let value = page(start, 50, size, Some(130)).to_value();
            seen += size;
            offset = value["nextOffset"].as_u64();
        }
        assert_eq!(seen, 130);
    }

    proptest! {
        #[test]
        fn a_next_offset_is_given_exactly_when_not_stopped_and_moves_on(
            offset in any::<u64>(), limit in any::<u64>(), size in any::<u64>(),
            count in any::<Option<u64>>(), windowed in any::<bool>(),
        ) {
            let page = Page { offset, limit, size, count, windowed };
            let value = page.to_value();
            assert_eq!(value["stop"].as_bool().unwrap(), value["nextOffset"].is_null());
            if let Some(next) = value["nextOffset"].as_u64() {
                assert!(next > offset || offset == u64::MAX);
            }
        }
    }
}
