//! Whole turns through the sandbox with the honest simulated model: first the share of
//! each step by the turns' own records, then one turn alone and sixteen at once. Model and
//! backends are simulated in the same process, so this is our own cost plus theirs.

use std::io::Write;
use std::sync::OnceLock;
use std::time::Duration;

use divan::Bencher;
use divan::counter::ItemsCount;
use groundwire::domain::caller::Caller;
use groundwire::engine::record::TurnTimings;
use groundwire::engine::turn::TurnRequest;
use groundwire::sandbox::Sandbox;
use groundwire::sandbox::SandboxOptions;
use tokio::runtime::Runtime;

const AT_ONCE: usize = 16;
const MEASURED: usize = 20;
const QUESTIONS: [&str; 4] = [
    "Show me the open cases for Nordfjord",
    "What is the state of case 4120771?",
    "Critical cases for Havbris",
    "Show the comments on case 4120771",
];

struct Bench {
    runtime: Runtime,
    sandbox: Sandbox,
}

fn bench() -> &'static Bench {
    static BENCH: OnceLock<Bench> = OnceLock::new();
    BENCH.get_or_init(|| {
        let runtime = Runtime::new().expect("a runtime starts");
        let sandbox = runtime.block_on(Sandbox::start(SandboxOptions::default())).expect("the sandbox starts");
        Bench { runtime, sandbox }
    })
}

fn main() {
    // Another provider may be installed already; either will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    shares();
    divan::main();
}

/// One turn in a conversation of its own, to its end.
async fn turn(question: &str) -> TurnTimings {
    let engine = &bench().sandbox.app().engine;
    let request =
        TurnRequest { conversation_id: None, message: question.to_owned(), profile: None, unverified: Vec::new() };
    let started = engine.start_turn(Caller::local(), request).await.expect("the turn is taken");
    let mut reader = started.journal.read(0);
    while reader.next().await.is_some() {}
    started.journal.record().expect("a finished turn has a record").timings_ms
}

/// Where the time of a turn goes, as its record says.
fn shares() {
    let mut sum = TurnTimings::default();
    for n in 0..MEASURED {
        let timings = bench().runtime.block_on(turn(QUESTIONS[n % QUESTIONS.len()]));
        sum.total += timings.total;
        sum.model += timings.model;
        sum.tools += timings.tools;
        sum.own += timings.own;
    }
    let mut out = std::io::stdout().lock();
    for (step, time) in [("total", sum.total), ("model", sum.model), ("tools", sum.tools), ("own", sum.own)] {
        let mean = time / MEASURED as f64;
        let _ = writeln!(out, "{step:<6}{mean:>9.2} ms{:>8.1} %", 100.0 * time / sum.total.max(f64::EPSILON));
    }
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
