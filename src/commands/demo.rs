//! `groundwire demo`: everything in one process without any outside service.

use std::net::Ipv4Addr;
use std::net::SocketAddr;

use clap::Args;

use crate::commands::Variables;
use crate::commands::serve::INTERRUPT_AND_TERMINATE;
use crate::commands::serve::listen;
use crate::commands::serve::scenario_runs;
use crate::commands::serve::serve;
use crate::commands::serve::stop_signal;
use crate::commands::terminal;
use crate::config::telemetry::TelemetryConfig;
use crate::environment;
use crate::sandbox::Sandbox;
use crate::sandbox::SandboxOptions;
use crate::telemetry;

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Port of the gateway on 127.0.0.1; 0 lets the system choose
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Behaviour of the simulated model, e.g. `honest`, `fabricates`, `skips_tools`
    #[arg(long, default_value = "honest", value_name = "NAME")]
    pub behaviour: String,
    /// A tool that runs only after a yes, e.g. `getArgusCaseByID`; may be given several times
    #[arg(long, value_name = "TOOL")]
    pub confirm: Vec<String>,
}

/// Serves until SIGINT or SIGTERM.
///
/// # Errors
/// When the behaviour or a tool is unknown, or the port is taken.
pub async fn run(args: DemoArgs, variables: &Variables) -> anyhow::Result<u8> {
    let log = environment::lookup(variables, "GROUNDWIRE__TELEMETRY__LOG").unwrap_or_else(|| "warn".to_owned());
    telemetry::init(&TelemetryConfig { log, ..TelemetryConfig::default() }).map_err(anyhow::Error::msg)?;
    let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, args.port))).await?;
    let options = SandboxOptions {
        behaviour: args.behaviour.clone(),
        confirm: args.confirm.clone(),
        ..SandboxOptions::default()
    };
    let sandbox = Sandbox::start(options).await?;
    let url = format!("http://{}", listener.local_addr()?);
    terminal::line(&welcome(&url, &args.behaviour, &sandbox));
    let (app, simulators) = sandbox.into_parts();
    let runs = scenario_runs(&app, variables)?;
    serve(app, runs, listener, stop_signal(&INTERRUPT_AND_TERMINATE)).await?;
    simulators.stop().await;
    Ok(0)
}

fn welcome(url: &str, behaviour: &str, sandbox: &Sandbox) -> String {
    format!(
        "groundwire demo listens on {url}\n\
         simulated model: sim/{behaviour} (a simulator, not a language model)\n\
         simulated Argus: {argus}   simulated Sysdig: {sysdig}\n\
         \n\
         Three things to try, each in a second terminal:\n\
         \n\
         1. groundwire chat --url {url}\n\
         \x20  Show me the open cases for Nordfjord\n\
         2. curl {url}/v1/chat/completions -H 'content-type: application/json' \\\n\
         \x20    -d '{{\"model\":\"groundwire\",\"messages\":[{{\"role\":\"user\",\"content\":\"Critical cases for Bergtun today\"}}]}}'\n\
         3. groundwire demo --port 8081 --behaviour fabricates\n\
         \x20  the same question to a model that makes data up: see what is stopped\n",
        argus = sandbox.argus_url(),
        sysdig = sandbox.sysdig_url(),
    )
}
