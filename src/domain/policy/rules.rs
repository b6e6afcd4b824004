//! The rule table: ordered, first match wins. A rule has a stable id, a line of
//! doc, a condition over signals and a decision. What no rule claims is left open
//! and the model is asked.
//!
//! The order leans one way on purpose: a wrong `call_tool` costs a second, a wrong
//! `converse` costs trust. So rules that end without a call are narrow.

use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::signals::Signals;

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Stable id in snake case, seen in traces and scenarios.
    pub id: &'static str,
    /// One line for people.
    pub doc: &'static str,
    /// What the turn becomes.
    pub decision: RouterDecision,
    /// Whether the rule claims the message.
    pub applies: fn(&Signals) -> bool,
}

/// Id of the rule that asks what an ambiguous word means.
pub(crate) const AMBIGUOUS_NOUN: &str = "ambiguous_noun";

/// The answer to a question whether to run something is no message to be routed: what it means
/// is settled by the question. These ids stand in the place of a rule's.
pub mod answers {
    /// A yes: exactly the calls that were shown are made.
    pub const CONFIRMED: &str = "confirmed";
    /// A no: nothing is called.
    pub const DECLINED: &str = "declined";
    /// The question is no longer open: it was answered before, or the conversation went on.
    pub const CLOSED: &str = "confirmation_closed";

    /// What a tool asked is answered in full: its call is made with the answers.
    pub const TOOL_ANSWERED: &str = "tool_answered";
    /// What a tool asks is not answered in full yet.
    pub const TOOL_ASKS_ON: &str = "tool_asks_on";
    /// The user does not answer what a tool asks.
    pub const TOOL_NOT_ANSWERED: &str = "tool_not_answered";

    /// Id, decision and meaning of each, for the documents.
    pub const ALL: [(&str, &str, &str); 6] = [
        (
            CONFIRMED,
            "call_tool",
            "A bare yes to the question that the last reply asked: exactly the calls that were shown are made, once.",
        ),
        (DECLINED, "refuse", "A bare no to it: nothing is called."),
        (
            CLOSED,
            "refuse",
            "A bare yes or no to a question that was answered before, or after which the conversation went on: nothing is called.",
        ),
        (
            TOOL_ANSWERED,
            "call_tool",
            "The answer to what a tool asked in the last reply: the same call is made with it.",
        ),
        (
            TOOL_ASKS_ON,
            "clarify",
            "An answer to what a tool asks that does not fit, or after which it wants to know more: it is asked about.",
        ),
        (
            TOOL_NOT_ANSWERED,
            "refuse",
            "The word that ends such a question without an answer: its call is not made, other look-ups of the same turn are.",
        ),
    ];
}

/// Id of the rule that says that there is no further page.
pub(crate) const NO_FURTHER_PAGE: &str = "no_further_page";

/// Id of the rule that asks for what tools need and the message does not say.
pub(crate) const ARGUMENT_MISSING: &str = "argument_missing";

/// All rules, in order.
pub static RULES: &[Rule] = &[
    Rule {
        id: "nothing_said",
        doc: "The message has no words.",
        decision: RouterDecision::Clarify,
        applies: |s| s.words == 0,
    },
    Rule {
        id: "skip_rules_request",
        doc: "Asks to ignore rules, to answer without tools or to skip the checks.",
        decision: RouterDecision::Refuse,
        applies: |s| s.skips_rules,
    },
    Rule {
        id: "made_up_data_request",
        doc: "Asks to invent or guess data.",
        decision: RouterDecision::Refuse,
        applies: |s| s.makes_up && (s.operational || s.freshness || s.asks || s.names_group || s.loose <= 3),
    },
    Rule {
        id: "change_without_tool",
        doc: "Asks for a change, and no connected tool can change anything of that kind.",
        decision: RouterDecision::Refuse,
        applies: |s| {
            s.changes && !s.can_change && !s.question && (s.target || s.definite || (s.names_group && !s.asks))
        },
    },
    Rule {
        id: "topic_without_tool",
        doc: "Asks for live data of a topic that no tool serves, such as weather or share prices.",
        decision: RouterDecision::Refuse,
        applies: |s| s.outside && !s.operational && !s.names_group,
    },
    Rule {
        id: "group_without_tool",
        doc: "Asks for a kind of data that none of the connected tools serves.",
        decision: RouterDecision::Refuse,
        applies: |s| s.unserved && !s.general && !s.target && s.operational && !reworks_shown(s),
    },
    Rule {
        id: "greeting",
        doc: "Greets or says goodbye, and asks nothing.",
        decision: RouterDecision::Converse,
        applies: |s| s.greeting && s.social_only() && !s.asks,
    },
    Rule {
        id: "thanks",
        doc: "Thanks, and asks nothing.",
        decision: RouterDecision::Converse,
        applies: |s| s.thanks && s.social_only() && !s.asks,
    },
    Rule {
        id: "capabilities",
        doc: "Asks what this assistant is or can do.",
        decision: RouterDecision::Converse,
        applies: |s| s.capabilities && s.social_only(),
    },
    Rule {
        id: "small_talk",
        doc: "Acknowledges the last reply, and asks nothing.",
        decision: RouterDecision::Converse,
        applies: |s| {
            s.acknowledges && s.social_only() && !s.asks && !s.question && s.loose == 0 && !s.time && !s.filters
        },
    },
    Rule {
        id: "rework_shown",
        doc: "Only explains, summarises, translates, formats or compares what was shown.",
        decision: RouterDecision::UseShown,
        applies: reworks_shown,
    },
    Rule {
        id: "reference_without_shown",
        doc: "Refers to something, and nothing was shown that it could be.",
        decision: RouterDecision::Clarify,
        applies: |s| {
            s.shown == 0
                && (s.refers || s.position.is_some())
                && !s.operational
                && !s.general
                && !s.names_group
                && s.loose <= 1
                && (s.freshness || s.asks || s.position.is_some() || ((s.rework || s.explains) && !s.history))
        },
    },
    Rule {
        id: "row_fresh",
        doc: "Asks for news about one shown object, named by position or pronoun.",
        decision: RouterDecision::Refresh,
        applies: |s| s.shown > 0 && s.row.is_some() && s.freshness && !s.asks_for_new(),
    },
    Rule {
        id: "row_details",
        doc: "Asks for one shown object by its position, or for a part of the only one shown.",
        decision: RouterDecision::CallTool,
        applies: |s| s.row.is_some() && (s.position.is_some() || s.definite || s.asks_whose()) && !s.asks_for_new(),
    },
    Rule {
        id: "position_out_of_range",
        doc: "Names a position that the shown list does not have.",
        decision: RouterDecision::Clarify,
        applies: |s| {
            s.position.is_some() && s.row.is_none() && s.shown_rows > 0 && !s.target && !s.customer && !s.names_group
        },
    },
    Rule {
        id: NO_FURTHER_PAGE,
        doc: "Asks for the next page, and what was shown last says of none.",
        decision: RouterDecision::Refuse,
        applies: |s| s.no_further_page && !s.target && !s.customer && !s.time && !s.filters && s.loose <= 1,
    },
    Rule {
        id: "follow_up_fresh",
        doc: "Asks whether something shown has changed, or for its present state.",
        decision: RouterDecision::Refresh,
        applies: follow_up_fresh,
    },
    Rule {
        id: "definite_without_target",
        doc: "Asks for one object without saying which, and several or none were shown.",
        decision: RouterDecision::Clarify,
        applies: |s| {
            // "Open the ticket" holds a word for a status that is a verb there.
            let filtered = s.filters && s.words > 3;
            s.definite && !s.target && !s.customer && !filtered && !s.time && s.loose == 0 && s.shown_rows != 1
        },
    },
    Rule {
        id: ARGUMENT_MISSING,
        doc: "Asks for data of a kind that needs an argument which is not said: a kind of filter, an address, whose comments.",
        decision: RouterDecision::Clarify,
        applies: |s| {
            let about_shown = s.shown > 0
                && (s.refers || s.names_shown || s.definite || s.row.is_some() || s.same_group)
                && !s.asks_for_new();
            let missing = match &s.asked_back {
                Some(asked) if asked.whose => {
                    let narrowed = s.target || s.customer || s.filters || s.time;
                    // Further words tell which: "comments mentioning ransomware" are searched for.
                    s.asks_whose() && s.row.is_none() && !narrowed && s.loose <= 1 && s.unread <= 1
                }
                asked => asked.is_some() && s.names_group && !about_shown,
            };
            missing && !s.general && !s.explains
        },
    },
    Rule {
        id: AMBIGUOUS_NOUN,
        doc: "Names one thing by a word for several kinds of data, and nothing that only one of them has.",
        decision: RouterDecision::Clarify,
        applies: |s| !s.meanings.is_empty() && !s.target && s.row.is_none() && !s.general,
    },
    Rule {
        id: "explicit_target",
        doc: "Names an object: an id, an address, a host, a domain, a hash.",
        decision: RouterDecision::CallTool,
        applies: |s| s.target,
    },
    Rule {
        id: "question_about_shown",
        doc: "Asks a question of fact about something shown.",
        decision: RouterDecision::CallTool,
        applies: |s| s.shown > 0 && (s.refers || s.names_shown) && (s.asks || s.question) && !s.general && s.loose <= 4,
    },
    Rule {
        id: "operational_data",
        doc: "Asks for operational data: alerts, cases, machines, statistics, states.",
        decision: RouterDecision::CallTool,
        applies: |s| s.operational,
    },
    Rule {
        id: "fresh_question",
        doc: "Asks for news or the present state without saying of what.",
        decision: RouterDecision::CallTool,
        applies: |s| s.freshness && !s.general && !s.explains && !s.rework,
    },
];

fn reworks_shown(s: &Signals) -> bool {
    let plain_noun = s.names_group && s.same_group && !s.filters && !s.asks && s.loose == 0;
    let about_shown = s.refers
        || s.names_shown
        || s.position.is_some()
        || (s.target && s.rework)
        || (s.definite && s.same_group)
        || (s.rework && plain_noun)
        || (!s.names_group && !s.operational_noun && !s.target && !s.customer && s.loose <= 1);
    s.shown > 0
        && (s.rework || s.explains)
        && !s.freshness
        && !s.general
        && !s.asks_for_new()
        && !s.time
        && (!s.names_group || s.same_group)
        && !(s.explains && !s.rework && s.target)
        && s.loose <= 3
        && about_shown
}

fn follow_up_fresh(s: &Signals) -> bool {
    let pointed = s.refers || s.definite || s.target || s.names_shown;
    let short = s.loose <= 1 && (!s.names_group || s.same_group) && (!s.operational_noun || s.same_group);
    // Many languages leave the pronoun out: "still open?" says a state of what was shown.
    let predicate = s.filters && !s.time && !s.names_group && !s.asks && s.loose == 0;
    s.shown > 0
        && s.freshness
        && !s.general
        && !s.asks_for_new()
        && (pointed || predicate || !(s.filters || s.time))
        && (pointed || s.customer || short)
        && !(s.names_group && !s.same_group && !s.target)
        && s.loose <= 3
}
