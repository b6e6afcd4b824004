//! The page after one that was shown: the call behind it once more, with the place at which its
//! result says that it goes on. Which tools have pages of this kind is policy data.

use serde_json::Map;
use serde_json::Value;

use crate::domain::policy::settings::Policy;
use crate::domain::policy::shown::Shown;
use crate::domain::policy::signals::Signals;

/// Aspect of a message that asks for what comes after a shown page.
const NEXT_PAGE: &str = "next_page";

/// Whether a message asks for what comes after a shown page.
pub(crate) fn asks_for_page(signals: &Signals) -> bool {
    signals.aspects.iter().any(|aspect| aspect == NEXT_PAGE)
}

/// The arguments of the next page; none where it is not asked for, or where what was shown last
/// does not go on.
pub fn next_page(policy: &Policy, signals: &Signals, shown: &Shown) -> Option<Map<String, Value>> {
    if !asks_for_page(signals) {
        return None;
    }
    let page_of = |tool: &str| policy.pages.iter().find(|page| page.tool == tool);
    let (result, page) = shown.latest.iter().rev().find_map(|result| Some((result, page_of(&result.tool)?)))?;
    let place =
        result.content.pointer(&page.from).filter(|place| place.as_str().is_some_and(|text| !text.is_empty()))?;
    let mut arguments = result.arguments.as_object().cloned().unwrap_or_default();
    arguments.insert(page.argument.clone(), place.clone());
    Some(arguments)
}
