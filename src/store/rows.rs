//! Rows to domain values and back, each conversion spelled out. Times are microseconds;
//! text that may hold anything a model or a tool wrote is kept as a JSON string, since
//! PostgreSQL text cannot hold NUL. What does not read back is `Corrupt`, never a default.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::elicitation::OpenCall;
use crate::domain::event::BasisItem;
use crate::domain::event::Citation;
use crate::domain::event::Question;
use crate::domain::event::Stopped;
use crate::domain::event::Usage;
use crate::domain::ids::CallId;
use crate::domain::ids::ConversationId;
use crate::domain::ids::ResultId;
use crate::domain::ids::TurnId;
use crate::domain::ledger::LedgerEntry;
use crate::domain::message::Conversation;
use crate::domain::message::Message;
use crate::domain::message::Role;
use crate::domain::policy::decision::Ruling;
use crate::engine::ports::StoreError;
use crate::engine::record::TurnRecord;
use crate::engine::record::TurnTimings;
use crate::store::database::Row;
use crate::store::database::Value;
use crate::store::error::corrupt;

/// The columns of [`entry`], of table `results` under the name `r`.
pub const RESULT_COLUMNS: &str = "r.id, r.turn_id, r.call_id, r.server, r.tool, r.made_by, r.outcome, \
    r.observed_at, r.max_age_ms, r.digest, r.evidence, r.stale, r.shown, r.superseded_by, r.error_json, \
    r.page_json, r.arguments_json";

/// The columns of [`entry_values`], in their order.
pub const RESULT_INSERT: &str = "id, turn_id, position, conversation_id, call_id, server, tool, made_by, outcome, \
    observed_at, max_age_ms, digest, evidence, stale, shown, superseded_by, error_json, page_json, arguments_json, content_json";

/// How many columns [`RESULT_INSERT`] names.
pub const RESULT_INSERT_COLUMNS: usize = 20;

/// Text for a plain column: NUL, which PostgreSQL cannot hold, becomes U+FFFD.
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Text as the search compares it: lower case in every language.
pub fn folded(text: &str) -> String {
    plain(text).to_lowercase()
}

/// Compact JSON.
///
/// # Errors
/// [`StoreError::Corrupt`] for a value that JSON cannot hold.
pub fn json<T: Serialize + ?Sized>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|reason| corrupt(what, reason))
}

/// Back from [`json`].
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn parsed<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|reason| corrupt(what, reason))
}

/// The stable name of a value of an enum, as contracts spell it.
///
/// # Errors
/// [`StoreError::Corrupt`] for a value that has no name.
pub fn name<T: Serialize>(what: &'static str, value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        Ok(_) => Err(corrupt(what, "not a plain name")),
        Err(reason) => Err(corrupt(what, reason)),
    }
}

/// Back from [`name`].
///
/// # Errors
/// [`StoreError::Corrupt`] for a name that this program does not know.
pub fn named<T: DeserializeOwned>(what: &'static str, name: String) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(name)).map_err(|reason| corrupt(what, reason))
}

/// A stored time.
///
/// # Errors
/// [`StoreError::Corrupt`] outside of the range of times.
pub fn time(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros).map_err(|reason| corrupt("time", reason))
}

/// The head of a conversation from columns `id, owner, title, created_at, updated_at`.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn conversation(row: &Row) -> Result<Conversation, StoreError> {
    Ok(Conversation {
        id: ConversationId(row.id("id")?),
        owner: row.text("owner")?,
        title: row.text("title")?,
        created_at: time(row.int("created_at")?)?,
        updated_at: time(row.int("updated_at")?)?,
    })
}

/// The message of the user and the reply, if there was one, from columns `id, message_json, reply_json`.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn messages(row: &Row) -> Result<impl Iterator<Item = Message> + use<>, StoreError> {
    let turn_id = Some(TurnId(row.id("id")?));
    let asked: String = parsed("message", &row.text("message_json")?)?;
    let reply: String = parsed("reply", &row.text("reply_json")?)?;
    let reply = (!reply.is_empty()).then_some(Message { role: Role::Assistant, content: reply, turn_id });
    Ok(std::iter::once(Message { role: Role::User, content: asked, turn_id }).chain(reply))
}

/// One ledger entry from [`RESULT_COLUMNS`], with its payload and the marks it carries now.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn entry(row: &Row, content: Arc<serde_json::Value>) -> Result<LedgerEntry, StoreError> {
    let max_age_ms = row.int_or_none("max_age_ms")?.map(u64::try_from).transpose();
    Ok(LedgerEntry {
        id: ResultId(row.id("id")?),
        call_id: CallId(row.id("call_id")?),
        turn_id: TurnId(row.id("turn_id")?),
        server: row.text("server")?,
        tool: row.text("tool")?,
        arguments: parsed("arguments", &row.text("arguments_json")?)?,
        made_by: named("made_by", row.text("made_by")?)?,
        observed_at: time(row.int("observed_at")?)?,
        outcome: named("outcome", row.text("outcome")?)?,
        digest: row.text("digest")?,
        content,
        page: row.text_or_none("page_json")?.map(|text| parsed("page", &text)).transpose()?,
        error: row.text_or_none("error_json")?.map(|text| parsed("error", &text)).transpose()?,
        cause: None,
        max_age_ms: max_age_ms.map_err(|reason| corrupt("max_age", reason))?,
        evidence: row.flag("evidence")?,
        shown: row.flag("shown")?,
        stale: row.flag("stale")?,
        superseded_by: row.id_or_none("superseded_by")?.map(ResultId),
    })
}

/// One ledger entry from [`RESULT_COLUMNS`] and `content_json`.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub fn entry_with_content(row: &Row) -> Result<LedgerEntry, StoreError> {
    let content = parsed("content", &row.text("content_json")?)?;
    entry(row, Arc::new(content))
}

/// The values of one entry in the order of [`RESULT_INSERT`], with the marks its own turn gives it.
///
/// # Errors
/// [`StoreError::Corrupt`] for a value that cannot be stored.
pub fn entry_values(
    record: &TurnRecord,
    position: usize,
    entry: &LedgerEntry,
) -> Result<[Value; RESULT_INSERT_COLUMNS], StoreError> {
    let position = i64::try_from(position).map_err(|reason| corrupt("position", reason))?;
    // A limit beyond 292 million years is none.
    let max_age_ms = entry.max_age_ms.and_then(|limit| i64::try_from(limit).ok());
    let replaced_by = record.superseded.iter().find(|(old, _)| *old == entry.id).map(|(_, new)| *new);
    Ok([
        entry.id.0.into(),
        record.id.0.into(),
        position.into(),
        record.conversation_id.0.into(),
        entry.call_id.0.into(),
        plain(&entry.server).as_ref().into(),
        plain(&entry.tool).as_ref().into(),
        name("made_by", &entry.made_by)?.into(),
        entry.outcome.as_str().into(),
        entry.observed_at.as_microsecond().into(),
        Value::Int(max_age_ms),
        plain(&entry.digest).as_ref().into(),
        entry.evidence.into(),
        (entry.stale || record.staled.contains(&entry.id)).into(),
        (entry.shown || record.shown.contains(&entry.id)).into(),
        Value::Id(entry.superseded_by.or(replaced_by).map(|id| id.0)),
        Value::Text(entry.error.as_ref().map(|text| json("error", text)).transpose()?),
        Value::Text(entry.page.as_ref().map(|page| json("page", page)).transpose()?),
        json("arguments", &entry.arguments)?.into(),
        json("content", &*entry.content)?.into(),
    ])
}

/// Length of the JSON text of the payload among the values of an entry.
pub fn content_length(values: &[Value; RESULT_INSERT_COLUMNS]) -> usize {
    match values.last() {
        Some(Value::Text(Some(text))) => text.len(),
        _ => 0,
    }
}

/// Marks of a result as the record of its own turn had them; later turns change the row.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Marks {
    stale: bool,
    shown: bool,
    superseded_by: Option<ResultId>,
}

impl Marks {
    fn of(entry: &LedgerEntry) -> Self {
        Self { stale: entry.stale, shown: entry.shown, superseded_by: entry.superseded_by }
    }

    /// Gives an entry the marks it had in the record.
    pub fn restore(self, entry: &mut LedgerEntry) {
        entry.stale = self.stale;
        entry.shown = self.shown;
        entry.superseded_by = self.superseded_by;
    }
}

/// The parts of a record that are only ever read with it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Detail<'a> {
    /// The turn that this one takes the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<TurnId>,
    /// See [`TurnRecord`] for this and the others.
    #[serde(default, skip_serializing_if = "is_none")]
    pub asked: Cow<'a, Option<String>>,
    /// What was decided.
    pub ruling: Cow<'a, Option<Ruling>>,
    /// The basis.
    pub basis: Cow<'a, [BasisItem]>,
    /// The citations.
    pub citations: Cow<'a, [Citation]>,
    /// What was stopped.
    pub stopped: Cow<'a, [Stopped]>,
    /// The question back.
    pub question: Cow<'a, Option<Question>>,
    /// The call that waits for the answer to it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub open_call: Cow<'a, Option<OpenCall>>,
    /// Tokens.
    pub usage: Usage,
    /// Where the time went.
    pub timings_ms: TurnTimings,
    /// Results made stale.
    pub staled: Cow<'a, [ResultId]>,
    /// Results shown.
    pub shown: Cow<'a, [ResultId]>,
    /// Results replaced, with the new ones.
    pub superseded: Cow<'a, [(ResultId, ResultId)]>,
    /// Digest of the catalog.
    pub catalog_digest: Cow<'a, str>,
    /// Digest of the configuration.
    pub config_digest: Cow<'a, str>,
    /// Marks of the turn's results, in their order.
    pub marks: Vec<Marks>,
}

impl<'a> Detail<'a> {
    /// Of a record about to be stored.
    pub fn of(record: &'a TurnRecord) -> Self {
        Self {
            asked: Cow::Borrowed(&record.asked),
            ruling: Cow::Borrowed(&record.ruling),
            basis: Cow::Borrowed(&record.basis),
            citations: Cow::Borrowed(&record.citations),
            stopped: Cow::Borrowed(&record.stopped),
            question: Cow::Borrowed(&record.question),
            open_call: Cow::Borrowed(&record.open_call),
            usage: record.usage,
            timings_ms: record.timings_ms,
            staled: Cow::Borrowed(&record.staled),
            shown: Cow::Borrowed(&record.shown),
            superseded: Cow::Borrowed(&record.superseded),
            catalog_digest: Cow::Borrowed(&record.catalog_digest),
            config_digest: Cow::Borrowed(&record.config_digest),
            replaces: record.replaces,
            marks: record.results.iter().map(Marks::of).collect(),
        }
    }
}

fn is_none<T>(value: &impl Deref<Target = Option<T>>) -> bool {
    value.is_none()
}

/// The whole record from a row of `turns` and the entries of the turn, in their order.
///
/// # Errors
/// [`StoreError::Corrupt`], also when results are missing.
pub fn record(row: &Row, mut results: Vec<LedgerEntry>) -> Result<TurnRecord, StoreError> {
    let detail: Detail<'static> = parsed("turn", &row.text("detail_json")?)?;
    if detail.marks.len() != results.len() {
        return Err(corrupt("turn", format!("{} of {} results", results.len(), detail.marks.len())));
    }
    for (entry, marks) in results.iter_mut().zip(&detail.marks) {
        marks.restore(entry);
    }
    Ok(TurnRecord {
        id: TurnId(row.id("id")?),
        conversation_id: ConversationId(row.id("conversation_id")?),
        owner: row.text("owner")?,
        message: parsed("message", &row.text("message_json")?)?,
        asked: detail.asked.into_owned(),
        ruling: detail.ruling.into_owned(),
        outcome: named("outcome", row.text("outcome")?)?,
        text: parsed("reply", &row.text("reply_json")?)?,
        verdict: named("verdict", row.text("verdict")?)?,
        basis: detail.basis.into_owned(),
        citations: detail.citations.into_owned(),
        claims: parsed("claims", &row.text("claims_json")?)?,
        stopped: detail.stopped.into_owned(),
        question: detail.question.into_owned(),
        open_call: detail.open_call.into_owned(),
        usage: detail.usage,
        started_at: time(row.int("started_at")?)?,
        finished_at: time(row.int("finished_at")?)?,
        timings_ms: detail.timings_ms,
        results,
        staled: detail.staled.into_owned(),
        shown: detail.shown.into_owned(),
        superseded: detail.superseded.into_owned(),
        events: parsed("events", &row.text("events_json")?)?,
        exchanges: parsed("exchanges", &row.text("exchanges_json")?)?,
        catalog_digest: detail.catalog_digest.into_owned(),
        config_digest: detail.config_digest.into_owned(),
        fingerprint: row.text_or_none("fingerprint")?.unwrap_or_default(),
        failure: row.text_or_none("failure")?,
        replaces: detail.replaces,
    })
}
