//! Statements about a whole list of cases: counts, shares, extremes, order, tables.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::mutation::build::Fill;
use crate::mutation::build::Scope;
use crate::mutation::dice::Dice;
use crate::mutation::draft::Mutation;
use crate::mutation::rows::Case;
use crate::mutation::rows::cases;
use crate::mutation::rules::misspelt;

fn pick_list(scope: &Scope<'_>, dice: &mut Dice) -> (&'static str, Vec<Case>) {
    let name = if dice.once_in(2) { "cases" } else { "all_cases" };
    (name, cases(&scope.corpus.get(name).content))
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// "N of the M cases have status V."
pub fn count_status(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let (name, cases) = pick_list(scope, dice);
    let number_of = |status: &str| count(cases.iter().filter(|case| case.status == status).count());
    let several: Vec<&Case> = cases.iter().filter(|case| number_of(&case.status) > 1).collect();
    let case = dice.pick(&several)?;
    let number = number_of(&case.status);
    let words = scope.language;
    let others: Vec<&Case> = cases.iter().filter(|other| number_of(&other.status) != number).collect();
    let other = dice.pick(&others).map(|other| words.code(dice, &other.status));
    Some(
        Fill::over(&[name])
            .with("n", words.number(dice, number))
            .with("total", words.number(dice, count(cases.len())))
            .with("status", words.code(dice, &case.status))
            .lie(Mutation::OffByOne, "n", words.number(dice, number + 1))
            .lie(Mutation::OffByOne, "n", words.number(dice, number - 1))
            .lie(Mutation::WrongAggregate, "total", words.number(dice, count(cases.len()) + 3))
            .maybe(Mutation::OtherValue, "status", other),
    )
}

/// "Customer C has N cases in total."
pub fn count_all(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let cases = cases(&scope.corpus.get("cases").content);
    let total = count(cases.len());
    let words = scope.language;
    Some(
        Fill::over(&["cases"])
            .with("n", words.number(dice, total))
            .with("customer", &cases.first()?.customer)
            .lie(Mutation::OffByOne, "n", words.number(dice, total + 1))
            .lie(Mutation::Digit, "n", (total + 10).to_string())
            .lie(Mutation::WrongScope, "customer", "Bergtun Sykehus HF"),
    )
}

/// "The M cases are spread over N customers."
pub fn distinct(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let cases = cases(&scope.corpus.get("all_cases").content);
    let customers: BTreeSet<&str> = cases.iter().map(|case| case.customer.as_str()).collect();
    let words = scope.language;
    let number = count(customers.len());
    Some(
        Fill::over(&["all_cases"])
            .with("n", words.number(dice, number))
            .with("total", words.number(dice, count(cases.len())))
            .lie(Mutation::WrongAggregate, "n", words.number(dice, number + 1))
            .lie(Mutation::WrongAggregate, "n", words.number(dice, number + 4)),
    )
}

/// The share of closed cases.
pub fn percent(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let (name, cases) = pick_list(scope, dice);
    let closed = count(cases.iter().filter(|case| case.status == "closed").count());
    let total = count(cases.len());
    // Tenths of a percent, rounded to the nearest.
    let tenths = (closed * 2000 / total.max(1)).div_ceil(2);
    let whole = dice.once_in(2);
    let write = |tenths: u64| {
        if whole { ((tenths + 5) / 10).to_string() } else { scope.language.decimal(tenths) }
    };
    Some(
        Fill::over(&[name])
            .with("n", closed.to_string())
            .with("total", total.to_string())
            .with("percent", write(tenths))
            .lie(Mutation::WrongAggregate, "percent", write(tenths + 70))
            .lie(Mutation::OffByOne, "percent", write(tenths - 20))
            .lie(Mutation::OffByOne, "n", (closed + 1).to_string()),
    )
}

/// The oldest case, and when it was made.
pub fn oldest(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let (name, mut cases) = pick_list(scope, dice);
    cases.sort_by_key(|case| case.created);
    let (first, second) = (cases.first()?, cases.get(1)?);
    let form = scope.language.time_form(dice);
    let write = |case: &Case| form.write(scope.language, case.created);
    let id = second.id.to_string();
    Some(
        Fill::over(&[name])
            .with("id", first.id.to_string())
            .with("time", write(first))
            .lies(Mutation::WrongExtreme, &[("id", id.as_str()), ("time", write(second).as_str())])
            .lie(Mutation::SwapWithin, "id", id)
            .lie(Mutation::SwapWithin, "time", write(second)),
    )
}

/// A list or table of all cases of the customer.
pub fn list(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let cases = cases(&scope.corpus.get("cases").content);
    let mut fill = Fill::over(&["cases"]);
    for case in &cases {
        fill.rows.push(BTreeMap::from([
            ("id".to_owned(), case.id.to_string()),
            ("status".to_owned(), scope.language.code(dice, &case.status)),
            ("priority".to_owned(), scope.language.code(dice, &case.priority)),
        ]));
    }
    let at = dice.below(cases.len());
    let case = &cases[at];
    let different = |other: &usize| cases[*other].status != case.status;
    let others: Vec<usize> = (0..cases.len()).filter(different).collect();
    let other = *dice.pick(&others)?;
    let status = |at: usize| fill.rows[at]["status"].clone();
    let (ours, theirs) = (status(at), status(other));
    let wrong_id = misspelt(scope, &["cases"], &case.id.to_string(), dice);
    let names = [format!("status#{at}"), format!("status#{other}"), format!("id#{at}"), format!("priority#{at}")];
    let unequal = cases.iter().position(|other| other.priority != case.priority)?;
    let their_priority = fill.rows[unequal]["priority"].clone();
    Some(
        fill.lie(Mutation::SwapWithin, &names[0], &theirs)
            .lies(Mutation::SwapWithin, &[(&names[0], theirs.as_str()), (&names[1], ours.as_str())])
            .lie(Mutation::SwapWithin, &names[3], their_priority)
            .maybe(Mutation::Character, &names[2], wrong_id),
    )
}

/// Three cases by time of making.
pub fn order(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let (name, mut cases) = pick_list(scope, dice);
    cases.sort_by_key(|case| std::cmp::Reverse(case.created));
    cases.dedup_by_key(|case| case.created);
    let start = dice.below(cases.len().checked_sub(2)?);
    let ids: Vec<String> = cases.get(start..start + 3)?.iter().map(|case| case.id.to_string()).collect();
    let say = |order: [usize; 3]| order.map(|at| ids[at].as_str()).join(", ");
    Some(Fill::over(&[name]).with("sequence", say([0, 1, 2])).lie(Mutation::Reversed, "sequence", say([2, 1, 0])).lie(
        Mutation::Reversed,
        "sequence",
        say([1, 0, 2]),
    ))
}

/// "Case A was made before case B."
pub fn before(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let (name, mut cases) = pick_list(scope, dice);
    cases.sort_by_key(|case| case.created);
    cases.dedup_by_key(|case| case.created);
    let at = dice.below(cases.len().checked_sub(1)?);
    let (a, b) = (cases.get(at)?.id.to_string(), cases.get(at + 1)?.id.to_string());
    let fill = Fill::over(&[name]).with("a", &a).with("b", &b);
    Some(fill.lies(Mutation::Reversed, &[("a", b.as_str()), ("b", a.as_str())]))
}

/// "None of the N cases has priority V."
pub fn absent(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let cases = cases(&scope.corpus.get("cases").content);
    let has = |code: &str| cases.iter().any(|case| case.priority == code);
    let absent = ["critical", "high", "medium", "low"].into_iter().find(|code| !has(code))?;
    let present = dice.pick(&cases)?.priority.clone();
    Some(
        Fill::over(&["cases"])
            .with("total", scope.language.number(dice, count(cases.len())))
            .with("priority", scope.language.code(dice, absent))
            .lie(Mutation::Polarity, "priority", scope.language.code(dice, &present)),
    )
}

/// "All N cases belong to C."
pub fn all_of(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let cases = cases(&scope.corpus.get("cases").content);
    let total = count(cases.len());
    Some(
        Fill::over(&["cases"])
            .with("total", scope.language.number(dice, total))
            .with("customer", &cases.first()?.customer)
            .lie(Mutation::OffByOne, "total", scope.language.number(dice, total + 2))
            .lie(Mutation::OtherValue, "customer", "Havbris Shipping ASA"),
    )
}

/// "The cases belong to C", and what some of them have told of all.
pub fn each(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let cases = cases(&scope.corpus.get("cases").content);
    let pick = |dice: &mut Dice, of: fn(&Case) -> &str| {
        let one = dice.pick(&cases)?;
        cases.iter().any(|other| of(other) != of(one)).then(|| of(one).to_owned())
    };
    let priority = pick(dice, |case| &case.priority)?;
    let status = pick(dice, |case| &case.status)?;
    let created = dice.pick(&cases)?.created;
    let day = |case: &Case| case.created.strftime("%F").to_string();
    let write = scope.language.time_form(dice).write(scope.language, created);
    cases.iter().any(|case| day(case) != created.strftime("%F").to_string()).then(|| {
        Fill::over(&["cases"])
            .with("total", scope.language.number(dice, count(cases.len())))
            .with("customer", cases.first().map_or("", |case| case.customer.as_str()))
            .with("priority", scope.language.code(dice, &priority))
            .with("status", scope.language.code(dice, &status))
            .with("time", write)
            .lie(Mutation::OtherValue, "customer", "Havbris Shipping ASA")
            .instead(Mutation::ToldOfAll, "lie_each")
    })
}

/// "The results do not show any cases with priority V for C."
pub fn not_shown(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let cases = cases(&scope.corpus.get("cases").content);
    let has = |code: &str| cases.iter().any(|case| case.priority == code);
    let absent = ["critical", "high", "medium", "low"].into_iter().find(|code| !has(code))?;
    let present = dice.pick(&cases)?.priority.clone();
    Some(
        Fill::over(&["cases"])
            .with("customer", &cases.first()?.customer)
            .with("priority", scope.language.code(dice, absent))
            .lie(Mutation::Polarity, "priority", scope.language.code(dice, &present))
            .instead(Mutation::Polarity, "lie_not_shown"),
    )
}
