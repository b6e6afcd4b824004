//! Writes an answer from stories: the counts, the rows, the attribute that was asked
//! for. Says only what the stories hold; misbehaviours change the stories or the text
//! before and after (`twist`).

use crate::sim::model::job::Job;
use crate::sim::model::phrases::Voice;
use crate::sim::model::phrases::capital;
use crate::sim::model::posture;
use crate::sim::model::story::Label;
use crate::sim::model::story::MAX_ROWS;
use crate::sim::model::story::Noun;
use crate::sim::model::story::Row;
use crate::sim::model::story::Story;
use crate::sim::model::story::attribute;
use crate::sim::model::story::is_unset;
use crate::sim::model::words::Reading;

pub(super) const HOW_MANY: &[&str] = &[
    "how many",
    "number of",
    "count ",
    "hvor mange",
    "antall",
    "wie viele",
    "anzahl",
    "combien",
    "cuántos",
    "hur många",
    "いくつ",
    "何個",
];
const TABLE: &[&str] = &["table", "tabell", "tabelle"];
const GREETINGS: &[&str] = &["hello", "hi ", "hi!", "hei", "hallo", "good morning", "god morgen", "guten"];
const THANKS: &[&str] = &["thank", "takk", "danke"];

/// Words that ask for an attribute of one object.
const ASKED: [(Label, &[&str]); 18] = [
    (Label::Address, &["address", "adresse", "ip ", "dirección", "adress"]),
    (Label::Assigned, &["assigned", "assignee", "who handles", "tildelt", "ansvarlig", "zugewiesen", "zuständig"]),
    (Label::Priority, &["priority", "prioritet", "priorität"]),
    (Label::Severity, &["severity", "alvorlighet", "schweregrad"]),
    (Label::Customer, &["which customer", "hvilken kunde", "welcher kunde", "welchem kunden"]),
    (Label::Created, &["created", "opened", "opprettet", "erstellt"]),
    (Label::Updated, &["updated", "oppdatert", "aktualisiert", "geändert"]),
    (Label::Closed, &["closed at", "when was it closed", "når ble den lukket", "wann wurde"]),
    (Label::Reporter, &["reporter", "reported by", "meldt av", "gemeldet"]),
    (Label::Category, &["category", "kategori"]),
    (Label::Service, &["service", "tjeneste", "dienst"]),
    (Label::Type, &["type", "typ "]),
    (Label::User, &["which user", "who ", "hvilken bruker", "hvem", "welcher benutzer", "wer "]),
    (
        Label::Host,
        &[
            "which host",
            "that host",
            "this host",
            "the host of",
            "on what host",
            "verten",
            "der host",
            "des hosts",
            "hostname",
            "hvilken vert",
            "welcher host",
            "welchem host",
        ],
    ),
    (Label::Pod, &["which pod", "hvilken pod", "welcher pod", "welchem pod"]),
    (Label::Process, &["which process", "hvilken prosess", "welcher prozess"]),
    (
        Label::Description,
        &[
            "description",
            "about",
            "beskrivelse",
            "handler om",
            "beschreibung",
            "worum",
            "wofür",
            "what is the datastore",
            "hva er datalageret",
            "detect",
            "oppdager",
            "erkennt",
        ],
    ),
    (Label::Status, &["status", "state", "open", "closed", "åpen", "lukket", "offen", "geschlossen", "zustand"]),
];

/// The answer without results: talk, questions back, refusals.
pub(super) fn talk(job: &Job, voice: Voice) -> String {
    let reading = Reading::of(&job.message, &job.hints);
    match job.decision.as_str() {
        "clarify" => return voice.which(subject(&reading)),
        "refuse" => return voice.refusal().to_owned(),
        _ => {}
    }
    if reading.says(THANKS) {
        return voice.welcome().to_owned();
    }
    if reading.says(GREETINGS) {
        return voice.greeting().to_owned();
    }
    if job.decision == "converse" {
        return voice.abilities().to_owned();
    }
    voice.no_result().to_owned()
}

fn subject(reading: &Reading) -> Noun {
    if reading.says(&["event", "hendelse", "ereignis"]) { Noun::Event } else { Noun::Case }
}

/// The answer from results.
pub(super) fn answer(job: &Job, stories: &[Story], voice: Voice) -> String {
    let reading = Reading::of(&job.message, &job.hints);
    let several = stories.len() > 1;
    let mut parts: Vec<String> = stories.iter().map(|story| one(story, several, &reading, voice)).collect();
    parts.extend(job.failures.iter().map(|failure| {
        let (tool, reason) = failure.split_once(": ").unwrap_or((failure.as_str(), "error"));
        voice.failed(tool, reason)
    }));
    if job.decision == "use_shown"
        && let Some(time) = job.results.iter().filter_map(|seen| seen.observed_at.as_deref()).next_back()
    {
        parts.insert(0, voice.as_of(time));
    }
    parts.join("\n\n")
}

fn one(story: &Story, several: bool, reading: &Reading, voice: Voice) -> String {
    match story {
        Story::Rows { noun, rows, shown, total, more } => list(*noun, rows, *shown, *total, *more, reading, voice),
        Story::Object { noun, row, whole } => {
            let id = row.id.as_deref().unwrap_or_default();
            if let Some((label, _)) = ASKED.iter().find(|(_, words)| reading.says(words)) {
                let value = row.get(*label).map(str::to_owned).or_else(|| attribute(whole, *label));
                // Of several results another may say it.
                let told = value.is_some() || !several;
                let answer = match value {
                    Some(value) => voice.has(*noun, id, *label, &value),
                    None if is_unset(whole, *label) => voice.not_set(*noun, id, *label),
                    None => voice.not_said(*noun, id, *label),
                };
                return if told { answer } else { format!("{}.", line(*noun, row, voice)) };
            }
            format!("{}.", line(*noun, row, voice))
        }
        Story::Counts { noun, total, rows, points } => counts(*noun, *total, rows, points, voice),
        Story::Statement { text, others } => voice.statement(text, others),
        Story::Empty { noun, filter } => voice.nothing(*noun, filter),
        Story::Failed { tool, reason } => voice.failed(tool, reason),
        Story::Text { text } => text.clone(),
    }
}

/// The sum, then each group and each stretch of time.
fn counts(noun: Noun, total: u64, rows: &[Row], points: &[(String, u64)], voice: Voice) -> String {
    let mut lines = vec![voice.all_of_them(total, noun)];
    for row in rows {
        let name = row.title.as_deref().unwrap_or_default();
        lines.push(voice.counted(name, row.get(Label::Count).unwrap_or("0"), noun));
    }
    for (time, count) in points {
        lines.push(voice.counted(&voice.from(time), &count.to_string(), noun));
    }
    lines.join("\n")
}

fn list(
    noun: Noun,
    rows: &[Row],
    shown: u64,
    total: Option<u64>,
    more: bool,
    reading: &Reading,
    voice: Voice,
) -> String {
    let told = rows.len().min(MAX_ROWS);
    let head = if more || (told as u64) < shown {
        let known = if more { total } else { Some(total.unwrap_or(shown)) };
        voice.page(told as u64, known, noun)
    } else {
        voice.found(shown, noun)
    };
    // Each figure answers "how many" by itself.
    let figures = rows.iter().any(|row| row.fields.iter().any(|(label, _)| posture::is_figure(*label)));
    if reading.says(HOW_MANY) && noun != Noun::Figure && !figures {
        // A count needs no rows; of a page it is the total, and a page where that is not known.
        return match total {
            Some(total) if more => {
                format!("{} {}", voice.all_of_them(total, noun), voice.page(shown, Some(total), noun))
            }
            None if more => voice.page(shown, None, noun),
            _ => voice.found(total.unwrap_or(shown), noun),
        };
    }
    let body = if reading.says(TABLE) {
        table(&rows[..told], voice)
    } else {
        rows[..told].iter().map(|row| format!("- {}", line(noun, row, voice))).collect::<Vec<_>>().join("\n")
    };
    format!("{head}\n{body}")
}

/// One entity: `Case 4711 (Title): status x, priority y`.
fn line(noun: Noun, row: &Row, voice: Voice) -> String {
    let mut text = capital(voice.noun(noun, false));
    if let Some(id) = &row.id {
        text.push(' ');
        text.push_str(id);
    }
    match &row.title {
        // What somebody wrote in a comment is quoted, not said.
        Some(title) if noun == Noun::Comment => text.push_str(&format!(" “{title}”")),
        Some(title) => text.push_str(&format!(" ({title})")),
        None => {}
    }
    let fields: Vec<String> =
        row.fields.iter().map(|(label, value)| format!("{} {value}", voice.label(*label)).trim().to_owned()).collect();
    if fields.is_empty() { text } else { format!("{text}: {}", fields.join(", ")) }
}

fn table(rows: &[Row], voice: Voice) -> String {
    let mut labels: Vec<Label> = Vec::new();
    for (label, _) in rows.iter().flat_map(|row| &row.fields) {
        if !labels.contains(label) {
            labels.push(*label);
        }
    }
    let heads: Vec<&str> = labels.iter().map(|label| voice.label(*label)).collect();
    let mut text = format!("| id | {} |\n|---|{}", heads.join(" | "), "---|".repeat(labels.len()));
    for row in rows {
        let cells: Vec<&str> = labels.iter().map(|label| row.get(*label).unwrap_or("–")).collect();
        text.push_str(&format!("\n| {} | {} |", row.id.as_deref().unwrap_or("–"), cells.join(" | ")));
    }
    text
}
