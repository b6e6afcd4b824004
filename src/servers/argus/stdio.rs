//! The server as a process of its own, over standard input and output.
//!
//! Standard output carries protocol frames and nothing else; the one line about
//! the startup check, and all logs, go to standard error.

use std::io::Write;

use rmcp::ServiceExt;
use rmcp::service::ServerInitializeError;

use crate::servers::argus::config::ArgusConfig;
use crate::servers::argus::server::ArgusServer;
use crate::servers::argus::session::check_session;

/// Checks the session, then serves until standard input closes. Returns the exit code.
///
/// Needs a rustls crypto provider installed by the caller.
pub async fn serve_stdio(config: ArgusConfig) -> i32 {
    if !config.skip_session_check {
        match check_session(&config).await {
            Ok(session) => say(&session.to_string()),
            Err(error) => {
                say(&error.to_string());
                return error.exit_code();
            }
        }
    }
    let server = match ArgusServer::new(config) {
        Ok(server) => server,
        Err(error) => {
            say(&error.to_string());
            return error.exit_code();
        }
    };
    match server.serve(rmcp::transport::stdio()).await {
        Ok(running) => match running.waiting().await {
            Ok(_) => 0,
            Err(error) => {
                say(&format!("the server ended unexpectedly: {error}"));
                1
            }
        },
        // The client went away before it said anything: a normal end.
        Err(ServerInitializeError::ConnectionClosed(_)) => 0,
        Err(error) => {
            say(&format!("the client could not be served: {error}"));
            1
        }
    }
}

/// One line on standard error. If that is closed there is nobody left to tell.
fn say(text: &str) {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let _ = writeln!(std::io::stderr().lock(), "argus-mcp: {line}");
}
