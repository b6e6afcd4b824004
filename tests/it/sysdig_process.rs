//! `groundwire mcp sysdig`, and the program by the name `sysdig-mcp-server`, as a real process:
//! variables and flags, a `.env` file, refused starts, certificates, signals. Lines 1 to 3, 5 and
//! 12 of the specification's list are here.

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::sync::Arc;

use rmcp::RoleClient;
use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use rmcp::service::RunningService;
use rmcp::transport::TokioChildProcess;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;

use crate::support::argus_http::simulators;
use crate::support::install_tls;
use crate::support::recorder::Recorder;
use crate::support::served::Served;
use crate::support::served::answer;
use crate::support::served::initialize;
use crate::support::served::initialized;
use crate::support::sysdig_http::EVENTS;
use crate::support::sysdig_http::FULL;
use crate::support::sysdig_http::HOST;
use crate::support::sysdig_http::NO_TOKEN;
use crate::support::sysdig_http::TOKEN;
use crate::support::sysdig_http::call;
use crate::support::sysdig_http::list;
use crate::support::sysdig_http::sysdig;
use crate::support::sysdig_http::tokens_seen;

/// What begins the line of a refused start.
const REFUSED: &str = "error loading configuration: ";

fn ended(mut command: Command) -> Output {
    command.stdin(Stdio::null()).output().expect("the program starts")
}

/// The one line of a refused start.
fn refused(mut command: Command) -> String {
    // Warnings would stand before it.
    command.env("SYSDIG_MCP_LOGLEVEL", "ERROR");
    let output = ended(command);
    let line = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{line}");
    let line = line.strip_suffix('\n').expect("a line");
    assert!(!line.contains('\n'), "{line}");
    line.strip_prefix(REFUSED).unwrap_or_else(|| panic!("{line}")).to_owned()
}

#[test]
fn what_a_start_needs_is_named_and_exit_code_one() {
    let host = ("SYSDIG_MCP_API_HOST", "https://sysdig.example");
    let http = ("SYSDIG_MCP_TRANSPORT", "streamable-http");
    for (variables, words) in [
        (vec![], "required configuration missing: SYSDIG_MCP_API_HOST"),
        (vec![host], "required configuration missing: SYSDIG_MCP_API_SECURE_TOKEN"),
        (vec![host, ("SYSDIG_MCP_API_TOKEN", "  ")], "required configuration missing: SYSDIG_MCP_API_SECURE_TOKEN"),
        (vec![("SYSDIG_MCP_TRANSPORT", "http")], "unknown transport: http (expected stdio, streamable-http or sse)"),
        (vec![("SYSDIG_MCP_LISTENING_PORT", "abc")], "invalid SYSDIG_MCP_LISTENING_PORT: \"abc\" is not a port number"),
        (vec![http, ("SYSDIG_MCP_MOUNT_PATH", "/a b")], "invalid SYSDIG_MCP_MOUNT_PATH: \"/a b\""),
        (vec![http, ("SYSDIG_MCP_MOUNT_PATH", "/{*x}")], "invalid SYSDIG_MCP_MOUNT_PATH"),
        (vec![http, ("SYSDIG_MCP_API_HOST", "ftp://sysdig.example")], "invalid SYSDIG_MCP_API_HOST"),
        (vec![http, ("SYSDIG_MCP_LISTENING_HOST", "no host")], "cannot listen on no host:8080"),
    ] {
        let line = refused(sysdig(&variables));
        assert!(line.starts_with(words), "{variables:?}: {line}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let line = refused(sysdig(&[http, ("SYSDIG_MCP_LISTENING_PORT", &port)]));
    assert!(line.contains(&format!("cannot listen on localhost:{port}")) && line.contains("--listen"), "{line}");
}

#[test]
fn flags_that_do_not_fit_the_transport_in_force_are_refused() {
    let both = [("SYSDIG_MCP_API_HOST", "https://sysdig.example"), ("SYSDIG_MCP_API_TOKEN", FULL)];
    for (flags, words) in [
        (vec!["--listen", "127.0.0.1:0"], "--listen has no meaning over stdio"),
        (vec!["--allow-host", "h"], "--allow-host has no meaning over stdio"),
        (vec!["--stateless"], "--transport streamable-http alone"),
        (vec!["--transport", "sse", "--allow-host", "*", "--listen", "127.0.0.1:0"], "\"*\" of --allow-host"),
    ] {
        let mut command = sysdig(&both);
        command.args(&flags);
        let line = refused(command);
        assert!(line.contains(words), "{flags:?}: {line}");
    }
    // What is no argument at all is told as every command does.
    let mut command = sysdig(&both);
    command.args(["--transport", "http"]);
    let output = ended(command);
    let lines = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{lines}");
    assert!(lines.contains("[possible values: stdio, streamable-http, sse]"), "{lines}");
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_win_over_variables_and_a_bad_boolean_is_none() {
    let simulators = simulators().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let mut command = sysdig(&[
        ("SYSDIG_MCP_API_HOST", simulators.sysdig_url()),
        ("SYSDIG_MCP_TRANSPORT", "SSE"),
        ("SYSDIG_MCP_LISTENING_PORT", &port),
        ("SYSDIG_MCP_STATELESS", "perhaps"),
        ("SYSDIG_MCP_LOGLEVEL", "warning"),
    ]);
    command.args(["--transport", "streamable-http", "--listen", "127.0.0.1:0"]);
    let served = Served::spawn(command, "sysdig-mcp: listening on ");
    assert!(served.url.ends_with("/sysdig-mcp-server/mcp"), "{}", served.url);
    served.session_with(&[]).await;
    let (code, lines) = served.stop();
    assert_eq!((code, lines.len()), (Some(0), 1), "no token and none is lent, so nothing is warned of: {lines:?}");
    simulators.stop().await;
}

/// The program in a folder, under this name, without any argument.
fn called(name: &Path, folder: &Path, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(name);
    command.env_clear().envs(variables.iter().copied()).current_dir(folder);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_the_vendors_name_is_the_vendors_program() {
    let simulators = simulators().await;
    let folder = tempfile::tempdir().expect("temporary folder");
    let link = folder.path().join("sysdig-mcp-server");
    symlink(env!("CARGO_BIN_EXE_groundwire"), &link).expect("a link");
    let mut version = called(&link, folder.path(), &[]);
    version.arg("--version");
    let version = ended(version);
    assert_eq!(version.status.code(), Some(0));
    assert_eq!(String::from_utf8(version.stdout).expect("UTF-8"), format!("{}\n", env!("CARGO_PKG_VERSION")));
    let line = refused(called(&link, folder.path(), &[]));
    assert_eq!(line, "required configuration missing: SYSDIG_MCP_API_HOST");
    // As Goose starts it: no argument, over stdio.
    let variables = [("SYSDIG_MCP_API_HOST", simulators.sysdig_url()), ("SYSDIG_MCP_API_SECURE_TOKEN", EVENTS)];
    let client = client(called(&link, folder.path(), &variables)).await;
    assert_eq!(client.list_all_tools().await.expect("tools").len(), 3);
    drop(client.cancel().await.expect("ended"));
    // By what it is called alone, and over HTTP.
    let mut command = called(Path::new(env!("CARGO_BIN_EXE_groundwire")), folder.path(), &variables);
    command.arg0("/somewhere/sysdig-mcp-server.exe");
    command.env("SYSDIG_MCP_TRANSPORT", "sse").env("SYSDIG_MCP_LISTENING_PORT", "0");
    let served = Served::spawn(command, "sysdig-mcp: listening on ");
    assert!(served.url.ends_with("/sysdig-mcp-server/sse"), "{}", served.url);
    assert_eq!(served.stop().0, Some(0));
    assert_eq!(tokens_seen(&simulators), [EVENTS]);
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nearest_file_of_variables_is_read_where_the_environment_holds_no_token() {
    let simulators = simulators().await;
    let folder = tempfile::tempdir().expect("temporary folder");
    let below = folder.path().join("a/b");
    fs::create_dir_all(&below).expect("folders");
    let text = format!(
        "# of the project\nexport SYSDIG_MCP_API_HOST={}\nSYSDIG_MCP_API_SECURE_TOKEN='{EVENTS}'\nsome odd line\n\
         SYSDIG_MCP_TRANSPORT=streamable-http\nSYSDIG_MCP_LISTENING_PORT=0\nPATH=/nowhere\n\
         SYSDIG_MCP_ALLOW_ENV_CREDENTIALS_OVER_HTTP=true\n",
        simulators.sysdig_url()
    );
    fs::write(folder.path().join(".env"), text).expect("written");
    let program = Path::new(env!("CARGO_BIN_EXE_groundwire"));
    let start = |folder: &Path, variables: &[(&str, &str)]| {
        let mut command = called(program, folder, variables);
        command.args(["mcp", "sysdig"]);
        command
    };
    let served = Served::spawn(start(&below, &[]), "sysdig-mcp: listening on ");
    let session = served.session_with(&[]).await;
    let listed = served.message(&list()).header("mcp-session-id", session).send().await.expect("an answer");
    assert_eq!(answer(listed).await["error"]["message"], NO_TOKEN, "no file lends a token");
    assert_eq!(served.stop().0, Some(0));
    let client = client(start(&below, &[("SYSDIG_MCP_TRANSPORT", "stdio")])).await;
    assert_eq!(client.list_all_tools().await.expect("tools").len(), 3, "the token of the file");
    drop(client.cancel().await.expect("ended"));
    assert_eq!(tokens_seen(&simulators), [EVENTS]);

    // A nearer one hides it; what is wrong with it is told by its line and by nothing else.
    let nearer = below.join(".env");
    fs::write(&nearer, "A = 1 2\nSYSDIG_MCP_API_SECURE_TOKEN=do not repeat\n").expect("written");
    let line = refused(start(&below, &[]));
    let place = format!("{}, line 2: ", nearer.canonicalize().expect("a path").display());
    assert!(line.starts_with(&place) && !line.contains("repeat"), "{line}");
    fs::write(&nearer, b"A=1\nSYSDIG_MCP_API_HOST=\xff\n").expect("written");
    assert!(refused(start(&below, &[])).contains(", line 2: "));
    fs::write(&nearer, "").expect("written");
    assert_eq!(refused(start(&below, &[])), "required configuration missing: SYSDIG_MCP_API_HOST");
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_somebody_else_wrote_steers_no_token_of_the_environment() {
    let simulators = simulators().await;
    let evil = Recorder::start().await;
    let folder = tempfile::tempdir().expect("temporary folder");
    // The last line would stop the start if it were read.
    let text = format!(
        "SYSDIG_MCP_API_HOST={}\nSYSDIG_MCP_API_SECURE_TOKEN=tok-none\nSYSDIG_MCP_TRANSPORT=sse\n\
         SYSDIG_MCP_LISTENING_HOST=0.0.0.0\nSYSDIG_MCP_LISTENING_PORT=0\n\
         SYSDIG_MCP_API_SKIP_TLS_VERIFICATION=true\nSYSDIG_MCP_ALLOW_ENV_CREDENTIALS_OVER_HTTP=true\nSYSDIG_MCP_X\n",
        evil.url
    );
    fs::write(folder.path().join(".env"), text).expect("written");
    let program = Path::new(env!("CARGO_BIN_EXE_groundwire"));
    let start = |variables: &[(&str, &str)]| {
        let mut command = called(program, folder.path(), variables);
        command.args(["mcp", "sysdig"]);
        command
    };
    for token in ["SYSDIG_MCP_API_SECURE_TOKEN", "SYSDIG_MCP_API_TOKEN"] {
        let line = refused(start(&[(token, EVENTS)]));
        assert_eq!(line, "required configuration missing: SYSDIG_MCP_API_HOST");
        let client = client(start(&[(token, EVENTS), ("SYSDIG_MCP_API_HOST", simulators.sysdig_url())])).await;
        assert_eq!(client.list_all_tools().await.expect("tools").len(), 3);
        drop(client.cancel().await.expect("ended"));
    }
    let mut told = start(&[("SYSDIG_MCP_API_TOKEN", EVENTS), ("SYSDIG_MCP_API_HOST", simulators.sysdig_url())]);
    told.stdin(Stdio::null());
    let told = String::from_utf8(ended(told).stderr).expect("UTF-8");
    assert_eq!(told.matches(".env is not read").count(), 1, "{told}");
    assert_eq!(tokens_seen(&simulators), [EVENTS; 2]);
    assert!(evil.header("host").is_empty());
    simulators.stop().await;
}

/// A client over stdio.
async fn client(command: Command) -> RunningService<RoleClient, ()> {
    let child = TokioChildProcess::new(tokio::process::Command::from(command)).expect("the server starts");
    ().serve(child).await.expect("connected")
}

/// What a client is told of one event; whether it is an error, and the text.
async fn event(client: &RunningService<RoleClient, ()>) -> (bool, String) {
    let arguments = json!({"event_id": "0123456789abcdef"}).as_object().cloned().expect("an object");
    let call = CallToolRequestParams::new("get_event_info").with_arguments(arguments);
    let result = client.call_tool(call).await.expect("an answer");
    (result.is_error == Some(true), result.content[0].as_text().expect("a text").text.clone())
}

/// A Sysdig that shows a certificate which nobody has signed, and allows everything.
async fn self_signed() -> String {
    install_tls();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key);
    let acceptor = TlsAcceptor::from(Arc::new(config.expect("they fit")));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("https://{}", listener.local_addr().expect("a local address"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Who does not trust the certificate goes away.
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let mut stream = tokio::io::BufReader::new(stream);
            let mut line = String::new();
            while stream.read_line(&mut line).await.is_ok_and(|read| read > 2) {
                line.clear();
            }
            let body = r#"{"permissions": ["policy-events.read"], "id": "0123456789abcdef"}"#;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nobody_signed_is_refused_unless_told_otherwise() {
    let url = self_signed().await;
    let both = [("SYSDIG_MCP_API_HOST", url.as_str()), ("SYSDIG_MCP_API_TOKEN", FULL)];
    let strict = client(sysdig(&both)).await;
    let (is_error, text) = event(&strict).await;
    assert!(is_error && text.starts_with("error triggering request: "), "{text}");
    assert!(text.to_lowercase().contains("certificate"), "{text}");
    assert!(strict.list_all_tools().await.expect("no error of the protocol").is_empty());
    drop(strict.cancel().await.expect("ended"));
    for no in ["false", "perhaps"] {
        let strict = client(sysdig(&[&both[..], &[("SYSDIG_MCP_API_SKIP_TLS_VERIFICATION", no)]].concat())).await;
        assert!(event(&strict).await.0, "{no}");
        drop(strict.cancel().await.expect("ended"));
    }
    let lenient = client(sysdig(&[&both[..], &[("SYSDIG_MCP_API_SKIP_TLS_VERIFICATION", "true")]].concat())).await;
    let (is_error, text) = event(&lenient).await;
    assert!(!is_error && text.contains("0123456789abcdef"), "{text}");
    assert_eq!(lenient.list_all_tools().await.expect("tools").len(), 3);
    drop(lenient.cancel().await.expect("ended"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_configured_host_may_go_without_a_valid_certificate() {
    let simulators = simulators().await;
    let (own, other) = (self_signed().await, self_signed().await);
    let served = Served::sysdig(
        &simulators,
        &[
            ("SYSDIG_MCP_API_HOST", own.as_str()),
            ("SYSDIG_MCP_API_SKIP_TLS_VERIFICATION", "true"),
            ("SYSDIG_MCP_STATELESS", "true"),
        ],
    );
    for (host, is_taken) in [(None, true), (Some(&own), true), (Some(&other), false)] {
        let request = served.message(&call(3)).header(TOKEN, EVENTS);
        let request = host.map_or(request.try_clone().expect("a copy"), |host| request.header(HOST, host));
        let told = answer(request.send().await.expect("an answer")).await["result"].clone();
        assert_eq!(told["isError"], !is_taken, "{host:?}: {told}");
        assert_eq!(told.to_string().to_lowercase().contains("certificate"), !is_taken, "{told}");
    }
    assert_eq!(served.stop().0, Some(0));
    simulators.stop().await;
}

#[test]
fn a_scan_ends_with_the_server() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs");
    let path = format!("{}:/usr/bin:/bin", programs.display());
    for signal in [None, Some("INT"), Some("TERM"), Some("HUP")] {
        let pipe = folder.path().join(format!("pipe-{}", signal.unwrap_or("none")));
        assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
        let mut command = sysdig(&[
            ("SYSDIG_MCP_API_HOST", "https://sysdig.example"),
            ("SYSDIG_MCP_API_TOKEN", FULL),
            ("STUB_HANG", pipe.to_str().expect("UTF-8")),
            ("PATH", &path),
        ]);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the server starts");
        let mut input = child.stdin.take().expect("input is piped");
        let scan = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {
            "name": "run_sysdig_cli_scanner", "arguments": {"image": "x"}}});
        for message in [initialize(), initialized(), scan] {
            writeln!(input, "{message}").expect("the server reads");
        }
        // The stub and the program that it starts hold the other end open until they are gone.
        let mut scan = BufReader::new(fs::File::open(&pipe).expect("the stub writes")).lines();
        assert_eq!(scan.next().expect("a line").expect("UTF-8"), "hanging");
        match signal {
            Some(signal) => {
                let pid = child.id().to_string();
                assert!(Command::new("kill").args(["-s", signal, &pid]).status().expect("kill runs").success());
            }
            None => drop(input),
        }
        assert_eq!(child.wait().expect("ended").code(), Some(0), "{signal:?}");
        assert!(scan.next().is_none(), "{signal:?}");
    }
}

#[test]
fn over_stdio_the_end_of_the_input_and_each_signal_end_the_process_well() {
    let both = [("SYSDIG_MCP_API_HOST", "http://127.0.0.1:9"), ("SYSDIG_MCP_API_TOKEN", FULL)];
    for signal in [None, Some("INT"), Some("TERM"), Some("HUP")] {
        let mut command = sysdig(&[&both[..], &[("SYSDIG_MCP_LOGLEVEL", "TRACE")]].concat());
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let mut input = child.stdin.take().expect("input is piped");
        writeln!(input, "{}", initialize()).expect("the server reads");
        let mut output = BufReader::new(child.stdout.take().expect("output is piped")).lines();
        let greeting = output.next().expect("a frame").expect("UTF-8");
        let greeting: Value = serde_json::from_str(&greeting).expect("JSON and nothing else");
        assert_eq!(greeting["result"]["serverInfo"]["name"], "Sysdig MCP Server");
        match signal {
            Some(signal) => {
                let pid = child.id().to_string();
                assert!(Command::new("kill").args(["-s", signal, &pid]).status().expect("kill runs").success());
            }
            None => drop(input),
        }
        let ended = child.wait_with_output().expect("ended");
        assert_eq!(ended.status.code(), Some(0), "{signal:?}");
        assert!(!String::from_utf8_lossy(&ended.stderr).contains(FULL), "a token is logged");
        assert!(output.next().is_none(), "nothing else is on standard output");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_each_signal_ends_the_process_well_whatever_is_open() {
    let simulators = simulators().await;
    for signal in ["INT", "TERM", "HUP"] {
        let served = Served::sysdig(&simulators, &[("SYSDIG_MCP_TRANSPORT", "sse")]);
        let streaming = served.at("/sysdig-mcp-server/mcp");
        let opened = served.http.post(&streaming).header("accept", "*/*").json(&initialize()).send().await;
        let id = opened.expect("an answer").headers()["mcp-session-id"].clone();
        let stream = served.http.get(&streaming).header("accept", "text/event-stream").header("mcp-session-id", id);
        let stream = stream.send().await.expect("an answer");
        let older = served.http.get(&served.url).send().await.expect("an answer");
        assert_eq!((stream.status().as_u16(), older.status().as_u16()), (200, 200));
        assert_eq!(served.stop_by(signal).0, Some(0), "{signal}");
        assert!(stream.text().await.is_ok() && older.text().await.is_ok(), "both end as streams do");
    }
    simulators.stop().await;
}
