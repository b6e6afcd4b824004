//! The router: a compiled policy that reads signals, asks the rule table and makes
//! a ruling. Same input, same ruling. Whether the model is asked where no rule
//! claims the message is the engine's matter; what the model may not overrule is
//! decided here.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use regex::Regex;
use regex::RegexBuilder;
use serde_json::Value;

use crate::domain::ids::ResultId;
use crate::domain::message::Message;
use crate::domain::policy::ask;
use crate::domain::policy::decision::Choice;
use crate::domain::policy::decision::DecidedBy;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::decision::Ruling;
use crate::domain::policy::lexicon::Lexicon;
use crate::domain::policy::paging::next_page;
use crate::domain::policy::rules::AMBIGUOUS_NOUN;
use crate::domain::policy::rules::ARGUMENT_MISSING;
use crate::domain::policy::rules::RULES;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::settings::PolicyError;
use crate::domain::policy::settings::ToolGroup;
use crate::domain::policy::shown::Shown;
use crate::domain::policy::shown::choices_of;
use crate::domain::policy::signals::Signals;
use crate::domain::policy::signals::read_signals;
use crate::domain::tool::ToolSpec;

/// Groups whose tools are offered in one turn, at most.
const MAX_GROUPS: usize = 4;

/// Tools without a group that are offered for a change, at most.
const MAX_CHANGERS: usize = 12;

/// Largest compiled form of a pattern from the configuration, in bytes.
const MAX_PATTERN: usize = 1 << 20;

/// A compiled policy.
#[derive(Debug)]
pub struct Router {
    policy: Policy,
    lexicon: Lexicon,
    patterns: Vec<ReadPattern>,
}

/// A [`Pattern`](crate::domain::policy::settings::Pattern), compiled.
#[derive(Debug)]
pub(crate) struct ReadPattern {
    pub(crate) argument: String,
    pub(crate) regex: Regex,
    pub(crate) target: bool,
    pub(crate) not_a_word: bool,
    pub(crate) not_a_small_word: bool,
}

/// What a decision rests on.
#[derive(Clone, Copy, Debug)]
pub struct RouteInput<'a> {
    /// The user's message.
    pub message: &'a str,
    /// Earlier messages, oldest first, without this one.
    pub history: &'a [Message],
    /// What earlier replies have shown.
    pub shown: &'a Shown,
    /// The live catalog.
    pub tools: &'a [Arc<ToolSpec>],
    /// Groups of configured servers that are down: they are unavailable, not impossible.
    pub expected_groups: &'a [String],
    /// The moment of the message.
    pub now: Timestamp,
}

impl RouteInput<'_> {
    /// Whether a group has a connected tool, or would have one if its server were up.
    pub fn serves(&self, policy: &Policy, group: &ToolGroup) -> bool {
        self.expected_groups.contains(&group.name) || !policy.order(group, self.tools).is_empty()
    }
}

impl Router {
    /// Compiles a policy.
    ///
    /// # Errors
    /// [`PolicyError`] for a pattern that does not compile or a word list that is not consistent.
    pub fn new(policy: Policy) -> Result<Self, PolicyError> {
        let lexicon = Lexicon::new(&policy)?;
        let patterns = policy
            .patterns
            .iter()
            .map(|pattern| {
                let regex = RegexBuilder::new(&pattern.regex)
                    .size_limit(MAX_PATTERN)
                    .build()
                    .map_err(|source| PolicyError::Pattern { argument: pattern.argument.clone(), source })?;
                Ok(ReadPattern {
                    argument: pattern.argument.clone(),
                    regex,
                    target: pattern.target,
                    not_a_word: pattern.not_a_word,
                    not_a_small_word: pattern.not_a_small_word,
                })
            })
            .collect::<Result<_, PolicyError>>()?;
        Ok(Self { policy, lexicon, patterns })
    }

    /// The policy behind this router.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(crate) fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    pub(crate) fn patterns(&self) -> &[ReadPattern] {
        &self.patterns
    }

    /// Reads the signals and asks the rules. No ruling: the rules leave it open.
    pub fn decide(&self, input: &RouteInput<'_>) -> (Signals, Option<Ruling>) {
        let signals = read_signals(self, input);
        let ruling = RULES
            .iter()
            .find(|rule| (rule.applies)(&signals))
            .map(|rule| self.ruling(&signals, input, rule.decision, rule.id, DecidedBy::Rule, rule.doc.to_owned()));
        (signals, ruling)
    }

    /// The ruling when neither rules nor model are sure.
    pub fn default_ruling(&self, signals: &Signals, input: &RouteInput<'_>) -> Ruling {
        let reason = "Neither rules nor model are sure, so a tool is called.".to_owned();
        self.ruling(signals, input, RouterDecision::CallTool, "default", DecidedBy::Default, reason)
    }

    /// The ruling from a model's decision. A model may not talk an operational question
    /// away, use results that were never shown, or repeat calls that were never made.
    pub fn from_model(
        &self,
        signals: &Signals,
        input: &RouteInput<'_>,
        decision: RouterDecision,
        reason: String,
    ) -> Ruling {
        let asks_data = signals.operational || (signals.freshness && !signals.general);
        let decision = match decision {
            RouterDecision::Converse | RouterDecision::Refuse if asks_data && !signals.unserved => {
                RouterDecision::CallTool
            }
            RouterDecision::UseShown if signals.shown == 0 || asks_data && signals.asks_for_new() => {
                RouterDecision::CallTool
            }
            RouterDecision::UseShown if signals.freshness && !signals.general => RouterDecision::Refresh,
            RouterDecision::Refresh if signals.shown == 0 || signals.asks_for_new() => RouterDecision::CallTool,
            other => other,
        };
        self.ruling(signals, input, decision, "model", DecidedBy::Model, reason)
    }

    /// Ids and docs of all rules, in order.
    pub fn rule_docs(&self) -> Vec<(&'static str, &'static str)> {
        RULES.iter().map(|rule| (rule.id, rule.doc)).collect()
    }

    /// A ruling from signals.
    fn ruling(
        &self,
        signals: &Signals,
        input: &RouteInput<'_>,
        decision: RouterDecision,
        rule: &str,
        decided_by: DecidedBy,
        reason: String,
    ) -> Ruling {
        let calls = decision.needs_call();
        let clarify = decision == RouterDecision::Clarify;
        let mut arguments = signals.arguments.clone();
        let mut groups = signals.groups.clone();
        if let Some(row) = signals.row.as_ref().filter(|_| calls) {
            arguments.insert(row.argument.clone(), Value::Array(vec![row.id.clone()]));
            groups.retain(|group| *group != row.group);
            groups.insert(0, row.group.clone());
        }
        if calls {
            arguments.extend(next_page(&self.policy, signals, input.shown).unwrap_or_default());
        }
        let follows = match decision {
            RouterDecision::UseShown | RouterDecision::Refresh => true,
            RouterDecision::CallTool => signals.row.is_some() || signals.refers || signals.names_shown,
            _ => false,
        };
        let ask = signals.asked_back.as_ref().filter(|_| rule == ARGUMENT_MISSING).map(|asked| &asked.ask);
        Ruling {
            decision,
            rule: rule.to_owned(),
            decided_by,
            tools: if calls { self.tools_for(signals, &groups, input) } else { Vec::new() },
            groups,
            arguments,
            missing: match ask {
                Some(ask) => vec![ask.missing.clone()],
                None if clarify => missing(signals),
                None => Vec::new(),
            },
            choices: match ask {
                Some(ask) if !ask.choices.is_empty() => ask::choices(ask, input.message, signals),
                _ if clarify => self.choices(signals, input, rule),
                _ => Vec::new(),
            },
            about: if follows { about(signals, input) } else { Vec::new() },
            reason,
            language: signals.language,
        }
    }

    /// Tools of the groups. Where the message asks for a change, first those that no group claims
    /// and that can make one: without them it would have been refused.
    fn tools_for(&self, signals: &Signals, groups: &[String], input: &RouteInput<'_>) -> Vec<String> {
        let mut tools: Vec<String> = Vec::new();
        if signals.changes && signals.can_change {
            let changers = input.tools.iter().filter(|tool| {
                !tool.read_only && self.policy.allows(tool) && self.policy.group_of_tool(&tool.tool).is_none()
            });
            tools.extend(changers.map(|tool| tool.tool.clone()).take(MAX_CHANGERS));
        }
        tools.extend(self.tools_of(groups, input));
        // Several servers may have one of a name.
        let mut named = HashSet::new();
        tools.retain(|tool| named.insert(tool.clone()));
        tools
    }

    /// Tools of the groups in their order. Where none of the groups has a connected tool,
    /// their names all the same, so that nothing else is offered.
    fn tools_of(&self, groups: &[String], input: &RouteInput<'_>) -> Vec<String> {
        let groups: Vec<&ToolGroup> =
            groups.iter().take(MAX_GROUPS).filter_map(|name| self.policy.group(name)).collect();
        let mut tools: Vec<String> = Vec::new();
        for name in groups.iter().flat_map(|group| self.policy.order(group, input.tools)) {
            if !tools.iter().any(|known| known == name) {
                tools.push(name.to_owned());
            }
        }
        if tools.is_empty() { groups.into_iter().flat_map(|group| group.order.clone()).collect() } else { tools }
    }

    /// What an ambiguous word may mean; else the shown objects, of the named group when one is named.
    fn choices(&self, signals: &Signals, input: &RouteInput<'_>, rule: &str) -> Vec<Choice> {
        if rule == AMBIGUOUS_NOUN {
            let choice = |message: &String| Choice { label: message.clone(), message: message.clone() };
            return signals.meanings.iter().map(choice).collect();
        }
        let mut rows = input.shown.rows(&self.policy);
        rows.retain(|row| !signals.names_group || signals.groups.iter().any(|group| group == row.group()));
        choices_of(&rows, &self.policy, signals.language)
    }
}

/// The shown results that a message speaks of.
fn about(signals: &Signals, input: &RouteInput<'_>) -> Vec<ResultId> {
    const NAMING: [&str; 10] =
        ["case_id", "event_identifier", "event_id", "host", "ip", "domain", "customer", "alarm_id", "filter_id", "cve"];
    if signals.asks_for_new() {
        return Vec::new();
    }
    if let Some(result) = signals.row.as_ref().and_then(|row| row.result) {
        return vec![result];
    }
    let named: Vec<Value> =
        NAMING.iter().filter_map(|name| signals.arguments.get(*name)?.as_array()).flatten().cloned().collect();
    input.shown.about(&named).into_iter().filter_map(|result| result.id).collect()
}

/// What a question back should ask for.
fn missing(signals: &Signals) -> Vec<String> {
    if signals.words == 0 {
        return vec!["question".to_owned()];
    }
    let named = signals.groups.first().filter(|_| signals.names_group).map(String::as_str);
    let argument = match named {
        Some("cases") => "case_id",
        Some("events") => "event_identifier",
        Some("runtime_events" | "process_trees") => "event_id",
        Some("alarms") => "alarm_id",
        Some("assets") => "host",
        Some("customers") => "customer",
        Some("filters") => "filter_id",
        _ => "target",
    };
    vec![argument.to_owned()]
}
