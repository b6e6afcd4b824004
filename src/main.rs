//! Reads arguments and runs one command.

use std::process::ExitCode;

use groundwire::commands;
use groundwire::environment;

fn main() -> ExitCode {
    // Before the first HTTPS client exists; a second call would fail harmlessly.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let variables = environment::variables();
    let Some(cli) = commands::read(environment::arguments()) else { return ExitCode::SUCCESS };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return commands::fail(&anyhow::Error::from(error)),
    };
    let ended = runtime.block_on(commands::run(cli, &variables));
    // A read of standard input that still blocks must not keep the process.
    runtime.shutdown_background();
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => commands::fail(&error),
    }
}
