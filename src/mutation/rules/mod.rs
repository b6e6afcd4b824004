//! The kinds of honest statement. A rule picks what to talk about, gives the true
//! values, and names the false ones from its own knowledge of the data; the phrase
//! files say it in words under the rule's name.

pub mod cases;
pub mod events;
pub mod lists;
pub mod scope;

use crate::mutation::build::Fill;
use crate::mutation::build::Scope;
use crate::mutation::dice::Dice;

/// One kind of statement.
pub struct Rule {
    /// Name, and name of its group of phrases.
    pub name: &'static str,
    /// Makes the values; `None` when the data has no such thing.
    pub make: fn(&Scope<'_>, &mut Dice) -> Option<Fill>,
}

macro_rules! rules {
    ($($module:ident::$name:ident),* $(,)?) => {
        /// All rules, in the order of the phrase files.
        pub const RULES: &[Rule] = &[$(Rule { name: stringify!($name), make: $module::$name }),*];
    };
}

rules![
    cases::status,
    cases::priority,
    cases::state,
    cases::customer,
    cases::assigned,
    cases::unassigned,
    cases::subject,
    cases::created,
    cases::updated,
    cases::open_length,
    cases::due,
    cases::quote,
    cases::hedge,
    cases::echo,
    cases::not_closed,
    cases::untold,
    lists::count_status,
    lists::count_all,
    lists::distinct,
    lists::percent,
    lists::oldest,
    lists::list,
    lists::order,
    lists::before,
    lists::absent,
    lists::not_shown,
    lists::all_of,
    lists::each,
    scope::empty,
    scope::page,
    scope::page_events,
    scope::failed,
    scope::asof,
    scope::work,
    events::endpoint,
    events::sum,
    events::mean,
    events::most,
    events::difference,
    events::more,
    events::event_last,
    events::flagged,
    events::not_flagged,
    events::fired,
    events::runtime_time,
    events::container,
    events::action_failed,
    events::action_worked,
];

/// An identifier with one character changed, so that it occurs in none of the results.
pub fn misspelt(scope: &Scope<'_>, results: &[&'static str], text: &str, dice: &mut Dice) -> Option<String> {
    let payloads: Vec<String> = results.iter().map(|name| scope.corpus.get(name).content.to_string()).collect();
    let digits: Vec<usize> = text.char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).collect();
    for _ in 0..20 {
        let at = *dice.pick(&digits)?;
        let digit = char::from_digit(u32::try_from(dice.below(10)).unwrap_or(0), 10)?;
        let mut changed = text.to_owned();
        changed.replace_range(at..=at, &digit.to_string());
        // A leading zero may be read as the same number.
        let padded = digit == '0' && (at == 0 || !text.as_bytes()[at - 1].is_ascii_digit());
        if changed != text && !padded && payloads.iter().all(|payload| !payload.contains(&changed)) {
            return Some(changed);
        }
    }
    None
}
