//! Identifiers and printed values: does some result hold them, and does their owner
//! have them? A value of another owner is `wrong_entity`, with both places.

use crate::domain::grounding::atom::Identifier;
use crate::domain::grounding::atom::IdentifierClass;
use crate::domain::grounding::bind::Strength;
use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::bind::belongs;
use crate::domain::grounding::bind::facts_of;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::Verdict;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::facts::RowId;
use crate::domain::grounding::marks::Phrase;
use crate::domain::grounding::marks::prints_as;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::spoken;
use crate::domain::grounding::spoken::Cue;
use crate::domain::grounding::spoken::Meaning;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::verify::attributes::is_former;
use crate::domain::grounding::verify::values::Item;
use crate::domain::grounding::verify::values::Mention;
use crate::domain::grounding::words;

impl<'c> Checker<'c, '_> {
    /// A name that makes its unit's subject: supported because some result holds it.
    pub(super) fn identifier_exists(&mut self, item: &Item<'_>, mention: &Mention) {
        let kind = ClaimKind::Identifier;
        let facts: Vec<FactId> = if mention.facts.is_empty() {
            mention.own.iter().filter_map(|row| self.evidence.ids_of_row(*row).next()).take(1).collect()
        } else {
            mention.facts.iter().copied().filter(|id| self.evidence.reference(*id).is_some()).take(2).collect()
        };
        let finding = Finding::Supported(facts, "in the results".to_owned());
        self.found(&item.span, kind, finding, ViolationCode::WrongEntity, ViolationCode::InventedValue);
    }

    pub(super) fn identifier(
        &mut self,
        unit: &Unit,
        item: &Item<'c>,
        identifier: &Identifier,
        mention: &Mention,
        about: &Subject,
    ) {
        let finding = if let Some(denied) = self.denied_flag(unit, &item.span, &mention.facts, about) {
            denied
        } else if mention.facts.is_empty() && mention.own.is_empty() {
            self.absent_identifier(unit, item, identifier)
        } else {
            self.owned(unit, item, &mention.facts, about)
        };
        let kind = ClaimKind::Identifier;
        self.found(&item.span, kind, finding, ViolationCode::WrongValue, ViolationCode::InventedValue);
    }

    fn absent_identifier(&mut self, unit: &Unit, item: &Item<'_>, identifier: &Identifier) -> Finding {
        let printed = self.draft.slice(&item.span);
        if self.user.names(&identifier.text) || self.user.names(&identifier.canonical) || self.names_machinery(printed)
        {
            return Finding::Nothing;
        }
        if let Some((evidence, index)) = &self.stale {
            let (facts, rows) = index.identifier(evidence, identifier);
            if !facts.is_empty() || !rows.is_empty() {
                self.stale_value(item);
                return Finding::Nothing;
            }
        }
        if let Some(parts) = self.socket_parts(identifier) {
            return parts;
        }
        if identifier.class == IdentifierClass::Code && self.denied_before(unit, &item.span) {
            return Finding::Supported(Vec::new(), "no result holds it, as said".to_owned());
        }
        if plain_compound(identifier) {
            return Finding::Nothing;
        }
        let general = matches!(
            identifier.class,
            IdentifierClass::Cve
                | IdentifierClass::Cwe
                | IdentifierClass::Attack
                | IdentifierClass::Cidr
                | IdentifierClass::Domain
                | IdentifierClass::Version
                | IdentifierClass::FileName
                | IdentifierClass::Code
        );
        if general && self.talk_only() && !self.speaks_of_objects(unit) {
            return Finding::Open(format!("{printed}: general knowledge, no result involved"));
        }
        Finding::Missing(format!("no result holds {printed}"))
    }

    /// Whether the clause denies what stands at `span`: "does not carry the flag X".
    pub(super) fn denied_before(&self, unit: &Unit, span: &std::ops::Range<usize>) -> bool {
        self.draft.spots_in(&unit.span).any(|spot| {
            let denies = matches!(spot.meaning, Meaning::Cue(Cue::Not | Cue::None));
            let (from, to) = if spot.end <= span.start { (spot.end, span.start) } else { (span.end, spot.start) };
            let cjk = self.draft.slice(&(spot.start..spot.end)).chars().any(crate::domain::grounding::words::is_cjk);
            denies
                && from <= to
                && (spot.end <= span.start || cjk)
                && self.draft.words_in(&(from..to)).len() <= 8
                && !self.draft.slice(&(from..to)).contains([',', ';', ':', '、'])
        })
    }

    /// A value that only an outdated result holds.
    pub(super) fn stale_value(&mut self, item: &Item<'_>) {
        let reason = format!("{} is only in a result that is out of date", self.draft.slice(&item.span));
        let code = Some(ViolationCode::StaleAsFresh);
        self.claim(&item.span, ClaimKind::Identifier, Verdict::Unsupported, code, Vec::new(), reason);
    }

    /// `host:port` printed together while the evidence stores them apart.
    fn socket_parts(&self, identifier: &Identifier) -> Option<Finding> {
        let (host, port) = identifier.host_and_port()?;
        let host = Identifier {
            class: IdentifierClass::Host,
            text: host.to_owned(),
            canonical: host.to_owned(),
            partial: identifier.partial,
        };
        let (facts, _) = self.index.identifier(self.evidence, &host);
        let port = port.to_string();
        facts.iter().find_map(|id| {
            let fact = self.evidence.fact(*id);
            let beside = facts_of(self.evidence, &[fact.row], |other| {
                other.group == fact.group && prints_as(other.value, &port)
            });
            Some(Finding::Supported(vec![*id, *beside.first()?], "address and port of one endpoint".to_owned()))
        })
    }

    /// Whether facts that hold a value belong to the subject.
    fn owned(&self, unit: &Unit, item: &Item<'_>, facts: &[FactId], about: &Subject) -> Finding {
        let printed = self.draft.slice(&item.span);
        let supported = |id: FactId| Finding::Supported(vec![id], "in the results".to_owned());
        let Some(first) = facts.first().copied() else {
            return Finding::Supported(Vec::new(), "in the results".to_owned());
        };
        // The name of a counted group says nothing of another group; its number does.
        if about.is_none() || self.respeaks(unit, item) || facts.iter().any(|id| self.names_group(*id)) {
            return supported(first);
        }
        let nouns = self.nouns_of(unit, &[], &item.span);
        let mut own_value: Option<FactId> = None;
        let mut foreign = false;
        for group in &about.groups {
            let mine: Vec<FactId> =
                facts.iter().copied().filter(|id| belongs(self.evidence, self.evidence.fact(*id), group)).collect();
            if let Some(now) = self.replaced(&mine, &nouns) {
                return Finding::WrongValue(now, self.says(now));
            }
            let typed = self.typed(&mine, &nouns);
            if let Some(id) = typed {
                if about.groups.len() == 1 {
                    return supported(id);
                }
                continue;
            }
            let rival = self.rival(group, facts, &nouns);
            match rival {
                Some(own) => {
                    own_value.get_or_insert(own);
                    foreign = true;
                }
                None if mine.is_empty() => foreign = foreign || !self.linked(group, facts),
                None => {}
            }
        }
        if !foreign {
            return supported(first);
        }
        let weak = about.strength < Strength::Near;
        match own_value {
            _ if weak => supported(first),
            Some(own) => {
                let there = facts.iter().copied().find(|id| *id != own).unwrap_or(first);
                Finding::WrongEntity(there, Some(own), format!("{printed} is not of {}", self.called(about)))
            }
            None if about.strength == Strength::Named => {
                Finding::Open(format!("{printed} is in the results, but not known to be of {}", self.called(about)))
            }
            None => supported(first),
        }
    }

    /// What stands now, where the printed value is only that of an earlier state and the text
    /// does not say so: `workingSoc` of `initialStatus` is no `status`.
    fn replaced(&self, mine: &[FactId], nouns: &[usize]) -> Option<FactId> {
        let former = self.evidence.fact(*mine.first()?);
        let all_former = mine.iter().all(|id| is_former(self.evidence.fact(*id).key));
        let said = self.draft.has_anywhere(Cue::Initially) || nouns.iter().any(|noun| is_former(spoken::noun(*noun)));
        if !all_former || said {
            return None;
        }
        let folded = words::fold(former.key);
        self.evidence.ids_of_row(former.row).take(3000).find(|id| {
            let fact = self.evidence.fact(*id);
            let key = words::fold(fact.key);
            !key.is_empty() && key.len() < folded.len() && folded.ends_with(&key) && fact.group == former.group
        })
    }

    /// One of the facts that the nouns beside the value allow. Only nouns for a role (source,
    /// assignee, …) rule a fact out, and only where the row fills that role.
    fn typed(&self, mine: &[FactId], nouns: &[usize]) -> Option<FactId> {
        const ROLES: [&str; 9] =
            ["source", "destination", "assigned", "reporter", "createdBy", "closedBy", "updatedBy", "author", "parent"];
        let roles: Vec<usize> = nouns.iter().copied().filter(|noun| ROLES.contains(&spoken::noun(*noun))).collect();
        let fits = |id: &&FactId| {
            let fact = self.evidence.fact(**id);
            is_text(fact.value) || roles.iter().all(|noun| Self::is_of(fact, *noun) || !self.in_row(fact.row, *noun))
        };
        mine.iter()
            .find(|id| nouns.iter().all(|noun| Self::is_of(self.evidence.fact(**id), *noun)))
            .or_else(|| mine.iter().find(fits))
            .copied()
    }

    /// Whether a row has an attribute that could have been meant.
    fn in_row(&self, row: RowId, noun: usize) -> bool {
        self.evidence.ids_of_row(row).take(3000).any(|id| Self::is_of(self.evidence.fact(id), noun))
    }

    /// The group's own value at the place where others hold the printed one.
    fn rival(&self, group: &[RowId], facts: &[FactId], nouns: &[usize]) -> Option<FactId> {
        let paths: Vec<(&str, &str)> = facts
            .iter()
            .take(64)
            .map(|id| self.evidence.fact(*id))
            .filter(|fact| !is_text(fact.value) || is_title(fact.key))
            .map(|fact| (fact.key, fact.group))
            .collect();
        let own = facts_of(self.evidence, group, |fact| {
            !fact.value.is_null()
                && (paths.contains(&(fact.key, fact.group))
                    || (!nouns.is_empty() && nouns.iter().all(|noun| Self::is_of(fact, *noun)) && !is_text(fact.value)))
                && !facts.iter().any(|id| std::ptr::eq(self.evidence.fact(*id).value, fact.value))
        });
        own.first().copied()
    }

    /// Whether a row that holds the value also names the group: results that speak of each other.
    fn linked(&self, group: &[RowId], facts: &[FactId]) -> bool {
        let names: Vec<String> = group
            .iter()
            .flat_map(|row| self.evidence.ids_of_row(*row).take(200))
            // Its own names only: records of one customer do not speak of each other.
            .filter(|id| self.evidence.fact(*id).identity && self.evidence.fact(*id).group.is_empty())
            .map(|id| plain(self.evidence.fact(id).value))
            .filter(|name| name.len() >= 4)
            .take(40)
            .collect();
        facts.iter().take(32).any(|id| {
            let top = self.evidence.top(self.evidence.fact(*id).row);
            self.evidence.ids_of_row(top).take(500).any(|other| names.contains(&plain(self.evidence.fact(other).value)))
        })
    }

    /// Whether the value repeats the question or stands in a denial ("not case 4712").
    fn respeaks(&self, unit: &Unit, item: &Item<'_>) -> bool {
        let from = item.span.start.saturating_sub(40).max(unit.span.start);
        let from = (from..=item.span.start).find(|at| self.draft.text.is_char_boundary(*at)).unwrap_or(item.span.start);
        let close = self.draft.words_in(&(from..item.span.start));
        let start = close.iter().rev().nth(2).map_or(from, |word| word.start);
        self.draft.has(&(start..item.span.start), Cue::Not)
    }

    /// Names of tools, their arguments and fields: the machinery, not data.
    pub(super) fn names_machinery(&self, printed: &str) -> bool {
        let bare = printed.trim_matches(['`', '"', '\'']);
        self.input
            .results
            .iter()
            .chain(self.input.stale)
            .any(|result| result.tool == bare || result.tool.ends_with(bare) && bare.len() > 8 || result.id == bare)
            || self.evidence.keys.iter().any(|(key, _)| *key == bare)
            || self.evidence.groups.contains(&bare)
    }

    /// Whether the unit has a noun for an operational object.
    pub(super) fn speaks_of_objects(&self, unit: &Unit) -> bool {
        self.draft.spots_in(&unit.span).any(|spot| matches!(spot.meaning, Meaning::Object(_)))
    }

    /// An evidence value printed word by word.
    pub(super) fn phrase(&mut self, unit: &Unit, item: &Item<'c>, phrase: &Phrase, about: &Subject) {
        let named = phrase.facts.iter().any(|id| {
            let fact = self.evidence.fact(*id);
            fact.identity || fact.text().is_some_and(|text| text.len() < 40)
        });
        let distinctive = phrase.words > 1 || self.draft.slice(&item.span).starts_with(char::is_uppercase);
        if phrase.facts.is_empty() {
            return self.found(
                &item.span,
                ClaimKind::Name,
                Finding::Supported(Vec::new(), "a name in the results".to_owned()),
                ViolationCode::WrongEntity,
                ViolationCode::InventedValue,
            );
        }
        if let Some(finding) = self.denied_flag(unit, &item.span, &phrase.facts, about) {
            let (wrong, missing) = (ViolationCode::WrongValue, ViolationCode::InventedValue);
            return self.found(&item.span, ClaimKind::EntityAttribute, finding, wrong, missing);
        }
        let nouns = self.nouns_of(unit, &[], &item.span);
        if !named && !distinctive && nouns.is_empty() {
            return self.found(
                &item.span,
                ClaimKind::Name,
                Finding::Nothing,
                ViolationCode::WrongEntity,
                ViolationCode::InventedValue,
            );
        }
        let negated = self.respeaks(unit, item);
        let finding = match self.owned(unit, item, &phrase.facts, about) {
            Finding::WrongEntity(..) | Finding::Open(_) if negated || (!distinctive && nouns.is_empty()) => {
                Finding::Nothing
            }
            other => other,
        };
        let kind = if nouns.is_empty() { ClaimKind::Name } else { ClaimKind::EntityAttribute };
        self.found(&item.span, kind, finding, ViolationCode::WrongValue, ViolationCode::InventedValue);
    }

    /// "It does not carry the flag X": right exactly when X is not among the flags of the one named.
    fn denied_flag(
        &self,
        unit: &Unit,
        span: &std::ops::Range<usize>,
        facts: &[FactId],
        about: &Subject,
    ) -> Option<Finding> {
        let is_flag = |id: &FactId| {
            let key = words::fold(self.evidence.fact(*id).key);
            key.ends_with("flags") || key.ends_with("tags")
        };
        let flags: Vec<FactId> = facts.iter().copied().filter(is_flag).collect();
        let first = *flags.first()?;
        let [group] = about.groups.as_slice() else { return None };
        if about.strength < Strength::Named || !self.denied_before(unit, span) {
            return None;
        }
        let mine = flags.iter().copied().find(|id| belongs(self.evidence, self.evidence.fact(*id), group));
        Some(match mine {
            Some(id) => Finding::WrongValue(id, self.says(id)),
            None => Finding::Supported(vec![first], "not among its flags".to_owned()),
        })
    }
}

/// Fields that call a record by a phrase: another record's phrase is never its own. A
/// `translation` is what the key of a row is shown as.
fn is_title(key: &str) -> bool {
    matches!(words::fold(key).as_str(), "subject" | "title" | "headline" | "translation")
}

fn is_text(value: &serde_json::Value) -> bool {
    value.as_str().is_some_and(|text| text.len() > 80 || words::words(text).nth(6).is_some())
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A hyphenated word of the language, which the scanner cannot tell from a code.
fn plain_compound(identifier: &Identifier) -> bool {
    matches!(identifier.class, IdentifierClass::Code | IdentifierClass::Host)
        && identifier.text.contains('-')
        && identifier.text.chars().all(|c| c.is_alphabetic() || c == '-')
        && !identifier.text.chars().skip(1).any(char::is_uppercase)
}
