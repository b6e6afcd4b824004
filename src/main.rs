//! Reads arguments and runs one command.

use std::process::ExitCode;

use clap::Parser;
use groundwire::commands::Cli;
use groundwire::environment;

fn main() -> ExitCode {
    // Before the first HTTPS client exists; a second call would fail harmlessly.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let variables = environment::variables();
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return groundwire::commands::fail(&anyhow::Error::from(error)),
    };
    let ended = runtime.block_on(groundwire::commands::run(cli, &variables));
    // A read of standard input that still blocks must not keep the process.
    runtime.shutdown_background();
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => groundwire::commands::fail(&error),
    }
}
