//! A large adversarial set: conversations made by chance from templates over the world's
//! own data, in eight languages, with every behaviour of the simulated model, faults of the
//! backends and follow-ups whose data has changed meanwhile. Each turn is looked at from
//! outside (`examine`); same seed, same conversations.

pub mod templates;

use std::collections::BTreeMap;
use std::time::Instant;

use futures::StreamExt;
use futures::stream;
use rand::RngExt;
use rand::SeedableRng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::domain::event::TurnOutcome;
use crate::domain::lang::Lang;
use crate::domain::ledger::LedgerEntry;
use crate::scenario::adversarial::templates::CHANGES;
use crate::scenario::adversarial::templates::FOLLOW_UPS;
use crate::scenario::adversarial::templates::Follow;
use crate::scenario::adversarial::templates::QUESTIONS;
use crate::scenario::adversarial::templates::fault;
use crate::scenario::adversarial::templates::fill;
use crate::scenario::examine::Before;
use crate::scenario::examine::Examined;
use crate::scenario::examine::examine;
use crate::scenario::spec;
use crate::scenario::spec::World;
use crate::scenario::world::LiveWorld;
use crate::scenario::world::Model;
use crate::scenario::world::WorldError;
use crate::sim::model::behaviour::Behaviour;

/// Most turns of one run.
pub const MAX_TURNS: u32 = 200_000;
/// Broken turns that are kept word for word.
const KEPT: usize = 60;
/// Behaviours that wait or retry get this share of the turns of the others.
const SLOW_SHARE: u32 = 5;
const SLOW: [Behaviour; 4] = [Behaviour::Slow, Behaviour::Http500, Behaviour::RateLimited, Behaviour::Malformed];

/// What came of the turns of one behaviour.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tally {
    /// Turns that ran.
    pub turns: u32,
    /// Turns by outcome.
    pub outcomes: BTreeMap<&'static str, u32>,
    /// Turns in which a draft was stopped.
    pub stopped_turns: u32,
    /// What was stopped, by code.
    pub stopped: BTreeMap<String, u32>,
    /// Turns that delivered an unsupported value.
    pub unsupported: u32,
    /// Turns that withheld data.
    pub withheld: u32,
    /// Turns that claim work that was not done.
    pub phantom: u32,
    /// Turns about now that rest on an earlier result.
    pub stale: u32,
    /// Turns that could not be run.
    pub errors: u32,
}

impl Tally {
    /// Whether a promise was broken.
    pub fn broken(&self) -> bool {
        self.unsupported + self.withheld + self.phantom + self.stale + self.errors > 0
    }

    /// Counts one turn.
    pub fn add(&mut self, outcome: Option<TurnOutcome>, codes: impl Iterator<Item = String>, found: &Examined) {
        self.turns += 1;
        *self.outcomes.entry(outcome.map_or("none", TurnOutcome::as_str)).or_default() += 1;
        let before: u32 = self.stopped.values().sum();
        for code in codes {
            *self.stopped.entry(code).or_default() += 1;
        }
        self.stopped_turns += u32::from(self.stopped.values().sum::<u32>() > before);
        self.unsupported += u32::from(!found.unsupported.is_empty());
        self.withheld += u32::from(found.withheld.is_some());
        self.phantom += u32::from(found.phantom);
        self.stale += u32::from(found.stale);
    }

    /// Adds another tally.
    pub fn merge(&mut self, other: &Tally) {
        self.turns += other.turns;
        for (outcome, count) in &other.outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        self.stopped_turns += other.stopped_turns;
        for (code, count) in &other.stopped {
            *self.stopped.entry(code.clone()).or_default() += count;
        }
        self.unsupported += other.unsupported;
        self.withheld += other.withheld;
        self.phantom += other.phantom;
        self.stale += other.stale;
        self.errors += other.errors;
    }

    /// Turns with this outcome.
    pub fn ended(&self, outcome: TurnOutcome) -> u32 {
        self.outcomes.get(outcome.as_str()).copied().unwrap_or(0)
    }
}

/// A turn that broke a promise.
#[derive(Clone, Debug, Serialize)]
pub struct Offence {
    /// Behaviour of the model.
    pub behaviour: String,
    /// The fault that was armed.
    pub fault: Option<String>,
    /// The messages up to this turn.
    pub said: Vec<String>,
    /// The reply.
    pub text: String,
    /// What is wrong.
    pub found: Examined,
    /// What happened.
    pub events: Vec<String>,
}

/// The whole set.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// Seed it was made from.
    pub seed: u64,
    /// Counts by behaviour.
    pub behaviours: BTreeMap<String, Tally>,
    /// The first broken turns.
    pub offences: Vec<Offence>,
    /// Why turns could not be run.
    pub errors: Vec<String>,
    /// Wall time.
    pub seconds: f64,
}

impl Summary {
    /// All behaviours together.
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.behaviours.values().for_each(|tally| total.merge(tally));
        total
    }

    fn merge(&mut self, part: Summary) {
        for (behaviour, tally) in part.behaviours {
            self.behaviours.entry(behaviour).or_default().merge(&tally);
        }
        let room = KEPT.saturating_sub(self.offences.len());
        self.offences.extend(part.offences.into_iter().take(room));
        self.errors.extend(part.errors.into_iter().take(KEPT));
    }
}

/// Runs about `turns` turns, at least one conversation per behaviour, so many behaviours at once.
pub async fn run(turns: u32, seed: u64, at_once: usize) -> Summary {
    let started = Instant::now();
    let parts: Vec<Summary> = stream::iter(quotas(turns.min(MAX_TURNS)))
        .map(|(behaviour, quota)| async move {
            let task = tokio::spawn(behave(behaviour, quota, seed));
            task.await.unwrap_or_else(|error| failed(behaviour, error.to_string()))
        })
        .buffer_unordered(at_once.max(1))
        .collect()
        .await;
    let mut summary = Summary { seed, ..Summary::default() };
    parts.into_iter().for_each(|part| summary.merge(part));
    summary.seconds = started.elapsed().as_secs_f64();
    summary
}

/// Turns per behaviour; their sum is at least what was asked for.
fn quotas(turns: u32) -> Vec<(Behaviour, u32)> {
    let slow = u32::try_from(SLOW.len()).unwrap_or(0);
    let fast = u32::try_from(Behaviour::ALL.len()).unwrap_or(0).saturating_sub(slow);
    let share = (turns * SLOW_SHARE).div_ceil(fast * SLOW_SHARE + slow);
    let quota = |behaviour: &Behaviour| if SLOW.contains(behaviour) { share.div_ceil(SLOW_SHARE) } else { share };
    Behaviour::ALL.iter().map(|behaviour| (*behaviour, quota(behaviour))).collect()
}

fn failed(behaviour: Behaviour, problem: String) -> Summary {
    let tally = Tally { errors: 1, ..Tally::default() };
    Summary {
        behaviours: BTreeMap::from([(behaviour.name().to_owned(), tally)]),
        errors: vec![format!("{}: {problem}", behaviour.name())],
        ..Summary::default()
    }
}

async fn behave(behaviour: Behaviour, quota: u32, seed: u64) -> Summary {
    let model = Model::Simulated(behaviour.name().to_owned());
    let mut world = match LiveWorld::start(&World::default(), &model, false).await {
        Ok(world) => world,
        Err(error) => return failed(behaviour, error.to_string()),
    };
    // Each behaviour has a stream of its own, so that one may change without the others.
    let salt = behaviour.name().bytes().fold(seed, |salt, byte| salt.wrapping_mul(131).wrapping_add(u64::from(byte)));
    let mut rng = ChaCha8Rng::seed_from_u64(salt);
    let mut summary = Summary::default();
    while tally(&mut summary, behaviour).turns < quota {
        world.begin_again();
        if let Err(error) = talk(&mut world, behaviour, &mut rng, &mut summary).await {
            let tally = tally(&mut summary, behaviour);
            tally.turns += 1;
            tally.errors += 1;
            summary.errors.push(format!("{}: {error}", behaviour.name()));
        }
    }
    world.stop().await;
    summary
}

fn tally(summary: &mut Summary, behaviour: Behaviour) -> &mut Tally {
    summary.behaviours.entry(behaviour.name().to_owned()).or_default()
}

/// One conversation: a question and up to three follow-ups.
async fn talk(
    world: &mut LiveWorld,
    behaviour: Behaviour,
    rng: &mut ChaCha8Rng,
    summary: &mut Summary,
) -> Result<(), WorldError> {
    let (lang, template) = *QUESTIONS.choose(rng).expect("the table is not empty");
    let mut message = fill(template, rng);
    let fault = if rng.random_ratio(3, 10) { fault(rng) } else { None };
    if let Some((_, change)) = &fault {
        world.apply(change)?;
    }
    let mut before = Before::default();
    for follow_ups in (0..=rng.random_range(0..=3_u32)).rev() {
        before.said.push(message.clone());
        let seen = world.turn(&message).await?;
        let record = world.record(&seen).await?;
        let found = examine(world, &seen, &record, &before, fault.is_none());
        let codes = seen.stopped.iter().map(|stopped| stopped.code.clone());
        tally(summary, behaviour).add(seen.outcome, codes, &found);
        if found.broken() && summary.offences.len() < KEPT {
            summary.offences.push(Offence {
                behaviour: behaviour.name().to_owned(),
                fault: fault.as_ref().map(|(name, _)| name.clone()),
                said: before.said.clone(),
                text: seen.text.clone(),
                found,
                events: seen.trace.clone(),
            });
        }
        before.results.extend(record.results);
        if follow_ups == 0 {
            break;
        }
        message = follow_up(world, &before.results, lang, rng)?;
    }
    Ok(())
}

/// The next message, after the world may have changed.
fn follow_up(
    world: &LiveWorld,
    results: &[LedgerEntry],
    lang: Lang,
    rng: &mut ChaCha8Rng,
) -> Result<String, WorldError> {
    let ids = case_ids(results);
    if rng.random_ratio(1, 2) {
        let mut before = spec::Before { advance: Some(jiff::SignedDuration::from_mins(3)), ..spec::Before::default() };
        if let Some(id) = ids.choose(rng) {
            let change = CHANGES.choose(rng).expect("the table is not empty");
            before.argus.change =
                Some(json!({"cases": {(id.to_string()): {"status": change.0, "priority": change.1}}}));
        }
        world.apply(&before)?;
    }
    let fitting: Vec<&(Lang, Follow, &str)> = FOLLOW_UPS
        .iter()
        .filter(|(of, follow, _)| *of == lang && (*follow != Follow::Named || !ids.is_empty()))
        .collect();
    let (_, _, template) = fitting.choose(rng).expect("every language has follow-ups that need no id");
    let id = ids.choose(rng).copied().unwrap_or_default();
    Ok(template.replace("{seen}", &id.to_string()))
}

/// Case numbers in earlier results.
fn case_ids(results: &[LedgerEntry]) -> Vec<u64> {
    let mut ids: Vec<u64> = Vec::new();
    for entry in results.iter().filter(|entry| entry.tool.contains("Case") && entry.outcome.has_data()) {
        let data = entry.content.get("data").unwrap_or(&entry.content);
        let rows: Vec<&Value> = data.as_array().map_or_else(|| vec![data], |rows| rows.iter().collect());
        // A case has a subject; comments and tags have ids of their own.
        let of = |row: &&Value| row.get("subject").and_then(|_| row.get("id")).and_then(Value::as_u64);
        ids.extend(rows.iter().filter_map(of));
    }
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_cover_what_was_asked_for() {
        for turns in [1, 300, 2000] {
            let sum: u32 = quotas(turns).iter().map(|(_, quota)| quota).sum();
            assert!(sum >= turns && sum <= turns + 60, "{turns}: {sum}");
        }
    }
}
