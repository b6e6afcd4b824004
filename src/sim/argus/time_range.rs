//! The time members that case and event criteria share, and lists of fields in which
//! `all` stands for every one.

use crate::sim::argus::reader::Reader;

/// A stretch of time over chosen fields, both ends included.
#[derive(Debug, Default)]
pub struct TimeRange {
    /// Earliest, in milliseconds.
    pub start: Option<i64>,
    /// Latest, in milliseconds.
    pub end: Option<i64>,
    fields: Vec<String>,
    all: bool,
}

impl TimeRange {
    /// Reads the four time members of criteria; `known` are the fields, without `all`.
    pub fn read(reader: &mut Reader<'_>, known: &[&str], default: &[&str]) -> Self {
        let start = reader.moment("startTimestamp");
        let end = reader.moment("endTimestamp");
        if let (Some(start), Some(end)) = (start, end)
            && start > end
        {
            let text = "must not be before startTimestamp";
            reader.problem("endTimestamp", text, "invalid.range", &end.to_string());
        }
        let fields = chosen(reader, "timeFieldStrategy", known, default);
        let all = reader.word("timeMatchStrategy", &["any", "all"]).as_deref() == Some("all");
        Self { start, end, fields, all }
    }

    /// Whether the times that `time_of` gives for the chosen fields lie in the range; 0 is unset.
    pub fn holds(&self, time_of: impl Fn(&str) -> i64) -> bool {
        self.holds_any(|field| vec![time_of(field)])
    }

    /// The same where a field may have several times, of which one is enough.
    pub fn holds_any(&self, times_of: impl Fn(&str) -> Vec<i64>) -> bool {
        if self.start.is_none() && self.end.is_none() {
            return true;
        }
        let within =
            |at: &i64| *at > 0 && self.start.is_none_or(|start| *at >= start) && self.end.is_none_or(|end| *at <= end);
        let inside = |field: &String| times_of(field).iter().any(within);
        if self.all { self.fields.iter().all(inside) } else { self.fields.iter().any(inside) }
    }
}

/// Reads a list of fields in which `all`, or nothing, stands for the default.
pub fn chosen(reader: &mut Reader<'_>, name: &'static str, known: &[&str], default: &[&str]) -> Vec<String> {
    let mut allowed = known.to_vec();
    allowed.push("all");
    let chosen = reader.words(name, &allowed);
    let owned = |fields: &[&str]| fields.iter().map(|f| (*f).to_owned()).collect();
    if chosen.iter().any(|field| field == "all") {
        owned(known)
    } else if chosen.is_empty() {
        owned(default)
    } else {
        chosen
    }
}
