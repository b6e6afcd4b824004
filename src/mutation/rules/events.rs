//! Statements about events of both servers: endpoints, sums and extremes, flags, rules.

use jiff::SignedDuration;

use crate::mutation::build::Fill;
use crate::mutation::build::Scope;
use crate::mutation::dice::Dice;
use crate::mutation::draft::Mutation;
use crate::mutation::rows::Event;
use crate::mutation::rows::Runtime;
use crate::mutation::rows::events;
use crate::mutation::rows::runtime;
use crate::mutation::rules::misspelt;

/// Events of a search that no two share a source port of.
fn by_port(scope: &Scope<'_>, name: &str) -> Vec<Event> {
    let all = events(&scope.corpus.get(name).content);
    let alone = |event: &&Event| all.iter().filter(|other| other.port == event.port).count() == 1;
    all.iter().filter(alone).cloned().collect()
}

/// From where to where.
pub fn endpoint(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let name = *dice.pick(&["beacon", "upload"])?;
    let all = events(&scope.corpus.get(name).content);
    let event = dice.pick(&all)?;
    let mut wrong = |text: &str| misspelt(scope, &[name], text, dice);
    let (source, destination) = (wrong(&event.source), wrong(&event.destination));
    let domain = event.domain.replacen('n', "m", 1);
    Some(
        Fill::over(&[name])
            .with("source", &event.source)
            .with("destination", &event.destination)
            .with("port", event.to_port.to_string())
            .with("domain", &event.domain)
            .maybe(Mutation::Character, "source", source)
            .maybe(Mutation::Character, "destination", destination)
            .lie(Mutation::Character, "domain", domain)
            .lie(Mutation::Digit, "port", (event.to_port + 8002).to_string())
            .lies(
                Mutation::SwapWithin,
                &[("source", event.destination.as_str()), ("destination", event.source.as_str())],
            ),
    )
}

fn total(events: &[Event]) -> u64 {
    events.iter().map(|event| event.count).sum()
}

/// The sum of all counts.
pub fn sum(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let name = *dice.pick(&["beacon", "upload"])?;
    let all = events(&scope.corpus.get(name).content);
    let sum = total(&all);
    let number = u64::try_from(all.len()).ok()?;
    let words = scope.language;
    Some(
        Fill::over(&[name])
            .with("n", words.number(dice, number))
            .with("sum", words.number(dice, sum))
            .lie(Mutation::OffByOne, "sum", words.number(dice, sum + 1))
            .lie(Mutation::WrongAggregate, "sum", words.number(dice, sum - all.first()?.count))
            .lie(Mutation::Digit, "sum", words.number(dice, sum + 100)),
    )
}

/// The mean of all counts, to one decimal.
pub fn mean(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let all = events(&scope.corpus.get("upload").content);
    let number = u64::try_from(all.len()).ok()?;
    // Rounded to the nearest.
    let tenths = (total(&all) * 20).checked_div(number)?.div_ceil(2);
    let write = |tenths: u64| scope.language.decimal(tenths);
    Some(
        Fill::over(&["upload"])
            .with("n", scope.language.number(dice, number))
            .with("mean", write(tenths))
            .lie(Mutation::WrongAggregate, "mean", write(tenths + 17))
            .lie(Mutation::OffByOne, "mean", write(tenths - 2)),
    )
}

/// The event with the highest count.
pub fn most(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let mut all = by_port(scope, "upload");
    all.sort_by_key(|event| std::cmp::Reverse(event.count));
    let (first, second) = (all.first()?, all.iter().find(|event| event.count < all[0].count)?);
    let highest = events(&scope.corpus.get("upload").content).iter().filter(|e| e.count >= first.count).count();
    if highest != 1 {
        return None;
    }
    let say = |dice: &mut Dice, event: &Event| [scope.language.number(dice, event.count), event.port.to_string()];
    let ([max, port], [less, other]) = (say(dice, first), say(dice, second));
    Some(
        Fill::over(&["upload"])
            .with("max", max)
            .with("port", port)
            .lies(Mutation::WrongExtreme, &[("max", less.as_str()), ("port", other.as_str())])
            .lie(Mutation::SwapWithin, "port", &other)
            .lie(Mutation::SwapWithin, "max", &less),
    )
}

/// The spread of the counts.
pub fn difference(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let all = events(&scope.corpus.get("upload").content);
    let max = all.iter().map(|event| event.count).max()?;
    let min = all.iter().map(|event| event.count).min()?;
    let number = |dice: &mut Dice, number: u64| scope.language.number(dice, number);
    Some(
        Fill::over(&["upload"])
            .with("max", number(dice, max))
            .with("min", number(dice, min))
            .with("difference", number(dice, max - min))
            .lie(Mutation::WrongAggregate, "difference", number(dice, max - min + 2))
            .lie(Mutation::OffByOne, "difference", number(dice, max - min - 1)),
    )
}

/// "A has more than B."
pub fn more(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let all = by_port(scope, "upload");
    let high = dice.pick(&all)?;
    let lower: Vec<&Event> = all.iter().filter(|event| event.count < high.count).collect();
    let low = *dice.pick(&lower)?;
    let (a, b) = (high.port.to_string(), low.port.to_string());
    let (ca, cb) = (high.count.to_string(), low.count.to_string());
    Some(
        Fill::over(&["upload"])
            .with("a", &a)
            .with("b", &b)
            .with("ca", &ca)
            .with("cb", &cb)
            .lies(Mutation::Reversed, &[("a", &b), ("b", &a), ("ca", &cb), ("cb", &ca)])
            .lies(Mutation::SwapWithin, &[("a", &b), ("b", &a)]),
    )
}

/// When an event was last seen.
pub fn event_last(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let name = *dice.pick(&["beacon", "upload"])?;
    let all = by_port(scope, name);
    let event = dice.pick(&all)?;
    let others: Vec<&Event> = all.iter().filter(|other| other.last != event.last).collect();
    let other = *dice.pick(&others)?;
    let form = scope.language.time_form(dice);
    let write = |at| form.write(scope.language, at);
    let port = event.port.to_string();
    let wrong = misspelt(scope, &[name], &port, dice);
    Some(
        Fill::over(&[name])
            .with("port", port)
            .with("time", write(event.last))
            .maybe(Mutation::Character, "port", wrong)
            .lie(Mutation::SwapWithin, "time", write(other.last))
            .lie(Mutation::SwapAttribute, "time", write(event.first))
            .lie(Mutation::OffByOne, "time", write(event.last + SignedDuration::from_hours(1)))
            .maybe(Mutation::Zone, "time", form.mislabelled(scope.language, event.last)),
    )
}

fn flag(scope: &Scope<'_>, dice: &mut Dice, is_set: bool, other: &'static str) -> Option<Fill> {
    let name = *dice.pick(&["beacon", "upload"])?;
    let all = by_port(scope, name);
    let event = dice.pick(&all)?;
    let known = ["notified", "acknowledged", "established", "identifiedThreat", "falsePositive", "blocked"];
    let fitting: Vec<&str> = known.into_iter().filter(|k| event.flags.iter().any(|f| f == k) == is_set).collect();
    Some(
        Fill::over(&[name])
            .with("port", event.port.to_string())
            .with("flag", *dice.pick(&fitting)?)
            .instead(Mutation::Polarity, other),
    )
}

/// A flag that an event has.
pub fn flagged(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    flag(scope, dice, true, "not_flagged")
}

/// A flag that an event has not.
pub fn not_flagged(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    flag(scope, dice, false, "flagged")
}

fn pick_runtime(scope: &Scope<'_>, dice: &mut Dice) -> Option<(&'static str, Vec<Runtime>)> {
    let name = *dice.pick(&["runtime", "severe"])?;
    Some((name, runtime(&scope.corpus.get(name).content)))
}

/// A rule, where it fired, how grave.
pub fn fired(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let (name, all) = pick_runtime(scope, dice)?;
    let placed: Vec<&Runtime> = all.iter().filter(|event| event.cluster.is_some()).collect();
    let event = *dice.pick(&placed)?;
    let cluster = event.cluster.clone()?;
    let happened = |rule: &str, at: &str, severity: u64| {
        all.iter().any(|e| e.rule == rule && e.cluster.as_deref() == Some(at) && e.severity == severity)
    };
    let wrong_cluster = placed.iter().filter_map(|other| other.cluster.clone());
    let wrong_cluster = wrong_cluster.into_iter().find(|at| !happened(&event.rule, at, event.severity));
    let wrong_severity = (1..8).find(|severity| !happened(&event.rule, &cluster, *severity));
    let misspelt_cluster = format!("{cluster}9");
    Some(
        Fill::over(&[name])
            .with("rule", &event.rule)
            .with("severity", event.severity.to_string())
            .maybe(Mutation::SwapWithin, "cluster", wrong_cluster)
            .maybe(Mutation::OtherValue, "severity", wrong_severity.map(|severity| severity.to_string()))
            .lie(Mutation::Character, "cluster", misspelt_cluster)
            .with("cluster", cluster),
    )
}

/// When a runtime event happened.
pub fn runtime_time(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let (name, all) = pick_runtime(scope, dice)?;
    let event = dice.pick(&all)?;
    let others: Vec<&Runtime> = all.iter().filter(|other| other.id != event.id).collect();
    let other = *dice.pick(&others)?;
    let form = scope.language.time_form(dice);
    let write = |at| form.write(scope.language, at);
    Some(
        Fill::over(&[name])
            .with("id", &event.id)
            .with("time", write(event.at))
            .maybe(Mutation::Character, "id", misspelt(scope, &[name], &event.id, dice))
            .lie(Mutation::SwapWithin, "time", write(other.at))
            .lie(Mutation::OffByOne, "time", write(event.at - SignedDuration::from_hours(1)))
            .maybe(Mutation::Zone, "time", form.mislabelled(scope.language, event.at)),
    )
}

/// The container of an event.
pub fn container(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    let (name, all) = pick_runtime(scope, dice)?;
    let placed: Vec<&Runtime> = all.iter().filter(|event| event.container.is_some()).collect();
    let event = *dice.pick(&placed)?;
    let container = event.container.clone()?;
    let other = all.iter().filter_map(|other| other.container.clone()).find(|other| *other != container);
    Some(
        Fill::over(&[name])
            .with("id", &event.id)
            .with("container", container)
            .maybe(Mutation::SwapWithin, "container", other)
            .lie(Mutation::OtherValue, "container", "billing-worker"),
    )
}

fn action(scope: &Scope<'_>, dice: &mut Dice, worked: bool, other: &'static str) -> Option<Fill> {
    let (name, all) = pick_runtime(scope, dice)?;
    let acted = |event: &&Runtime| event.action.as_ref().is_some_and(|(_, result)| *result == worked);
    let fitting: Vec<&Runtime> = all.iter().filter(acted).collect();
    let event = *dice.pick(&fitting)?;
    let (kind, _) = event.action.as_ref()?;
    let fill = Fill::over(&[name]).with("id", &event.id).with("action", kind);
    Some(fill.instead(Mutation::Polarity, other))
}

/// An action that did not work.
pub fn action_failed(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    action(scope, dice, false, "action_worked")
}

/// An action that worked.
pub fn action_worked(scope: &Scope<'_>, dice: &mut Dice) -> Option<Fill> {
    action(scope, dice, true, "action_failed")
}
