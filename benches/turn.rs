//! Whole turns through the sandbox with the honest simulated model: first the share of
//! each step by the turns' own records, then one turn alone and sixteen at once. Model and
//! backends are simulated in the same process, so this is our own cost plus theirs.
//!
//! Budgets: own time of a turn (`own`, model and tools excluded) under 3 ms at the median;
//! own processor time under 3 ms, of which the printed figure is an upper bound, since it
//! counts the simulators too; more than 250 turns a second on two cores
//! (`sixteen_turns_at_once`). The store is SQLite in a file, as shipped, and every turn
//! commits. On a busy machine only the processor time says something.

use std::io::Write;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use divan::Bencher;
use divan::counter::ItemsCount;
use groundwire::domain::caller::Caller;
use groundwire::engine::record::TurnRecord;
use groundwire::engine::turn::TurnRequest;
use groundwire::sandbox::Sandbox;
use groundwire::sandbox::SandboxOptions;
use groundwire::sandbox::sqlite_url;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const AT_ONCE: usize = 16;
const MEASURED: usize = 200;
const QUESTIONS: [&str; 4] = [
    "Show me the open cases for Nordfjord",
    "What is the state of case 4120771?",
    "Critical cases for Havbris",
    "Show the comments on case 4120771",
];

struct Bench {
    runtime: Runtime,
    sandbox: Sandbox,
    /// Holds the database.
    _folder: TempDir,
}

fn bench() -> &'static Bench {
    static BENCH: OnceLock<Bench> = OnceLock::new();
    BENCH.get_or_init(|| {
        let runtime = Runtime::new().expect("a runtime starts");
        let folder = TempDir::new().expect("there is room for a database");
        let options = SandboxOptions { store: Some(sqlite_url(folder.path())), ..SandboxOptions::default() };
        let sandbox = runtime.block_on(Sandbox::start(options)).expect("the sandbox starts");
        Bench { runtime, sandbox, _folder: folder }
    })
}

fn main() {
    // Another provider may be installed already; either will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    shares();
    divan::main();
}

/// One turn in a conversation of its own, to its end.
async fn turn(question: &str) -> Arc<TurnRecord> {
    let engine = &bench().sandbox.app().engine;
    let request =
        TurnRequest { conversation_id: None, message: question.to_owned(), profile: None, unverified: Vec::new() };
    let started = engine.start_turn(Caller::local(), request).await.expect("the turn is taken");
    let mut reader = started.journal.read(0);
    while reader.next().await.is_some() {}
    started.journal.record().expect("a finished turn has a record")
}

/// Where the time of a turn goes, as its record says, and what all of the process spends on it.
fn shares() {
    for question in QUESTIONS {
        bench().runtime.block_on(turn(question));
    }
    let before = processor_ms();
    let question = |n: usize| QUESTIONS[n % QUESTIONS.len()];
    let turns: Vec<Arc<TurnRecord>> = (0..MEASURED).map(|n| bench().runtime.block_on(turn(question(n)))).collect();
    let after = processor_ms();
    let mean = |part: &dyn Fn(&TurnRecord) -> f64| turns.iter().map(|turn| part(turn)).sum::<f64>() / MEASURED as f64;
    let total = mean(&|turn| turn.timings_ms.total);
    let mut out = std::io::stdout().lock();
    let mut line = |step: &str, time: f64| {
        let _ = writeln!(out, "{step:<10}{time:>9.2} ms{:>8.1} %", 100.0 * time / total.max(f64::EPSILON));
    };
    for step in ["route", "gather", "arguments", "draft", "judge", "repair"] {
        let of_step = |turn: &TurnRecord| {
            turn.exchanges.iter().filter(|exchange| exchange.step == step).map(|exchange| exchange.duration_ms).sum()
        };
        line(step, mean(&of_step));
    }
    line("tools", mean(&|turn| turn.timings_ms.tools));
    line("own", mean(&|turn| turn.timings_ms.own));
    line("total", total);
    let mut own: Vec<f64> = turns.iter().map(|turn| turn.timings_ms.own).collect();
    own.sort_by(f64::total_cmp);
    line("own median", own[MEASURED / 2]);
    if let (Some(before), Some(after)) = (before, after) {
        let _ = writeln!(out, "processor{:>10.2} ms, simulators included", (after - before) / MEASURED as f64);
    }
}

/// Processor time of this process so far, in milliseconds; known on Linux only.
fn processor_ms() -> Option<f64> {
    /// Linux counts it in hundredths of a second, whatever the kernel's own tick.
    const TICK_MS: f64 = 10.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program may hold anything; what follows its bracket does not.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks = fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?;
    Some(ticks * TICK_MS)
}

#[divan::bench(max_time = Duration::from_secs(5))]
fn one_turn(bencher: Bencher<'_, '_>) {
    let bench = bench();
    bencher.bench(|| bench.runtime.block_on(turn(QUESTIONS[0])));
}

#[divan::bench(max_time = Duration::from_secs(10), sample_size = 1)]
fn sixteen_turns_at_once(bencher: Bencher<'_, '_>) {
    let bench = bench();
    bencher.counter(ItemsCount::new(AT_ONCE)).bench(|| {
        bench.runtime.block_on(async {
            let turns = (0..AT_ONCE).map(|n| turn(QUESTIONS[n % QUESTIONS.len()]));
            futures::future::join_all(turns).await.len()
        })
    });
}
