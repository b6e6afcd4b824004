//! `groundwire mcp sysdig`, and the program called `sysdig-mcp-server`: what no flag says comes
//! from `SYSDIG_MCP_*` variables, of the environment or of a `.env` file. What stops the start
//! is one line on standard error, whatever is logged, and exit code 1.

use std::net::IpAddr;

use axum::Router;
use tokio_util::sync::CancellationToken;

use crate::app::sysdig_mcp::Authorization;
use crate::app::sysdig_mcp::Endpoints;
use crate::app::sysdig_mcp::Serving;
use crate::commands::Variables;
use crate::commands::mcp;
use crate::commands::mcp::TransportArg;
use crate::commands::mcp::Ways;
use crate::commands::mcp::env_file;
use crate::commands::mcp::listener;
use crate::commands::mcp::listener::Listener;
use crate::commands::terminal;
use crate::environment;
use crate::http::paths;
use crate::mcp_serve::Limits;
use crate::mcp_serve::door::Hosts;
use crate::mcp_serve::streamable::Keeping;
use crate::servers::sysdig::config::SysdigConfig;
use crate::servers::sysdig::config::Transport;
use crate::servers::sysdig::server::SysdigServer;
use crate::servers::sysdig::stdio;

/// What begins a line of ours.
const NAME: &str = "sysdig-mcp";

/// Serves until standard input closes, or until it is told to stop.
///
/// # Errors
/// When arguments do not fit together.
pub(crate) async fn run(ways: &Ways, variables: &Variables) -> anyhow::Result<u8> {
    let found = match env_file::with_file(variables) {
        Ok(found) => found,
        Err(error) => return Ok(refuse(&error)),
    };
    let (transport, config) = match configured(ways, &found.variables) {
        Ok(configured) => configured,
        Err(error) => return Ok(refuse(&error)),
    };
    mcp::log(match config.log_level.as_str() {
        "WARNING" => "warn",
        level => level,
    })?;
    if let Some(file) = found.unread {
        tracing::info!("{} is not read, since the environment holds a token", file.display());
    }
    let server = match SysdigServer::checked(config.clone(), mcp::now()) {
        Ok(server) => server,
        Err(error) => return Ok(refuse(&error.into())),
    };
    if transport == Transport::Stdio {
        return Ok(stdio::serve_stdio(server).await);
    }
    match listen(ways, &config, transport, server).await {
        Ok(()) => Ok(0),
        Err(error) => Ok(refuse(&error)),
    }
}

/// The configuration of the variables, with the flags before them, and the transport in force.
fn configured(ways: &Ways, variables: &Variables) -> anyhow::Result<(Transport, SysdigConfig)> {
    let mut config = SysdigConfig::from_lookup(&|name| environment::lookup(variables, name))?;
    if let Some(transport) = ways.transport {
        config.transport = match transport {
            TransportArg::Stdio => "stdio",
            TransportArg::StreamableHttp => "streamable-http",
            TransportArg::Sse => "sse",
        }
        .to_owned();
    }
    config.stateless |= ways.stateless;
    config.allowed_hosts.extend_from_slice(&ways.allow_host);
    let transport = config.check()?;
    ways.check(match transport {
        Transport::Stdio => TransportArg::Stdio,
        Transport::StreamableHttp => TransportArg::StreamableHttp,
        Transport::Sse => TransportArg::Sse,
    })?;
    Ok((transport, config))
}

fn refuse(error: &anyhow::Error) -> u8 {
    terminal::error_line(&format!("error loading configuration: {error:#}"));
    1
}

async fn listen(ways: &Ways, config: &SysdigConfig, transport: Transport, server: SysdigServer) -> anyhow::Result<()> {
    let wanted = ways.listen.clone().unwrap_or_else(|| address(&config.listening_host, config.listening_port));
    let listener = Listener::bind(NAME, &wanted).await?;
    let names = listener::names(&wanted, &config.allowed_hosts)?;
    // Whoever opens an address to other machines has it known by names that only they know. A
    // page that pretends to be one of them has no token; where one is lent it must not be let in.
    let any = !listener.is_local() && config.allowed_hosts.is_empty() && !config.allow_env_credentials_over_http;
    let hosts = if any {
        Hosts::Any
    } else {
        Hosts::ThisMachineAnd { names, told_by: "--allow-host or SYSDIG_MCP_ALLOWED_HOSTS" }
    };
    let keeping = if config.stateless { Keeping::Nothing } else { Keeping::Sessions };
    let serving = Serving { hosts, authorization: Authorization::Sysdig, keeping, limits: Limits::default() };
    let mount = config.mount()?;
    let sessions = CancellationToken::new();
    let endpoints = serving.endpoints(server, &mount, &sessions);
    let (path, router) = routes(&mount, transport, endpoints);
    listener.serve(&path, router, sessions).await
}

/// `HOST:PORT`; an empty host stands for all interfaces.
fn address(host: &str, port: u16) -> String {
    match (host.trim(), host.trim().parse()) {
        ("", _) => format!("0.0.0.0:{port}"),
        (_, Ok(IpAddr::V6(address))) => format!("[{address}]:{port}"),
        (host, _) => format!("{host}:{port}"),
    }
}

/// The routes, and the one to tell clients. With `sse` those of streamable HTTP are there too,
/// since clients were told so.
fn routes(mount: &str, transport: Transport, endpoints: Endpoints) -> (String, Router) {
    let mut router = Router::new();
    for path in paths::sysdig(mount, &paths::SYSDIG_STREAMABLE) {
        router = router.route(&path, endpoints.streamable.clone().route());
    }
    if transport != Transport::Sse {
        return (format!("{mount}{}", paths::SYSDIG_STREAMABLE[0]), router);
    }
    let stream = format!("{mount}{}", paths::SYSDIG_STREAM[0]);
    router = router.route(&stream, endpoints.sse.stream.route());
    for path in paths::sysdig(mount, &paths::SYSDIG_MESSAGES) {
        router = router.route(&path, endpoints.sse.messages.clone().route());
    }
    (stream, router)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_a_port_make_an_address() {
        let made = ["", "localhost", "0.0.0.0", "::", "[::1]", " mcp.example "].map(|host| address(host, 80));
        assert_eq!(made, ["0.0.0.0:80", "localhost:80", "0.0.0.0:80", "[::]:80", "[::1]:80", "mcp.example:80"]);
    }
}
