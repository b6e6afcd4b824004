//! The server as a process of its own, over standard input and output.
//!
//! Standard output carries protocol frames and nothing else; the one line about
//! the startup check, and all logs, go to standard error.

use std::io;
use std::io::Write;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;

use crate::servers::argus::config::ArgusConfig;
use crate::servers::argus::server::ArgusServer;
use crate::servers::argus::session::check_session;
use crate::servers::stdio;

/// Checks the session, then serves until standard input closes. Returns the exit code.
///
/// Needs a rustls crypto provider installed by the caller.
pub async fn serve_stdio(config: ArgusConfig) -> i32 {
    let (input, output) = rmcp::transport::stdio();
    serve_streams(config, input, output).await
}

/// The same over any pair of byte streams, for instance an in-memory pipe.
pub async fn serve_streams<R, W>(config: ArgusConfig, input: R, output: W) -> i32
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
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
    match stdio::serve(server, input, output).await {
        Ok(()) => 0,
        Err(error) => {
            say(&error.to_string());
            1
        }
    }
}

/// One line on standard error. If that is closed there is nobody left to tell.
fn say(text: &str) {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let _ = writeln!(io::stderr().lock(), "argus-mcp: {line}");
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::Value;
    use serde_json::json;
    use tokio::io::AsyncBufReadExt;
    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;
    use tokio::io::BufReader;

    use super::*;
    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    /// Feeds `input`, closes, and returns the exit code and all output.
    async fn run(config: ArgusConfig, input: &str) -> (i32, String) {
        let (mut near, far) = tokio::io::duplex(1 << 20);
        let (read, write) = tokio::io::split(far);
        let serving = tokio::spawn(serve_streams(config, read, write));
        near.write_all(input.as_bytes()).await.unwrap();
        near.shutdown().await.unwrap();
        let code = serving.await.unwrap();
        let mut output = String::new();
        near.read_to_string(&mut output).await.unwrap();
        (code, output)
    }

    fn frames() -> String {
        let initialize = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"}}});
        let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        let call = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {
            "name": "getArgusCaseByID", "arguments": {"caseID": 1}}});
        format!("{initialize}\n{ready}\n{call}\n")
    }

    #[tokio::test]
    async fn the_check_comes_first_and_the_output_holds_frames_only() {
        let stub = Stub::start(vec![Reply::object(json!({"id": 1}))]).await;
        let (code, output) = run(stub.config(), &frames()).await;
        assert_eq!(code, 0);
        let frames: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(frames.len(), 2);
        assert_eq!(frames[0]["result"]["protocolVersion"], "2025-06-18");
        let value = &frames[1]["result"]["structuredContent"];
        assert_eq!(value["data"], json!({"id": 1}));
        let lines = ["GET /authentication/v1/session", "GET /cases/v2/case/1"];
        assert_eq!(stub.lines(), lines);
    }

    #[tokio::test]
    async fn a_refused_key_ends_the_process_before_a_frame_is_written() {
        let message = json!({"type": "ACTION_ERROR", "message": "key has expired"});
        let stub = Stub::start(vec![Reply::error(401, message)]).await;
        assert_eq!(run(stub.config(), &frames()).await, (3, String::new()));
    }

    #[tokio::test]
    async fn a_panic_in_a_handler_is_an_answer_and_the_server_goes_on() {
        let stub = Stub::start(vec![Reply::object(json!({"id": 1}))]).await;
        let mut config = stub.config();
        config.skip_session_check = true;
        // The clock is asked when a call has been answered: the first time it breaks.
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let clock = Arc::clone(&config.clock);
        config.clock = Arc::new(move || match asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => panic!("the clock broke"),
            _ => clock(),
        });
        let again = json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {
            "name": "getArgusCaseByID", "arguments": {"caseID": 1}}});
        let (mut near, far) = tokio::io::duplex(1 << 20);
        let (read, write) = tokio::io::split(far);
        let serving = tokio::spawn(serve_streams(config, read, write));
        near.write_all(frames().as_bytes()).await.unwrap();
        let mut lines = BufReader::new(near).lines();
        let mut next = async || serde_json::from_str::<Value>(&lines.next_line().await.unwrap().unwrap()).unwrap();
        assert_eq!(next().await["id"], 1);
        let failed = next().await;
        assert_eq!((&failed["id"], &failed["error"]["code"]), (&json!(2), &json!(-32603)));
        assert!(failed["error"]["message"].as_str().unwrap().contains("no Argus data was obtained"), "{failed}");
        let mut near = lines.into_inner().into_inner();
        near.write_all(format!("{again}\n").as_bytes()).await.unwrap();
        near.shutdown().await.unwrap();
        let mut output = String::new();
        near.read_to_string(&mut output).await.unwrap();
        let answer: Value = serde_json::from_str(output.trim()).unwrap();
        assert_eq!(answer["result"]["structuredContent"]["data"], json!({"id": 1}));
        assert_eq!(serving.await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_client_that_leaves_at_once_is_a_normal_end() {
        let stub = Stub::start(vec![Reply::object(json!({}))]).await;
        assert_eq!(run(stub.config(), "").await, (0, String::new()));
    }
}
