//! What the embedded servers have in common over HTTP by themselves: an address, the names
//! that they are known by, a health check, what is said at the start, and the end.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use axum::Json;
use axum::Router;
use axum::routing::get;
use http::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::commands::serve::HANGUP_TOO;
use crate::commands::serve::stop_signal;
use crate::commands::terminal;
use crate::http::paths;
use crate::mcp_serve::listen;
use crate::mcp_serve::refusal::Refusal;
use crate::web_origin;

/// An address that a server listens on.
pub(crate) struct Listener {
    name: &'static str,
    listener: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Binds `HOST:PORT`. A name such as `localhost` may stand for several addresses; those of
    /// IPv4 are tried first, since not every client finds the others.
    pub(crate) async fn bind(name: &'static str, wanted: &str) -> anyhow::Result<Self> {
        let bound = async {
            let mut addresses: Vec<SocketAddr> = tokio::net::lookup_host(wanted).await?.collect();
            addresses.sort_by_key(SocketAddr::is_ipv6);
            let listener = TcpListener::bind(&addresses[..]).await?;
            let address = listener.local_addr()?;
            std::io::Result::Ok(Self { name, listener, address })
        };
        bound.await.with_context(|| {
            format!("cannot listen on {wanted}; give --listen as HOST:PORT with a free port, such as 127.0.0.1:0")
        })
    }

    /// Whether only this machine can reach it.
    pub(crate) fn is_local(&self) -> bool {
        self.address.ip().is_loopback()
    }

    /// Serves until SIGINT, SIGTERM or SIGHUP, then cancels `sessions`; says that clients
    /// find the server at `path`.
    pub(crate) async fn serve(self, path: &str, router: Router, sessions: CancellationToken) -> anyhow::Result<()> {
        if !self.is_local() {
            say(self.name, "credentials travel unencrypted to this address; put a proxy with TLS in front of it");
        }
        let nowhere: Arc<str> = format!("there is no such path; the server is at {path}").into();
        let router = router
            .route(paths::HEALTH, get(async || Json(json!({ "status": "ok" }))))
            .fallback(async move || Refusal::new(StatusCode::NOT_FOUND, "route_not_found", nowhere.as_ref()));
        let stop = stop_signal(&HANGUP_TOO);
        say(self.name, &format!("listening on http://{}{path}", self.address));
        Ok(listen::serve(router, self.listener, stop, sessions).await?)
    }
}

/// Names by which clients may reach a server: the one that it listens on and those given.
pub(crate) fn names(listen: &str, given: &[String]) -> anyhow::Result<Vec<String>> {
    let mut names: Vec<String> = web_origin::name(listen).into_iter().collect();
    for given in given {
        let name = web_origin::name(given).filter(|name| !name.is_empty() && !name.contains('*'));
        names.push(name.with_context(|| {
            format!(
                "{given:?} of --allow-host (for the Sysdig server, also of SYSDIG_MCP_ALLOWED_HOSTS) is no host name, \
                 such as mcp.example.com"
            )
        })?);
    }
    Ok(names)
}

/// One line on standard error, whatever is logged.
pub(crate) fn say(name: &str, text: &str) {
    terminal::error_line(&format!("{name}: {text}"));
}
