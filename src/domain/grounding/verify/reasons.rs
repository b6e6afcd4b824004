//! The words of reasons: what the results do say, in one short line. Reasons are read
//! by people and by the model that words the text again, so they name the true value;
//! text of a result is cut short and kept to one line there. Decides no verdict.

use serde_json::Value;

use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::List;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::times::instant;
use crate::domain::grounding::verify::times::is_time_key;
use crate::domain::grounding::words;

/// Longest text of a result in a reason, in characters.
const LONGEST: usize = 60;
/// Rows that a reason names.
const NAMED: usize = 3;
/// Attributes that tell most of a record, in this order.
const TELLING: [&str; 6] = ["status", "priority", "severity", "assigned", "created", "category"];

impl Checker<'_, '_> {
    /// What the results have at a place: "priority of 4120771 is high".
    pub(super) fn says(&self, id: FactId) -> String {
        let fact = self.evidence.fact(id);
        let attribute = self.attribute_name(id);
        let owner = self.evidence.name_of(fact.row).filter(|name| *name != id && self.evidence.fact(*name).identity);
        let of = match (self.evidence.rows[fact.row as usize].alias, owner) {
            (Some(alias), _) => format!(" of {}", short(alias)),
            (None, Some(name)) => format!(" of {}", self.printed(name)),
            (None, None) => String::new(),
        };
        if fact.value.is_null() {
            return format!("the results have no {attribute}{of}");
        }
        format!("{attribute}{of} is {}", self.printed(self.speaking(id)))
    }

    /// Of the fields of one thing inside a record (id, short name, name) the one a person would say.
    fn speaking(&self, id: FactId) -> FactId {
        let fact = self.evidence.fact(id);
        if !fact.identity || fact.group.is_empty() {
            return id;
        }
        let around = self.evidence.ids_of_row(fact.row).take(400);
        let mut named = around.filter(|other| {
            let other = self.evidence.fact(*other);
            other.row == fact.row && other.group == fact.group && other.key == "name"
        });
        named.next().unwrap_or(id)
    }

    /// How an attribute is called: its field name in words, with the member around it where the
    /// field alone ("name", "id") says little.
    fn attribute_name(&self, id: FactId) -> String {
        let fact = self.evidence.fact(id);
        let spelled = |name: &str| words::name_words(name).join(" ");
        if fact.identity && !fact.group.is_empty() {
            return short(&spelled(fact.group));
        }
        short(&spelled(fact.key))
    }

    /// A stored value on one line; a time as such, however it is stored.
    pub(super) fn printed(&self, id: FactId) -> String {
        let fact = self.evidence.fact(id);
        if is_time_key(fact.key)
            && let Some(at) = instant(fact.value)
        {
            return format!("{}", at.round(jiff::Unit::Second).unwrap_or(at));
        }
        match fact.value {
            Value::String(text) => short(text),
            other => short(&other.to_string()),
        }
    }

    /// How a row is called in reasons.
    pub(super) fn called(&self, subject: &Subject) -> String {
        subject.first().map_or_else(|| "the results".to_owned(), |row| self.row_called(row))
    }

    /// How one row is called.
    pub(super) fn row_called(&self, row: RowId) -> String {
        match self.evidence.rows[row as usize].alias {
            Some(alias) => short(alias),
            None => self.evidence.name_of(row).map_or_else(|| "the result".to_owned(), |id| self.printed(id)),
        }
    }

    /// Some rows by their names: "4120771, 4120655 and 3 more".
    pub(super) fn rows_called(&self, rows: &[RowId]) -> String {
        let mut names: Vec<String> =
            rows.iter().take(NAMED).map(|row| self.row_called(*row).chars().take(24).collect()).collect();
        if rows.len() > NAMED {
            names.push(format!("{} more", rows.len() - NAMED));
        }
        names.join(", ")
    }

    /// What a recount came to, against what the text says.
    pub(super) fn recounted(&self, list: &List<'_>, matching: usize, printed: &str) -> String {
        let rows = list.rows.len();
        let held = if matching == rows {
            match self.total(list.result) {
                Some((total, _)) => format!("the result has {rows} rows ({total} in all)"),
                None => format!("the result has {rows} rows"),
            }
        } else {
            format!("{matching} of the {rows} rows are so")
        };
        format!("{held}; the text says {}", short(printed))
    }

    /// What the results say of a record in few words: "the results have 4120771: status is closed, …".
    pub(super) fn record_in_short(&self, row: RowId) -> (Vec<FactId>, String) {
        let nouns: Vec<usize> =
            TELLING.iter().filter_map(|noun| crate::domain::grounding::spoken::noun_index(noun)).collect();
        let of = |noun: &usize| {
            let found = self.attribute_facts(&[row], &[*noun]);
            found.into_iter().find(|id| !self.is_unset(*id) && self.evidence.fact(*id).row == row)
        };
        let mut ids: Vec<FactId> = nouns.iter().filter_map(of).take(3).collect();
        ids.dedup();
        if ids.is_empty() {
            let told = |id: &FactId| {
                let fact = self.evidence.fact(*id);
                fact.row == row && !fact.identity && !self.is_unset(*id) && !self.evidence.is_argument(fact)
            };
            ids = self.evidence.ids_of_row(row).take(400).filter(told).take(3).collect();
        }
        let told: Vec<String> = ids
            .iter()
            .map(|id| {
                let value: String = self.printed(self.speaking(*id)).chars().take(30).collect();
                format!("{} is {value}", self.attribute_name(*id))
            })
            .collect();
        let reason = format!("the results have {}: {}", self.row_called(row), told.join(", "));
        (ids, reason)
    }
}

/// Text of a result, cut short and on one line.
pub(super) fn short(text: &str) -> String {
    let mut out = String::new();
    for (at, c) in text.chars().enumerate() {
        if at == LONGEST {
            out.push('…');
            break;
        }
        out.push(if c.is_control() || c.is_whitespace() { ' ' } else { c });
    }
    out
}
