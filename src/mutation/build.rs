//! From a rule's values to drafts: picks phrasings, renders them, makes the lies, and
//! drops every lie that says the same as the truth.

use std::collections::BTreeMap;

use anyhow::anyhow;

use crate::domain::grounding::claim::CharSpan;
use crate::domain::grounding::input::Stance;
use crate::domain::policy::decision::RouterDecision;
use crate::mutation::corpus::Corpus;
use crate::mutation::dice::Dice;
use crate::mutation::draft::Draft;
use crate::mutation::draft::Mutation;
use crate::mutation::draft::Rendered;
use crate::mutation::draft::Scene;
use crate::mutation::draft::Variant;
use crate::mutation::draft::around;
use crate::mutation::draft::render;
use crate::mutation::language::Language;
use crate::mutation::rules::RULES;
use crate::mutation::rules::Rule;

/// The values of one honest statement, and what would make it false.
#[derive(Clone, Debug)]
pub struct Fill {
    /// Names of the results it rests on, and of others beside them.
    pub results: Vec<&'static str>,
    /// True values by slot.
    pub slots: BTreeMap<String, String>,
    /// Rows of a list: the line with `{id}` is repeated for each.
    pub rows: Vec<BTreeMap<String, String>>,
    /// Values that make it false: mutation, and new values by slot.
    pub lies: Vec<(Mutation, Vec<(String, String)>)>,
    /// Other templates that make it false: mutation, group, and whether the lie stands
    /// behind the honest text instead of in its place.
    pub other_words: Vec<(Mutation, &'static str, bool)>,
    /// The user's message.
    pub user_message: String,
    /// Kind of turn.
    pub stance: Stance,
}

impl Fill {
    /// A statement over these results, in a turn that called tools.
    pub fn over(results: &[&'static str]) -> Self {
        Self {
            results: results.to_vec(),
            slots: BTreeMap::new(),
            rows: Vec::new(),
            lies: Vec::new(),
            other_words: Vec::new(),
            user_message: String::new(),
            stance: Stance::Turn(RouterDecision::CallTool),
        }
    }

    /// A true value.
    #[must_use]
    pub fn with(mut self, slot: &str, text: impl Into<String>) -> Self {
        self.slots.insert(slot.to_owned(), text.into());
        self
    }

    /// A false value.
    #[must_use]
    pub fn lie(mut self, mutation: Mutation, slot: &str, text: impl Into<String>) -> Self {
        self.lies.push((mutation, vec![(slot.to_owned(), text.into())]));
        self
    }

    /// A false value, if there is one.
    #[must_use]
    pub fn maybe(self, mutation: Mutation, slot: &str, text: Option<String>) -> Self {
        match text {
            Some(text) => self.lie(mutation, slot, text),
            None => self,
        }
    }

    /// False values of several slots at once.
    #[must_use]
    pub fn lies(mut self, mutation: Mutation, texts: &[(&str, &str)]) -> Self {
        let texts = texts.iter().map(|(slot, text)| ((*slot).to_owned(), (*text).to_owned())).collect();
        self.lies.push((mutation, texts));
        self
    }

    /// Other words that make it false.
    #[must_use]
    pub fn instead(mut self, mutation: Mutation, group: &'static str) -> Self {
        self.other_words.push((mutation, group, false));
        self
    }

    /// Words that make it false when they stand behind it.
    #[must_use]
    pub fn and_then(mut self, mutation: Mutation, group: &'static str) -> Self {
        self.other_words.push((mutation, group, true));
        self
    }
}

/// What a rule may look at.
pub struct Scope<'a> {
    /// The evidence.
    pub corpus: &'a Corpus,
    /// The language to write in.
    pub language: &'a Language,
}

/// All drafts of a run, `per_rule` for each phrasing of each rule in each language.
///
/// # Errors
/// When a phrase file or a rule is faulty.
pub fn drafts(corpus: &Corpus, languages: &[Language], seed: u64, per_rule: usize) -> anyhow::Result<Vec<Draft>> {
    let mut all = Vec::new();
    for language in languages {
        for rule in RULES {
            for template in language.group(rule.name) {
                for round in 0..per_rule {
                    let purpose = format!("{}/{}/{template}/{round}", language.lang.code(), rule.name);
                    let mut dice = Dice::new(seed, &purpose);
                    let scope = Scope { corpus, language };
                    if let Some(fill) = (rule.make)(&scope, &mut dice) {
                        all.push(draft(&scope, rule, template, &fill, &mut dice)?);
                    }
                }
            }
        }
    }
    Ok(all)
}

fn draft(scope: &Scope<'_>, rule: &Rule, template: &str, fill: &Fill, dice: &mut Dice) -> anyhow::Result<Draft> {
    let slots = all_slots(fill);
    let expanded = expand(template, fill.rows.len());
    let honest = show(&expanded, &slots)?;
    let mut variants = Vec::new();
    for (mutation, changes) in &fill.lies {
        let mut changed = slots.clone();
        changed.extend(changes.iter().cloned());
        let names: Vec<&str> = changes.iter().map(|(slot, _)| slot.as_str()).collect();
        push(&mut variants, *mutation, &honest, &show(&expanded, &changed)?, &names);
    }
    for (mutation, group, appended) in &fill.other_words {
        let Some(words) = dice.pick(scope.language.group(group)) else { continue };
        let lie = show(words, &slots)?;
        variants.push(whole(*mutation, &honest.text, &lie.text, *appended));
    }
    if !fill.rows.is_empty() {
        variants.push(invented_row(template, fill, &slots)?);
    }
    Ok(Draft {
        rule: rule.name,
        language: scope.language.lang,
        held_out: scope.language.holds_out(rule.name, template),
        text: honest.text,
        scene: scene(scope.corpus, fill),
        variants,
    })
}

fn scene(corpus: &Corpus, fill: &Fill) -> Scene {
    Scene {
        user_message: fill.user_message.clone(),
        results: fill.results.iter().map(|name| corpus.get(name).clone()).collect(),
        stale: Vec::new(),
        now: corpus.now,
        zone: jiff::tz::TimeZone::UTC,
        stance: fill.stance,
    }
}

fn show(template: &str, slots: &BTreeMap<String, String>) -> anyhow::Result<Rendered> {
    let slots = slots.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    render(template, &slots).map_err(|problem| anyhow!(problem))
}

/// Slots of the statement, and those of its rows as `name#row`.
fn all_slots(fill: &Fill) -> BTreeMap<String, String> {
    let mut slots = fill.slots.clone();
    for (at, row) in fill.rows.iter().enumerate() {
        slots.extend(row.iter().map(|(name, text)| (format!("{name}#{at}"), text.clone())));
        slots.insert(format!("k#{at}"), (at + 1).to_string());
    }
    slots
}

/// Repeats the line of a list for its rows.
fn expand(template: &str, rows: usize) -> String {
    if rows == 0 {
        return template.to_owned();
    }
    let mut lines = Vec::new();
    for line in template.lines() {
        if line.contains("{id}") {
            lines.extend((0..rows).map(|row| line.replace('}', &format!("#{row}}}"))));
        } else {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n")
}

/// Adds a lie, unless this phrasing does not show the slot or the text is the same.
fn push(variants: &mut Vec<Variant>, mutation: Mutation, honest: &Rendered, lie: &Rendered, names: &[&str]) {
    if lie.text == honest.text {
        return;
    }
    let shown = lie.places.iter().filter(|(name, _)| names.contains(&name.as_str()));
    let Some(changed) = shown.map(|(_, span)| *span).reduce(join) else { return };
    let around = around(&lie.text, changed);
    variants.push(Variant { mutation, text: lie.text.clone(), changed, around });
}

fn join(a: CharSpan, b: CharSpan) -> CharSpan {
    [a[0].min(b[0]), a[1].max(b[1])]
}

fn whole(mutation: Mutation, honest: &str, lie: &str, appended: bool) -> Variant {
    let (text, start) =
        if appended { (format!("{honest} {lie}"), honest.chars().count() + 1) } else { (lie.to_owned(), 0) };
    let changed = [start, text.chars().count()];
    Variant { mutation, text, changed, around: changed }
}

fn invented_row(template: &str, fill: &Fill, slots: &BTreeMap<String, String>) -> anyhow::Result<Variant> {
    let mut slots = slots.clone();
    let at = fill.rows.len();
    let mut row = fill.rows.first().cloned().unwrap_or_default();
    row.insert("id".to_owned(), "4120899".to_owned());
    slots.extend(row.into_iter().map(|(name, text)| (format!("{name}#{at}"), text)));
    slots.insert(format!("k#{at}"), (at + 1).to_string());
    let lie = show(&expand(template, at + 1), &slots)?;
    let name = format!("id#{at}");
    let place = lie.places.iter().find(|(slot, _)| *slot == name);
    let changed = place.map_or([0, 0], |(_, span)| *span);
    let around = around(&lie.text, changed);
    Ok(Variant { mutation: Mutation::InventedRow, text: lie.text, changed, around })
}
