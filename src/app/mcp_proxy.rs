//! All MCP servers of the gateway as one: over streamable HTTP and HTTP+SSE, for callers whom the
//! gateway has let in, and by itself as a command.

use std::sync::Arc;

use async_trait::async_trait;
use http::Extensions;
use http::HeaderMap;
use http::StatusCode;
use tokio_util::sync::CancellationToken;

use crate::app::embedded_mcp::limits;
use crate::auth::AuthError;
use crate::auth::Authenticator;
use crate::config::Config;
use crate::config::auth::AuthMode;
use crate::config::mcp::ProxyNames;
use crate::domain::caller::Caller;
use crate::engine::Engine;
use crate::engine::ports::Clock;
use crate::http::paths;
use crate::mcp::hub::Hub;
use crate::mcp::proxy::Askers;
use crate::mcp::proxy::LetsIn;
use crate::mcp::proxy::Names;
use crate::mcp::proxy::Proxy;
use crate::mcp::proxy::ShutOut;
use crate::mcp_serve::Endpoint;
use crate::mcp_serve::door::Admitted;
use crate::mcp_serve::door::Door;
use crate::mcp_serve::door::Hosts;
use crate::mcp_serve::refusal::Refusal;
use crate::mcp_serve::sse;
use crate::mcp_serve::streamable;
use crate::mcp_serve::streamable::Keeping;

/// The proxy over HTTP.
pub struct Endpoints {
    /// Streamable HTTP.
    pub streamable: Endpoint,
    /// HTTP+SSE.
    pub sse: sse::Endpoints,
}

/// Looks at the tokens of callers again.
pub(crate) struct Tokens {
    pub(crate) auth: Arc<Authenticator>,
    pub(crate) clock: Arc<dyn Clock>,
}

#[async_trait]
impl LetsIn for Tokens {
    async fn still(&self, caller: &Caller) -> Result<(), ShutOut> {
        let still = self.auth.still(caller, self.clock.now()).await;
        still.map_err(|error| match error {
            AuthError::Store(_) => ShutOut::ForNow(error.to_string()),
            error => ShutOut::ForGood(error.to_string()),
        })
    }
}

/// The proxy whose callers are those of the requests.
pub(crate) fn of_gateway(config: &Config, engine: &Arc<Engine>, hub: &Arc<Hub>, tokens: Tokens) -> Proxy {
    proxy(config, engine, hub, Askers::OfRequest(Arc::new(tokens)))
}

/// The proxy of whoever has started the program.
pub(crate) fn of_one(config: &Config, engine: &Arc<Engine>, hub: &Arc<Hub>) -> Proxy {
    proxy(config, engine, hub, Askers::One(Caller::local()))
}

fn proxy(config: &Config, engine: &Arc<Engine>, hub: &Arc<Hub>, askers: Askers) -> Proxy {
    let names = match config.mcp.proxy_names {
        ProxyNames::Qualified => Names::Qualified,
        ProxyNames::Bare => Names::Bare,
    };
    Proxy::new(Arc::clone(engine), Arc::clone(hub), names, askers)
}

/// Its endpoints; `stop` ends their sessions and streams.
pub(crate) fn endpoints(config: &Config, proxy: &Proxy, keeping: Keeping, stop: &CancellationToken) -> Endpoints {
    let by_token = config.auth.mode == AuthMode::Token;
    let door = || {
        let admit = move |_: &HeaderMap, found: &Extensions| admitted(found, by_token);
        // The gateway looks at hosts and origins by itself.
        Door::new(Hosts::Unchecked, Arc::new(admit))
    };
    Endpoints {
        streamable: streamable::endpoint(proxy, door(), keeping, &limits(config), stop),
        sse: sse::endpoints(proxy, door(), paths::MCP_MESSAGES, &limits(config), stop),
    }
}

/// Lets in whom the gateway has let in. Without tokens nobody is told apart from anybody.
fn admitted(found: &Extensions, by_token: bool) -> Result<Admitted, Refusal> {
    let Some(caller) = found.get::<Caller>() else {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "token_missing", "the request came from nobody"));
    };
    let admitted = Admitted::new(caller.clone());
    let proof = caller.subject().as_bytes();
    Ok(if by_token { admitted.known_by(&[proof]).counted_by(&[proof]) } else { admitted })
}
