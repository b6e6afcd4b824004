//! Statements about the work itself, against what really happened; what a text must
//! say when calls failed or matched nothing; and text of a result that a draft
//! speaks as its own.

use std::collections::HashSet;

use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::Verdict;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::input::Stance;
use crate::domain::grounding::render;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::sentence::UnitKind;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Langs;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::words;
use crate::domain::grounding::words::Word;
use crate::domain::outcome::Outcome;
use crate::domain::policy::decision::RouterDecision;

/// Words that claim work besides the call that answers the question.
const FURTHER: [&str; 14] = [
    "also",
    "additionally",
    "furthermore",
    "auch",
    "außerdem",
    "zusätzlich",
    "også",
    "dessuten",
    "desuden",
    "också",
    "dessutom",
    "aussi",
    "également",
    "además",
];

/// Words in a row that make a text the draft's own speech rather than an echo by chance.
const ECHO_WORDS: usize = 5;

impl Checker<'_, '_> {
    pub(super) fn work(&mut self, unit: &Unit) {
        let shown = self.input.stance == Stance::Turn(RouterDecision::UseShown);
        let spots: Vec<spoken::Spot> = self.draft.spots_in(&unit.span).copied().collect();
        let cue =
            |cue: Cue| spots.iter().find(|spot| spot.meaning == Meaning::Cue(cue)).map(|spot| spot.start..spot.end);
        if let Some(span) = cue(Cue::Checked).filter(|_| cue(Cue::Offer).is_none()) {
            let (verdict, code, reason) = if self.input.results.is_empty() || self.talk_only() {
                (Verdict::Contradicted, Some(ViolationCode::PhantomCall), "no call was made".to_owned())
            } else if shown {
                (
                    Verdict::Contradicted,
                    Some(ViolationCode::StaleAsFresh),
                    "the results were fetched earlier".to_owned(),
                )
            } else if let Some(object) = self.unasked(unit) {
                let reason = format!("no call was about {object}");
                (Verdict::Contradicted, Some(ViolationCode::PhantomCall), reason)
            } else if self.says_further(unit) {
                (Verdict::NotCheckable, None, "further work is claimed besides the calls of the turn".to_owned())
            } else {
                (Verdict::Supported, None, "a call was made".to_owned())
            };
            self.claim(&span, ClaimKind::Work, verdict, code, Vec::new(), reason);
        }
        self.service_claimed(&spots);
        if let Some(span) = cue(Cue::Fresh).filter(|_| shown && unit.kind != UnitKind::Heading) {
            let states = spots.iter().any(|spot| matches!(spot.meaning, Meaning::Code(_) | Meaning::Object(_)))
                || !self.covered.is_empty();
            // "As of this moment" is no earlier time.
            let as_of = spots.iter().any(|spot| {
                let now = |other: &spoken::Spot| {
                    other.meaning == Meaning::Cue(Cue::Fresh) && other.start <= spot.start && spot.end <= other.end
                };
                spot.meaning == Meaning::Cue(Cue::AsOf) && !spots.iter().any(now)
            });
            if states && !as_of && cue(Cue::Offer).is_none() {
                let reason = "the results were fetched earlier; say as of when".to_owned();
                let code = Some(ViolationCode::StaleAsFresh);
                self.claim(&span, ClaimKind::Work, Verdict::Contradicted, code, Vec::new(), reason);
            }
        }
    }

    /// "I have also checked …": work besides the call that answers the question.
    fn says_further(&self, unit: &Unit) -> bool {
        let text = self.draft.slice(&unit.span).to_lowercase();
        let words = text.split(|c: char| !c.is_alphanumeric());
        words.into_iter().any(|word| FURTHER.contains(&word)) || text.contains("さらに")
    }

    /// "I also checked the reputation": a kind of look-up that no tool of this turn can do.
    fn service_claimed(&mut self, spots: &[spoken::Spot]) {
        let at =
            |cue: Cue| spots.iter().find(|spot| spot.meaning == Meaning::Cue(cue)).map(|spot| spot.start..spot.end);
        let spoken_of = at(Cue::Checked).or_else(|| {
            let (speaker, verb) = (at(Cue::Speaker)?, at(Cue::WorkVerb)?);
            Some(speaker.start.min(verb.start)..speaker.end.max(verb.end))
        });
        let denied = |span: &std::ops::Range<usize>| {
            spots.iter().any(|spot| {
                let inside = span.start <= spot.start && spot.end <= span.end;
                spot.meaning == Meaning::Cue(Cue::Not) && (inside || spot.start == span.end)
            })
        };
        let Some(span) = spoken_of.filter(|span| at(Cue::Offer).is_none() && !denied(span)) else { return };
        let services = spots.iter().filter_map(|spot| match spot.meaning {
            Meaning::Service(service) => Some((service, spot.start..spot.end)),
            _ => None,
        });
        for (service, named) in services {
            let served = |name: &str| {
                let name: String = words::fold(name).chars().filter(|c| c.is_alphanumeric()).collect();
                spoken::service_parts(service).any(|part| name.contains(part))
            };
            let known = self.input.results.iter().any(|result| served(&result.tool))
                || self.evidence.keys.iter().any(|(key, _)| served(key));
            if !known {
                let reason = format!("no call was about {}", spoken::service(service));
                let span = span.start.min(named.start)..span.end.max(named.end);
                let code = Some(ViolationCode::PhantomCall);
                self.claim(&span, ClaimKind::Work, Verdict::Contradicted, code, Vec::new(), reason);
            }
        }
    }

    /// The gateway's own sentences about calls: true exactly when the journal has the call so.
    pub(super) fn own_sentence(&mut self, unit: &Unit) -> bool {
        let text = self.draft.slice(&unit.span);
        if render::sentences::is_nothing_to_show(text) {
            return true;
        }
        let Some((outcome, tool)) = render::sentences::own_outcome(text) else { return false };
        let so = self
            .input
            .results
            .iter()
            .any(|result| result.outcome == outcome && render::bare_tool_name(&result.tool) == tool);
        if so {
            let reason = "the call ended so".to_owned();
            self.claim(&unit.span, ClaimKind::Work, Verdict::Supported, None, Vec::new(), reason);
        }
        so
    }

    /// An object that the unit says was looked at, and that no call was about.
    fn unasked(&self, unit: &Unit) -> Option<&'static str> {
        let objects = self.objects_in(&unit.span);
        let known = |object: &usize| {
            let parts: Vec<&str> = spoken::object_parts(*object).collect();
            let names = |name: &str| {
                let name = words::fold(name);
                parts.iter().any(|part| name.contains(part))
            };
            parts.is_empty()
                || self.input.results.iter().any(|result| names(&result.tool))
                || self.evidence.keys.iter().any(|(key, _)| names(key))
                || self.evidence.groups.iter().any(|group| names(group))
        };
        if objects.is_empty() || objects.iter().any(known) {
            return None;
        }
        objects.first().map(|object| spoken::object(*object))
    }

    /// What the text as a whole must say.
    pub(super) fn whole_text(&mut self) {
        let whole = self.whole();
        let results = self.input.results;
        let failed = results.iter().enumerate().find(|(at, result)| {
            let later = results.iter().skip(at + 1).any(|later| later.tool == result.tool && later.outcome.answered());
            !result.outcome.answered() && result.outcome != Outcome::Ambiguous && !later
        });
        if let Some((_, result)) = failed
            && !self.draft.has_anywhere(Cue::Failure)
        {
            let message = format!(
                "the call to {} ended as {} and the text does not say so",
                result.tool,
                result.outcome.as_str()
            );
            self.violation(whole, ViolationCode::HiddenError, message);
        }
        let mut answered = results.iter().filter(|result| result.outcome.answered()).peekable();
        let empty = answered.peek().is_some() && answered.all(|result| result.outcome == Outcome::Empty);
        if empty && !self.says_nothing_matched() {
            let message = "the call matched nothing and the text does not say so".to_owned();
            self.violation(whole, ViolationCode::HiddenEmpty, message);
        }
        if self.draft.text.len() > crate::domain::grounding::MAX_DRAFT_BYTES {
            let message = "the text is too long to be checked".to_owned();
            self.violation(whole, ViolationCode::UnsupportedStatement, message);
        }
    }

    fn says_nothing_matched(&self) -> bool {
        use crate::domain::grounding::atom::AtomKind;
        use crate::domain::grounding::atom::Decimal;
        self.draft.has_anywhere(Cue::NothingFound)
            || self.draft.has_anywhere(Cue::None)
            || self.draft.atoms.iter().any(|atom| {
                matches!(&atom.kind, AtomKind::Number(number) if number.readings.iter().any(|r| r.value == Decimal::ZERO))
            })
            || (self.draft.has_anywhere(Cue::Not) && self.draft.spots.iter().any(|spot| matches!(spot.meaning, Meaning::Object(_))))
    }

    /// Whether the unit speaks text of a result that gives orders, as if it were its own.
    pub(super) fn injected(&mut self, unit: &Unit) -> bool {
        if unit.quoted || matches!(unit.kind, UnitKind::Row(_)) || self.draft.has(&unit.span, Cue::Reported) {
            return false;
        }
        let spoken: Vec<u64> = self.draft.words_in(&unit.span).iter().map(|word| word.hash).collect();
        if spoken.len() < 3 {
            return false;
        }
        let (orders, runs) = self.orders.get_or_init(|| {
            let orders = self.read_orders();
            let runs = orders.iter().flat_map(|(_, order)| order.windows(3).map(run_hash)).collect();
            (orders, runs)
        });
        if !spoken.windows(3).any(|run| runs.contains(&run_hash(run))) {
            return false;
        }
        let Some(id) = orders.iter().find(|(_, order)| echoes(&spoken, order)).map(|(id, _)| *id) else {
            return false;
        };
        if self.inside_quotes(unit) {
            return false;
        }
        let evidence = self.evidence.references([id]);
        let reason = "text of a tool result, spoken as if it were the answer's own".to_owned();
        let code = Some(ViolationCode::InjectedInstruction);
        self.claim(&unit.span, ClaimKind::Statement, Verdict::Unsupported, code, evidence, reason);
        true
    }

    /// Words of texts that give orders, from the order on.
    fn read_orders(&self) -> Vec<(FactId, Vec<u64>)> {
        let mut candidates: Vec<FactId> = spoken::first_words(Cue::Injection)
            .iter()
            .flat_map(|word| self.index.posting_hash(*word).iter().copied())
            .collect();
        candidates.sort_unstable();
        candidates.dedup();
        let mut orders: Vec<(FactId, Vec<u64>)> = Vec::new();
        let mut seen = HashSet::new();
        for id in candidates.into_iter().take(2000) {
            let Some(text) =
                self.evidence.fact(id).text().filter(|text| text.contains(' ') || text.chars().any(words::is_cjk))
            else {
                continue;
            };
            if self.evidence.is_argument(self.evidence.fact(id)) || !seen.insert(text) {
                continue;
            }
            let found: Vec<Word> = words::words(text).take(4000).collect();
            let order = spoken::find(text, &found, Langs::ALL)
                .into_iter()
                .find(|spot| spot.meaning == Meaning::Cue(Cue::Injection));
            if let Some(order) = order {
                let from = found.partition_point(|word| word.start < order.start);
                orders.push((id, found[from..].iter().map(|word| word.hash).collect()));
            }
        }
        orders
    }

    fn inside_quotes(&self, unit: &Unit) -> bool {
        let text = self.draft.slice(&unit.span);
        let marks = text.matches(['"', '“', '”', '«', '»', '「', '」', '`']).count();
        marks >= 2
    }

    /// Claims of a unit in a code fence or a block quote: text of a result, word by word.
    pub(super) fn quotation(&mut self, unit: &Unit) -> bool {
        if !unit.quoted {
            return false;
        }
        let wanted = self.draft.slice(&unit.span);
        if wanted.chars().count() < 4 {
            return false;
        }
        let source = self
            .evidence
            .facts
            .iter()
            .position(|fact| fact.text().is_some_and(|text| text.len() >= wanted.len() && text.contains(wanted)));
        let Some(id) = source.and_then(|id| FactId::try_from(id).ok()) else { return false };
        let finding = Finding::Supported(vec![id], "quoted from the results".to_owned());
        let code = ViolationCode::InventedValue;
        self.found(&unit.span, ClaimKind::Statement, finding, code, code);
        true
    }
}

/// Three words in a row.
fn run_hash(words: &[u64]) -> u64 {
    words.iter().fold(0, |state: u64, hash| state.rotate_left(21) ^ hash)
}

/// Whether most of a unit, or a long run of it, is part of an order.
fn echoes(spoken: &[u64], order: &[u64]) -> bool {
    let mut longest = 0;
    for start in 0..spoken.len() {
        for at in order.iter().enumerate().filter(|(_, hash)| **hash == spoken[start]).map(|(at, _)| at) {
            let run = spoken[start..].iter().zip(&order[at..]).take_while(|(a, b)| a == b).count();
            longest = longest.max(run);
        }
    }
    longest >= ECHO_WORDS.max(spoken.len().min(ECHO_WORDS)) || (longest >= 3 && longest * 10 >= spoken.len() * 7)
}
