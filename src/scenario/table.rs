//! The comparison: the turns of the scenarios on the bare model and through the harness,
//! looked at by the same oracle. Written as a Markdown table, so that anyone can make the
//! one in the README again.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream;
use serde::Serialize;

use crate::domain::event::TurnOutcome;
use crate::scenario::adversarial::Tally;
use crate::scenario::examine::Before;
use crate::scenario::examine::examine;
use crate::scenario::load::Loaded;
use crate::scenario::raw::RawTurn;
use crate::scenario::raw::run_raw;
use crate::scenario::run::hangs_somewhere;
use crate::scenario::spec::Scenario;
use crate::scenario::world::LiveWorld;
use crate::scenario::world::Model;
use crate::scenario::world::WorldError;

/// One model on the bare tools and through the harness.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Row {
    /// Name of the model.
    pub model: String,
    /// Turns of the bare model.
    pub raw_turns: u32,
    /// Of these: the model server gave no answer.
    pub raw_failed: u32,
    /// Of these: asked for data, answered without any answered call.
    pub raw_no_call: u32,
    /// Of these: the oracle finds an unsupported value.
    pub raw_unsupported: u32,
    /// Of these: the checker finds a violation.
    pub raw_violations: u32,
    /// Of these: claims work that was not done.
    pub raw_phantom: u32,
    /// Through the harness.
    pub delivered: Tally,
    /// Scenarios that could not be run.
    pub errors: Vec<String>,
}

/// Runs the scenarios on each model, bare and through the harness.
pub async fn rows(scenarios: &[Arc<Loaded>], models: &[Model], at_once: usize) -> Vec<Row> {
    let mut rows = Vec::new();
    for model in models {
        rows.push(row(scenarios, model, at_once).await);
    }
    rows
}

async fn row(scenarios: &[Arc<Loaded>], model: &Model, at_once: usize) -> Row {
    // A scenario with a fixed behaviour would not show this model.
    let fitting = scenarios.iter().filter(|loaded| loaded.scenario.world.behaviour.is_none());
    let mut pairs = stream::iter(fitting.cloned())
        .map(|loaded| {
            let model = model.clone();
            let name = loaded.name.clone();
            let both = async move {
                let raw = run_raw(&loaded.scenario, &model).await;
                let delivered = through(&loaded.scenario, &model).await;
                (raw, delivered)
            };
            let task = tokio::spawn(both);
            async move { (name, task.await) }
        })
        .buffer_unordered(at_once.max(1));
    let mut row = Row { model: model.name(), ..Row::default() };
    while let Some((name, ended)) = pairs.next().await {
        match ended {
            Ok((raw, delivered)) => {
                match raw {
                    Ok(turns) => turns.iter().for_each(|turn| row.add_raw(turn)),
                    Err(error) => row.errors.push(format!("{name}, bare: {error}")),
                }
                match delivered {
                    Ok(tally) => row.delivered.merge(&tally),
                    Err(error) => row.errors.push(format!("{name}: {error}")),
                }
            }
            Err(error) => row.errors.push(format!("{name}: {error}")),
        }
    }
    row
}

impl Row {
    fn add_raw(&mut self, turn: &RawTurn) {
        self.raw_turns += 1;
        self.raw_failed += u32::from(turn.failed.is_some());
        self.raw_no_call += u32::from(turn.no_call);
        self.raw_unsupported += u32::from(!turn.unsupported.is_empty());
        self.raw_violations += u32::from(!turn.codes.is_empty());
        self.raw_phantom += u32::from(turn.phantom());
    }
}

/// The turns of a scenario through the harness, looked at from outside.
async fn through(scenario: &Scenario, model: &Model) -> Result<Tally, WorldError> {
    let mut world = LiveWorld::start(&scenario.world, model, hangs_somewhere(scenario)).await?;
    let mut tally = Tally::default();
    let mut before = Before::default();
    for turn in &scenario.turns {
        world.apply(&turn.before)?;
        before.said.push(turn.user.clone());
        let seen = world.turn(&turn.user).await?;
        let record = world.record(&seen).await?;
        let found = examine(&world, &seen, &record, &before, false);
        tally.add(seen.outcome, seen.stopped.iter().map(|stopped| stopped.code.clone()), &found);
        before.results.extend(record.results);
    }
    world.stop().await;
    Ok(tally)
}

/// The table.
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "| model | turns | bare: no answer | bare: answered without a call | bare: unsupported values | bare: rejected by the checker \
         | through Groundwire: unsupported values | data withheld | answered | rendered by the gateway |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let tally = &row.delivered;
        let answered = tally.ended(TurnOutcome::Answered)
            + tally.ended(TurnOutcome::NoData)
            + tally.ended(TurnOutcome::AnsweredFromShown);
        text.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
            row.model,
            row.raw_turns,
            row.raw_failed,
            row.raw_no_call,
            row.raw_unsupported,
            row.raw_violations,
            tally.unsupported + tally.phantom + tally.stale,
            tally.withheld,
            answered,
            tally.ended(TurnOutcome::Fallback),
        ));
    }
    text
}

/// The counts of an adversarial set as lines for people.
pub fn tallies<'a>(rows: impl Iterator<Item = (&'a str, &'a Tally)>) -> String {
    let head = [
        "model",
        "turns",
        "answered",
        "from shown",
        "no data",
        "rendered",
        "tool failed",
        "other",
        "drafts stopped",
        "UNSUPPORTED",
        "WITHHELD",
        "PHANTOM",
        "STALE",
        "errors",
    ];
    let mut lines = vec![head.map(str::to_owned).to_vec()];
    for (name, tally) in rows {
        let failed = tally.ended(TurnOutcome::ToolFailed) + tally.ended(TurnOutcome::ToolUnavailable);
        let ended = [TurnOutcome::Answered, TurnOutcome::AnsweredFromShown, TurnOutcome::NoData, TurnOutcome::Fallback]
            .map(|outcome| tally.ended(outcome));
        let other = tally.turns.saturating_sub(ended.iter().sum::<u32>() + failed + tally.errors);
        let mut line = vec![name.to_owned(), tally.turns.to_string()];
        line.extend(ended.iter().map(u32::to_string));
        let rest = [
            failed,
            other,
            tally.stopped_turns,
            tally.unsupported,
            tally.withheld,
            tally.phantom,
            tally.stale,
            tally.errors,
        ];
        line.extend(rest.iter().map(u32::to_string));
        lines.push(line);
    }
    aligned(&lines)
}

fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(String::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        for (column, cell) in line.iter().enumerate() {
            let pad = " ".repeat(widths[column].saturating_sub(cell.len()) + 2);
            text.push_str(&if column == 0 { format!("{cell}{pad}") } else { format!("{pad}{cell}") });
        }
        text.push('\n');
    }
    text
}
