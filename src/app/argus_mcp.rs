//! The embedded Argus server over HTTP, for callers who bring their own Argus keys: by itself
//! as a command, and in the gateway at a path of its own. A key of ours is never used there.

use std::sync::Arc;

use http::Extensions;
use http::HeaderMap;
use http::StatusCode;
use http::header;
use secrecy::ExposeSecret;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::app::AppError;
use crate::app::read_settings;
use crate::config::Config;
use crate::config::Lookup;
use crate::config::mcp::Embedded;
use crate::config::mcp::TransportConfig;
use crate::domain::caller::Caller;
use crate::domain::policy::settings::matches_any;
use crate::engine::ports::Clock;
use crate::mcp_serve::Endpoint;
use crate::mcp_serve::Limits;
use crate::mcp_serve::door::Admitted;
use crate::mcp_serve::door::Door;
use crate::mcp_serve::door::Hosts;
use crate::mcp_serve::refusal::Refusal;
use crate::mcp_serve::streamable;
use crate::mcp_serve::streamable::Keeping;
use crate::servers::argus::ArgusConfig;
use crate::servers::argus::ConfigError as ArgusConfigError;
use crate::servers::argus::KeyedArgus;
use crate::servers::argus::client::KEY_HEADER;
use crate::servers::argus::keyed::key_of;
use crate::servers::argus::server::exposed;

/// Variable with the server's own key.
pub const OWN_KEY: &str = "ARGUS_API_KEY";

/// Lets in whoever brings a key; Argus says with each call what the key opens.
pub fn door(hosts: Hosts) -> Door {
    Door::new(hosts, Arc::new(admit))
}

fn admit(headers: &HeaderMap, extensions: &Extensions) -> Result<Admitted, Refusal> {
    match key_of(headers) {
        Ok(key) => {
            // In the gateway two callers with one key are two, each with own sessions.
            let caller = extensions.get::<Caller>().map_or("", Caller::subject);
            Ok(Admitted::new(&[&key.digest(), caller.as_bytes()].concat(), key))
        }
        Err(problem) => Err(Refusal::new(StatusCode::UNAUTHORIZED, problem.code(), problem.to_string())
            .details(json!({ "header": KEY_HEADER }))
            .header(header::WWW_AUTHENTICATE, KEY_HEADER)),
    }
}

/// The endpoint of the first embedded Argus server in a configuration, by name.
pub(crate) fn of_gateway(
    config: &Config,
    lookup: Lookup<'_>,
    clock: &Arc<dyn Clock>,
    stop: &CancellationToken,
) -> Result<Option<Endpoint>, AppError> {
    let mut embedded = config.mcp.servers.iter().filter_map(|(name, server)| match &server.transport {
        TransportConfig::Embedded { server: Embedded::Argus, settings } => Some((name, settings, &server.options)),
        _ => None,
    });
    let Some((name, settings, options)) = embedded.next() else { return Ok(None) };
    if embedded.next().is_some() {
        tracing::warn!(server = name, "several embedded Argus servers; this one is served to callers with own keys");
    }
    let mut settings = settings.clone();
    settings.remove(OWN_KEY);
    let settings = read_settings(name, &settings, lookup)?;
    let read = |name: &str| settings.get(name).map(|value| value.expose_secret().to_owned());
    let time = Arc::clone(clock);
    let argus = ArgusConfig::from_lookup(&read, Arc::new(move || time.now()));
    // What the operator keeps from chat is kept from here, and nobody is asked for a yes here.
    let served = |names: [&str; 2]| {
        let named = |list: &Vec<String>| names.iter().any(|name| matches_any(list, name));
        let kept = [&options.deny, &options.confirm, &config.policy.off_limits];
        options.allow.as_ref().is_none_or(named) && !kept.into_iter().any(named)
    };
    let wrong = |error: ArgusConfigError| AppError::Server { name: name.clone(), reason: error.to_string() };
    let mut argus = argus.map_err(wrong)?;
    let tools = exposed(&argus).map_err(wrong)?;
    argus.tools =
        tools.iter().filter(|(tool, shown)| served([tool, shown])).map(|(tool, _)| (*tool).to_owned()).collect();
    if argus.tools.is_empty() {
        // An empty list would mean all.
        return Ok(None);
    }
    let argus = KeyedArgus::new(argus).map_err(wrong)?;
    // The gateway looks at hosts and origins by itself.
    let limits = Limits { body_bytes: config.limits.body_bytes, ..Limits::default() };
    Ok(Some(streamable::endpoint(&argus, door(Hosts::Unchecked), Keeping::Sessions, &limits, stop)))
}
