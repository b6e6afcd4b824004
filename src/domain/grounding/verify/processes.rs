//! Processes that a unit names, by name, by id or by both, and what it says of them: a name and an
//! id that stand together are of one process, and a user or a command line is of the process that it
//! is told of. Who started whom is for [`super::lineage`].

use std::collections::BTreeSet;
use std::ops::Range;

use crate::domain::grounding::bind::Strength;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::Fact;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::marks::Phrase;
use crate::domain::grounding::process::Field;
use crate::domain::grounding::process::Processes;
use crate::domain::grounding::process::field;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::sentence::UnitKind;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Kin;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::spoken::says_kin;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::numbers::opens_bracket;

/// A printed value of some process.
struct Token {
    span: Range<usize>,
    /// Processes that are called so.
    names: Vec<usize>,
    /// Processes with this id.
    pids: Vec<usize>,
    /// The id that it is, of a process or of a parent.
    number: Option<u64>,
    /// Other fields of processes that hold it.
    values: Vec<FactId>,
}

/// Where a value of processes stands, and the facts that hold it.
type Value = (Range<usize>, Vec<FactId>);

/// A process, as a unit names it.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) span: Range<usize>,
    pub(super) of: Vec<usize>,
    /// The id, where it stands there.
    pub(super) number: Option<u64>,
    pub(super) name: Option<Range<usize>>,
    pid: Option<Range<usize>>,
    /// The id is of another process than the name.
    clash: bool,
    pub(super) role: Role,
}

/// What a process is in its sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// What the sentence speaks of.
    Subject,
    /// The same, joined with the one before.
    Joined,
    /// The parent of another one, as an attribute of that: "parent 48190".
    Label,
    /// What another one did something to, or by whom it was done.
    Object,
}

/// What is to be said of a part of a unit.
pub(super) struct Told {
    pub(super) span: Range<usize>,
    pub(super) finding: Finding,
    /// The value is done with: nobody else reads it.
    pub(super) done: bool,
}

impl<'c, 'a> Checker<'c, 'a> {
    pub(super) fn processes(&self) -> &Processes {
        self.processes.get_or_init(|| Processes::read(self.evidence))
    }

    /// What a unit says of processes. `about` is what the text before spoke of.
    pub(super) fn told_of_processes(&self, unit: &Unit, about: &Subject) -> Vec<Told> {
        if self.processes().all.is_empty() || unit.kind == UnitKind::Heading {
            return Vec::new();
        }
        let before: Vec<usize> = if about.strength >= Strength::Near {
            about.rows().take(200).filter_map(|row| self.processes().of_row(row)).collect()
        } else {
            Vec::new()
        };
        let (mut named, values) = self.named_processes(unit);
        let mut told = self.lineage(unit, &mut named, &before);
        for (at, one) in named.iter().enumerate() {
            told.extend(self.id_of_name(one).or_else(|| self.id_alone(unit, &named, at, &before)));
        }
        for (span, facts) in values {
            told.extend(self.value_of_process(unit, &named, &before, &span, &facts));
        }
        told
    }

    /// The processes that a unit names by their ids alone, with their records.
    pub(super) fn named_by_pid(&self, unit: &Unit) -> Vec<Named> {
        if self.processes().all.is_empty() || unit.kind == UnitKind::Heading || self.header.is_some() {
            return Vec::new();
        }
        let (mut named, _) = self.named_processes(unit);
        self.lineage(unit, &mut named, &[]);
        named.retain(|one| one.name.is_none() && one.role == Role::Subject && !one.of.is_empty());
        named
    }

    /// Printed values of processes in a span, by place.
    fn tokens(&self, span: &Range<usize>) -> Vec<Token> {
        let mut tokens = self.quoted_commands(span);
        let commands: Vec<Range<usize>> = tokens.iter().map(|token| token.span.clone()).collect();
        let inside = |part: &Range<usize>| commands.iter().any(|span| span.start <= part.start && part.end <= span.end);
        let phrases = self.index.phrases_in(span).filter(|phrase| !inside(&phrase.span));
        tokens.extend(phrases.filter_map(|phrase| self.token(phrase)));
        tokens.sort_by_key(|token| token.span.start);
        tokens
    }

    /// Command lines with a bar, in the marks of code.
    fn quoted_commands(&self, span: &Range<usize>) -> Vec<Token> {
        let mut tokens = Vec::new();
        let mut at = span.start;
        for (place, part) in self.draft.slice(span).split('`').enumerate() {
            let span = at..at + part.len();
            at = span.end + 1;
            let values = if place % 2 == 1 { self.processes().with_text(part) } else { &[] };
            if !values.is_empty() {
                tokens.push(Token { span, names: vec![], pids: vec![], number: None, values: values.to_vec() });
            }
        }
        tokens
    }

    fn token(&self, phrase: &Phrase) -> Option<Token> {
        let mut token = Token { span: phrase.span.clone(), names: vec![], pids: vec![], number: None, values: vec![] };
        let printed = self.draft.slice(&phrase.span);
        for id in &phrase.facts {
            let fact = self.evidence.fact(*id);
            let Some(at) = self.processes().of_row(fact.row) else { continue };
            match field(fact) {
                Field::Name => token.names.push(at),
                Field::Pid => {
                    token.pids.push(at);
                    token.number = printed.parse().ok();
                }
                Field::Parent => token.number = printed.parse().ok(),
                Field::Other if fact.text().is_some() => token.values.push(*id),
                Field::Other => {}
            }
        }
        token.names.dedup();
        token.pids.dedup();
        let any = !token.names.is_empty() || token.number.is_some() || !token.values.is_empty();
        any.then_some(token)
    }

    /// The processes that a unit names, and the other values of processes in it.
    pub(super) fn named_processes(&self, unit: &Unit) -> (Vec<Named>, Vec<Value>) {
        let mut named: Vec<Named> = Vec::new();
        let mut values = Vec::new();
        for token in self.tokens(&unit.span) {
            let last = named.last().map_or(unit.span.start, |one| one.span.end);
            if !token.values.is_empty() && (token.names.is_empty() || self.told_as(unit, &token)) {
                values.push((token.span, token.values));
            } else if !token.names.is_empty() {
                self.name(unit, &mut named, token);
            } else if token.number.is_some() {
                self.number_of_process(unit, &mut named, token, last);
            }
        }
        (named, values)
    }

    /// "command `systemd`": a value that is also a name, told as the value.
    fn told_as(&self, unit: &Unit, token: &Token) -> bool {
        let nouns = self.nouns_of(unit, &[], &token.span);
        nouns.iter().any(|noun| {
            spoken::noun(*noun) != "process" && token.values.iter().any(|id| self.evidence.fact(*id).is_of(*noun))
        })
    }

    fn name(&self, unit: &Unit, named: &mut Vec<Named>, token: Token) {
        if let Some(last) = named.last_mut().filter(|last| last.name.is_none() && last.role == Role::Subject)
            && self.stand_together(&last.span, &token.span)
        {
            let both: Vec<usize> = last.of.iter().copied().filter(|at| token.names.contains(at)).collect();
            last.clash = both.is_empty() && !last.of.is_empty();
            last.of = if both.is_empty() { token.names } else { both };
            last.span = last.span.start..token.span.end;
            last.name = Some(token.span);
            return;
        }
        if self.is_plain_word(unit, &token.span) {
            return;
        }
        let (span, name) = (token.span.clone(), Some(token.span));
        named.push(Named { span, of: token.names, number: None, name, pid: None, clash: false, role: Role::Subject });
    }

    fn number_of_process(&self, unit: &Unit, named: &mut Vec<Named>, token: Token, from: usize) {
        let attached = named.last().filter(|last| last.pid.is_none()).is_some_and(|last| {
            self.stand_together(&last.span, &token.span) || self.pid_of_it(unit, &last.span, &token.span)
        });
        if let Some(last) = named.last_mut().filter(|_| attached) {
            if token.pids.is_empty() {
                return;
            }
            let both: Vec<usize> = last.of.iter().copied().filter(|at| token.pids.contains(at)).collect();
            last.clash = both.is_empty();
            if !both.is_empty() {
                last.of = both;
            }
            last.span = last.span.start..token.span.end;
            last.number = token.number;
            last.pid = Some(token.span);
            return;
        }
        if !self.is_told_as_id(&(from..token.span.start), &token) {
            return;
        }
        let (span, pid) = (token.span.clone(), Some(token.span));
        let Token { number, pids: of, .. } = token;
        named.push(Named { span, of, number, name: None, pid, clash: false, role: Role::Subject });
    }

    /// Whether a word of the language is meant ("node"), and no process: only marks say otherwise.
    fn is_plain_word(&self, unit: &Unit, span: &Range<usize>) -> bool {
        let known = self.draft.spots_in(&unit.span).any(|spot| {
            spot.start <= span.start
                && span.end <= spot.end
                && matches!(spot.meaning, Meaning::Noun(_) | Meaning::Object(_) | Meaning::Cue(_) | Meaning::Code(_))
        });
        let marked = self.draft.text.get(..span.start).is_some_and(|text| text.ends_with(['`', '"', '\'']));
        let numbered = self.draft.text.get(span.end..).is_some_and(|text| {
            text.strip_prefix(" (").is_some_and(|text| text.starts_with(|c: char| c.is_ascii_digit()))
        });
        let arrows = ['→', '←', '>', '<'];
        let after = self.draft.text.get(span.end..).unwrap_or_default().trim_start_matches([' ', '-', '=']);
        let before = self.draft.text.get(..span.start).unwrap_or_default().trim_end_matches([' ', '-', '=']);
        let pointed = after.starts_with(arrows) || before.ends_with(arrows);
        (known || super::statements::is_stopword(self.draft.slice(span))) && !marked && !numbered && !pointed
    }

    fn words_of(&self, span: &Range<usize>) -> Vec<String> {
        self.draft.words_in(span).iter().map(|word| self.draft.slice(&word.range()).to_lowercase()).collect()
    }

    /// Whether a name and an id are told together: "bash (48190)", "48190 bash", "bash, PID 48190".
    fn stand_together(&self, first: &Range<usize>, second: &Range<usize>) -> bool {
        let gap = first.end..second.start.max(first.end);
        let text = self.draft.slice(&gap);
        let words = self.words_of(&gap);
        let says_pid = self.says_noun(&gap, "pid");
        let joins = |word: &String| {
            [Kin::Small, Kin::With, Kin::Be].into_iter().any(|kin| says_kin(word, kin)) || word == "number"
        };
        let marks = if says_pid { [';', '|', '\n', '→'] } else { [';', '|', ',', '→'] };
        let bare = words.is_empty() && !text.contains([')', '>', '/', '.', '←']);
        (bare || says_pid || words.iter().all(|word| says_kin(word, Kin::Small) && !says_kin(word, Kin::Be)))
            && !text.contains(marks)
            && !text.contains(['\n', '>'])
            && words.len() <= 5
            && words.iter().all(joins)
    }

    /// "The PID of bash is 48190".
    fn pid_of_it(&self, unit: &Unit, name: &Range<usize>, number: &Range<usize>) -> bool {
        let before = unit.span.start..name.start;
        let gap = self.words_of(&(name.end..number.start.max(name.end)));
        let words = self.words_of(&before);
        self.says_noun(&before, "pid")
            && words.last().is_some_and(|word| says_kin(word, Kin::Of) || says_kin(word, Kin::Small))
            && gap.len() == 1
            && gap.iter().all(|word| says_kin(word, Kin::Be))
    }

    pub(super) fn says_noun(&self, span: &Range<usize>, noun: &str) -> bool {
        self.draft.spots_in(span).any(|spot| matches!(spot.meaning, Meaning::Noun(at) if spoken::noun(at) == noun))
    }

    /// Whether a number alone is told as the id of a process or of a parent.
    fn is_told_as_id(&self, before: &Range<usize>, token: &Token) -> bool {
        let words = self.draft.words_in(before);
        let near = words.iter().rev().take(3).next_back().map_or(before.end, |word| word.start)..before.end;
        let text = self.draft.slice(&near);
        let kin = |kin: Kin| self.words_of(&near).iter().any(|word| says_kin(word, kin));
        let cue = self.says_noun(&near, "pid")
            || self.says_noun(&near, "parent")
            || self.says_noun(&near, "process")
            || kin(Kin::Parent)
            || (kin(Kin::Started) && kin(Kin::Of))
            || kin(Kin::Child);
        let headed = self.headed("pid") || self.headed("process") || self.headed_by_parent();
        let alone = self.draft.words_in(&(token.span.end..self.line_end(token.span.end))).is_empty();
        headed
            || (self.header.is_none()
                && !text.contains([';', '|'])
                && (cue || (words.is_empty() && (alone || self.goes_before_name(token)))))
    }

    /// Whether the header of the cell says it.
    fn headed(&self, noun: &str) -> bool {
        self.header.as_ref().is_some_and(|header| self.says_noun(header, noun))
    }

    /// Whether the cell is of parents.
    pub(super) fn headed_by_parent(&self) -> bool {
        let parent = |header: &Range<usize>| self.words_of(header).iter().any(|word| says_kin(word, Kin::Parent));
        self.headed("parent") || self.header.as_ref().is_some_and(parent)
    }

    /// "48213 kworkerd", "1 (systemd)": an id, and no count, stands before the name.
    fn goes_before_name(&self, token: &Token) -> bool {
        let rest = token.span.end..self.line_end(token.span.end);
        let next = self.index.phrases_in(&rest).next().filter(|phrase| {
            let mut facts = phrase.facts.iter().map(|id| self.evidence.fact(*id));
            facts.any(|fact| field(fact) == Field::Name && self.processes().of_row(fact.row).is_some())
        });
        next.is_some_and(|phrase| {
            let gap = self.draft.slice(&(token.span.end..phrase.span.start));
            let marks = gap.chars().all(|c| " (`*:-–".contains(c));
            marks && (token.span.len() >= 3 || gap.contains(['(', ':']))
        })
    }

    fn line_end(&self, from: usize) -> usize {
        self.draft.text.get(from..).and_then(|text| text.find('\n')).map_or(self.draft.text.len(), |at| from + at)
    }

    /// What is to be said of an id that stands with a name.
    fn id_of_name(&self, one: &Named) -> Option<Told> {
        let (pid, name) = (one.pid.clone()?, one.name.clone()?);
        let own = self.processes().all.get(*one.of.first()?)?.pid;
        if !one.clash {
            let finding = Finding::Supported(vec![own], "as stored".to_owned());
            return Some(Told { span: pid, finding, done: true });
        }
        let there = self.pid_of_number(one.number?)?;
        if self.held_together(&pid, &name) {
            return None;
        }
        Some(Told { span: pid, finding: Finding::WrongEntity(there, Some(own), self.says(own)), done: true })
    }

    /// "- PID: 48213" of what the text before spoke of, "bash runs as root with PID 1".
    fn id_alone(&self, unit: &Unit, named: &[Named], at: usize, before: &[usize]) -> Option<Told> {
        let one = named.get(at).filter(|one| one.name.is_none() && one.role == Role::Subject)?;
        let lead = at.checked_sub(1).map_or(unit.span.start, |last| named[last].span.end)..one.span.start;
        let spoken = self.words_of(&lead);
        let of: Vec<usize> = match at.checked_sub(1) {
            None => {
                let headed = self.headed("pid") && !self.headed_by_parent();
                let labelled = self.says_noun(&lead, "pid")
                    && spoken.iter().all(|word| says_kin(word, Kin::Small) || says_kin(word, Kin::With))
                    && self.draft.words_in(&(one.span.end..unit.span.end)).is_empty();
                if headed || labelled { before.to_vec() } else { Vec::new() }
            }
            Some(last) => {
                let with = spoken.iter().rev().nth(1).is_some_and(|word| says_kin(word, Kin::With));
                let both = || named[last].of.iter().chain(&named[0].of).copied().collect();
                match named[last].role {
                    _ if !self.says_noun(&lead, "pid") => Vec::new(),
                    _ if opens_bracket(self.draft.slice(&lead)) => named[last].of.clone(),
                    Role::Label if spoken.len() == 1 => self.spoken_of(named, last, before),
                    _ if with => both(),
                    _ => Vec::new(),
                }
            }
        };
        let own = self.processes().all.get(*of.first()?)?.pid;
        let there = self.pid_of_number(one.number?)?;
        let right = of.iter().any(|at| one.of.contains(at));
        let finding = if right {
            Finding::Supported(vec![there], "as stored".to_owned())
        } else {
            Finding::WrongEntity(there, Some(own), self.says(own))
        };
        Some(Told { span: one.span.clone(), finding, done: true })
    }

    pub(super) fn pid_of_number(&self, number: u64) -> Option<FactId> {
        let printed = number.to_string();
        let is = |id: &FactId| crate::domain::grounding::marks::prints_as(self.evidence.fact(*id).value, &printed);
        self.index.posting(&printed).iter().copied().find(|id| {
            let fact = self.evidence.fact(*id);
            is(id) && field(fact) == Field::Pid && self.processes().of_row(fact.row).is_some()
        })
    }

    /// Whether a record that is no process holds both values: an event with its own processes.
    fn held_together(&self, pid: &Range<usize>, name: &Range<usize>) -> bool {
        let other = |fact: &&Fact<'a>| self.processes().of_row(fact.row).is_none();
        let phrase = |span: &Range<usize>| self.index.phrases_in(span).find(|phrase| phrase.span == *span);
        let rows = |span: &Range<usize>| {
            let facts = phrase(span).map(|phrase| phrase.facts.iter().map(|id| self.evidence.fact(*id)));
            facts.into_iter().flatten().filter(other).map(|fact| fact.row).collect::<Vec<_>>()
        };
        let named = rows(name);
        rows(pid).iter().any(|row| named.contains(row))
    }

    /// Whether a value that may be a word of the language ("root") is told as one of a process.
    fn is_told_as_value(&self, unit: &Unit, span: &Range<usize>, facts: &[FactId]) -> bool {
        let printed = self.draft.slice(span);
        if printed.contains(|c: char| !c.is_alphanumeric()) || self.header.is_some() {
            return true;
        }
        let before = self.words_of(&(unit.span.start..span.start));
        let opened = self.draft.text.get(..span.start).is_some_and(|text| text.ends_with(['(', '`', '（', '/']));
        let typed = self
            .nouns_of(unit, &[], span)
            .iter()
            .any(|noun| facts.iter().any(|id| self.evidence.fact(*id).is_of(*noun)));
        (opened || typed || before.last().is_some_and(|word| spoken::says_as(word))) && !self.is_of_compound(unit, span)
    }

    /// "root cause", "root process", "root of the tree": a word of the language.
    fn is_of_compound(&self, unit: &Unit, span: &Range<usize>) -> bool {
        let next = self.words_of(&(span.end..unit.span.end)).into_iter().next();
        !self.draft.slice(span).contains(|c: char| !c.is_alphanumeric())
            && next.is_some_and(|word| {
                ["cause", "node", "shell", "directory"].contains(&word.as_str())
                    || says_kin(&word, Kin::Of)
                    || (says_kin(&word, Kin::Small) && word.starts_with("pro"))
            })
    }

    /// Whose value it is told as, and whether one of them is enough.
    fn owners(&self, unit: &Unit, named: &[Named], before: &[usize], span: &Range<usize>) -> (Vec<Vec<usize>>, bool) {
        let ahead = named.iter().position(|one| one.span.start >= span.start).unwrap_or(named.len());
        let Some(at) = ahead.checked_sub(1) else {
            let lead = self.words_of(&(unit.span.start..span.start));
            if named.is_empty() && lead.iter().any(|word| says_kin(word, Kin::Parent)) {
                // "Its parent runs as root."
                return (vec![self.processes().parents(before)], false);
            }
            let inherited = named.is_empty() && !before.is_empty() && self.goes_on(unit, span);
            return (if inherited { vec![before.to_vec()] } else { Vec::new() }, false);
        };
        let last = &named[at];
        let gap = self.draft.slice(&(last.span.end..span.start));
        let mine = || vec![last.of.clone()];
        let earlier = || self.spoken_of(named, at, before);
        match last.role {
            _ if opens_bracket(gap) => (mine(), false),
            Role::Subject => (mine(), false),
            Role::Joined => {
                let from = named[..=at].iter().rposition(|one| one.role != Role::Joined).unwrap_or(0);
                (named[from..=at].iter().map(|one| one.of.clone()).collect(), false)
            }
            Role::Label if !gap.contains([',', ';', '、']) => (mine(), false),
            Role::Label if !self.goes_on_with_clause(&(last.span.end..span.start)) => (vec![earlier()], false),
            Role::Label | Role::Object => (vec![last.of.clone(), earlier()], true),
        }
    }

    /// What the sentence speaks of, before one of its processes.
    fn spoken_of(&self, named: &[Named], at: usize, before: &[usize]) -> Vec<usize> {
        let subject = named[..at].iter().rev().find(|one| matches!(one.role, Role::Subject | Role::Joined));
        subject.map_or_else(|| before.to_vec(), |one| one.of.clone())
    }

    /// Whether a unit without a process is still about that of the text before: a cell, "- User: root",
    /// "It runs as root", and not "Its parent runs as root" or "The others run as root".
    fn goes_on(&self, unit: &Unit, span: &Range<usize>) -> bool {
        let lead = self.words_of(&(unit.span.start..span.start));
        let kin = [Kin::Parent, Kin::Child, Kin::Over, Kin::Under];
        let other = lead.iter().any(|word| kin.iter().any(|kin| says_kin(word, *kin)))
            || [Cue::Other, Cue::All, Cue::Plural].into_iter().any(|cue| self.draft.has(&unit.span, cue));
        let labelled =
            matches!(unit.kind, UnitKind::Item(_)) && !self.goes_on_with_clause(&(unit.span.start..span.start));
        self.header.is_some() || (!other && (labelled || self.draft.has(&unit.span, Cue::Pronoun)))
    }

    /// Whether more than the name of an attribute stands in a gap: "…, which runs as".
    fn goes_on_with_clause(&self, gap: &Range<usize>) -> bool {
        let nouns: Vec<Range<usize>> = self
            .draft
            .spots_in(gap)
            .filter(|spot| matches!(spot.meaning, Meaning::Noun(_)))
            .map(|spot| spot.start..spot.end)
            .collect();
        self.draft.words_in(gap).iter().any(|word| {
            let text = self.draft.slice(&word.range());
            let noun = nouns.iter().any(|noun| noun.start <= word.start && word.end <= noun.end);
            !noun && !says_kin(text, Kin::Small) && !says_kin(text, Kin::With) && !says_kin(text, Kin::And)
        })
    }

    /// What is to be said of a user, a command line and the like.
    fn value_of_process(
        &self,
        unit: &Unit,
        named: &[Named],
        before: &[usize],
        span: &Range<usize>,
        facts: &[FactId],
    ) -> Option<Told> {
        if self.header.is_none() && self.is_of_compound(unit, span) {
            return Some(Told { span: span.clone(), finding: Finding::Nothing, done: true });
        }
        let (owners, any) = self.owners(unit, named, before, span);
        if owners.iter().all(Vec::is_empty) || !self.is_told_as_value(unit, span, facts) {
            return None;
        }
        let rows = |of: &Vec<usize>| -> BTreeSet<RowId> {
            of.iter().flat_map(|at| self.processes().all[*at].rows.iter().copied()).collect()
        };
        let held = |of: &Vec<usize>| {
            let rows = rows(of);
            facts.iter().copied().find(|id| rows.contains(&self.evidence.fact(*id).row))
        };
        let hits: Vec<FactId> = owners.iter().filter_map(held).collect();
        let negated = self.denied_before(unit, span);
        let right = if any { !hits.is_empty() } else { hits.len() == owners.len() };
        if right != negated {
            let finding = Finding::Supported(hits, "as stored".to_owned());
            return Some(Told { span: span.clone(), finding, done: true });
        }
        if negated {
            let finding = Finding::WrongValue(*hits.first()?, self.says(*hits.first()?));
            return Some(Told { span: span.clone(), finding, done: true });
        }
        let there = *facts.first()?;
        let wrong = owners.iter().find(|of| held(of).is_none())?;
        let key = self.evidence.fact(there).key;
        let own = rows(wrong).into_iter().find_map(|row| {
            self.evidence.ids_of_row(row).take(200).find(|id| {
                let fact = self.evidence.fact(*id);
                fact.row == row && fact.key == key && !fact.value.is_null()
            })
        })?;
        let finding = Finding::WrongEntity(there, Some(own), self.says(own));
        Some(Told { span: span.clone(), finding, done: true })
    }

    /// Puts down what is told of processes.
    pub(super) fn put_down(&mut self, told: &[Told]) {
        for one in told {
            let (wrong, missing) = (ViolationCode::WrongValue, ViolationCode::UnsupportedStatement);
            self.found(&one.span, ClaimKind::EntityAttribute, one.finding.clone(), wrong, missing);
        }
    }
}
