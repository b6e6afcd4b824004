//! The embedded Sysdig server over HTTP, for callers who bring their own Sysdig tokens: by
//! itself as a command, and in the gateway at a path of its own, where a token of ours is never
//! used.
//!
//! Everybody is let in, since greeting and texts need no token; each request is judged by what it
//! presents. Over streamable HTTP a token makes a session its owner's. Over HTTP+SSE a stream is
//! for whoever knows its id, within one caller of the gateway, since each message may bring a
//! token of its own. Either way a session counts for the gateway's caller, whatever tokens it was
//! opened with; where there is none, for the token, and without one for nobody.

use std::sync::Arc;

use http::Extensions;
use http::HeaderMap;
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

use crate::app::AppError;
use crate::app::embedded_mcp::Chosen;
use crate::app::embedded_mcp::limits;
use crate::config::Config;
use crate::config::Lookup;
use crate::config::auth::AuthMode;
use crate::config::mcp::Embedded;
use crate::domain::caller::Caller;
use crate::engine::ports::Clock;
use crate::http::paths;
use crate::mcp_serve::Endpoint;
use crate::mcp_serve::Limits;
use crate::mcp_serve::door::Admitted;
use crate::mcp_serve::door::Door;
use crate::mcp_serve::door::Hosts;
use crate::mcp_serve::sse;
use crate::mcp_serve::streamable;
use crate::mcp_serve::streamable::Keeping;
use crate::servers::sysdig::config::SysdigConfig;
use crate::servers::sysdig::config::TOKENS;
use crate::servers::sysdig::credentials::Presented;
use crate::servers::sysdig::server::SysdigServer;
use crate::servers::sysdig::tools;
use crate::servers::sysdig::tools::ToolEntry;

/// The ways to one server.
pub struct Endpoints {
    /// Streamable HTTP.
    pub streamable: Endpoint,
    /// HTTP+SSE.
    pub sse: sse::Endpoints,
}

/// For whom the header `Authorization` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// It holds a Sysdig token.
    Sysdig,
    /// It holds a token of the gateway, which Sysdig must never see.
    Gateway,
}

/// How a server is served.
pub struct Serving {
    /// Which hosts requests may name.
    pub hosts: Hosts,
    /// For whom `Authorization` is.
    pub authorization: Authorization,
    /// What is kept between requests over streamable HTTP.
    pub keeping: Keeping,
    /// What may be used up.
    pub limits: Limits,
}

impl Serving {
    /// The endpoints of a server under a mount path; `stop` ends their sessions and streams.
    pub fn endpoints(self, server: SysdigServer, mount: &str, stop: &CancellationToken) -> Endpoints {
        let server = server.over_http();
        let authorization = self.authorization;
        let door = |by_token: bool| {
            let admit = move |headers: &HeaderMap, found: &Extensions| {
                Ok(admitted(Presented::read(headers, authorization == Authorization::Sysdig), found, by_token))
            };
            Door::new(self.hosts.clone(), Arc::new(admit))
        };
        let messages = format!("{mount}{}", paths::SYSDIG_MESSAGES[0]);
        Endpoints {
            streamable: streamable::endpoint(&server, door(true), self.keeping, &self.limits, stop),
            sse: sse::endpoints(&server, door(false), messages, &self.limits, stop),
        }
    }
}

/// Lets somebody in who is known by the gateway's caller and, if `by_token`, by the token.
fn admitted(presented: Presented, found: &Extensions, by_token: bool) -> Admitted {
    let caller = found.get::<Caller>().map(|caller| caller.subject().as_bytes());
    let token = presented.token().cloned();
    let token = token.as_ref().map(|token| token.expose_secret().as_bytes());
    let proofs: Vec<&[u8]> = caller.into_iter().chain(token.filter(|_| by_token)).collect();
    let empty_handed = presented.is_empty();
    let mut admitted = Admitted::new(presented);
    if !proofs.is_empty() {
        admitted = admitted.known_by(&proofs);
    }
    if let Some(proof) = caller.or(token) {
        admitted = admitted.counted_by(&[proof]);
    }
    if empty_handed { admitted.empty_handed() } else { admitted }
}

/// The endpoints of the first embedded Sysdig server in a configuration, by name.
pub(crate) fn of_gateway(
    config: &Config,
    lookup: Lookup<'_>,
    clock: &Arc<dyn Clock>,
    stop: &CancellationToken,
) -> Result<Option<Endpoints>, AppError> {
    let Some(chosen) = Chosen::first(config, Embedded::Sysdig, &TOKENS, lookup)? else { return Ok(None) };
    let mut sysdig = SysdigConfig::from_lookup(&|name| chosen.read(name)).map_err(|error| chosen.wrong(&error))?;
    sysdig.api_token = None;
    sysdig.allow_env_credentials_over_http = false;
    let kept = |tool: &&ToolEntry| !tool.does().iter().all(|name| chosen.serves(&[*name]));
    sysdig.withheld = tools::TOOLS.iter().filter(kept).map(|tool| tool.name).collect();
    let http = sysdig.http_client().map_err(|error| chosen.wrong(&error))?;
    let time = Arc::clone(clock);
    let server = SysdigServer::new(sysdig, http, Arc::new(move || time.now()));
    let authorization = match config.auth.mode {
        AuthMode::None => Authorization::Sysdig,
        AuthMode::Token => Authorization::Gateway,
    };
    // The gateway looks at hosts and origins by itself.
    let serving =
        Serving { hosts: Hosts::Unchecked, authorization, keeping: Keeping::Sessions, limits: limits(config) };
    Ok(Some(serving.endpoints(server, paths::SYSDIG_MOUNT, stop)))
}
