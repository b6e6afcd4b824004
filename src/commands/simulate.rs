//! `groundwire simulate argus|sysdig|model`: a simulator by itself.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use clap::ValueEnum;

use crate::clock::SystemClock;
use crate::commands::serve::INTERRUPT_AND_TERMINATE;
use crate::commands::serve::listen;
use crate::commands::serve::stop_signal;
use crate::commands::terminal;
use crate::engine::ports::Clock;
use crate::sim::argus::ArgusSim;
use crate::sim::argus::DEFAULT_SEED;
use crate::sim::clock::SimClock;
use crate::sim::clock::Sleeper;
use crate::sim::model::SimModel;
use crate::sim::sysdig::SysdigSim;

/// Arguments of `simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Which simulator
    #[arg(value_enum)]
    pub what: SimulatorArg,
    /// Loopback address to listen on; port 0 lets the system choose
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Seed of the world
    #[arg(long, default_value_t = DEFAULT_SEED)]
    pub seed: u64,
    /// Let the world's clock stand at this time (RFC 3339) instead of following the real one
    #[arg(long)]
    pub now: Option<jiff::Timestamp>,
}

/// A simulator on the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SimulatorArg {
    /// The Argus REST API
    Argus,
    /// The Sysdig REST API
    Sysdig,
    /// An OpenAI-compatible model; behaviours by model name, e.g. sim/honest
    Model,
}

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
/// When the address is not loopback or cannot be listened on.
pub async fn run(args: &SimulateArgs) -> anyhow::Result<u8> {
    anyhow::ensure!(args.listen.ip().is_loopback(), "simulators listen on loopback only, not on {}", args.listen);
    let listener = listen(args.listen).await?;
    let clock = match args.now {
        Some(at) => SimClock::standing_at(at),
        None => {
            let system = Arc::new(SystemClock::new());
            SimClock::new(move || system.now())
        }
    };
    terminal::line(&format!("http://{}", listener.local_addr()?));
    let stop = stop_signal(&INTERRUPT_AND_TERMINATE);
    match args.what {
        SimulatorArg::Argus => ArgusSim::new(args.seed, clock, Sleeper::real()).serve(listener, stop).await?,
        SimulatorArg::Sysdig => SysdigSim::new(args.seed, clock, Sleeper::real()).serve(listener, stop).await?,
        SimulatorArg::Model => SimModel::new().serve(listener, stop).await?,
    }
    Ok(0)
}
