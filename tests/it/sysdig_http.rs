//! The Sysdig server over HTTP as a process: on the documented paths, each request with the token
//! and the host that it brings, and never with the server's own token; sessions with their owners;
//! no token in any log line. Lines 6 to 11 and 13 of the specification's list are here.

use futures::StreamExt;
use serde_json::Value;
use serde_json::json;

use crate::support::argus_http::simulators;
use crate::support::crowd::Crowd;
use crate::support::gateway::json as json_of;
use crate::support::gateway::refused;
use crate::support::recorder::Recorder;
use crate::support::served::Served;
use crate::support::served::answer;
use crate::support::served::initialize;
use crate::support::served::initialized;
use crate::support::served::open;
use crate::support::served::said;
use crate::support::sysdig_http::EVENTS;
use crate::support::sysdig_http::FULL;
use crate::support::sysdig_http::HOST;
use crate::support::sysdig_http::MONITOR;
use crate::support::sysdig_http::NO_TOKEN;
use crate::support::sysdig_http::TOKEN;
use crate::support::sysdig_http::call;
use crate::support::sysdig_http::failure;
use crate::support::sysdig_http::list;
use crate::support::sysdig_http::names;
use crate::support::sysdig_http::tokens_seen;

const STATELESS: (&str, &str) = ("SYSDIG_MCP_STATELESS", "true");
const SSE: (&str, &str) = ("SYSDIG_MCP_TRANSPORT", "sse");
const EVENT_TOOLS: [&str; 3] = ["get_event_info", "get_event_process_tree", "list_runtime_events"];

async fn sent(request: reqwest::RequestBuilder) -> Value {
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    answer(response).await
}

#[tokio::test(flavor = "multi_thread")]
async fn token_and_host_of_a_request_reach_its_upstream_call() {
    let simulators = simulators().await;
    let other = Recorder::start().await;
    let served = Served::sysdig(&simulators, &[STATELESS]);
    // Each header of a token by itself, with and without its scheme, and one before the other.
    let bearer = |token: &str| format!("Bearer {token}");
    for headers in [
        vec![("authorization", bearer(EVENTS))],
        vec![("authorization", format!("bEARER   {EVENTS} "))],
        vec![(TOKEN, EVENTS.to_owned())],
        vec![(TOKEN, bearer(EVENTS)), ("authorization", bearer(FULL))],
    ] {
        let request =
            headers.iter().fold(served.message(&list()), |request, (name, value)| request.header(*name, value));
        assert_eq!(names(request).await, EVENT_TOOLS, "{headers:?}");
    }
    assert_eq!(tokens_seen(&simulators), [EVENTS; 4]);
    // A host of the request is asked with the request's token, and a path in it is dropped.
    let there = format!("{}/some/path?x=1", other.url);
    let elsewhere = served.message(&call(3)).header(TOKEN, "tok-of-nobody").header(HOST, there);
    assert_eq!(sent(elsewhere).await["result"]["structuredContent"]["results"]["id"], "of the recorder");
    assert_eq!(other.header("authorization"), ["Bearer tok-of-nobody"]);
    assert_eq!(other.header("user-agent"), [format!("sysdig-mcp-server/{}", env!("CARGO_PKG_VERSION"))]);
    assert_eq!(tokens_seen(&simulators).len(), 4);
    let agents: Vec<String> = simulators.sysdig.requests().into_iter().map(|seen| seen.user_agent).collect();
    assert!(agents.iter().all(|agent| agent.starts_with("sysdig-mcp-server/")), "{agents:?}");
    assert_eq!(served.stop().0, Some(0));
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_of_its_own_a_request_gets_nothing_and_the_servers_is_not_lent() {
    let simulators = simulators().await;
    let evil = Recorder::start().await;
    for variables in [&[][..], &[STATELESS], &[SSE]] {
        let served = Served::sysdig(&simulators, variables);
        let url = served.at("/sysdig-mcp-server/mcp");
        let post =
            |body: &Value| served.http.post(&url).header("accept", "application/json, text/event-stream").json(body);
        let opened = post(&initialize()).send().await.expect("an answer");
        assert_eq!(opened.status(), 200);
        let id = opened.headers().get("mcp-session-id").map(|id| id.to_str().expect("an id").to_owned());
        let ask = |body: &Value| match &id {
            Some(id) => post(body).header("mcp-session-id", id),
            None => post(body),
        };
        assert_eq!(ask(&initialized()).send().await.expect("an answer").status(), 202);
        for (name, value) in [
            ("x-none", ""),
            ("authorization", "Basic abc"),
            ("authorization", "Bearer"),
            ("authorization", "Bearer a b"),
            (TOKEN, "a b"),
            (TOKEN, "Bearer"),
            (HOST, evil.url.as_str()),
        ] {
            let listed = sent(ask(&list()).header(name, value)).await;
            assert_eq!(listed["error"]["message"], NO_TOKEN, "{name}: {value}");
            assert_eq!(failure(&sent(ask(&call(3)).header(name, value)).await), NO_TOKEN, "{name}: {value}");
        }
        let two = ask(&list()).header(TOKEN, FULL).header(TOKEN, EVENTS);
        assert_eq!(sent(two).await["error"]["message"], NO_TOKEN);
        let odd = reqwest::header::HeaderValue::from_bytes("tøken".as_bytes()).expect("bytes");
        assert_eq!(sent(ask(&list()).header(TOKEN, odd)).await["error"]["message"], NO_TOKEN);
        // What needs none is there.
        let message =
            |method: &str, params: Value| json!({"jsonrpc": "2.0", "id": 9, "method": method, "params": params});
        assert!(sent(ask(&message("ping", json!({})))).await["result"].is_object());
        let resources = sent(ask(&message("resources/list", json!({})))).await;
        assert_eq!(resources["result"]["resources"][0]["uri"], "resource://filter-query-language");
        let read = message("resources/read", json!({"uri": "resource://filter-query-language"}));
        assert!(sent(ask(&read)).await["result"]["contents"][0]["text"].is_string());
        let prompt = json!({"name": "investigate_event", "arguments": {"severity": "high", "relative_time": "1 hour"}});
        assert!(sent(ask(&message("prompts/get", prompt))).await["result"]["messages"].is_array());
        assert_eq!(served.stop().0, Some(0));
    }
    assert_eq!(tokens_seen(&simulators), [""; 0]);
    assert!(evil.header("host").is_empty(), "nobody goes where a request without a token points");
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_lent_goes_to_the_configured_host_alone() {
    let simulators = simulators().await;
    let evil = Recorder::start().await;
    let served = Served::sysdig(&simulators, &[STATELESS, ("SYSDIG_MCP_ALLOW_ENV_CREDENTIALS_OVER_HTTP", "1")]);
    for host in [None, Some(evil.url.as_str())] {
        let request = served.message(&list());
        let listed = names(host.map_or(request.try_clone().expect("a copy"), |host| request.header(HOST, host))).await;
        assert_eq!(listed.len(), 5 + 16, "{listed:?}");
        assert!(!listed.contains(&"run_sysdig_cli_scanner".to_owned()), "not over HTTP");
    }
    assert_eq!(tokens_seen(&simulators), [FULL; 2]);
    assert!(evil.header("host").is_empty());
    let rebound = served.message(&list()).header("host", "rebound.example");
    assert_eq!(refused(rebound, 403).await.0, "host_not_allowed");
    let (code, lines) = served.stop();
    assert_eq!(code, Some(0));
    assert!(lines.iter().any(|line| line.contains("WARN") && line.contains("anybody who can reach this server")));
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_takes_no_token_to_another_host() {
    let simulators = simulators().await;
    let evil = Recorder::start().await;
    let sending = Recorder::sending(Some(evil.url.clone())).await;
    let served = Served::sysdig(&simulators, &[STATELESS]);
    let request = served.message(&call(3)).header(TOKEN, "tok-of-nobody").header(HOST, &sending.url);
    let told = sent(request).await;
    assert!(failure(&told).contains(&format!("the redirect to {} was not followed", evil.url)), "{told}");
    assert_eq!(sending.header("authorization"), ["Bearer tok-of-nobody"]);
    assert!(evil.header("host").is_empty(), "what is asked goes nowhere else either");
    assert_eq!(served.stop().0, Some(0));
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_of_one_session_reach_their_own_hosts_with_their_own_tokens() {
    let simulators = simulators().await;
    let other = Recorder::start().await;
    let mut served = Served::sysdig(&simulators, &[]);
    // Over HTTP/2, whose frames and header tables are logged as well.
    served.http = reqwest::Client::builder().http2_prior_knowledge().build().expect("a client");
    let session = served.session_with(&[(TOKEN, FULL)]).await;
    let ask = |id: u64, token: &str, host: Option<&str>| {
        let body = json!({"jsonrpc": "2.0", "id": id, "method": "tools/list"});
        let request = served.message(&body).header(TOKEN, token).header("mcp-session-id", &session);
        names(host.map_or(request.try_clone().expect("a copy"), |host| request.header(HOST, host)))
    };
    let (full, monitor, elsewhere, own_elsewhere) = tokio::join!(
        ask(11, FULL, None),
        ask(11, MONITOR, None),
        ask(11, "tok-of-nobody", Some(&other.url)),
        ask(12, FULL, Some(&other.url)),
    );
    assert_eq!((full.len(), monitor.len()), (5 + 16, 1 + 16));
    assert_eq!(
        (elsewhere, own_elsewhere),
        (EVENT_TOOLS.map(str::to_owned).to_vec(), EVENT_TOOLS.map(str::to_owned).to_vec())
    );
    let mut seen = tokens_seen(&simulators);
    seen.sort_unstable();
    assert_eq!(seen, [FULL, MONITOR]);
    let mut there = other.header("authorization");
    there.sort_unstable();
    assert_eq!(there, [format!("Bearer {FULL}"), "Bearer tok-of-nobody".to_owned()]);
    // The stream and the end are the owner's.
    let stream = |token: &str| {
        let request = served.http.get(&served.url).header("accept", "text/event-stream");
        request.header(TOKEN, token).header("mcp-session-id", &session)
    };
    let end = |token: &str| served.http.delete(&served.url).header(TOKEN, token).header("mcp-session-id", &session);
    assert_eq!(refused(stream(MONITOR), 403).await.0, "session_not_yours");
    assert_eq!(refused(end(MONITOR), 403).await.0, "session_not_yours");
    let none = served.http.delete(&served.url).header("mcp-session-id", &session);
    assert_eq!(refused(none, 403).await.0, "session_not_yours");
    assert_eq!(end(FULL).send().await.expect("an answer").status(), 202);
    for request in
        [stream(FULL), end(FULL), served.message(&list()).header(TOKEN, FULL).header("mcp-session-id", &session)]
    {
        assert_eq!(refused(request, 404).await.0, "session_not_found");
    }
    let odd = served.message(&list()).header(TOKEN, FULL).header("mcp-session-id", "no id at all");
    assert_eq!(refused(odd, 404).await.0, "session_not_found");
    let (code, lines) = served.stop();
    assert_eq!(code, Some(0));
    assert!(lines.iter().any(|line| line.contains("h2::hpack::decoder")), "headers are logged as far as they ever are");
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_send_no_accept_are_served_and_stateless_without_a_greeting() {
    let simulators = simulators().await;
    let served = Served::sysdig(&simulators, &[STATELESS]);
    // By hand: an HTTP library would add the header.
    let bare = format!("{}", list());
    let address = served.url.trim_start_matches("http://").split_once('/').expect("a path").0.to_owned();
    let request = format!(
        "POST /sysdig-mcp-server/mcp HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         {TOKEN}: {EVENTS}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{bare}",
        bare.len()
    );
    let mut stream = std::net::TcpStream::connect(&address).expect("connected");
    std::io::Write::write_all(&mut stream, request.as_bytes()).expect("sent");
    let told = std::io::read_to_string(stream).expect("text").to_lowercase();
    assert!(told.starts_with("http/1.1 200 ok") && told.contains("content-type: application/json"), "{told}");
    assert!(told.contains("get_event_info") && !told.contains("mcp-session-id"), "{told}");
    for accept in ["*/*", "text/html, */*;q=0.1"] {
        let request = served.http.post(&served.url).header("accept", accept).header(TOKEN, EVENTS);
        let response = request.json(&list()).send().await.expect("an answer");
        assert_eq!((response.status().as_u16(), response.headers().get("mcp-session-id")), (200, None));
        assert!(answer(response).await["result"]["tools"].is_array());
    }
    assert_eq!(served.stop().0, Some(0));
    // With sessions the answers are streams.
    let served = Served::sysdig(&simulators, &[]);
    let request = served.http.post(&served.url).header("accept", "*/*").json(&initialize());
    let response = request.send().await.expect("an answer");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert!(response.headers().contains_key("mcp-session-id"));
    let narrow = served.http.post(&served.url).header("accept", "application/json").json(&initialize());
    assert_eq!(narrow.send().await.expect("an answer").status(), 406);
    assert_eq!(served.stop().0, Some(0));
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_documented_path_is_served_under_any_mount_path() {
    let simulators = simulators().await;
    for (transport, mount, shown) in [
        ("streamable-http", None, "/sysdig-mcp-server"),
        ("sse", Some("/tools//sysdig/"), "/tools/sysdig"),
        ("sse", Some(""), ""),
        ("streamable-http", Some("/"), ""),
    ] {
        let mut variables = vec![("SYSDIG_MCP_TRANSPORT", transport)];
        variables.extend(mount.map(|mount| ("SYSDIG_MCP_MOUNT_PATH", mount)));
        let served = Served::sysdig(&simulators, &variables);
        let last = if transport == "sse" { "sse" } else { "mcp" };
        assert_eq!(served.url, served.at(&format!("{shown}/{last}")));
        for path in ["/mcp", "/mcp/", "", "/"] {
            let request = served.http.post(served.at(&format!("{shown}{path}"))).header(TOKEN, EVENTS);
            let response = request.header("accept", "*/*").json(&initialize()).send().await.expect("an answer");
            assert_eq!(response.status(), 200, "{shown}{path}");
        }
        assert_eq!(json_of(served.http.get(served.at("/healthz")), 200).await, json!({"status": "ok"}));
        for path in ["/mcp/more", "/nowhere", "//"] {
            let request = served.http.get(served.at(&format!("{shown}{path}")));
            assert_eq!(refused(request, 404).await.0, "route_not_found", "{shown}{path}");
        }
        let stream = served.http.get(served.at(&format!("{shown}/sse")));
        if transport == "sse" {
            let (messages, _events) = open(stream).await;
            let session = messages.split_once("/messages/?session_id=").expect("the documented form").1;
            assert!(session.len() == 32 && session.bytes().all(|byte| byte.is_ascii_hexdigit()), "{messages}");
            assert!(messages.starts_with(&served.at(&format!("{shown}/messages/"))), "{messages}");
            let without_slash = messages.replace("/messages/?", "/messages?");
            for (url, body) in [(messages, initialize()), (without_slash, initialized())] {
                assert_eq!(served.http.post(url).json(&body).send().await.expect("an answer").status(), 202);
            }
        } else {
            assert_eq!(refused(stream, 404).await.0, "route_not_found");
        }
        assert_eq!(served.stop().0, Some(0));
    }
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn older_clients_are_served_with_the_token_of_each_message_or_that_of_the_stream() {
    let simulators = simulators().await;
    let other = Recorder::start().await;
    let served = Served::sysdig(&simulators, &[SSE]);
    let (messages, mut events) = open(served.http.get(&served.url).header(TOKEN, EVENTS)).await;
    let (_, mut others) = open(served.http.get(&served.url).header(TOKEN, FULL)).await;
    let post = async |headers: &[(&str, &str)], body: &Value| {
        let request = served.http.post(&messages).json(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        assert_eq!(request.send().await.expect("an answer").status(), 202);
    };
    post(&[], &initialize()).await;
    assert_eq!(said(&mut events).await["result"]["serverInfo"]["name"], "Sysdig MCP Server");
    post(&[], &initialized()).await;
    let mut count = async |headers: &[(&str, &str)]| {
        post(headers, &list()).await;
        let told = said(&mut events).await;
        told["result"]["tools"].as_array().map_or_else(|| told["error"]["message"].clone(), |tools| json!(tools.len()))
    };
    assert_eq!(count(&[]).await, 3, "the token of the opening");
    assert_eq!(count(&[(TOKEN, MONITOR)]).await, 17, "the message's own");
    assert_eq!(count(&[(TOKEN, "tok-of-nobody"), (HOST, &other.url)]).await, 3, "the message's own, and its host");
    // A host by itself must not be asked with the token of the opening.
    assert_eq!(count(&[(HOST, &other.url)]).await, NO_TOKEN);
    assert_eq!(count(&[]).await, 3, "nothing of the messages before is kept");
    assert_eq!(tokens_seen(&simulators), [EVENTS, MONITOR, EVENTS]);
    assert_eq!(other.header("authorization"), ["Bearer tok-of-nobody"]);
    let unknown = format!("{}?session_id={}", served.at("/sysdig-mcp-server/messages/"), "0".repeat(32));
    assert_eq!(refused(served.http.post(unknown).json(&list()), 404).await.0, "session_not_found");
    let bare = served.http.post(served.at("/sysdig-mcp-server/messages/")).json(&list());
    assert_eq!(refused(bare, 400).await.0, "session_missing");
    // The end of the process ends both streams; what was answered went to the one alone.
    let (code, _) = served.stop();
    assert_eq!((code, others.next().await), (Some(0), None));
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_address_is_reached_by_any_name_and_this_machine_by_its_own() {
    let simulators = simulators().await;
    let served = Served::sysdig(&simulators, &[("SYSDIG_MCP_LISTENING_HOST", "0.0.0.0")]);
    // The loopback network has more addresses than the one that a local server is bound to.
    let elsewhere = served.url.replace("0.0.0.0", "127.0.0.2");
    for host in ["sysdig-mcp.tools.svc.cluster.local:8080", "10.1.2.3:8080"] {
        let request = served.http.post(&elsewhere).header("host", host).header(TOKEN, EVENTS);
        assert_eq!(request.json(&initialize()).send().await.expect("an answer").status(), 200, "{host}");
    }
    let page = served.http.post(&elsewhere).header("origin", "http://elsewhere.example").json(&initialize());
    assert_eq!(refused(page, 403).await.0, "origin_not_allowed");
    let (code, lines) = served.stop();
    assert_eq!(code, Some(0));
    assert!(lines.iter().any(|line| line.contains("credentials travel unencrypted")), "{lines:#?}");

    let served = Served::sysdig(&simulators, &[("SYSDIG_MCP_LISTENING_HOST", "localhost")]);
    assert!(served.url.starts_with("http://127.0.0.1:"), "{}", served.url);
    assert!(
        served.http.get(served.url.replace("127.0.0.1", "127.0.0.2")).send().await.is_err(),
        "not reached from outside"
    );
    let foreign = |host: &str| served.message(&initialize()).header("host", host);
    let (code, message) = refused(foreign("sysdig-mcp.example"), 403).await;
    assert_eq!(code, "host_not_allowed");
    assert!(message.to_string().contains("--allow-host or SYSDIG_MCP_ALLOWED_HOSTS"), "{message}");
    assert_eq!(served.stop().0, Some(0));
    let served = Served::sysdig(
        &simulators,
        &[("SYSDIG_MCP_ALLOWED_HOSTS", "a.example, sysdig-mcp.example"), ("SYSDIG_MCP_API_HOST", "")],
    );
    for (host, status) in [("a.example", 200), ("sysdig-mcp.example:8080", 200), ("b.example", 403)] {
        let request = served.message(&initialize()).header("host", host);
        assert_eq!(request.send().await.expect("an answer").status(), status, "{host}");
    }
    let (code, lines) = served.stop();
    assert_eq!(code, Some(0));
    let warned = |line: &&String| line.contains("WARN") && line.contains("SYSDIG_MCP_API_HOST is not set or empty");
    assert_eq!(lines.iter().filter(warned).count(), 1, "{lines:#?}");
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_without_a_token_do_not_end_each_others_sessions() {
    let simulators = simulators().await;
    let served = Served::sysdig(&simulators, &[]);
    let owner = served.session_with(&[(TOKEN, EVENTS)]).await;
    let mut sessions = Vec::new();
    for number in 0..300 {
        let request = served.message(&initialize());
        // Some bring tokens that nobody has given out.
        let made_up = format!("tok-of-nobody-{number}");
        let request = if number % 3 == 0 { request.header(TOKEN, made_up) } else { request };
        let opened = request.send().await.expect("an answer");
        assert_eq!(opened.status(), 200);
        sessions.push(opened.headers()["mcp-session-id"].to_str().expect("an id").to_owned());
        if number % 50 == 0 {
            let used = served.message(&initialized()).header(TOKEN, EVENTS).header("mcp-session-id", &owner);
            assert_eq!(used.send().await.expect("an answer").status(), 202, "{number}");
        }
    }
    // Of those without a token far more than one caller's share are there, the newest.
    let mut alive = 0;
    for (number, id) in sessions.iter().enumerate().filter(|(number, _)| number % 3 != 0) {
        let used = served.message(&initialized()).header("mcp-session-id", id).send().await.expect("an answer");
        assert!(used.status() == 202 || number < 60, "{number}: {}", used.status());
        alive += usize::from(used.status() == 202);
    }
    assert!(alive > 150, "{alive}");
    let listing = served.message(&list()).header(TOKEN, EVENTS).header("mcp-session-id", &owner);
    assert_eq!(names(listing).await, EVENT_TOOLS);
    assert_eq!(served.stop().0, Some(0));
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_token_has_a_bounded_number_of_calls_at_once_and_others_go_on() {
    let simulators = simulators().await;
    let crowd = Crowd::start().await;
    let served = Served::sysdig(&simulators, &[STATELESS]);
    let ask = |token: &str, id: u64| {
        let request = served.message(&call(id)).header(TOKEN, token).header(HOST, &crowd.url);
        tokio::spawn(sent(request))
    };
    let inside: Vec<_> = (0..16).map(|id| ask("tok-of-nobody", id)).collect();
    crowd.holds(16).await;
    let refused = served.message(&call(17)).header(TOKEN, "tok-of-nobody").header(HOST, &crowd.url);
    let told = sent(refused).await;
    assert!(failure(&told).contains("too many calls run here at once"), "{told}");
    let listing = served.message(&list()).header(TOKEN, "tok-of-nobody").header(HOST, &crowd.url);
    let told = sent(listing).await["error"]["message"].to_string();
    assert!(told.contains("too many calls run here at once"), "{told}");
    assert_eq!(names(served.message(&list()).header(TOKEN, EVENTS)).await, EVENT_TOOLS, "another token");
    crowd.release(16);
    for asked in inside {
        assert_eq!(asked.await.expect("joined")["result"]["isError"], false);
    }
    crowd.release(1);
    assert_eq!(ask("tok-of-nobody", 18).await.expect("joined")["result"]["isError"], false, "there is room again");
    assert_eq!(served.stop().0, Some(0));
    simulators.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused() {
    let simulators = simulators().await;
    let served = Served::sysdig(&simulators, &[SSE]);
    let url = served.at("/sysdig-mcp-server/mcp");
    let long = served.http.post(&url).header("accept", "*/*").json(&json!({"x": "y".repeat(2 << 20)}));
    assert_eq!(refused(long, 413).await.0, "body_too_large");
    // By hand: an HTTP library gives up when the answer comes before all is sent.
    let address = url.trim_start_matches("http://").split_once('/').expect("a path").0;
    let mut stream = std::net::TcpStream::connect(address).expect("connected");
    let huge = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\n{TOKEN}: {}\r\n\r\n", "x".repeat(1 << 20));
    let _ = std::io::Write::write_all(&mut stream, huge.as_bytes());
    let mut told = [0; 12];
    std::io::Read::read_exact(&mut stream, &mut told).expect("an answer");
    assert_eq!(&told, b"HTTP/1.1 431", "headers are bounded");
    let other = served.http.post(&url).header("accept", "*/*").json(&initialize());
    assert_eq!(other.send().await.expect("an answer").status(), 200);
    assert_eq!(served.stop().0, Some(0));
    simulators.stop().await;
}
