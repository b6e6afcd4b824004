//! The embedded Argus server over HTTP, for callers who bring their own Argus keys: by itself
//! as a command, and in the gateway at a path of its own. A key of ours is never used there.

use std::sync::Arc;

use http::Extensions;
use http::HeaderMap;
use http::StatusCode;
use http::header;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::app::AppError;
use crate::app::embedded_mcp::Chosen;
use crate::app::embedded_mcp::limits;
use crate::config::Config;
use crate::config::Lookup;
use crate::config::mcp::Embedded;
use crate::domain::caller::Caller;
use crate::engine::ports::Clock;
use crate::mcp_serve::Endpoint;
use crate::mcp_serve::door::Admitted;
use crate::mcp_serve::door::Door;
use crate::mcp_serve::door::Hosts;
use crate::mcp_serve::refusal::Refusal;
use crate::mcp_serve::streamable;
use crate::mcp_serve::streamable::Keeping;
use crate::servers::argus::ArgusConfig;
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
            let caller = extensions.get::<Caller>().map(|caller| caller.subject().as_bytes());
            let digest = key.digest();
            let admitted = Admitted::new(key).known_by(&[&digest, caller.unwrap_or_default()]);
            // One caller may bring many keys, and anybody a key that Argus does not know.
            Ok(admitted.counted_by(&[caller.unwrap_or(&digest)]))
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
    let Some(chosen) = Chosen::first(config, Embedded::Argus, &[OWN_KEY], lookup)? else { return Ok(None) };
    let time = Arc::clone(clock);
    let argus = ArgusConfig::from_lookup(&|name| chosen.read(name), Arc::new(move || time.now()));
    let mut argus = argus.map_err(|error| chosen.wrong(&error))?;
    let tools = exposed(&argus).map_err(|error| chosen.wrong(&error))?;
    let served = tools.iter().filter(|(tool, shown)| chosen.serves(&[*tool, shown.as_str()]));
    argus.tools = served.map(|(tool, _)| (*tool).to_owned()).collect();
    if argus.tools.is_empty() {
        // An empty list would mean all.
        return Ok(None);
    }
    let argus = KeyedArgus::new(argus).map_err(|error| chosen.wrong(&error))?;
    // The gateway looks at hosts and origins by itself.
    Ok(Some(streamable::endpoint(&argus, door(Hosts::Unchecked), Keeping::Sessions, &limits(config), stop)))
}
