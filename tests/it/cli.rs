//! The real binary: exit codes, what goes to standard output and what to standard error,
//! and that each refusal names the way out. The environment of the test is not passed on.

use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;
use serde_json::json;

/// What a finished command left behind.
struct Done {
    code: i32,
    out: String,
    err: String,
}

fn command(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_groundwire"));
    command.args(arguments).env_clear().envs(variables.iter().copied()).current_dir(folder).stdin(Stdio::null());
    command
}

fn run_in(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Done {
    let output = command(folder, variables, arguments).output().expect("the binary starts");
    Done {
        code: output.status.code().expect("an exit code"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Runs in an empty folder, without any variable.
fn run(arguments: &[&str]) -> Done {
    run_in(tempfile::tempdir().expect("temporary folder").path(), &[], arguments)
}

/// The names under "Commands:" of a help text.
fn subcommands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // Continued descriptions are indented further.
    lines
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

fn every_command(path: &[String], found: &mut Vec<(Vec<String>, String)>) {
    let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
    arguments.push("--help");
    let done = run(&arguments);
    assert_eq!(done.code, 0, "{arguments:?}: {}", done.err);
    for name in subcommands(&done.out) {
        every_command(&[path, &[name]].concat(), found);
    }
    found.push((path.to_vec(), done.out));
}

#[test]
fn each_command_shows_an_example_in_its_help() {
    let mut found = Vec::new();
    every_command(&[], &mut found);
    for (path, help) in &found {
        let name = path.join(" ");
        let example = help.split_once("Example:\n").map_or("", |(_, example)| example);
        assert!(example.contains("groundwire"), "groundwire {name} --help has no example:\n{help}");
    }
    let names: Vec<String> = found.iter().map(|(path, _)| path.join(" ")).collect();
    for name in
        ["demo", "serve", "check", "ask", "chat", "mcp", "simulate", "scenario run", "scenario list", "validate"]
    {
        assert!(names.iter().any(|known| known == name), "no command {name} in {names:?}");
    }
}

#[test]
fn config_show_prints_what_is_in_force() {
    let folder = tempfile::tempdir().expect("temporary folder");
    fs::write(folder.path().join("groundwire.toml"), "[server]\nport = 9000\n").expect("write");
    let done = run_in(folder.path(), &[("GROUNDWIRE__LIMITS__CALLS", "3")], &["config", "show"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let shown: toml::Table = done.out.parse().expect("TOML");
    assert_eq!(shown["server"]["port"].as_integer(), Some(9000));
    assert_eq!(shown["limits"]["calls"].as_integer(), Some(3));
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_one() {
    let done = run_in(
        tempfile::tempdir().expect("temporary folder").path(),
        &[("GROUNDWIRE__SERVER__PROT", "1")],
        &["config", "show"],
    );
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert_eq!(done.err, "error: unknown key server.prot; did you mean server.port?\n");
}

#[test]
fn a_secret_written_into_the_configuration_is_refused_and_not_repeated() {
    let wrong = [
        ("transport = \"embedded\"\nserver = \"argus\"\n", "settings", "ARGUS_API_KEY"),
        ("transport = \"stdio\"\ncommand = \"x\"\n", "env", "GITHUB_TOKEN"),
        ("transport = \"streamable_http\"\nurl = \"http://127.0.0.1:1/mcp\"\n", "headers", "Authorization"),
    ];
    let folder = tempfile::tempdir().expect("temporary folder");
    for (server, section, name) in wrong {
        let text = format!("[mcp.servers.one]\n{server}[mcp.servers.one.{section}]\n{name} = \"do-not-repeat\"\n");
        fs::write(folder.path().join("groundwire.toml"), text).expect("written");
        let done = run_in(folder.path(), &[], &["config", "show"]);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{}", done.err);
        assert!(done.err.contains(&format!("mcp.servers.one.{section}.{name}")), "{}", done.err);
        assert!(done.err.contains("{ env = ") && !done.err.contains("do-not-repeat"), "{}", done.err);
    }
    let text = "[mcp.servers.one]\ntransport = \"stdio\"\ncommand = \"x\"\nenv = { TOKEN_LIMIT = \"5\" }\n";
    fs::write(folder.path().join("groundwire.toml"), text).expect("written");
    assert_eq!(run_in(folder.path(), &[], &["config", "show"]).code, 0);
}

#[test]
fn a_configuration_file_that_is_missing_is_named() {
    let done = run(&["serve", "--config", "nowhere.toml"]);
    assert_eq!(done.code, 2);
    assert!(done.err.starts_with("error: cannot read nowhere.toml"), "{}", done.err);
}

#[test]
fn serve_without_a_model_says_how_to_get_one() {
    let done = run(&["serve"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("[models.NAME]") && done.err.contains("groundwire demo"), "{}", done.err);
}

#[test]
fn a_scenario_of_ones_own_that_cannot_be_read_is_named_at_the_start() {
    let folder = tempfile::tempdir().expect("temporary folder");
    fs::write(folder.path().join("broken.yaml"), "purpose: x\nturns:\n  - user: Hi\n    expekt: {}\n").expect("write");
    let named = folder.path().display().to_string();
    let set = [
        ("GROUNDWIRE__SERVER__SCENARIOS", named.as_str()),
        ("GROUNDWIRE__SERVER__PORT", "0"),
        ("GROUNDWIRE__MODELS__OWN__BASE_URL", "http://127.0.0.1:9/v1"),
        ("GROUNDWIRE__MODELS__OWN__MODEL", "m"),
    ];
    let run = |arguments: &[&str]| run_in(tempfile::tempdir().expect("temporary folder").path(), &set, arguments);
    let done = run(&["serve"]);
    assert_eq!(done.code, 2);
    let told = format!("server.scenarios: {named}/broken.yaml: ");
    assert!(done.err.contains(&told) && done.err.contains("expekt"), "{}", done.err);
    let done = run(&["check"]);
    assert_eq!(done.code, 1);
    assert!(done.out.contains(&format!("FAIL {told}")), "{}", done.out);
}

#[test]
fn serve_beyond_loopback_without_tokens_is_refused() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let done = run_in(folder.path(), &[("GROUNDWIRE__SERVER__HOST", "0.0.0.0")], &["serve"]);
    assert_eq!(done.code, 2);
    assert!(done.err.starts_with("error: server.host: 0.0.0.0 is not a loopback address"), "{}", done.err);
    assert!(done.err.contains("auth.mode = \"token\""), "{}", done.err);
    assert!(done.err.contains("groundwire token create"), "{}", done.err);
}

#[test]
fn simulators_listen_on_loopback_only() {
    let done = run(&["simulate", "argus", "--listen", "0.0.0.0:0"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("loopback only"), "{}", done.err);
}

#[test]
fn a_token_is_shown_once_listed_without_its_secret_and_revoked() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let run = |arguments: &[&str]| run_in(folder.path(), &[], arguments);

    let done = run(&["token", "create", "--name", "alice", "--role", "reader", "--days", "90"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let secret = done.out.trim();
    assert!(secret.starts_with("gw_") && secret.len() > 40 && !secret.contains(char::is_whitespace), "{}", done.out);
    assert!(!done.err.contains(secret) && done.err.contains("not shown again"), "{}", done.err);
    let id = done.err.strip_prefix("token ").and_then(|rest| rest.split(' ').next()).expect("an id").to_owned();

    let listed = run(&["token", "list"]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    assert!(
        listed.out.contains(&id) && listed.out.contains("alice") && listed.out.contains("reader"),
        "{}",
        listed.out
    );
    assert!(!listed.out.contains(secret), "{}", listed.out);

    for file in fs::read_dir(folder.path()).expect("folder") {
        let bytes = fs::read(file.expect("file").path()).expect("content");
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "the secret is stored");
    }

    let revoked = run(&["token", "revoke", &id]);
    assert_eq!((revoked.code, revoked.out), (0, format!("token {id} is revoked\n")));
    let unknown = run(&["token", "revoke", "01939c5e-0000-7000-8000-000000000000"]);
    assert_eq!((unknown.code, unknown.out.as_str()), (2, ""));
    let refused = run(&["token", "create", "--name", " "]);
    assert_eq!((refused.code, refused.out.as_str()), (2, ""));
}

#[test]
fn a_database_that_cannot_be_opened_is_named_as_the_cause() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let set = [("GROUNDWIRE__STORE__URL", "sqlite:no/such/folder/x.db")];
    let done = run_in(folder.path(), &set, &["token", "list"]);
    assert_eq!(done.code, 2);
    assert!(done.err.starts_with("error: the database cannot be used"), "{}", done.err);
}

#[test]
fn db_migrate_can_be_run_twice() {
    let folder = tempfile::tempdir().expect("temporary folder");
    for _ in 0..2 {
        let done = run_in(folder.path(), &[], &["db", "migrate"]);
        assert_eq!((done.code, done.out.as_str()), (0, "the database is up to date\n"), "{}", done.err);
    }
    assert!(folder.path().join("groundwire.db").exists());
}

/// Files for `validate`, with an answer of our choice.
fn validate(answer: &str) -> Done {
    let folder = tempfile::tempdir().expect("temporary folder");
    let results = json!([{
        "id": "r1",
        "tool": "getArgusCaseByID",
        "arguments": {"caseID": 4711},
        "observed_at": "2026-02-09T08:15:00Z",
        "content": {"data": {"id": 4711, "subject": "Beacon-like traffic", "status": "pendingCustomer"}},
    }]);
    fs::write(folder.path().join("results.json"), results.to_string()).expect("write");
    fs::write(folder.path().join("answer.txt"), answer).expect("write");
    let now = "2026-02-09T08:15:30Z";
    run_in(folder.path(), &[], &["validate", "--results", "results.json", "--answer", "answer.txt", "--now", now])
}

#[test]
fn validate_tells_by_its_exit_code_whether_an_answer_is_grounded() {
    let done = validate("The status of case 4711 is pendingCustomer.");
    let report: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!((done.code, &report["grounded"]), (0, &json!(true)), "{}", done.out);

    let done = validate("The status of case 4712 is closed.");
    let report: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!((done.code, &report["grounded"]), (1, &json!(false)), "{}", done.out);
    assert!(!report["violations"].as_array().expect("violations").is_empty(), "{}", done.out);
}

#[test]
fn validate_says_which_file_is_not_what_it_should_be() {
    let folder = tempfile::tempdir().expect("temporary folder");
    fs::write(folder.path().join("results.json"), "{\"not\": \"a list\"}").expect("write");
    fs::write(folder.path().join("answer.txt"), "x").expect("write");
    let run = |arguments: &[&str]| run_in(folder.path(), &[], arguments);
    let done = run(&["validate", "--results", "results.json", "--answer", "answer.txt"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("results.json is not a list of results"), "{}", done.err);
    let done = run(&["validate", "--results", "results.json", "--answer", "missing.txt"]);
    assert_eq!(done.code, 2);
}

#[test]
fn the_argus_server_without_a_key_ends_with_the_documented_line() {
    let done = run(&["mcp", "argus"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(done.err.lines().any(|line| line == "argus-mcp: ARGUS_API_KEY is not set"), "{}", done.err);
}

#[test]
fn options_for_http_without_http_are_refused_by_name() {
    for (arguments, word) in [
        (vec!["mcp", "argus", "--listen", "127.0.0.1:0"], "--listen has no meaning over stdio"),
        (vec!["mcp", "argus", "--transport", "stdio", "--allow-host", "h"], "--allow-host has no meaning over stdio"),
        (vec!["mcp", "argus", "--transport", "sse", "--stateless"], "--transport streamable-http alone"),
        (vec!["mcp", "argus", "--transport", "sse", "--listen", "nowhere"], "give --listen as HOST:PORT"),
    ] {
        let done = run(&arguments);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{arguments:?}");
        assert!(done.err.contains(word), "{arguments:?}: {}", done.err);
    }
}

#[test]
fn a_host_to_allow_that_is_none_is_named() {
    for odd in ["https://argus.example", "*.example", ""] {
        let http = ["mcp", "argus", "--transport", "streamable-http", "--listen", "127.0.0.1:0", "--allow-host", odd];
        let done = run(&http);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{odd}");
        assert!(done.err.contains("--allow-host") && done.err.contains("mcp.example.com"), "{}", done.err);
    }
}

#[test]
fn the_sysdig_server_without_a_host_ends_with_the_documented_line() {
    let done = run(&["mcp", "sysdig"]);
    assert_eq!((done.code, done.out.as_str()), (1, ""));
    let line = "error loading configuration: required configuration missing: SYSDIG_MCP_API_HOST";
    assert!(done.err.lines().any(|shown| shown == line), "{}", done.err);
}

#[test]
fn a_setting_of_an_embedded_server_that_does_not_fit_is_named() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let done = run_in(folder.path(), &[("ARGUS_API_TIMEOUT", "soon")], &["mcp", "argus"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(done.err.contains("ARGUS_API_TIMEOUT"), "{}", done.err);
}

#[test]
fn demo_on_a_taken_port_says_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port();
    let done = run(&["demo", "--port", &port.to_string()]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(done.err.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{}", done.err);
    assert!(done.err.contains("--port"), "{}", done.err);
}

#[test]
fn demo_with_an_unknown_behaviour_lists_the_known_ones() {
    let done = run(&["demo", "--port", "0", "--behaviour", "honset"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("no behaviour honset") && done.err.contains("honest, "), "{}", done.err);
}

#[test]
fn demo_with_an_unknown_tool_to_confirm_lists_the_known_ones() {
    let done = run(&["demo", "--port", "0", "--confirm", "closeCase"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("no tool closeCase") && done.err.contains("getArgusCaseByID, "), "{}", done.err);
}

#[test]
fn ask_without_a_gateway_says_how_to_start_one() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", free.local_addr().expect("its address"));
    drop(free);
    let done = run(&["ask", "--url", &url, "Show me the open cases"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains(&url) && done.err.contains("groundwire demo"), "{}", done.err);
}

/// The demo with its URL.
fn start_demo(folder: &Path, arguments: &[&str]) -> (Child, String) {
    let mut demo = command(folder, &[], &[&["demo", "--port", "0"], arguments].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the demo starts");
    let mut first = String::new();
    BufReader::new(demo.stdout.as_mut().expect("its output")).read_line(&mut first).expect("a line");
    let url = first.trim_end().strip_prefix("groundwire demo listens on ").unwrap_or_else(|| panic!("{first}"));
    (demo, url.to_owned())
}

fn stop(mut demo: Child) {
    let stopped = Command::new("kill").args(["-TERM", &demo.id().to_string()]).status().expect("kill");
    assert!(stopped.success());
    assert_eq!(demo.wait().expect("the demo ends").code(), Some(0));
}

/// Runs with these lines as input.
fn run_with_input(folder: &Path, arguments: &[&str], input: &str) -> Done {
    let mut child = command(folder, &[], arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    Done {
        code: output.status.code().expect("an exit code"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

#[test]
fn ask_and_chat_show_what_would_run_and_take_the_next_line_as_the_answer() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (demo, url) = start_demo(folder.path(), &["--confirm", "getArgusCaseByID"]);
    let question = "What is the status of case 4120771?";
    let ask = |input: &str| run_with_input(folder.path(), &["ask", "--url", &url, question], input);
    let answered = ask("yes\n");
    for part in
        ["\"caseID\": 4120771", "1. Run it", "[confirmation · ", "· call getArgusCaseByID (argus)", "[answered · "]
    {
        assert!(answered.out.contains(part), "no {part:?} in:\n{}{}", answered.out, answered.err);
    }
    for (input, said) in [("", "no answer, so nothing was run"), ("no\n", "Not run. Nothing was called.")] {
        let not = ask(input);
        assert_eq!(not.code, 0, "{}", not.err);
        assert!(not.out.contains(said) && !not.out.contains("· call "), "{}", not.out);
    }
    let chat = run_with_input(folder.path(), &["chat", "--url", &url], &format!("{question}\nrun it\n/quit\n"));
    assert!(chat.out.contains("[confirmation · ") && chat.out.contains("[answered · "), "{}{}", chat.out, chat.err);
    stop(demo);
}

#[test]
fn demo_answers_a_question_from_a_call_and_goes_down_in_peace() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (demo, url) = start_demo(folder.path(), &[]);
    let done =
        run_in(folder.path(), &[], &["ask", "--url", &url, "--evidence", "Show me the open cases for Nordfjord"]);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    for part in ["· call_tool", "· call executeSearchArgusCase (argus)", "· result: ", "[answered · "] {
        assert!(done.out.contains(part), "no {part:?} in:\n{}", done.out);
    }

    stop(demo);
    assert_eq!(fs::read_dir(folder.path()).expect("folder").count(), 0, "the demo leaves files behind");
}
