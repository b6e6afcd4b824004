//! Policy as data: tool groups with their words, order and call templates, how
//! arguments are read off a message, word lists per language, tools off limits.
//! The shipped default is embedded; the `policy` section of the configuration adds
//! to it. Nothing here decides; `Router` compiles this once and uses it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;

use crate::domain::lang::Lang;
use crate::domain::tool::ToolSpec;

/// The shipped policy without its word lists.
const DEFAULT: &str = include_str!("default.toml");

/// The shipped word lists.
const WORDS: [(Lang, &str); 8] = [
    (Lang::En, include_str!("words/en.toml")),
    (Lang::Nb, include_str!("words/nb.toml")),
    (Lang::Sv, include_str!("words/sv.toml")),
    (Lang::Da, include_str!("words/da.toml")),
    (Lang::De, include_str!("words/de.toml")),
    (Lang::Fr, include_str!("words/fr.toml")),
    (Lang::Es, include_str!("words/es.toml")),
    (Lang::Ja, include_str!("words/ja.toml")),
];

/// Everything the router knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Tools nobody may call: names at the server or qualified names; a trailing `*` matches the rest.
    #[serde(default)]
    pub off_limits: Vec<String>,
    /// Calls that the gateway plans by itself in one turn, at most.
    pub max_planned_calls: usize,
    /// Choices offered in one question, at most.
    pub max_choices: usize,
    /// Translators, and the tool that runs what each makes; empty when it takes other arguments.
    #[serde(default)]
    pub translators: BTreeMap<String, String>,
    /// Tools that only list allowed values; a trailing `*` matches the rest.
    #[serde(default)]
    pub value_lists: Vec<String>,
    /// Customers by the names people use. A name that is not listed is taken as written.
    #[serde(default)]
    pub customers: Vec<Customer>,
    /// Argument patterns.
    #[serde(default)]
    pub patterns: Vec<Pattern>,
    /// Values of the sources behind words such as "open" or "critical".
    pub readings: Vec<Reading>,
    /// Source times behind words such as "today".
    pub times: BTreeMap<String, TimeRange>,
    /// Words that may mean several kinds of data.
    #[serde(default)]
    pub ambiguities: Vec<Ambiguity>,
    /// Tools whose results say where they go on.
    #[serde(default)]
    pub pages: Vec<Page>,
    /// Tool groups; the earlier wins when words point at several.
    pub groups: Vec<ToolGroup>,
    /// Word lists by language.
    #[serde(default)]
    pub words: BTreeMap<Lang, Words>,
}

/// A customer and the names people use for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// What tools take, e.g. `nordfjord`.
    pub short_name: String,
    /// Names and abbreviations in messages; the short name itself always counts.
    #[serde(default)]
    pub names: Vec<String>,
}

/// A regular expression that reads an argument off the original message text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// Argument name, e.g. `cluster`.
    pub argument: String,
    /// Each capture group that took part holds a value; where there is no group, the whole match does.
    pub regex: String,
    /// The value names one object, so the message has an explicit target.
    #[serde(default)]
    pub target: bool,
    /// Words of the word lists are no values (for patterns such as "cluster X").
    #[serde(default)]
    pub not_a_word: bool,
    /// Function words are no values (for patterns such as "alarms about X").
    #[serde(default)]
    pub not_a_small_word: bool,
}

/// Turns value words into the values of a source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Argument to fill, e.g. `case_status`.
    pub argument: String,
    /// Value list of the word lists, e.g. `status`.
    pub from: String,
    /// The words name what counts are grouped by, and only where they are asked for so: after
    /// "per", beside "most". There they do not point at a tool group.
    #[serde(default)]
    pub groups_by: bool,
    /// The argument is one plain value and no list; the last word counts.
    #[serde(default)]
    pub single: bool,
    /// The values are conditions, and the argument is one text: a condition, or several joined by `or`.
    #[serde(default)]
    pub either: bool,
    /// Source values by word value; a word value that is missing here fills nothing.
    pub values: BTreeMap<String, Vec<String>>,
}

/// A word that people use for several kinds of data. Where the message says nothing that only
/// one of them has, they are asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ambiguity {
    /// Stable name.
    pub name: String,
    /// The words.
    pub words: BTreeMap<Lang, Vec<String>>,
    /// Asked only when one of these arguments is known, which say no more than that it happened.
    pub when: Vec<String>,
    /// Not asked when one of these is known: the message says what is meant.
    #[serde(default)]
    pub unless: Vec<String>,
    /// What may be meant, in the order of asking.
    pub meanings: Vec<Meaning>,
}

/// One thing that an ambiguous word may mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meaning {
    /// The words that say it plainly, in the place of the ambiguous ones.
    pub words: BTreeMap<Lang, String>,
}

/// Another group that is asked before this one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Yield {
    /// Name of the other group.
    pub to: String,
    /// One of these is known: arguments that the tools of this group cannot take.
    pub when: Vec<String>,
    /// None of these is known.
    #[serde(default)]
    pub unless: Vec<String>,
}

/// Where the result of a tool says at which place the next page begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Tool name at the server.
    pub tool: String,
    /// Argument that takes the place.
    pub argument: String,
    /// JSON Pointer of the place in the result.
    pub from: String,
}

/// A time range in source strings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeRange {
    /// Argus time string.
    pub start: String,
    /// Argus time string.
    #[serde(default = "now")]
    pub end: String,
    /// The look-back that covers the range, in whole hours.
    pub hours: u64,
}

fn now() -> String {
    "now".to_owned()
}

/// Tools that serve one kind of question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolGroup {
    /// Stable name, e.g. `cases`.
    pub name: String,
    /// What the group is about, for people.
    pub about: String,
    /// Tool names at the server in the order to use them: value lists, translators, execution.
    pub order: Vec<String>,
    /// Words that point at the group. `word*` and `*word` match the rest of the word.
    #[serde(default)]
    pub words: BTreeMap<Lang, Vec<String>>,
    /// Arguments that point at the group without any word.
    #[serde(default)]
    pub targets: Vec<String>,
    /// Arguments that point at the group where no word points at any.
    #[serde(default)]
    pub otherwise: Vec<String>,
    /// The group that is likelier meant when something is asked that only that one has.
    #[serde(default)]
    pub yields: Option<Yield>,
    /// Where this aspect is asked for, no other group serves the message.
    #[serde(default)]
    pub alone_for: Option<String>,
    /// How one row of a result is named and addressed.
    #[serde(default)]
    pub row: Option<RowIdentity>,
    /// What is asked back when a message does not say it; the first that applies.
    #[serde(default)]
    pub asks: Vec<Ask>,
    /// Calls that the gateway can make by itself; the first that can be filled is taken.
    #[serde(default)]
    pub calls: Vec<CallTemplate>,
}

/// Something that the tools of a group need, and that is asked for where a message does not say it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// What is missing, e.g. `indicator`; `notice` has words for it.
    pub missing: String,
    /// Only for questions about this aspect. Without one, only where words point at no other group.
    #[serde(default)]
    pub aspect: Option<String>,
    /// Also where words point at another group before this one.
    #[serde(default)]
    pub anywhere: bool,
    /// Arguments that must be known for the question to arise.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Arguments and aspects of which each settles it.
    pub unless: Vec<String>,
    /// Words that settle it, to choose from.
    #[serde(default)]
    pub choices: BTreeMap<Lang, Vec<String>>,
}

/// A value that a later step of a plan takes out of a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Take {
    /// Argument that it fills.
    pub argument: String,
    /// JSON Pointer into the result; `*` stands for each item of a list.
    pub from: String,
    /// Only these values are taken; none named: any.
    #[serde(default)]
    pub only: Vec<Value>,
}

/// How one row of a result is named and addressed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowIdentity {
    /// Argument that the id of a row fills, e.g. `case_id`.
    pub argument: String,
    /// JSON Pointer of the id inside a row.
    pub id: String,
    /// JSON Pointers of a text for people; the first that holds text is used.
    pub label: Vec<String>,
    /// The user message that asks for this row; `{id}` is replaced.
    pub message: BTreeMap<Lang, String>,
}

/// A call with places to fill. In `arguments` the string `$name` stands for the whole
/// value, `{name}` inside a text for its text; what cannot be filled is left out. An
/// object `{"$join": sep, "parts": […]}` joins the parts that can be filled; in a part `{is name}`
/// stands for `= "value"`, or for `in ("a","b")` where there are several. In a list an
/// item `{"$each": name, "item": …}` stands for one item per value of that argument, each
/// with the value as `$it`. A key `a|b` becomes the first name that the tool's schema knows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallTemplate {
    /// Tool name at the server.
    pub tool: String,
    /// Arguments that must be known, else the template is passed over.
    #[serde(default)]
    pub needs: Vec<String>,
    /// One of these must be known.
    #[serde(default)]
    pub needs_any: Vec<String>,
    /// Makes one call per value of this argument.
    #[serde(default)]
    pub each: Option<String>,
    /// Only for questions about this aspect, e.g. `comments`.
    #[serde(default)]
    pub aspect: Option<String>,
    /// Passed over when one of these arguments is known or one of these aspects is asked for, since
    /// the tool cannot take it. What was read off the message and no argument of the call says
    /// rules a template out by itself.
    #[serde(default)]
    pub unless: Vec<String>,
    /// The tool counts by groups. Others are passed over where counts by group are asked for.
    #[serde(default)]
    pub grouped: bool,
    /// Passed over when words of the message were not understood: what they narrow would be left
    /// out, and a count of everything looks like a count of what was asked for.
    #[serde(default)]
    pub whole: bool,
    /// When the first of a pair is known, the second must be too.
    #[serde(default)]
    pub together: Vec<[String; 2]>,
    /// Arguments that the result tells although the call does not say them.
    #[serde(default)]
    pub says: Vec<String>,
    /// Passed over where words point at a second tool group: another thing is asked for.
    #[serde(default)]
    pub alone: bool,
    /// Values for places that the message leaves open.
    #[serde(default)]
    pub defaults: Map<String, Value>,
    /// The result of a step alone is no answer: where the last call cannot be made, that is said.
    #[serde(default)]
    pub complete: bool,
    /// Calls to make before, one after the other; one that does not fit is passed over.
    #[serde(default)]
    pub first: Vec<CallTemplate>,
    /// What later steps take out of the result.
    #[serde(default)]
    pub takes: Vec<Take>,
    /// The arguments.
    #[serde(default = "no_arguments")]
    pub arguments: Value,
}

fn no_arguments() -> Value {
    Value::Object(serde_json::Map::new())
}

/// Word lists of one language. Words are matched whole on NFKC lower-case text;
/// `word*` and `*word` match the rest of the word; Japanese is matched by substring.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Words {
    /// Function words; they also tell the language.
    pub stop: Vec<String>,
    /// Greetings and farewells.
    pub greeting: Vec<String>,
    /// Thanks.
    pub thanks: Vec<String>,
    /// Questions about what this assistant is and can do.
    pub capabilities: Vec<String>,
    /// "Ok", "great": nothing is asked.
    pub acknowledge: Vec<String>,
    /// A yes to a question whether to run something. Whole phrases, without `*`; together they
    /// must cover the message. Read by `answer` alone, never by the rules.
    pub yes: Vec<String>,
    /// A no to such a question.
    pub no: Vec<String>,
    /// Asks for the present state, for news or changes.
    pub freshness: Vec<String>,
    /// Asks to rework a text: shorter, as a table, in another language, in simpler words.
    pub rework: Vec<String>,
    /// Asks to explain, compare or reason.
    pub explain: Vec<String>,
    /// Pronouns that refer to something shown.
    pub refers: Vec<String>,
    /// Names what was shown: "the result", "the table above".
    pub shown: Vec<String>,
    /// Names one object without saying which: "the case".
    pub definite: Vec<String>,
    /// Asks to skip rules, tools or checks.
    pub skip_rules: Vec<String>,
    /// Asks to make data up.
    pub make_up: Vec<String>,
    /// General questions about a kind of thing: "what is a", "how does".
    pub definition: Vec<String>,
    /// "What is": general only with a general noun and nothing else.
    pub what_is: Vec<String>,
    /// Request words: show, list, how many.
    pub ask: Vec<String>,
    /// Operational nouns that no group claims.
    pub operational: Vec<String>,
    /// What data may be about and no filter says: ransomware, sign-ins. Read to know what a call
    /// would leave out; it points at no group.
    pub topic: Vec<String>,
    /// "We", "our": makes a general noun operational.
    pub ours: Vec<String>,
    /// Live topics that no tool of this product serves: weather, share prices.
    pub outside: Vec<String>,
    /// Verbs that ask for a change, counted at the start of a message only.
    pub change: Vec<String>,
    /// Polite openings to look past when a verb is expected.
    pub polite: Vec<String>,
    /// "Last", "past": before a duration.
    pub last: Vec<String>,
    /// "Since".
    pub since: Vec<String>,
    /// "Older than", "before", "except": a filter too subtle to be read here.
    pub subtle: Vec<String>,
    /// "Latest", "top": before a number of rows.
    pub limit: Vec<String>,
    /// Prepositions before a customer name.
    pub before_customer: Vec<String>,
    /// Words right before a position number: "number 2".
    pub number: Vec<String>,
    /// "Per", "for each": counts are asked by what follows (in Japanese: by what stands before).
    pub per: Vec<String>,
    /// "By": the same where what follows names a group and no value.
    pub by: Vec<String>,
    /// "Most", "top": the largest groups are asked for.
    pub most: Vec<String>,
    /// "And", "or": between the names of two customers.
    pub joins: Vec<String>,
    /// Numbers in words, by number; read before a unit of time.
    pub numerals: BTreeMap<String, Vec<String>>,
    /// Positions: `first`, `second`, `third`, `fourth`, `fifth`, `last`.
    pub positions: BTreeMap<String, Vec<String>>,
    /// Units of duration: `minute`, `hour`, `day`, `week`, `month`.
    pub units: BTreeMap<String, Vec<String>>,
    /// `monday` to `sunday`.
    pub weekdays: BTreeMap<String, Vec<String>>,
    /// Keys of `times`.
    pub times: BTreeMap<String, Vec<String>>,
    /// Value lists by name: `status`, `priority`, `case_type`, `workload_status`.
    pub values: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// What a tool group is called, by group name.
    pub labels: BTreeMap<String, String>,
    /// Words that point at a tool group, by group name.
    pub groups: BTreeMap<String, Vec<String>>,
    /// Aspects of an object: `comments`, `tags`, `lineage`, `process_tree`.
    pub aspects: BTreeMap<String, Vec<String>>,
}

/// What the configuration may add to the shipped policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyExtension {
    /// Further tools off limits.
    pub off_limits: Vec<String>,
    /// Further translators.
    pub translators: BTreeMap<String, String>,
    /// Further tools that only list allowed values.
    pub value_lists: Vec<String>,
    /// Customers by the names people use.
    pub customers: Vec<Customer>,
    /// Further argument patterns.
    pub patterns: Vec<Pattern>,
    /// Replaces the shipped bound.
    pub max_planned_calls: Option<usize>,
    /// Groups: one of a known name replaces what it gives, a new name is added.
    pub groups: Vec<GroupExtension>,
    /// Groups of the shipped policy to leave out.
    pub without_groups: Vec<String>,
}

/// Changes to one group, or a new group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GroupExtension {
    /// Name of the group.
    pub name: String,
    /// Replaces the text.
    pub about: Option<String>,
    /// Replaces the tools and their order.
    pub order: Option<Vec<String>>,
    /// Added to the words.
    pub words: BTreeMap<Lang, Vec<String>>,
    /// Added to the targets.
    pub targets: Vec<String>,
    /// Replaces the row identity.
    pub row: Option<RowIdentity>,
    /// Tried before the shipped calls.
    pub calls: Vec<CallTemplate>,
}

/// Why a policy cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Not valid TOML, or an unknown key.
    #[error("policy is not valid: {0}")]
    Format(#[from] toml::de::Error),
    /// A pattern is no regular expression.
    #[error("pattern for {argument} is not valid")]
    Pattern {
        /// Argument it should read.
        argument: String,
        /// What the compiler says.
        #[source]
        source: regex::Error,
    },
    /// A word is too short, or a name refers to nothing.
    #[error("policy is not consistent: {0}")]
    Inconsistent(String),
}

impl Policy {
    /// The shipped policy.
    ///
    /// # Errors
    /// [`PolicyError::Format`] when the embedded files are broken, which a test rules out.
    pub fn shipped() -> Result<Self, PolicyError> {
        let mut policy: Policy = toml::from_str(DEFAULT)?;
        for (lang, text) in WORDS {
            policy.words.insert(lang, toml::from_str(text)?);
        }
        Ok(policy)
    }

    /// The shipped policy with the `policy` section of a configuration.
    ///
    /// # Errors
    /// [`PolicyError::Format`] names the key that is not known or not of its type.
    pub fn with_overrides(section: &toml::Table) -> Result<Self, PolicyError> {
        let extension: PolicyExtension = section.clone().try_into()?;
        Ok(Self::shipped()?.extended(extension))
    }

    /// The policy with what a configuration adds.
    #[must_use]
    pub fn extended(mut self, extension: PolicyExtension) -> Self {
        self.off_limits.extend(extension.off_limits);
        self.translators.extend(extension.translators);
        self.value_lists.extend(extension.value_lists);
        self.customers.extend(extension.customers);
        self.patterns.extend(extension.patterns);
        if let Some(limit) = extension.max_planned_calls {
            self.max_planned_calls = limit;
        }
        for change in extension.groups {
            self.change_group(change);
        }
        self.groups.retain(|group| !extension.without_groups.contains(&group.name));
        self
    }

    fn change_group(&mut self, change: GroupExtension) {
        let at = self.groups.iter().position(|group| group.name == change.name).unwrap_or_else(|| {
            self.groups.push(ToolGroup {
                about: change.name.clone(),
                name: change.name.clone(),
                order: Vec::new(),
                words: BTreeMap::new(),
                targets: Vec::new(),
                otherwise: Vec::new(),
                yields: None,
                alone_for: None,
                row: None,
                asks: Vec::new(),
                calls: Vec::new(),
            });
            self.groups.len() - 1
        });
        let group = &mut self.groups[at];
        if let Some(about) = change.about {
            group.about = about;
        }
        if let Some(order) = change.order {
            group.order = order;
        }
        for (lang, words) in change.words {
            group.words.entry(lang).or_default().extend(words);
        }
        group.targets.extend(change.targets);
        group.row = change.row.or(group.row.take());
        group.calls.splice(0..0, change.calls);
    }

    /// Whether a tool may be called at all.
    pub fn allows(&self, tool: &ToolSpec) -> bool {
        ![tool.tool.as_str(), tool.name.as_str()].iter().any(|name| matches_any(&self.off_limits, name))
    }

    /// The group of this name.
    pub fn group(&self, name: &str) -> Option<&ToolGroup> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The first group that lists this tool (name at the server).
    pub fn group_of_tool(&self, tool: &str) -> Option<&ToolGroup> {
        self.groups.iter().find(|group| group.order.iter().any(|name| name == tool))
    }

    /// The tools of a group that are connected and allowed, in the order of the group:
    /// value lists, then translators, then execution.
    pub fn order<'a>(&self, group: &'a ToolGroup, tools: &[std::sync::Arc<ToolSpec>]) -> Vec<&'a str> {
        group
            .order
            .iter()
            .filter(|name| tools.iter().any(|tool| tool.tool == **name && self.allows(tool)))
            .map(String::as_str)
            .collect()
    }
}

/// Whether a name is listed; a trailing `*` matches the rest.
pub fn matches_any(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    })
}
