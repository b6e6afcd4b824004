//! Questions back in place of a call: what a kind of question needs and the message does
//! not say. Which those are is policy data (`asks` of a group). That the message points at
//! something shown, and so needs nothing more, is the rule's matter.

use serde::Serialize;

use crate::domain::policy::decision::Choice;
use crate::domain::policy::settings::Ask;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::signals::Signals;

/// Characters up to which a message is repeated in a choice.
const MAX_REPEATED: usize = 300;

/// A question back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AskedBack {
    /// What is asked.
    pub ask: Ask,
    /// What is missing is the object whose part is asked for: "the comments", and of which case?
    /// An object that was shown can be meant.
    pub whose: bool,
}

/// The question that the group of a message asks back; none where nothing is missing, or where
/// words point at several groups and another may serve.
pub fn asked_back(policy: &Policy, signals: &Signals) -> Option<AskedBack> {
    let known = |name: &String| signals.arguments.contains_key(name) || signals.aspects.contains(name);
    let applies = |ask: &&Ask, first: bool| {
        ((first && signals.groups.len() == 1) || ask.aspect.is_some())
            && (first || ask.anywhere)
            && ask.aspect.as_ref().is_none_or(|aspect| signals.aspects.contains(aspect))
            && ask.needs.iter().all(known)
            && !ask.unless.iter().any(known)
    };
    let groups = signals.groups.iter().filter_map(|name| policy.group(name)).enumerate();
    let (group, ask) =
        groups.filter_map(|(at, group)| Some((group, group.asks.iter().find(|ask| applies(ask, at == 0))?))).next()?;
    let whose = group.row.as_ref().is_some_and(|row| row.argument == ask.missing);
    Some(AskedBack { ask: ask.clone(), whose })
}

/// What can be chosen: the message once more, with the words that settle it.
pub fn choices(ask: &Ask, message: &str, signals: &Signals) -> Vec<Choice> {
    let words = ask.choices.get(&signals.language).or_else(|| ask.choices.get(&Default::default()));
    let repeated = Some(message.trim()).filter(|text| text.chars().count() <= MAX_REPEATED);
    let choice = |words: &String| Choice {
        label: words.clone(),
        message: repeated.map_or_else(|| words.clone(), |text| format!("{text} ({words})")),
    };
    words.into_iter().flatten().map(choice).collect()
}
