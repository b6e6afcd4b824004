//! Facts read off a message and off what was shown: what words it has, what it
//! points at, what is new in it. Facts only; what follows from them stands in the
//! rule table.

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::domain::lang::Lang;
use crate::domain::message::Role;
use crate::domain::policy::ask::AskedBack;
use crate::domain::policy::ask::asked_back;
use crate::domain::policy::lexicon::Hit;
use crate::domain::policy::lexicon::Lexicon;
use crate::domain::policy::lexicon::List;
use crate::domain::policy::lexicon::Mark;
use crate::domain::policy::lexicon::Text;
use crate::domain::policy::lexicon::detect;
use crate::domain::policy::lexicon::speaks;
use crate::domain::policy::paging::asks_for_page;
use crate::domain::policy::paging::next_page;
use crate::domain::policy::read;
use crate::domain::policy::read::Place;
use crate::domain::policy::read::PlaceKind;
use crate::domain::policy::read::Read;
use crate::domain::policy::read::entities::entities;
use crate::domain::policy::router::RouteInput;
use crate::domain::policy::router::Router;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::settings::ToolGroup;
use crate::domain::policy::shown::Row;
use crate::domain::policy::shown::SeenRow;
use crate::domain::policy::shown::Shown;
use crate::domain::policy::spans::Hits;
use crate::domain::policy::spans::Spans;

/// Words up to which a message may mix languages.
const MIXED_WORDS: usize = 8;

/// Facts about one message in its conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Signals {
    /// The message itself, for tools that take a question as it was asked.
    #[serde(skip)]
    pub message: String,
    /// Language of the message.
    pub language: Lang,
    /// Words in the message.
    pub words: usize,
    /// Words that no list knows and no argument was read from.
    pub loose: usize,
    /// Words that narrow what is asked for and that no argument says: the loose ones and topics.
    pub unread: usize,
    /// It has a question mark.
    pub question: bool,
    /// A greeting or farewell.
    pub greeting: bool,
    /// Thanks.
    pub thanks: bool,
    /// Asks what this assistant is or can do.
    pub capabilities: bool,
    /// "Ok", "great".
    pub acknowledges: bool,
    /// Asks for the present state, news or changes.
    pub freshness: bool,
    /// Asks to shorten, translate, format or rephrase.
    pub rework: bool,
    /// Asks to explain, compare or reason.
    pub explains: bool,
    /// Has a pronoun that can refer to something shown.
    pub refers: bool,
    /// Names what was shown: "the result".
    pub names_shown: bool,
    /// Names one object without saying which, and nothing more about it.
    pub definite: bool,
    /// Asks to skip rules, tools or checks.
    pub skips_rules: bool,
    /// Asks to make data up.
    pub makes_up: bool,
    /// Asks about a kind of thing in general, and about nothing of ours.
    pub general: bool,
    /// Has a request word: show, list, how many.
    pub asks: bool,
    /// A live topic that no tool of this product serves.
    pub outside: bool,
    /// Opens with a verb that asks for a change.
    pub changes: bool,
    /// A connected tool could make such a change.
    pub can_change: bool,
    /// An operational noun that no group claims.
    pub operational_noun: bool,
    /// Words point at a tool group.
    pub names_group: bool,
    /// Tool groups, best first; those without a connected tool only when no group has one.
    pub groups: Vec<String>,
    /// Words point at groups only that no connected tool serves, and every tool is known.
    pub unserved: bool,
    /// A severity, priority, status, type or number of rows.
    pub filters: bool,
    /// A time range.
    pub time: bool,
    /// Names a customer.
    pub customer: bool,
    /// Names a customer that was not part of what was shown.
    pub new_customer: bool,
    /// Names an object: an id, an address, a host, a hash.
    pub target: bool,
    /// Names an object that was not part of what was shown.
    pub new_target: bool,
    /// Names several objects of one kind.
    pub several_targets: bool,
    /// The named group is that of the shown results.
    pub same_group: bool,
    /// "The first one": 0 for the first, -1 for the last.
    pub position: Option<i32>,
    /// The shown object that a position or a pronoun means.
    pub row: Option<Row>,
    /// Results that earlier replies have shown.
    pub shown: usize,
    /// Objects in the latest shown results.
    pub shown_rows: usize,
    /// The assistant has said something before.
    pub history: bool,
    /// Asks for operational data, as far as words can tell.
    pub operational: bool,
    /// Arguments read off the message.
    pub arguments: Map<String, Value>,
    /// Where arguments and aspects stand in the message.
    #[serde(skip)]
    pub places: Vec<Place>,
    /// Aspects of an object that are asked for.
    pub aspects: Vec<String>,
    /// The next page is asked for, and what was shown last does not go on.
    pub no_further_page: bool,
    /// What tools need for such a question and nothing says.
    pub asked_back: Option<AskedBack>,
    /// What the message may mean, said plainly, where a word of it stands for several kinds of data.
    pub meanings: Vec<String>,
}

impl Signals {
    /// Only social words: nothing asked, nothing named.
    pub fn social_only(&self) -> bool {
        !self.operational
            && !self.names_group
            && !self.freshness
            && !self.rework
            && !self.explains
            && !self.customer
            && !self.target
            && !self.outside
            && self.position.is_none()
            && self.loose <= 2
    }

    /// A part of one object is asked for, and the message does not say of which.
    pub fn asks_whose(&self) -> bool {
        (self.asks || self.question) && self.asked_back.as_ref().is_some_and(|asked| asked.whose)
    }

    /// Something new is asked that the shown results were not about.
    pub fn asks_for_new(&self) -> bool {
        self.new_target || self.new_customer
    }
}

/// Reads all facts.
pub fn read_signals(router: &Router, input: &RouteInput<'_>) -> Signals {
    let lexicon = router.lexicon();
    let policy = router.policy();
    let text = Text::new(input.message);
    let mut read = entities(&text, router.patterns(), lexicon);
    let all = lexicon.scan(&text, &read.spans);
    let language = detect(&text, &all, earlier_language(router, input));
    let hits = spoken(&text, all, language);
    read::words(&mut read, &text, &hits, router, input);

    let mut signals = Signals {
        message: input.message.to_owned(),
        language,
        words: text.tokens.len(),
        question: text.lower.contains(['?', '？']),
        ..Signals::default()
    };
    flags(&mut signals, &hits);
    signals.loose = loose_words(&text, &hits, &read, lexicon, false);
    signals.unread = loose_words(&text, &hits, &read, lexicon, true) + topics(&hits, &read);
    signals.definite = definite(&text, &hits);
    signals.changes = opens_with_change(&text, &hits);
    signals.aspects = aspects(&hits, lexicon);
    signals.history = input.history.iter().any(|message| message.role == Role::Assistant);
    place_in_conversation(&mut signals, &read, &hits, policy, input.shown);
    name_groups(&mut signals, &hits, &mut read, policy, input);
    settle_operational(&mut signals, &hits);
    signals.places = read.places;
    signals.places.extend(aspect_places(&hits, lexicon));
    signals.arguments = read.arguments;
    if !signals.aspects.is_empty() && signals.aspects.iter().any(|aspect| aspect == "statistics") {
        signals.arguments.insert("statistics".to_owned(), Value::Bool(true));
    }
    signals.no_further_page = asks_for_page(&signals) && next_page(policy, &signals, input.shown).is_none();
    signals.meanings = meanings(&text, &hits, &signals, policy);
    signals.asked_back = asked_back(policy, &signals);
    if let (true, None, [only]) = (signals.asks_whose(), &signals.row, input.shown.rows(policy).as_slice()) {
        signals.row = Some(only.to_row());
    }
    signals
}

/// The marks of the languages that count. In a short message a word for data in another
/// language counts as well, when no known word covers it: people mix languages.
fn spoken(text: &Text, mut all: Vec<Hit>, language: Lang) -> Hits {
    let mut covered = Spans::default();
    covered.extend(all.iter().filter(|hit| speaks(language, hit.lang)).map(|hit| (hit.start, hit.end)));
    let short = text.tokens.len() <= MIXED_WORDS;
    all.retain(|hit| {
        let data = matches!(hit.mark, Mark::Group(_) | Mark::List(List::Operational));
        speaks(language, hit.lang) || (short && data && !covered.overlap(hit.start, hit.end))
    });
    Hits::new(all)
}

/// The language of the user's message before, for messages too short to tell.
fn earlier_language(router: &Router, input: &RouteInput<'_>) -> Option<Lang> {
    let earlier = input.history.iter().rev().find(|message| message.role == Role::User)?;
    let text = Text::new(&earlier.content);
    let hits = router.lexicon().scan(&text, &Spans::default());
    Some(detect(&text, &hits, None)).filter(|lang| *lang != Lang::Other)
}

/// The message with each thing that its ambiguous word may mean in the place of that word.
fn meanings(text: &Text, hits: &Hits, signals: &Signals, policy: &Policy) -> Vec<String> {
    let plain = if text.original.len() == text.lower.len() { &text.original } else { &text.lower };
    let mut found = hits.iter().filter_map(|hit| match hit.mark {
        Mark::Ambiguity(index) => Some((hit, policy.ambiguities.get(usize::from(index))?)),
        _ => None,
    });
    let Some((hit, ambiguity)) = found.next() else { return Vec::new() };
    // "The alarm definitions" holds "the alarm": the longer words say which is meant.
    let longer = |other: &Hit| matches!(other.mark, Mark::Group(_)) && other.start < hit.end && other.end > hit.end;
    if hits.iter().any(longer)
        || !ambiguity.when.iter().any(|name| signals.arguments.contains_key(name))
        || ambiguity.unless.iter().any(|name| signals.arguments.contains_key(name))
    {
        return Vec::new();
    }
    let (Some(before), Some(after)) = (plain.get(..hit.start), plain.get(hit.end..)) else { return Vec::new() };
    let words = ambiguity.meanings.iter().filter_map(|meaning| meaning.words.get(&hit.lang));
    words.map(|words| format!("{before}{words}{after}")).collect()
}

fn flags(signals: &mut Signals, hits: &Hits) {
    let has = |list: List| hits.has(list);
    signals.greeting = has(List::Greeting);
    signals.thanks = has(List::Thanks);
    signals.capabilities = has(List::Capabilities);
    signals.acknowledges = has(List::Acknowledge);
    signals.rework = has(List::Rework);
    signals.explains = has(List::Explain);
    signals.refers = has(List::Refers);
    signals.names_shown = has(List::Shown);
    signals.skips_rules = has(List::SkipRules);
    signals.makes_up = has(List::MakeUp);
    signals.asks = has(List::Ask);
    signals.outside = has(List::Outside);
    signals.operational_noun = has(List::Operational);
    // "Sort by status" names a column; it does not ask for the present state.
    signals.freshness = hits.iter().any(|hit| {
        hit.mark == Mark::List(List::Freshness)
            && !hits.near(hit.start.saturating_sub(4), hit.start).iter().any(|other| {
                other.mark == Mark::List(List::Rework)
                    && (other.end <= hit.start && hit.start - other.end <= 4
                        || other.start <= hit.start && other.end >= hit.end)
            })
    });
    signals.position = hits
        .iter()
        .filter_map(|hit| match hit.mark {
            Mark::Position(position) => Some((hit, position)),
            _ => None,
        })
        // "The last 24 hours" and "the first of March" are times, not rows.
        .find(|(hit, _)| {
            let next = hits.starting(hit.end, hit.end + 4);
            !next.iter().any(|next| matches!(next.mark, Mark::Unit(_) | Mark::Time(_)))
        })
        .map(|(_, position)| position);
}

/// With `labels`, the name of a group before a value that was read is understood: "signature SNORT-1:41336";
/// and a number that is no value counts, since it narrows something.
fn loose_words(text: &Text, hits: &Hits, read: &Read, lexicon: &Lexicon, labels: bool) -> usize {
    let mut covered = read.spans.clone();
    let label = |hit: &Hit| {
        let next = text.tokens.partition_point(|token| token.start < hit.end);
        labels && text.tokens.get(next).is_some_and(|token| read.spans.overlap(token.start, token.end))
    };
    let says = |hit: &&Hit| !lexicon.groups_by(hit.mark) || read.group_spans.overlap(hit.start, hit.end) || label(hit);
    covered.extend(hits.iter().filter(says).map(|hit| (hit.start, hit.end)));
    let mut loose = 0;
    let mut characters = 0;
    for token in &text.tokens {
        if token.cjk {
            let word = text.word(token);
            characters += word
                .char_indices()
                .filter(|(at, c)| !covered.overlap(token.start + at, token.start + at + c.len_utf8()))
                .count();
        } else if !covered.overlap(token.start, token.end)
            && (labels || !text.word(token).chars().all(|c| c.is_ascii_digit()))
        {
            loose += 1;
        }
    }
    loose + characters / 3
}

/// Words for a topic that stand in no argument: "ransomware" where no keyword was read, but not
/// the vulnerabilities of "critical vulnerabilities", which are a flag of assets.
fn topics(hits: &Hits, read: &Read) -> usize {
    let topic = |hit: &&Hit| hit.mark == Mark::List(List::Topic) && !read.spans.overlap(hit.start, hit.end);
    let said = |hit: &Hit| {
        let values = hits.iter().filter(|other| matches!(other.mark, Mark::Value(..)));
        values.into_iter().any(|value| value.start <= hit.start && hit.end <= value.end)
    };
    hits.iter().filter(topic).filter(|hit| !said(hit)).count()
}

/// A definite noun with nothing after it that says more.
fn definite(text: &Text, hits: &Hits) -> bool {
    hits.iter().filter(|hit| hit.mark == Mark::List(List::Definite)).any(|hit| {
        let next = text.tokens.partition_point(|token| token.start < hit.end);
        let Some(next) = text.tokens.get(next) else { return true };
        hit.lang == Lang::Ja
            || hits.starting(next.start, next.start).iter().any(|other| {
                matches!(other.mark, Mark::List(List::Stop | List::Freshness | List::Polite) | Mark::Aspect(_))
            })
    })
}

/// Whether the first word that is not polite asks for a change. In Japanese the verb comes last.
fn opens_with_change(text: &Text, hits: &Hits) -> bool {
    if hits.iter().any(|hit| hit.lang == Lang::Ja && hit.mark == Mark::List(List::Change)) {
        return true;
    }
    let mut at = 0;
    for token in text.tokens.iter().take(12) {
        if token.start < at {
            continue;
        }
        let here = hits.starting(token.start, token.start);
        if here.iter().any(|hit| hit.mark == Mark::List(List::Change)) {
            return true;
        }
        let polite = here
            .iter()
            .filter(|hit| matches!(hit.mark, Mark::List(List::Polite | List::Greeting | List::Thanks)))
            .map(|hit| hit.end)
            .max();
        match polite {
            Some(end) => at = end,
            None => return false,
        }
    }
    false
}

fn aspects(hits: &Hits, lexicon: &Lexicon) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for hit in hits.iter() {
        if let Mark::Aspect(index) = hit.mark
            && let Some(name) = lexicon.aspects.get(usize::from(index))
            && !found.contains(name)
        {
            found.push(name.clone());
        }
    }
    found
}

fn aspect_places(hits: &Hits, lexicon: &Lexicon) -> Vec<Place> {
    let place = |hit: &Hit| {
        let Mark::Aspect(index) = hit.mark else { return None };
        let name = lexicon.aspects.get(usize::from(index))?.clone();
        Some(Place { name, start: hit.start, end: hit.end, kind: PlaceKind::Aspect })
    };
    hits.iter().filter_map(place).collect()
}

/// Compares what the message names with what was shown.
fn place_in_conversation(signals: &mut Signals, read: &Read, hits: &Hits, policy: &Policy, shown: &Shown) {
    const TARGETS: [&str; 12] = [
        "case_id",
        "alarm_id",
        "filter_id",
        "event_identifier",
        "event_id",
        "hash",
        "uuid",
        "ip",
        "domain",
        "host",
        "cve",
        "sysql",
    ];
    let rows = shown.rows(policy);
    signals.shown = shown.all.len();
    signals.shown_rows = rows.len();
    signals.target = read.target;
    signals.several_targets = read.several;
    signals.new_target = TARGETS.iter().flat_map(|name| read.values(name)).any(|value| !shown.holds(value))
        || policy
            .patterns
            .iter()
            .filter(|p| p.target)
            .flat_map(|p| read.values(&p.argument))
            .any(|value| !shown.holds(value));
    signals.customer = !read.values("customer").is_empty();
    signals.new_customer = read.values("customer").iter().any(|value| !shown.holds(value));
    signals.filters = ["case_status", "priority", "limit", "case_type", "event_group", "resolution"]
        .iter()
        .any(|name| read.arguments.contains_key(*name));
    signals.time = read.arguments.contains_key("time_start");
    if signals.position.is_none() && signals.shown > 0 && !signals.target {
        signals.position = read.small_number.and_then(|number| i32::try_from(number - 1).ok());
    }
    let at = match signals.position {
        Some(position) if position < 0 => rows.len().checked_sub(1),
        Some(position) => usize::try_from(position).ok(),
        None => None,
    };
    signals.row = match at {
        Some(at) => rows.get(at).map(SeenRow::to_row),
        // One object was shown, so "it" and "the case" mean that one.
        None if rows.len() == 1 && !signals.target && !signals.customer => {
            rows.first().filter(|_| signals.refers || hits.has(List::Definite)).map(SeenRow::to_row)
        }
        None => None,
    };
}

/// Ranks groups: named by words in order of appearance, then those that a target points at,
/// then that of the shown results.
fn name_groups(signals: &mut Signals, hits: &Hits, read: &mut Read, policy: &Policy, input: &RouteInput<'_>) {
    let mut named: Vec<(usize, usize)> = Vec::new();
    for hit in hits.iter() {
        // "Runtime events" holds "events": the longer words say which are meant.
        if let Mark::Group(group) = hit.mark
            && !named.iter().any(|(_, known)| *known == usize::from(group))
            && !hits.cover(hit, |mark| matches!(mark, Mark::Group(_)))
        {
            named.push((hit.start, usize::from(group)));
        }
    }
    // "Events per customer" asks for events.
    if named.iter().any(|(start, _)| !read.group_spans.overlap(*start, start + 1)) {
        named.retain(|(start, _)| !read.group_spans.overlap(*start, start + 1));
    }
    named.sort_unstable();
    let alone = |group: &usize| policy.groups[*group].alone_for.as_ref().is_some_and(|it| signals.aspects.contains(it));
    // "Cases in which somebody asked to scan an image" are cases.
    if named.first().is_some_and(|(_, group)| alone(group)) {
        named.retain(|(_, group)| alone(group));
    }
    let named: Vec<usize> = named.into_iter().map(|(_, group)| group).collect();
    signals.names_group = !named.is_empty();
    let served = |index: &usize| policy.groups.get(*index).is_some_and(|group| input.serves(policy, group));
    let known = || input.tools.iter().all(|tool| policy.group_of_tool(&tool.tool).is_some());
    signals.unserved = !named.is_empty() && !input.tools.is_empty() && !named.iter().any(served) && known();
    signals.can_change = input.tools.iter().any(|tool| {
        let named = |group: &ToolGroup| named.iter().any(|index| policy.groups[*index].name == group.name);
        // A look-up that the operator wants to be asked about is a look-up all the same.
        let fits = |group: &ToolGroup| !tool.hinted && named(group);
        !tool.read_only && policy.allows(tool) && policy.group_of_tool(&tool.tool).is_none_or(fits)
    });
    let shown_groups: Vec<usize> = input
        .shown
        .latest
        .iter()
        .filter_map(|result| policy.groups.iter().position(|group| group.order.contains(&result.tool)))
        .collect();
    signals.same_group = named.iter().any(|group| shown_groups.contains(group));
    let mut ranked = named;
    let pointed = policy
        .groups
        .iter()
        .enumerate()
        .filter(|(_, group)| group.targets.iter().any(|target| !read.values(target).is_empty()));
    ranked.extend(pointed.map(|(index, _)| index));
    if ranked.is_empty() {
        ranked.extend(shown_groups);
    }
    if ranked.is_empty() {
        let otherwise = |group: &ToolGroup| group.otherwise.iter().any(|name| read.arguments.contains_key(name));
        ranked.extend((0..policy.groups.len()).filter(|index| otherwise(&policy.groups[*index])));
    }
    if give_way(&mut ranked, read, policy) && signals.unread > 0 {
        // Both groups are offered, but "alarms about phishing" are not all events.
        read.arguments.insert("subtle".to_owned(), Value::Bool(true));
    }
    let mut seen = Vec::new();
    ranked.retain(|group| {
        !seen.contains(group) && {
            seen.push(*group);
            true
        }
    });
    if ranked.iter().any(served) {
        ranked.retain(|group| served(group));
    }
    signals.groups =
        ranked.into_iter().filter_map(|index| policy.groups.get(index)).map(|group| group.name.clone()).collect();
}

/// Puts the group that is likelier meant before the one that the words name; says whether it did.
fn give_way(ranked: &mut Vec<usize>, read: &Read, policy: &Policy) -> bool {
    let known = |name: &String| read.arguments.contains_key(name);
    let yields = |index: &usize| {
        let other = policy.groups.get(*index)?.yields.as_ref()?;
        let applies = other.when.iter().any(known) && !other.unless.iter().any(known);
        policy.groups.iter().position(|group| applies && group.name == other.to)
    };
    for at in 0..ranked.len() {
        if let Some(other) = yields(&ranked[at]).filter(|other| !ranked[..at].contains(other)) {
            ranked.insert(at, other);
            return true;
        }
    }
    false
}

fn settle_operational(signals: &mut Signals, hits: &Hits) {
    let has = |list: List| hits.has(list);
    let ours =
        has(List::Ours) || signals.target || signals.customer || signals.time || signals.filters || signals.names_shown;
    let defined = has(List::Definition) && !ours && !signals.definite;
    let general_noun = has(List::WhatIs)
        && !signals.names_group
        && !ours
        && !signals.freshness
        && !signals.refers
        && signals.position.is_none();
    signals.general = defined || general_noun;
    signals.operational = !signals.general
        && (signals.names_group
            || signals.target
            || signals.customer
            || signals.operational_noun
            || (signals.filters && (signals.asks || signals.shown > 0))
            || (signals.time && signals.asks && !signals.outside));
}
