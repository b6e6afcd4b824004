//! Repeating the call behind one result because the user asked for just that: nothing is
//! routed and the model chooses nothing. The gateway makes the same call with the same
//! arguments, and the answer is drafted and checked like any other.

use serde_json::Map;

use crate::domain::event::TurnEvent;
use crate::domain::ids::ResultId;
use crate::domain::lang::Lang;
use crate::domain::ledger::Ledger;
use crate::domain::ledger::LedgerEntry;
use crate::domain::message::Role;
use crate::domain::policy::decision::DecidedBy;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::decision::Ruling;
use crate::engine::error::TurnError;
use crate::engine::ports::Catalog;
use crate::engine::turn::Turn;

/// Stands in the place of a rule's id: the user named the result, so no rule was asked.
pub const RULE: &str = "result_refreshed";

/// What the message of such a turn begins with.
const LEAD: &str = "Refresh: ";
/// Characters of the first question that are kept in it.
const QUESTION_CHARS: usize = 500;

/// The message of a turn that repeats a call, from the message of the turn that made it.
pub fn message(question: &str) -> String {
    let mut question = question.trim();
    while let Some(rest) = question.strip_prefix(LEAD) {
        question = rest.trim_start();
    }
    let mut text: String = LEAD.chars().chain(question.chars().take(QUESTION_CHARS)).collect();
    if question.chars().count() > QUESTION_CHARS {
        text.push('…');
    }
    text
}

/// Refuses results whose call says nothing when it is made again.
///
/// # Errors
/// [`TurnError::NotRepeatable`].
pub(crate) fn repeatable(ledger: &Ledger, id: ResultId, catalog: &Catalog) -> Result<(), TurnError> {
    let asks =
        |entry: &LedgerEntry| catalog.by_tool(&entry.tool).any(|spec| spec.server == entry.server && !spec.read_only);
    match ledger.get(id) {
        None => Err(TurnError::NotRepeatable { reason: "its turn was replaced by another one" }),
        Some(entry) if !entry.evidence => {
            Err(TurnError::NotRepeatable { reason: "it was a step on the way to a result and holds no data" })
        }
        Some(entry) if asks(entry) => {
            Err(TurnError::NotRepeatable { reason: "its tool runs only when the user has confirmed it; ask for it" })
        }
        Some(_) => Ok(()),
    }
}

impl Turn {
    /// The ruling of such a turn.
    pub(crate) fn route_to_repeat(&mut self, id: ResultId) -> Ruling {
        let ruling = Ruling {
            decision: RouterDecision::Refresh,
            rule: RULE.to_owned(),
            decided_by: DecidedBy::Rule,
            groups: Vec::new(),
            tools: self.ledger.get(id).map(|entry| entry.tool.clone()).into_iter().collect(),
            arguments: Map::new(),
            missing: Vec::new(),
            choices: Vec::new(),
            about: vec![id],
            reason: "the user asks for one shown result again".to_owned(),
            language: self.language_of_question(id),
        };
        self.journal.add(TurnEvent::TurnRouted {
            decision: ruling.decision,
            rule: ruling.rule.clone(),
            decided_by: ruling.decided_by,
            tools: self.offered(&ruling).iter().map(|spec| spec.name.to_string()).collect(),
            reason: ruling.reason.clone(),
        });
        ruling
    }

    /// Language of the message that led to the result; the lead of this turn's own is ours.
    fn language_of_question(&self, id: ResultId) -> Lang {
        let turn = self.ledger.get(id).map(|entry| entry.turn_id);
        let asked = self.history.iter().find(|message| message.role == Role::User && message.turn_id == turn);
        let text = asked.map_or(self.message.as_str(), |message| message.content.as_str());
        self.engine.router.language(text.strip_prefix(LEAD).unwrap_or(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_the_question_once_and_stays_short() {
        assert_eq!(message(" state of case 4711? "), "Refresh: state of case 4711?");
        assert_eq!(message(&message(&message("state of case 4711?"))), "Refresh: state of case 4711?");
        assert_eq!(message(&"å".repeat(40_000)).chars().count(), LEAD.len() + QUESTION_CHARS + 1);
    }
}
