//! Statements about one case: attributes, times, what is not there, quotes.

use jiff::SignedDuration;

use crate::mutation::build::Fill;
use crate::mutation::build::Scope;
use crate::mutation::dice::Dice;
use crate::mutation::draft::Mutation;
use crate::mutation::language::Units;
use crate::mutation::rows::Case;
use crate::mutation::rows::cases;
use crate::mutation::rules::misspelt;

const PRIORITIES: [&str; 4] = ["low", "medium", "high", "critical"];

/// The results talked about, their cases, and what a swap between two of them is called.
pub struct Choice {
    /// Names of the results.
    pub results: Vec<&'static str>,
    /// Cases in them.
    pub cases: Vec<Case>,
    /// Swap inside a list, or between look-ups.
    pub swap: Mutation,
}

/// A list of cases, or two look-ups; now and then with events beside them.
pub fn choose(scope: &Scope<'_>, dice: &mut Dice) -> Choice {
    let (mut results, swap) = match dice.below(3) {
        0 => (vec!["case", "other_case"], Mutation::SwapResult),
        1 => (vec!["cases"], Mutation::SwapWithin),
        _ => (vec!["all_cases"], Mutation::SwapWithin),
    };
    let cases = results.iter().flat_map(|name| cases(&scope.corpus.get(name).content)).collect();
    if dice.once_in(3) {
        results.push("upload");
    }
    Choice { results, cases, swap }
}

/// One case of a choice that fits, and another one.
pub fn two<'a>(choice: &'a Choice, dice: &mut Dice, fits: impl Fn(&Case) -> bool) -> Option<(&'a Case, &'a Case)> {
    let fitting: Vec<&Case> = choice.cases.iter().filter(|case| fits(case)).collect();
    let case = *dice.pick(&fitting)?;
    let others: Vec<&Case> = choice.cases.iter().filter(|other| other.id != case.id).collect();
    Some((case, *dice.pick(&others)?))
}

/// A statement about one case: its number, and the number misspelt.
pub fn about(scope: &Scope<'_>, choice: &Choice, case: &Case, dice: &mut Dice) -> Fill {
    let id = case.id.to_string();
    let wrong = misspelt(scope, &choice.results, &id, dice);
    let mut fill = Fill::over(&choice.results).with("id", id).maybe(Mutation::Character, "id", wrong);
    fill.user_message = format!("{}?", case.id);
    fill
}

/// "Case E has status V."
pub fn status(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let choice = choose(scope, dice);
    let (case, other) = two(&choice, dice, |_| true)?;
    let say = |dice: &mut Dice, code: &str| scope.language.code(dice, code);
    let fill = about(scope, &choice, case, dice).with("status", say(dice, &case.status));
    let fill = swap_status(scope, dice, fill, &choice, case, other);
    let unused = ["pendingVendor", "pendingClose", "workingSoc", "closed", "pendingCustomer"];
    let unused = unused.iter().find(|code| choice.cases.iter().all(|case| case.status != **code));
    let unused = unused.map(|code| say(dice, code));
    Some(fill.maybe(Mutation::OtherValue, "status", unused))
}

fn swap_status(scope: &Scope<'_>, dice: &mut Dice, fill: Fill, choice: &Choice, case: &Case, other: &Case) -> Fill {
    if other.status == case.status {
        return fill;
    }
    let theirs = scope.language.code(dice, &other.status);
    fill.lie(choice.swap, "status", theirs).lie(choice.swap, "id", other.id.to_string())
}

/// "Case E has priority V."
pub fn priority(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let choice = choose(scope, dice);
    let (case, other) = two(&choice, dice, |_| true)?;
    let say = |dice: &mut Dice, code: &str| scope.language.code(dice, code);
    let mut fill = about(scope, &choice, case, dice).with("priority", say(dice, &case.priority));
    if other.priority != case.priority {
        fill = fill.lie(choice.swap, "priority", say(dice, &other.priority));
        fill = fill.lie(choice.swap, "id", other.id.to_string());
    }
    let unused = PRIORITIES.iter().find(|code| choice.cases.iter().all(|case| case.priority != **code));
    let unused = unused.map(|code| say(dice, code));
    Some(fill.maybe(Mutation::OtherValue, "priority", unused))
}

/// Status and priority in one sentence.
pub fn state(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let choice = choose(scope, dice);
    let (case, other) = two(&choice, dice, |_| true)?;
    let say = |dice: &mut Dice, code: &str| scope.language.code(dice, code);
    let mut fill = about(scope, &choice, case, dice)
        .with("status", say(dice, &case.status))
        .with("priority", say(dice, &case.priority));
    if other.status != case.status {
        fill = fill.lie(choice.swap, "status", say(dice, &other.status));
    }
    if other.priority != case.priority {
        fill = fill.lie(choice.swap, "priority", say(dice, &other.priority));
    }
    Some(fill)
}

/// "Case E belongs to N."
pub fn customer(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let choice = choose(scope, dice);
    let (case, other) = two(&choice, dice, |_| true)?;
    let mut fill = about(scope, &choice, case, dice).with("customer", &case.customer);
    if other.customer != case.customer {
        fill = fill.lie(choice.swap, "customer", &other.customer);
    }
    Some(fill.lie(Mutation::OtherValue, "customer", "Solvik Industrier AS"))
}

/// "Case E is assigned to N."
pub fn assigned(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let choice = choose(scope, dice);
    let (case, _) = two(&choice, dice, |case| case.user.is_some())?;
    let user = case.user.clone()?;
    let users = choice.cases.iter().filter_map(|other| other.user.clone());
    let others: Vec<String> = users.filter(|other| *other != user).collect();
    let theirs = dice.pick(&others).cloned();
    Some(about(scope, &choice, case, dice).with("user", user).maybe(choice.swap, "user", theirs).lie(
        Mutation::OtherValue,
        "user",
        "Nils Brekke",
    ))
}

/// "No user is assigned to case E."
pub fn unassigned(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let choice = choose(scope, dice);
    let (case, _) = two(&choice, dice, |case| case.user.is_none())?;
    let users: Vec<String> = choice.cases.iter().filter_map(|other| other.user.clone()).collect();
    let theirs = dice.pick(&users).cloned().unwrap_or_else(|| "Nils Brekke".to_owned());
    let fill = about(scope, &choice, case, dice).with("user", theirs);
    Some(fill.instead(Mutation::NullTold, "lie_unassigned"))
}

/// A case with its subject.
pub fn subject(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let choice = choose(scope, dice);
    let (case, other) = two(&choice, dice, |_| true)?;
    let fill = about(scope, &choice, case, dice).with("subject", &case.subject);
    Some(fill.lie(choice.swap, "subject", &other.subject).lie(choice.swap, "id", other.id.to_string()))
}

/// "Case E was made at T."
pub fn created(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let choice = choose(scope, dice);
    let (case, other) = two(&choice, dice, |_| true)?;
    let form = scope.language.time_form(dice);
    let write = |at| form.write(scope.language, at);
    Some(
        about(scope, &choice, case, dice)
            .with("time", write(case.created))
            .lie(choice.swap, "time", write(other.created))
            .lie(Mutation::SwapAttribute, "time", write(case.updated))
            .lie(Mutation::OffByOne, "time", write(case.created + SignedDuration::from_hours(1)))
            .lie(Mutation::OffByOne, "time", write(case.created - SignedDuration::from_hours(24)))
            .lie(Mutation::Digit, "time", write(case.created + SignedDuration::from_mins(4)))
            .maybe(Mutation::Zone, "time", form.mislabelled(scope.language, case.created)),
    )
}

/// A length of time in a unit in which it is a plain number: text, a false number, a
/// false unit. `None` when it is too short to be told well.
fn length(units: &Units, dice: &mut Dice, length: SignedDuration) -> Option<[String; 3]> {
    let minutes = u64::try_from(length.as_mins()).ok()?;
    let is_whole = length.as_secs() % 60 == 0;
    let (number, right, wrong) = match minutes {
        m if m >= 48 * 60 && m % (24 * 60) == 0 => (m / (24 * 60), &units.days, &units.hours),
        m if m >= 120 && m % 60 == 0 => (m / 60, &units.hours, &units.days),
        m if (2..180).contains(&m) && is_whole => (m, &units.minutes, &units.hours),
        _ => return None,
    };
    let format = dice.pick(right)?;
    let other = dice.pick(wrong)?;
    let put = |format: &str, number: u64| format.replace("{n}", &number.to_string());
    // Far enough that no "about" covers it, and no round number.
    let near = number + (number / 4).max(2);
    let near = near + u64::from(near % 10 == 0);
    Some([put(format, number), put(format, near), put(other, number)])
}

/// "Case E was last changed N units ago."
pub fn updated(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let choice = choose(scope, dice);
    let (case, other) = two(&choice, dice, |_| true)?;
    let ago =
        |dice: &mut Dice, case: &Case| length(&scope.language.ago, dice, scope.corpus.now.duration_since(case.updated));
    let [right, near, unit] = ago(dice, case)?;
    let theirs = ago(dice, other).map(|[theirs, ..]| theirs).filter(|_| case.updated != other.updated);
    Some(
        about(scope, &choice, case, dice)
            .with("ago", right)
            .lie(Mutation::OffByOne, "ago", near)
            .lie(Mutation::Unit, "ago", unit)
            .maybe(choice.swap, "ago", theirs),
    )
}

/// How long a closed case was open.
pub fn open_length(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let choice = choose(scope, dice);
    let (case, _) = two(&choice, dice, |case| case.closed.is_some())?;
    let open = case.closed?.duration_since(case.created);
    let [right, near, unit] = length(&scope.language.length, dice, open)?;
    let fill = about(scope, &choice, case, dice).with("length", right);
    Some(fill.lie(Mutation::WrongAggregate, "length", near).lie(Mutation::Unit, "length", unit))
}

/// When the customer's answer is due.
pub fn due(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let choice = choose(scope, dice);
    let (case, _) = two(&choice, dice, |case| case.due.is_some())?;
    let due = case.due?;
    let form = scope.language.time_form(dice);
    let write = |at| form.write(scope.language, at);
    Some(
        about(scope, &choice, case, dice)
            .with("time", write(due))
            .lie(Mutation::SwapAttribute, "time", write(case.updated))
            .lie(Mutation::OffByOne, "time", write(due + SignedDuration::from_hours(24)))
            .maybe(Mutation::Zone, "time", form.mislabelled(scope.language, due)),
    )
}

/// A sentence of the description, word for word.
pub fn quote(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let case = cases(&scope.corpus.get("case").content).into_iter().next()?;
    let plain = case.description.replace("<p>", "").replace("</p>", "");
    let mut sentences = plain.split_inclusive(". ").map(|part| part.trim().trim_end_matches('.'));
    let sentence = sentences.find(|part| part.contains("300"))?.to_owned();
    let mut fill = Fill::over(&["case"])
        .lie(Mutation::Digit, "quote", sentence.replace("300", "800"))
        .lie(Mutation::Digit, "quote", sentence.replace("443", "448"))
        .with("quote", sentence.clone());
    let wrong = misspelt(scope, &["case"], "10.20.4.17", dice)?;
    fill = fill.lie(Mutation::Character, "quote", sentence.replace("10.20.4.17", &wrong));
    Some(fill)
}

/// A status, hedged.
pub fn hedge(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    status(scope, dice)
}

/// A value of the user's question repeated beside a status.
pub fn echo(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let ip = format!("198.18.{}.{}", dice.below(200), 1 + dice.below(250));
    let wrong = misspelt(scope, &[], &ip, dice)?;
    let mut fill = status(scope, dice)?.with("ip", &ip).lie(Mutation::Character, "ip", wrong);
    fill.user_message = format!("{ip}?");
    Some(fill)
}

/// "Case E is not closed."
pub fn not_closed(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let choice = choose(scope, dice);
    let (case, other) = two(&choice, dice, |case| case.closed.is_none())?;
    let time = scope.language.time_form(dice).write(scope.language, other.updated);
    let fill = about(scope, &choice, case, dice).with("time", time);
    Some(fill.instead(Mutation::NullTold, "lie_not_closed"))
}

/// "The results do not say when case E was closed."
pub fn untold(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let choice = choose(scope, dice);
    let (case, _) = two(&choice, dice, |case| case.closed.is_none())?;
    let closed: Vec<String> =
        choice.cases.iter().filter(|other| other.closed.is_some()).map(|other| other.id.to_string()).collect();
    let told = dice.pick(&closed).cloned();
    let fill = about(scope, &choice, case, dice).maybe(Mutation::Polarity, "id", told);
    Some(fill.instead(Mutation::Polarity, "lie_untold"))
}
