//! What several test modules share.

pub(crate) mod argus_http;
pub(crate) mod asker;
pub(crate) mod bench;
pub(crate) mod crowd;
pub(crate) mod database;
pub(crate) mod desk;
pub(crate) mod gateway;
pub(crate) mod guarded;
pub(crate) mod held;
pub(crate) mod hubs;
#[path = "../../programs/mcp_fixture/server.rs"]
pub(crate) mod mcp_fixture;
pub(crate) mod mcp_side;
pub(crate) mod recorder;
pub(crate) mod served;
pub(crate) mod shifting;
pub(crate) mod sysdig_http;

/// Sets the process's TLS provider, as the binary does first of all; again does no harm.
pub(crate) fn install_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
