//! Who started whom: what a sentence says of two processes ("was started by", "is the parent of",
//! "under"), chains with arrows, and lists and drawings in which one line lies below another. Read
//! off the words between the names, and around them where the verb stands last.

use std::ops::Range;

use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::sentence::UnitKind;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Kin;
use crate::domain::grounding::spoken::says_kin;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::processes::Named;
use crate::domain::grounding::verify::processes::Role;
use crate::domain::grounding::verify::processes::Told;
use crate::domain::grounding::words;
use crate::domain::lang::Lang;

/// Words between two processes that are spoken of together.
const NEAR: usize = 9;

/// What is said of the first of two processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    /// It started the second.
    Started,
    /// The second started it.
    StartedBy,
    /// It is somewhere above the second.
    Above,
    /// It is somewhere below the second.
    Below,
    /// An arrow leads from it to the second.
    Arrow,
    /// An arrow leads from the second to it.
    BackArrow,
}

/// A relation, and whether it is told as an attribute of the first: "parent 48190".
type Read = Option<(Relation, bool)>;

/// What stands around two processes.
struct Around<'w> {
    gap: &'w [String],
    before: &'w [String],
    after: &'w [String],
    verb_last: bool,
    colon: bool,
}

impl Checker<'_, '_> {
    /// What a unit says of the kinship of its processes; each gets its role.
    pub(super) fn lineage(&self, unit: &Unit, named: &mut [Named], before: &[usize]) -> Vec<Told> {
        let mut told = Vec::new();
        let mut arrows: Vec<(usize, bool)> = Vec::new();
        for at in 0..named.len() {
            let read = if at == 0 { None } else { self.relation(unit, named, at) };
            let Some((relation, label)) = read else {
                if let Some(one) = self.parent_alone(unit, named, at, before) {
                    named[at].role = Role::Label;
                    told.push(one);
                } else if at > 0 && self.joined(&named[at - 1], &named[at]) {
                    named[at].role = Role::Joined;
                }
                continue;
            };
            match relation {
                Relation::Arrow => arrows.push((at, false)),
                Relation::BackArrow => arrows.push((at, true)),
                _ => {
                    told.extend(self.related(named, at, relation, label));
                    named[at].role = if label { Role::Label } else { Role::Object };
                }
            }
        }
        told.extend(self.chain(unit, named, &arrows));
        told
    }

    fn joined(&self, first: &Named, second: &Named) -> bool {
        let gap = first.span.end..second.span.start.max(first.span.end);
        let text = self.draft.slice(&gap);
        let words = self.lower(&gap);
        words.iter().all(|word| says_kin(word, Kin::And) || says_kin(word, Kin::Small))
            && !text.contains([';', '.', ':', '|', '\n'])
            && (!words.is_empty() || text.contains([',', '、', 'と']))
    }

    fn lower(&self, span: &Range<usize>) -> Vec<String> {
        self.draft.words_in(span).iter().map(|word| self.draft.slice(&word.range()).to_lowercase()).collect()
    }

    /// What is said of the process before and this one.
    fn relation(&self, unit: &Unit, named: &[Named], at: usize) -> Read {
        let (first, second) = (&named[at - 1].span, &named[at].span);
        let gap = first.end..second.start.max(first.end);
        let text = self.draft.slice(&gap);
        if let Some(arrow) = arrow(text) {
            return Some((arrow, false));
        }
        let from = at.checked_sub(2).map_or(unit.span.start, |before| named[before].span.end);
        let to = named.get(at + 1).map_or(unit.span.end, |next| next.span.start).max(second.end);
        if text.contains(['.', ';', '|', '\n']) {
            return None;
        }
        let around = [text, self.draft.slice(&(second.end..to))];
        if around.iter().any(|text| text.chars().any(words::is_cjk)) {
            return in_japanese(around[0], around[1]);
        }
        let (between, before, after) =
            (self.lower(&gap), self.lower(&(from.min(first.start)..first.start)), self.lower(&(second.end..to)));
        read(&Around {
            gap: &between,
            before: &before,
            after: &after,
            verb_last: self.input.language == Lang::De,
            colon: text.contains(':'),
        })
        .filter(|(relation, _)| *relation != Relation::Started || !ends_with_comma(text))
    }

    /// Whether it holds; `None` where nothing is known of it.
    fn holds(&self, relation: Relation, first: &[usize], second: &Named) -> Option<bool> {
        let processes = self.processes();
        if second.of.is_empty() {
            let number = second.number.filter(|_| relation == Relation::StartedBy)?;
            return processes.has_parent(self.evidence, first, number);
        }
        match relation {
            Relation::Started => processes.started(first, &second.of),
            Relation::StartedBy => processes.started(&second.of, first),
            Relation::Above | Relation::Arrow => self.is_above(first, &second.of),
            Relation::Below | Relation::BackArrow => self.is_above(&second.of, first),
        }
    }

    fn is_above(&self, above: &[usize], below: &[usize]) -> Option<bool> {
        let processes = self.processes();
        if processes.descends(above, below) {
            return Some(true);
        }
        // Without any parent nothing is known of those above.
        let known = below.iter().all(|at| processes.started(above, &[*at]).is_some());
        (known || processes.descends(below, above)).then_some(false)
    }

    fn related(&self, named: &[Named], at: usize, relation: Relation, label: bool) -> Option<Told> {
        let second = &named[at];
        let gap = named[at - 1].span.end..second.span.start;
        let joins = self.draft.slice(&gap).contains([',', '、'])
            || self.lower(&gap).iter().any(|word| says_kin(word, Kin::And));
        let mut firsts = vec![&named[at - 1]];
        if joins || named[at - 1].role != Role::Subject {
            // "bash was started by systemd and has parent 1": the sentence is still about bash.
            firsts.extend(named[..at - 1].iter().rev().find(|one| one.role == Role::Subject));
        }
        let holds: Vec<Option<bool>> = firsts.iter().map(|first| self.holds(relation, &first.of, second)).collect();
        let negated = self.draft.has(&gap, Cue::Not);
        let right = holds.contains(&Some(true));
        let finding = match (right, holds[0], negated) {
            (true, _, false) => self.supports(named[at - 1].of.first(), second),
            (true, _, true) => self.refutes(&named[at - 1].of, second, relation),
            (false, Some(false), true) => return None,
            (false, Some(false), false) => self.refutes(&named[at - 1].of, second, relation),
            (false, _, _) => Finding::Open("the results do not say which process started it".to_owned()),
        };
        let done = label || !matches!(finding, Finding::Supported(..));
        Some(Told { span: second.span.clone(), finding, done })
    }

    fn supports(&self, first: Option<&usize>, second: &Named) -> Finding {
        let pid = |at: Option<&usize>| at.map(|at| self.processes().all[*at].pid);
        Finding::Supported(
            pid(first).into_iter().chain(pid(second.of.first())).collect(),
            "by their parents".to_owned(),
        )
    }

    fn refutes(&self, first: &[usize], second: &Named, relation: Relation) -> Finding {
        let child = if relation == Relation::Started { &second.of } else { first };
        let told = child.iter().find_map(|at| self.processes().all[*at].told.first());
        match told {
            Some(own) => Finding::WrongValue(*own, self.says(*own)),
            None => {
                let pids: Vec<FactId> = child.iter().take(2).map(|at| self.processes().all[*at].pid).collect();
                Finding::Wrong(pids, "its place in the tree is another".to_owned())
            }
        }
    }

    /// "Its parent is bash", "parent: 48190": of what the text before spoke of.
    fn parent_alone(&self, unit: &Unit, named: &[Named], at: usize, before: &[usize]) -> Option<Told> {
        let one = &named[at];
        if at > 0 || before.is_empty() {
            return None;
        }
        let lead = unit.span.start..one.span.start;
        let headed = self.headed_by_parent();
        let spoken = self.lower(&lead);
        let last = spoken.iter().rposition(|word| says_kin(word, Kin::Parent));
        let label = last.is_some_and(|last| spoken[last + 1..].iter().all(|word| is_small(word)))
            || self.draft.slice(&lead).contains("親");
        if !headed && (!label || named.len() > 1) {
            return None;
        }
        let finding = match self.holds(Relation::StartedBy, before, one)? {
            true => self.supports(before.first(), one),
            false => self.refutes(before, one, Relation::StartedBy),
        };
        Some(Told { span: one.span.clone(), finding, done: true })
    }

    /// "systemd → bash → kworkerd": every step leads down, or every step leads up.
    fn chain(&self, unit: &Unit, named: &[Named], arrows: &[(usize, bool)]) -> Vec<Told> {
        let of = |at: usize| (&named[at - 1], &named[at]);
        let mut steps: Vec<(usize, Option<bool>)> = Vec::new();
        for (at, back) in arrows {
            let (first, second) = of(*at);
            let (down, up) =
                (self.holds(Relation::Arrow, &first.of, second), self.holds(Relation::BackArrow, &first.of, second));
            let way = match (down, up) {
                (Some(true), _) => Some(!back),
                (_, Some(true)) => Some(*back),
                (Some(false), Some(false)) => None,
                _ => continue,
            };
            steps.push((*at, way));
        }
        let down = steps.iter().filter(|(_, way)| *way == Some(true)).count();
        let up = steps.iter().filter(|(_, way)| *way == Some(false)).count();
        let says_up = self
            .lower(&unit.span)
            .iter()
            .any(|word| says_kin(word, Kin::Parent) || says_kin(word, Kin::Over) || says_kin(word, Kin::From));
        let told = steps.into_iter().map(|(at, way)| {
            let second = &named[at];
            let finding = match way {
                Some(way) if way == (down >= up) && (way || says_up) => self.supports(named[at - 1].of.first(), second),
                Some(way) if way == (down >= up) => Finding::Open("the chain leads up".to_owned()),
                _ => {
                    let pids = named[at - 1].of.iter().chain(&second.of).take(2);
                    let pids = pids.map(|at| self.processes().all[*at].pid).collect();
                    Finding::Wrong(pids, "their order in the tree is another".to_owned())
                }
            };
            let done = !matches!(finding, Finding::Supported(..));
            Told { span: second.span.clone(), finding, done }
        });
        told.collect()
    }

    /// Lists and drawings: a line that lies below another is of a process below that one.
    pub(super) fn nested_processes(&mut self) {
        if self.processes().all.is_empty() {
            return;
        }
        let mut above: Vec<(usize, Vec<usize>)> = Vec::new();
        let mut block = usize::MAX;
        let units = &self.draft.units.units;
        for unit in units {
            let item = matches!(unit.kind, UnitKind::Item(_));
            if !(item || unit.quoted && unit.kind == UnitKind::Sentence) {
                above.clear();
                continue;
            }
            if block == unit.block && item {
                continue;
            }
            block = unit.block;
            let head = self.head(unit);
            let column = match (unit.kind, &head) {
                (UnitKind::Item(indent), _) => indent,
                (_, Some(head)) => self.column(head.name.as_ref().unwrap_or(&head.span).start),
                _ => continue,
            };
            while above.last().is_some_and(|(outer, _)| *outer >= column) {
                above.pop();
            }
            if let (Some(head), Some((_, outer))) = (&head, above.last())
                && self.is_above(outer, &head.of) == Some(false)
            {
                let pids = outer.iter().chain(&head.of).take(2).map(|at| self.processes().all[*at].pid).collect();
                let finding = Finding::Wrong(pids, "it is not below the one above it".to_owned());
                let code = ViolationCode::WrongValue;
                self.found(&head.span, ClaimKind::EntityAttribute, finding, code, code);
            }
            above.push((column, head.map(|head| head.of).unwrap_or_default()));
        }
    }

    /// The process that a line begins with.
    fn head(&self, unit: &Unit) -> Option<Named> {
        let (named, _) = self.named_processes(unit);
        let first = named.into_iter().next()?;
        let lead = self.lower(&(unit.span.start..first.span.start));
        let kin = [Kin::Parent, Kin::Over, Kin::Started, Kin::Child];
        let tells = self.lower(&unit.span).iter().any(|word| kin.iter().any(|kin| says_kin(word, *kin)));
        let digits = |word: &String| word.bytes().all(|b| b.is_ascii_digit());
        (!tells && lead.iter().all(|word| is_small(word) || digits(word))).then_some(first)
    }

    fn column(&self, at: usize) -> usize {
        let before = self.draft.text.get(..at).unwrap_or_default();
        before.chars().rev().take_while(|c| *c != '\n').count()
    }
}

fn is_small(word: &str) -> bool {
    [Kin::Small, Kin::Be, Kin::With].into_iter().any(|kin| says_kin(word, kin))
}

fn ends_with_comma(text: &str) -> bool {
    text.trim_end().ends_with(',')
}

/// What the words say of the first of two processes.
fn read(around: &Around<'_>) -> Read {
    let gap = around.gap;
    if gap.len() > NEAR {
        return None;
    }
    let last = |kin: Kin| gap.iter().rposition(|word| says_kin(word, kin));
    let small = |words: &[String]| words.iter().all(|word| is_small(word));
    let whose = |words: &[String]| telling(words).is_some_and(|word| says_kin(word, Kin::Of));
    if let Some(at) = last(Kin::Parent) {
        let tail = &gap[at + 1..];
        return match (whose(tail), small(tail)) {
            (true, _) => Some((Relation::Started, false)),
            (_, true) => Some((Relation::StartedBy, true)),
            _ => None,
        };
    }
    if let Some(at) = last(Kin::Child) {
        let tail = &gap[at + 1..];
        return match (whose(tail), small(tail)) {
            (true, _) => Some((Relation::StartedBy, false)),
            (_, true) => Some((Relation::Started, false)),
            _ => None,
        };
    }
    if let Some(at) = last(Kin::Started) {
        return started(&gap[..at], &gap[at + 1..]);
    }
    if last(Kin::Under).is_some_and(|at| small(&gap[at + 1..]) || whose(&gap[at + 1..])) {
        return Some((Relation::Below, false));
    }
    if last(Kin::Over).is_some_and(|at| whose(&gap[at + 1..]) || small(&gap[at + 1..])) {
        return Some((Relation::Above, false));
    }
    verb_last(around).or_else(|| noun_first(around)).or_else(|| genitive(around))
}

/// "bash is kworkerd's parent".
fn genitive(around: &Around<'_>) -> Read {
    let is = !around.gap.is_empty() && around.gap.iter().all(|word| says_kin(word, Kin::Be));
    let [s, noun, ..] = around.after else { return None };
    match (is && s == "s", says_kin(noun, Kin::Parent), says_kin(noun, Kin::Child)) {
        (true, true, _) => Some((Relation::Started, false)),
        (true, _, true) => Some((Relation::StartedBy, false)),
        _ => None,
    }
}

/// The first word that is no mere article.
fn telling(words: &[String]) -> Option<&String> {
    words.iter().find(|word| !says_kin(word, Kin::Small) || says_kin(word, Kin::Of))
}

/// "started", "was started by", "started from".
fn started(before: &[String], after: &[String]) -> Read {
    let first = telling(after);
    let passive = before.last().is_some_and(|word| says_kin(word, Kin::Be) && !HELPS.contains(&word.as_str()));
    match first {
        Some(word) if says_kin(word, Kin::Of) || says_kin(word, Kin::From) => Some((Relation::StartedBy, false)),
        Some(word) if says_kin(word, Kin::Under) => Some((Relation::Below, false)),
        None if !passive => Some((Relation::Started, false)),
        _ => None,
    }
}

/// Verbs that help without turning the sentence round: "has started", "a lancé".
const HELPS: [&str; 7] = ["has", "had", "har", "hat", "a", "ha", "have"];

/// "wurde von bash gestartet", "bash hat kworkerd gestartet".
fn verb_last(around: &Around<'_>) -> Read {
    let verb = around.after.iter().take(2).position(|word| says_kin(word, Kin::Started))?;
    let helped = around.gap.iter().any(|word| says_kin(word, Kin::Be))
        || around.after.get(verb + 1).is_some_and(|word| says_kin(word, Kin::Be));
    if !around.verb_last || !helped {
        return None;
    }
    let by = |word: &String| says_kin(word, Kin::Of) && word != "der";
    if around.gap.iter().any(by) {
        return Some((Relation::StartedBy, false));
    }
    around.gap.iter().all(|word| is_small(word)).then_some((Relation::Started, false))
}

/// "The parent of kworkerd is bash".
fn noun_first(around: &Around<'_>) -> Read {
    let is = |word: &String| says_kin(word, Kin::Be) || says_kin(word, Kin::Small);
    let joins = around.gap.iter().all(is) && (around.colon || around.gap.iter().any(|word| says_kin(word, Kin::Be)));
    if !joins {
        return None;
    }
    let kin = |kin: Kin| around.before.iter().rposition(|word| says_kin(word, kin));
    let whose = |at: usize| around.before[at + 1..].iter().any(|word| says_kin(word, Kin::Of));
    match (kin(Kin::Parent), kin(Kin::Child)) {
        (Some(at), None) if whose(at) => Some((Relation::StartedBy, true)),
        (None, Some(at)) if whose(at) => Some((Relation::Started, false)),
        _ => None,
    }
}

/// The arrow at the end of what stands between two processes.
fn arrow(text: &str) -> Option<Relation> {
    let end = text.rsplit([')', '）', '`']).find(|part| !part.trim().is_empty()).unwrap_or(text);
    match end.trim_matches([' ', '*', '`', '_', '(', '\\']) {
        "→" | "->" | "-->" | "➜" | "⟶" | "➔" | "=>" | "⇒" | "»" | "›" | ">" => Some(Relation::Arrow),
        "←" | "<-" | "<--" | "⟵" | "<=" | "⇐" | "<" => Some(Relation::BackArrow),
        _ => None,
    }
}

/// Japanese says it with particles, and the verb stands last.
fn in_japanese(gap: &str, after: &str) -> Read {
    const VERBS: [&str; 4] = ["起動", "開始", "生成", "実行"];
    const BY: [&str; 4] = ["から", "によって", "により", "に"];
    let after = after.split(['、', '。', ',']).next().unwrap_or_default().trim_start_matches([' ', '`', ')', '）']);
    if after.contains("ない") || after.contains("ません") {
        return None;
    }
    if after.starts_with("の親") {
        return Some((Relation::Started, false));
    }
    if after.starts_with("の子") {
        return Some((Relation::StartedBy, false));
    }
    if gap.contains("親") {
        return Some((Relation::StartedBy, true));
    }
    if gap.contains("の子") {
        return Some((Relation::Started, false));
    }
    let verb = |text: &str| VERBS.iter().filter_map(|verb| text.find(verb)).min();
    if verb(gap).is_some() {
        return (!gap.contains('、')).then_some((Relation::Started, false));
    }
    let lead = after.get(..verb(after)?).unwrap_or_default();
    if BY.iter().any(|by| lead.contains(by)) {
        return Some((Relation::StartedBy, false));
    }
    (lead.contains('を') || BY.iter().take(3).any(|by| gap.contains(by))).then_some((Relation::Started, false))
}
