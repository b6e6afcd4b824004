//! `groundwire scenario`: run and list scenarios, make the adversarial set, and the table
//! that compares the bare model with what the harness delivers.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use clap::Subcommand;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;

use crate::commands::ConfigArgs;
use crate::commands::Variables;
use crate::commands::terminal;
use crate::environment;
use crate::gateway_client::GatewayClient;
use crate::scenario::adversarial;
use crate::scenario::load;
use crate::scenario::load::Loaded;
use crate::scenario::models::ModelChoice;
use crate::scenario::raw::run_raw;
use crate::scenario::report;
use crate::scenario::run;
use crate::scenario::table;
use crate::scenario::world::Model;
use crate::sim::model::behaviour::Behaviour;
use crate::sim::model::behaviour::PREFIX;

/// Arguments of `scenario`.
#[derive(Debug, Args)]
pub struct ScenarioArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ScenarioCommand,
}

/// What `scenario` can do.
#[derive(Debug, Subcommand)]
pub enum ScenarioCommand {
    /// List scenarios
    #[command(after_help = "Example:\n  groundwire scenario list scenarios/refresh")]
    List(ListArgs),
    /// Run scenarios; exit code 0 when all passed, 1 when one failed, 3 when one could not be told
    #[command(
        after_help = "Example:\n  groundwire scenario run scenarios --model sim/fabricates --jobs 4 --junit report.xml"
    )]
    Run(RunArgs),
    /// Make and run a large adversarial set; exit code 1 when anything unsupported was delivered or data withheld
    #[command(after_help = "Example:\n  groundwire scenario adversarial --turns 2000 --seed 1")]
    Adversarial(AdversarialArgs),
    /// Print the Markdown table of the bare model against the harness
    #[command(after_help = "Example:\n  groundwire scenario table scenarios --config groundwire.toml --model qwen")]
    Table(TableArgs),
}

/// Which scenarios.
#[derive(Debug, Args)]
pub struct Which {
    /// Files or folders
    #[arg(value_name = "PATH", default_value = "scenarios")]
    pub paths: Vec<PathBuf>,
    /// Only those whose name or purpose holds this text
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
}

/// Arguments of `scenario list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Which.
    #[command(flatten)]
    pub which: Which,
}

/// Arguments of `scenario run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Which.
    #[command(flatten)]
    pub which: Which,
    /// `sim/<behaviour>`, or with --config the name of a model profile
    #[arg(long, value_name = "NAME", default_value = "sim/honest")]
    pub model: String,
    /// Configuration file whose model profiles and limits are used
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Run against the gateway at this URL; scenarios that need a world of their own are inconclusive
    #[arg(long, value_name = "URL", conflicts_with_all = ["raw", "matrix"])]
    pub url: Option<String>,
    /// Runs side by side
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub jobs: usize,
    /// Run each scenario so often; reports pass^k with a confidence interval
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,
    /// Also with each behaviour that a scenario names in `also_with`
    #[arg(long, conflicts_with = "raw")]
    pub matrix: bool,
    /// The same turns on the bare model with the same tools and no harness, for comparison
    #[arg(long)]
    pub raw: bool,
    /// Write the results as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the results as JUnit
    #[arg(long, value_name = "FILE", conflicts_with = "raw")]
    pub junit: Option<PathBuf>,
}

/// Arguments of `scenario adversarial`.
#[derive(Debug, Args)]
pub struct AdversarialArgs {
    /// How many turns, at least
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=200_000))]
    pub turns: u32,
    /// Seed of the conversations
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Behaviours side by side
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub jobs: usize,
    /// Write counts and broken turns as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Arguments of `scenario table`.
#[derive(Debug, Args)]
pub struct TableArgs {
    /// Which.
    #[command(flatten)]
    pub which: Which,
    /// Also this model profile of the configuration, or only this `sim/<behaviour>`
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Configuration file whose model profiles and limits are used
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Runs side by side
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub jobs: usize,
    /// Write the rows as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Runs the command; the exit code is part of the result.
///
/// # Errors
/// When scenarios, the model or a report file cannot be used.
pub async fn run(args: ScenarioArgs, variables: &Variables) -> anyhow::Result<u8> {
    match args.command {
        ScenarioCommand::List(args) => list(&args),
        ScenarioCommand::Run(args) if args.raw => raw(&args, variables).await,
        ScenarioCommand::Run(args) => scenarios(&args, variables).await,
        ScenarioCommand::Adversarial(args) => adversarial_set(&args).await,
        ScenarioCommand::Table(args) => comparison(&args, variables).await,
    }
}

impl Which {
    fn load(&self) -> anyhow::Result<Vec<Arc<Loaded>>> {
        let mut loaded = load::load(&self.paths)?;
        if let Some(filter) = &self.filter {
            let text = filter.to_lowercase();
            let has = |of: &str| of.to_lowercase().contains(&text);
            loaded.retain(|loaded| has(&loaded.name) || has(&loaded.scenario.purpose));
            anyhow::ensure!(!loaded.is_empty(), "no scenario whose name or purpose holds {filter:?}");
        }
        Ok(loaded.into_iter().map(Arc::new).collect())
    }
}

fn list(args: &ListArgs) -> anyhow::Result<u8> {
    let loaded = args.which.load()?;
    for loaded in &loaded {
        let turns = loaded.scenario.turns.len();
        let with = &loaded.scenario.also_with;
        let matrix = if with.is_empty() { String::new() } else { format!(", also with {}", with.join(", ")) };
        terminal::line(&format!("{} ({turns} turns{matrix})", loaded.name));
        terminal::line(&format!("  {}", loaded.scenario.purpose.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    terminal::line(&format!("{} scenarios", loaded.len()));
    Ok(0)
}

/// The model that a name means. The configuration is read only where a profile is meant.
fn model(name: &str, config: &ConfigArgs, variables: &Variables) -> anyhow::Result<Model> {
    let choice = match name.starts_with(PREFIX) {
        true => ModelChoice::default(),
        false => ModelChoice::of(&config.load(variables)?, variables),
    };
    Ok(choice.named(name)?)
}

async fn scenarios(args: &RunArgs, variables: &Variables) -> anyhow::Result<u8> {
    let loaded = args.which.load()?;
    let model = match &args.url {
        // The gateway at the URL has models of its own.
        Some(_) if args.config.config.is_none() => Model::Simulated("honest".to_owned()),
        _ => model(&args.model, &args.config, variables)?,
    };
    let gateway = match &args.url {
        Some(url) => {
            let token = environment::lookup(variables, "GROUNDWIRE_TOKEN").map(SecretString::from);
            Some(GatewayClient::new(url, token)?)
        }
        None => None,
    };
    let jobs = run::plan(&loaded, &model, args.matrix, args.repeat);
    let colour = terminal::is_terminal();
    let runs = run::run_all(jobs, args.jobs, gateway, |run| terminal::line(&report::line(run, colour))).await;
    terminal::line(&report::summary(&runs));
    if let Some(file) = &args.json {
        write_json(file, &report::to_json(&runs))?;
    }
    if let Some(file) = &args.junit {
        let xml = report::to_junit(&runs).map_err(anyhow::Error::msg)?;
        std::fs::write(file, xml).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(report::exit_code(&runs))
}

async fn raw(args: &RunArgs, variables: &Variables) -> anyhow::Result<u8> {
    let loaded = args.which.load()?;
    let model = model(&args.model, &args.config, variables)?;
    let mut all = Vec::new();
    let (mut turns, mut failed, mut wrong, mut uncalled) = (0_usize, 0_usize, 0_usize, 0_usize);
    for loaded in loaded.iter().filter(|loaded| loaded.scenario.world.behaviour.is_none()) {
        let raw = run_raw(&loaded.scenario, &model).await?;
        for turn in &raw {
            turns += 1;
            wrong += usize::from(turn.wrong());
            uncalled += usize::from(turn.no_call);
            let mut notes = turn.codes.clone();
            notes.extend(turn.unsupported.iter().take(4).cloned());
            notes.extend(turn.no_call.then(|| "no call".to_owned()));
            failed += usize::from(turn.failed.is_some());
            let mark = match &turn.failed {
                Some(error) => format!("NO ANSWER ({error})"),
                None if notes.is_empty() => "fine ".to_owned(),
                None => format!("WRONG [{}]", notes.join(", ")),
            };
            terminal::line(&format!("{mark} {}: {}", loaded.name, turn.user));
        }
        all.push(serde_json::json!({"scenario": loaded.name, "turns": raw}));
    }
    terminal::line(&format!(
        "{} without the harness: {turns} turns, {failed} without an answer, {wrong} with unsupported statements, {uncalled} without the call they needed",
        model.name()
    ));
    if let Some(file) = &args.json {
        write_json(file, &Value::Array(all))?;
    }
    Ok(0)
}

async fn adversarial_set(args: &AdversarialArgs) -> anyhow::Result<u8> {
    let summary = adversarial::run(args.turns, args.seed, args.jobs).await;
    let total = summary.total();
    let rows = summary.behaviours.iter().map(|(name, tally)| (name.as_str(), tally));
    terminal::line(&table::tallies(rows.chain([("all", &total)])));
    let codes: Vec<String> = total.stopped.iter().map(|(code, count)| format!("{code} {count}")).collect();
    terminal::line(&format!("stopped on the way: {}", codes.join(", ")));
    for offence in &summary.offences {
        terminal::line(&format!(
            "\n{} ({}): {}",
            offence.behaviour,
            offence.fault.as_deref().unwrap_or("no fault"),
            offence.said.join(" / ")
        ));
        terminal::line(&format!("  {:?}", offence.found));
        terminal::line(&format!("  {}", offence.text.replace('\n', "\n  ")));
    }
    for error in &summary.errors {
        terminal::line(error);
    }
    terminal::line(&format!(
        "{} turns in {:.0} s, seed {}: {} delivered unsupported values, {} withheld data, {} claimed work not done, {} rested on old results, {} could not be run",
        total.turns,
        summary.seconds,
        summary.seed,
        total.unsupported,
        total.withheld,
        total.phantom,
        total.stale,
        total.errors
    ));
    if let Some(file) = &args.json {
        write_json(file, &summary)?;
    }
    Ok(u8::from(total.broken()))
}

async fn comparison(args: &TableArgs, variables: &Variables) -> anyhow::Result<u8> {
    let loaded = args.which.load()?;
    let all = || Behaviour::ALL.iter().map(|behaviour| Model::Simulated(behaviour.name().to_owned()));
    let models: Vec<Model> = match args.model.as_deref() {
        None => all().collect(),
        Some(name) if name.starts_with(PREFIX) => vec![model(name, &args.config, variables)?],
        Some(name) => all().chain([model(name, &args.config, variables)?]).collect(),
    };
    let rows = table::rows(&loaded, &models, args.jobs).await;
    terminal::line(&table::markdown(&rows));
    for error in rows.iter().flat_map(|row| &row.errors) {
        terminal::error_line(error);
    }
    if let Some(file) = &args.json {
        write_json(file, &rows)?;
    }
    Ok(u8::from(rows.iter().any(|row| !row.errors.is_empty())))
}

fn write_json(file: &PathBuf, value: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    std::fs::write(file, text).with_context(|| format!("writing {}", file.display()))
}
