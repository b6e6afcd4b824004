//! Statements about what was searched: nothing found, a page, a failure, old results,
//! the work itself.

use jiff::SignedDuration;

use crate::domain::grounding::input::Stance;
use crate::domain::policy::decision::RouterDecision;
use crate::mutation::build::Fill;
use crate::mutation::build::Scope;
use crate::mutation::dice::Dice;
use crate::mutation::draft::Mutation;
use crate::mutation::rows::cases;

/// A search that found nothing, with its filter.
pub fn empty(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    Some(
        Fill::over(&["none"])
            .with("customer", "Bergtun")
            .with("status", scope.language.code(dice, "workingCustomer"))
            .lie(Mutation::WrongScope, "customer", "Havbris")
            .lie(Mutation::WrongScope, "status", scope.language.code(dice, "closed"))
            .instead(Mutation::HiddenEmpty, "lie_empty"),
    )
}

fn paged(scope: &Scope<'_>, dice: &mut Dice, name: &'static str, lie: &'static str) -> Option<Fill> {
    let page = scope.corpus.get(name).page.as_ref()?;
    let (rows, total) = (page.rows?, page.total?);
    Some(
        Fill::over(&[name])
            .with("rows", scope.language.number(dice, rows))
            .with("total", scope.language.number(dice, total))
            .lie(Mutation::OffByOne, "rows", (rows + 1).to_string())
            .lie(Mutation::OffByOne, "total", (total - 1).to_string())
            .lie(Mutation::WrongAggregate, "total", (total * 2).to_string())
            .instead(Mutation::PageAsTotal, lie),
    )
}

/// Some of the cases.
pub fn page(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    paged(scope, dice, "page", "lie_page")
}

/// Some of the events, of either server.
pub fn page_events(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let name = *dice.pick(&["flood", "runtime", "severe"])?;
    paged(scope, dice, name, "lie_page_events")
}

/// A search that was not allowed.
pub fn failed(_: &Scope<'_>, _: &mut Dice) -> Option<Fill> {
    Some(Fill::over(&["denied"]).instead(Mutation::HiddenError, "lie_failed"))
}

/// An earlier result, told with its time.
pub fn asof(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let case = cases(&scope.corpus.get("shown").content).into_iter().next()?;
    let observed = scope.corpus.get("shown").observed_at;
    let form = scope.language.time_form(dice);
    let write = |at| form.write(scope.language, at);
    let mut fill = Fill::over(&["shown"])
        .with("id", case.id.to_string())
        .with("status", scope.language.code(dice, &case.status))
        .with("time", write(observed))
        .lie(Mutation::OffByOne, "time", write(observed + SignedDuration::from_hours(1)))
        .lie(Mutation::OtherValue, "status", scope.language.code(dice, "closed"))
        .instead(Mutation::StaleAsFresh, "lie_asof");
    fill.stance = Stance::Turn(RouterDecision::UseShown);
    Some(fill)
}

/// A look-up that was made, and one that was not.
pub fn work(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let case = cases(&scope.corpus.get("case").content).into_iter().next()?;
    Some(
        Fill::over(&["case"])
            .with("id", case.id.to_string())
            .with("status", scope.language.code(dice, &case.status))
            .lie(Mutation::OtherValue, "status", scope.language.code(dice, "closed"))
            .and_then(Mutation::PhantomCall, "lie_work"),
    )
}
