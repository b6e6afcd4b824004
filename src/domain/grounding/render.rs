//! The gateway's own rendering of results, used when no draft may leave: a table of
//! the rows or a list of the fields, values as stored, bounded, and harmless as
//! Markdown. It states nothing but stored values and counts, so [`super::check`]
//! supports all of it; tests hold it to that for any JSON.

use std::fmt::Write as _;

use serde_json::Value;

use crate::domain::grounding::facts::Evidence;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::List;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::facts::is_identity;
use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::marks::is_bookkeeping;
use crate::domain::lang::Lang;
use crate::domain::outcome::Outcome;

/// Rows of one table.
pub const MAX_ROWS: usize = 20;
/// Columns of one table.
pub const MAX_COLUMNS: usize = 6;
/// Fields of one record.
pub const MAX_FIELDS: usize = 40;
/// Characters of one value.
pub const MAX_VALUE_CHARS: usize = 160;
/// Tables inside one record.
const MAX_INNER_TABLES: usize = 3;
/// Results rendered.
const MAX_RESULTS: usize = 12;
/// Lines of a plain text.
const MAX_LINES: usize = 40;

/// Sentences of the rendering, one set per language.
struct Sentences {
    empty: &'static str,
    error: &'static str,
    timeout: &'static str,
    unavailable: &'static str,
    arguments: &'static str,
    denied: &'static str,
    ambiguous: &'static str,
    shown: &'static str,
    more: &'static str,
    none: &'static str,
}

const SENTENCES: [Sentences; 8] = [
    Sentences {
        empty: "The call to {} succeeded and matched nothing.",
        error: "The call to {} failed: the tool answered with an error.",
        timeout: "The call to {} failed: it timed out.",
        unavailable: "The call to {} failed: the tool is unavailable.",
        arguments: "The call to {} failed: its arguments were refused.",
        denied: "The call to {} failed: access was denied.",
        ambiguous: "The call to {} has several possible targets.",
        shown: "{} of {} rows are shown.",
        more: "{} rows are shown, more rows exist.",
        none: "There is no result to show.",
    },
    Sentences {
        empty: "Kallet til {} lyktes og ga ingen treff.",
        error: "Kallet til {} feilet: verktøyet svarte med en feil.",
        timeout: "Kallet til {} feilet: tidsavbrudd.",
        unavailable: "Kallet til {} feilet: verktøyet er utilgjengelig.",
        arguments: "Kallet til {} feilet: argumentene ble avvist.",
        denied: "Kallet til {} feilet: tilgang ble nektet.",
        ambiguous: "Kallet til {} har flere mulige mål.",
        shown: "{} av {} rader vises.",
        more: "{} rader vises, flere rader finnes.",
        none: "Det er ikke noe resultat å vise.",
    },
    Sentences {
        empty: "Anropet till {} lyckades och gav inga träffar.",
        error: "Anropet till {} misslyckades: verktyget svarade med ett fel.",
        timeout: "Anropet till {} misslyckades: tidsgräns.",
        unavailable: "Anropet till {} misslyckades: verktyget är otillgängligt.",
        arguments: "Anropet till {} misslyckades: argumenten avvisades.",
        denied: "Anropet till {} misslyckades: åtkomst nekades.",
        ambiguous: "Anropet till {} har flera möjliga mål.",
        shown: "{} av {} rader visas.",
        more: "{} rader visas, fler rader finns.",
        none: "Det finns inte något resultat att visa.",
    },
    Sentences {
        empty: "Kaldet til {} lykkedes og gav ingen træffer.",
        error: "Kaldet til {} mislykkedes: værktøjet svarede med en fejl.",
        timeout: "Kaldet til {} mislykkedes: timeout.",
        unavailable: "Kaldet til {} mislykkedes: værktøjet er utilgængelig.",
        arguments: "Kaldet til {} mislykkedes: argumenterne blev afvist.",
        denied: "Kaldet til {} mislykkedes: adgang blev nægtet.",
        ambiguous: "Kaldet til {} har flere mulige mål.",
        shown: "{} af {} rækker vises.",
        more: "{} rækker vises, flere rækker findes.",
        none: "Der er ikke noget resultat at vise.",
    },
    Sentences {
        empty: "Der Aufruf von {} war erfolgreich und ergab keine Treffer.",
        error: "Der Aufruf von {} ist fehlgeschlagen: das Werkzeug meldete einen Fehler.",
        timeout: "Der Aufruf von {} ist fehlgeschlagen: Zeitüberschreitung.",
        unavailable: "Der Aufruf von {} ist fehlgeschlagen: das Werkzeug ist nicht verfügbar.",
        arguments: "Der Aufruf von {} ist fehlgeschlagen: die Argumente wurden abgelehnt.",
        denied: "Der Aufruf von {} ist fehlgeschlagen: der Zugriff wurde verweigert.",
        ambiguous: "Der Aufruf von {} hat mehrere mögliche Ziele.",
        shown: "{} von {} Zeilen werden angezeigt.",
        more: "{} Zeilen werden angezeigt, weitere Zeilen sind vorhanden.",
        none: "Es ist nichts anzuzeigen.",
    },
    Sentences {
        empty: "L'appel à {} a réussi et n'a donné aucun résultat.",
        error: "L'appel à {} a échoué : l'outil a répondu par une erreur.",
        timeout: "L'appel à {} a échoué : délai dépassé.",
        unavailable: "L'appel à {} a échoué : l'outil est indisponible.",
        arguments: "L'appel à {} a échoué : les arguments ont été refusés.",
        denied: "L'appel à {} a échoué : accès refusé.",
        ambiguous: "L'appel à {} a plusieurs cibles possibles.",
        shown: "{} lignes sur {} lignes sont affichées.",
        more: "{} lignes sont affichées, d'autres lignes existent.",
        none: "Il n'y a pas de résultat à afficher.",
    },
    Sentences {
        empty: "La llamada a {} tuvo éxito y no se encontró ninguna coincidencia.",
        error: "La llamada a {} falló: la herramienta respondió con un error.",
        timeout: "La llamada a {} falló: tiempo de espera agotado.",
        unavailable: "La llamada a {} falló: la herramienta no disponible.",
        arguments: "La llamada a {} falló: los argumentos fueron rechazados.",
        denied: "La llamada a {} falló: acceso denegado.",
        ambiguous: "La llamada a {} tiene varios objetivos posibles.",
        shown: "Se muestran {} de las {} filas, mostradas por orden.",
        more: "{} filas mostradas, hay más filas.",
        none: "No hay resultado que mostrar.",
    },
    Sentences {
        empty: "{} の呼び出しは成功しましたが、該当なしでした。",
        error: "{} の呼び出しは失敗しました: ツールがエラーを返しました。",
        timeout: "{} の呼び出しは失敗しました: タイムアウト。",
        unavailable: "{} の呼び出しは失敗しました: ツールは利用できません。",
        arguments: "{} の呼び出しは失敗しました: 引数が拒否されました。",
        denied: "{} の呼び出しは失敗しました: アクセスが拒否されました。",
        ambiguous: "{} の呼び出しには複数の対象があります。",
        shown: "{} 行を表示 (全 {} 行)。",
        more: "{} 行を表示、他にも行があります。",
        none: "表示する結果がありません。",
    },
];

fn sentences(language: Lang) -> &'static Sentences {
    let at = Lang::KNOWN.iter().position(|known| *known == language).unwrap_or(0);
    &SENTENCES[at]
}

/// Whether a sentence is one of the rendering's own about the number of rows.
pub(super) fn is_own_sentence(text: &str) -> bool {
    let text = text.trim();
    SENTENCES.iter().any(|s| [s.shown, s.more].iter().any(|template| filled(template, text).is_some()))
}

/// Outcome and tool of a sentence of the rendering's own about a call.
pub(super) fn own_outcome(text: &str) -> Option<(Outcome, &str)> {
    let text = text.trim();
    SENTENCES.iter().find_map(|s| {
        let templates = [
            (s.empty, Outcome::Empty),
            (s.error, Outcome::Error),
            (s.timeout, Outcome::Timeout),
            (s.unavailable, Outcome::Unavailable),
            (s.arguments, Outcome::InvalidArguments),
            (s.denied, Outcome::Denied),
            (s.ambiguous, Outcome::Ambiguous),
        ];
        templates.into_iter().find_map(|(template, outcome)| Some((outcome, filled(template, text)?.trim_matches('`'))))
    })
}

/// The first filling of a template, if the text is one of it.
fn filled<'t>(template: &str, text: &'t str) -> Option<&'t str> {
    let (first, rest) = template.split_once("{}")?;
    let left = text.strip_prefix(first)?;
    let (middle, last) = rest.split_once("{}").unwrap_or((rest, ""));
    if last.is_empty() && !rest.contains("{}") {
        let filling = left.strip_suffix(middle)?;
        return (filling.len() <= 80).then_some(filling);
    }
    let at = left.find(middle)?;
    let second = left.get(at + middle.len()..)?.strip_suffix(last)?;
    (second.len() <= 40).then(|| left.get(..at)).flatten()
}

/// Whether a sentence is the one that stands for no result at all; it denies nothing.
pub(super) fn is_nothing_to_show(text: &str) -> bool {
    SENTENCES.iter().any(|s| s.none == text.trim())
}

fn fill(template: &str, values: &[&str]) -> String {
    let mut out = String::new();
    let mut values = values.iter();
    for (at, part) in template.split("{}").enumerate() {
        if at > 0 {
            out.push_str(values.next().copied().unwrap_or_default());
        }
        out.push_str(part);
    }
    out
}

/// Renders results for a person: what was found, or why nothing was.
pub fn render_results(results: &[EvidenceResult], language: Lang) -> String {
    let words = sentences(language);
    let evidence = Evidence::new(results);
    let mut out = String::new();
    for (at, result) in results.iter().enumerate().take(MAX_RESULTS) {
        let tool = tool_name(&result.tool);
        let sentence = match result.outcome {
            Outcome::Empty => Some(words.empty),
            Outcome::Error => Some(words.error),
            Outcome::Timeout => Some(words.timeout),
            Outcome::Unavailable => Some(words.unavailable),
            Outcome::InvalidArguments => Some(words.arguments),
            Outcome::Denied => Some(words.denied),
            Outcome::Ambiguous => Some(words.ambiguous),
            Outcome::Ok | Outcome::Partial | Outcome::Truncated => None,
        };
        if let Some(sentence) = sentence {
            out.push_str(&fill(sentence, &[&tool]));
            out.push_str("\n\n");
        }
        if result.outcome.has_data() {
            if results.len() > 1 {
                let _ = writeln!(out, "### {tool}\n");
            }
            Renderer { evidence: &evidence, words, out: &mut out }
                .result(u32::try_from(at).unwrap_or(u32::MAX), result);
        }
    }
    let text = out.trim_end().to_owned();
    if text.is_empty() { words.none.to_owned() } else { text }
}

fn tool_name(name: &str) -> String {
    format!("`{}`", bare_tool_name(name))
}

/// A tool's name as the rendering prints it.
pub(super) fn bare_tool_name(name: &str) -> String {
    name.chars().take(64).map(|c| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '_' }).collect()
}

struct Renderer<'e, 'a, 'o> {
    evidence: &'e Evidence<'a>,
    words: &'static Sentences,
    out: &'o mut String,
}

impl Renderer<'_, '_, '_> {
    fn result(&mut self, at: u32, result: &EvidenceResult) {
        if let Value::String(text) = result.content.as_ref() {
            self.text(text);
            return;
        }
        let lists: Vec<&List<'_>> = self
            .evidence
            .lists
            .iter()
            .filter(|list| {
                list.result == at && self.evidence.rows[list.parent as usize].envelope && !list.rows.is_empty()
            })
            .take(MAX_INNER_TABLES)
            .collect();
        let records: Vec<RowId> = (0..self.evidence.rows.len())
            .filter_map(|row| RowId::try_from(row).ok())
            .filter(|row| {
                let data = &self.evidence.rows[*row as usize];
                data.result == at
                    && data.list.is_none()
                    && !data.envelope
                    && data.parent.is_some_and(|parent| self.evidence.rows[parent as usize].envelope)
            })
            .collect();
        for record in &records {
            self.record(*record);
        }
        for list in &lists {
            self.table(list, true);
        }
        if lists.is_empty() && records.is_empty() {
            let root = self.evidence.rows.iter().position(|row| row.result == at && row.parent.is_none());
            if let Some(root) = root.and_then(|root| RowId::try_from(root).ok()) {
                self.fields(root);
            }
        }
    }

    fn record(&mut self, row: RowId) {
        self.fields(row);
        let inner: Vec<&List<'_>> = self
            .evidence
            .lists
            .iter()
            .filter(|list| list.parent == row && !list.rows.is_empty())
            .take(MAX_INNER_TABLES)
            .collect();
        for list in inner {
            self.table(list, false);
        }
    }

    fn fields(&mut self, row: RowId) {
        let mut ids: Vec<FactId> = self
            .evidence
            .ids_of_row(row)
            .filter(|id| {
                let fact = self.evidence.fact(*id);
                fact.row == row
                    && !fact.key.is_empty()
                    && !is_bookkeeping(fact)
                    && !self.evidence.is_argument(fact)
                    && cell(fact.value) != EMPTY
            })
            .take(4000)
            .collect();
        ids.sort_by_key(|id| (telling(self.evidence.fact(*id)), *id));
        for id in ids.into_iter().take(MAX_FIELDS) {
            let label = label(self.evidence, id);
            if is_plain_label(&label) {
                let _ = writeln!(self.out, "- {label}: {}", cell(self.evidence.fact(id).value));
            }
        }
        self.out.push('\n');
    }

    fn table(&mut self, list: &List<'_>, outer: bool) {
        let columns = self.columns(list);
        if columns.is_empty() {
            return;
        }
        let _ = writeln!(self.out, "| {} |", columns.join(" | "));
        let _ = writeln!(self.out, "|{}", " --- |".repeat(columns.len()));
        let mut shown = 0;
        for row in list.rows.iter().take(MAX_ROWS) {
            let cells: Vec<String> = columns.iter().map(|column| self.cell_of(*row, column)).collect();
            let _ = writeln!(self.out, "| {} |", cells.join(" | "));
            shown += 1;
        }
        self.out.push('\n');
        let result = &self.evidence.results[list.result as usize];
        let total = if outer { super::check::total_of(self.evidence, list) } else { None };
        let all = total.unwrap_or(list.rows.len() as u64);
        let sentence = if all > shown {
            Some(fill(self.words.shown, &[&shown.to_string(), &all.to_string()]))
        } else if outer && result.outcome == Outcome::Partial {
            Some(fill(self.words.more, &[&shown.to_string()]))
        } else {
            None
        };
        if let Some(sentence) = sentence {
            self.out.push_str(&sentence);
            self.out.push_str("\n\n");
        }
    }

    /// The most telling single-valued fields of the first rows.
    fn columns(&self, list: &List<'_>) -> Vec<String> {
        let mut found: Vec<(u8, usize, String)> = Vec::new();
        for row in list.rows.iter().take(MAX_ROWS) {
            let mut here: Vec<String> = Vec::new();
            for id in self.evidence.ids_of_row(*row).take(600) {
                let fact = self.evidence.fact(id);
                if fact.row != *row || fact.key.is_empty() || is_bookkeeping(fact) || cell(fact.value) == EMPTY {
                    continue;
                }
                let label = label(self.evidence, id);
                if !is_plain_label(&label) || here.contains(&label) {
                    found.retain(|(_, _, known)| !here.contains(&label) || *known != label);
                    continue;
                }
                if !found.iter().any(|(_, _, known)| *known == label) && found.len() < 400 {
                    found.push((telling(fact), found.len(), label.clone()));
                }
                here.push(label);
            }
        }
        found.sort();
        found.into_iter().map(|(_, _, label)| label).take(MAX_COLUMNS).collect()
    }

    fn cell_of(&self, row: RowId, column: &str) -> String {
        let id = self
            .evidence
            .ids_of_row(row)
            .take(600)
            .find(|id| self.evidence.fact(*id).row == row && label(self.evidence, *id) == column);
        id.map_or_else(|| EMPTY.to_owned(), |id| cell(self.evidence.fact(id).value))
    }

    /// A plain text, fenced: nothing in it is Markdown any more.
    fn text(&mut self, text: &str) {
        let lines: Vec<&str> = text
            .lines()
            .map(|line| line.trim_matches(|c: char| c.is_whitespace() || c.is_control()))
            .filter(|line| line.chars().count() >= 4 && !line.starts_with("```") && !line.starts_with("~~~"))
            .filter(|line| !line.chars().any(is_invisible) && line.chars().count() <= 400)
            .take(MAX_LINES)
            .collect();
        if lines.is_empty() {
            return;
        }
        let _ = writeln!(self.out, "```text\n{}\n```\n", lines.join("\n"));
    }
}

const EMPTY: &str = "–";

/// Order in which fields are shown: what a record is called, its state, its times, the rest.
fn telling(fact: &Fact<'_>) -> u8 {
    let key = fact.key.to_ascii_lowercase();
    let long = fact.text().is_some_and(|text| text.chars().count() > MAX_VALUE_CHARS);
    match key.as_str() {
        // What somebody wrote is the record itself, at whatever length.
        "comment" | "message" => 2,
        _ if long => 9,
        "id" | "key" | "name" | "shortname" if fact.group.is_empty() => 0,
        "subject" | "title" | "hostname" | "rulename" => 1,
        "status" | "state" | "severity" | "priority" => 2,
        "count" | "value" | "total" | "type" => 3,
        _ if key.ends_with("time") && fact.value.is_string() => 4,
        "shortname" | "name" | "address" => 5,
        _ if is_identity(fact.key) => 6,
        _ if key.ends_with("timestamp") => 8,
        _ => 7,
    }
}

/// The member names from the row to the fact, joined with points.
pub(super) fn label(evidence: &Evidence<'_>, id: FactId) -> String {
    let fact = evidence.fact(id);
    if fact.group.is_empty() { fact.key.to_owned() } else { format!("{}.{}", fact.group, fact.key) }
}

/// Whether a member name can be printed as a label.
fn is_plain_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 64
        && label.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        && label.chars().next().is_some_and(|c| c.is_ascii_alphabetic())
        && label.chars().last().is_some_and(|c| c.is_ascii_alphanumeric())
}

/// A value as one harmless cell. Free text with Markdown in it becomes a code span.
pub(super) fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null | Value::Array(_) | Value::Object(_) => return EMPTY.to_owned(),
        Value::Bool(stored) => return stored.to_string(),
        Value::Number(number) => return number.to_string(),
        Value::String(text) => text,
    };
    let mut clean = String::with_capacity(text.len().min(256));
    let mut chars = 0;
    let mut cut = false;
    for part in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|part| !part.is_empty()) {
        if chars > 0 {
            clean.push(' ');
            chars += 1;
        }
        for c in part.chars().filter(|c| !is_invisible(*c)) {
            if chars >= MAX_VALUE_CHARS {
                cut = true;
                break;
            }
            clean.push(match c {
                '|' => '¦',
                '`' => '\'',
                other => other,
            });
            chars += 1;
        }
        if cut {
            break;
        }
    }
    let mut clean = clean.trim().to_owned();
    if cut {
        clean.push('…');
    }
    if !clean.chars().any(char::is_alphanumeric) {
        return EMPTY.to_owned();
    }
    let risky = clean.contains(['*', '[', ']', '<', '>', '~', '\\', '@', '&', '$'])
        || clean.contains("://")
        || clean.to_ascii_lowercase().contains("www.")
        || clean.split(' ').any(|word| word.starts_with('_') || word.ends_with('_'))
        || clean.starts_with(['#', '-', '+', '=', '_']);
    if risky { format!("`{clean}`") } else { clean }
}

/// Characters that change how others show, or do not show at all.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}' | '\u{e0000}'..='\u{e007f}')
}
