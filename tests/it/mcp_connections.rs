//! Connections to MCP servers as they come: both protocol eras over each transport, addresses that
//! must not be followed, children and what they leave behind, a server that fails over and over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::routing::any;
use groundwire::domain::tool::ToolFailure;
use groundwire::engine::ports::BreakerState;
use groundwire::engine::ports::ProtocolEra;
use groundwire::mcp::child::Program;
use groundwire::mcp::limits::UpstreamLimits;
use groundwire::mcp::output_schema::SchemaCheck;
use groundwire::mcp::transport::Transport;
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::argus_http::FULL;
use crate::support::argus_http::simulators;
use crate::support::asker::Asker;
use crate::support::bench::Bench;
use crate::support::bench::Eras;
use crate::support::bench::Site;
use crate::support::hubs::Life;
use crate::support::hubs::call;
use crate::support::hubs::children;
use crate::support::hubs::echo;
use crate::support::hubs::http;
use crate::support::hubs::kept;
use crate::support::hubs::limits;
use crate::support::hubs::plain;
use crate::support::hubs::sse;
use crate::support::hubs::state;
use crate::support::hubs::unkept;

#[tokio::test(flavor = "multi_thread")]
async fn the_era_is_found_out_over_each_transport() {
    let (old, new, both) = (Bench::new(Eras::WithSessions), Bench::new(Eras::Sessionless), Bench::new(Eras::Both));
    let (old_site, new_site, both_site) = (Site::start(&old).await, Site::start(&new).await, Site::start(&both).await);
    let agreeable = Bench::new(Eras::Agreeable);
    let agreeable_site = Site::start(&agreeable).await;
    // It says which versions it has instead of the one that it is asked in.
    let naming = Asker::new(true, Vec::new()).serve().await;
    let simulators = simulators().await;
    let own = Transport::Stdio(Program {
        command: env!("CARGO_BIN_EXE_groundwire").to_owned(),
        args: vec!["mcp".to_owned(), "argus".to_owned()],
        env: BTreeMap::from([
            ("ARGUS_API_URL".to_owned(), simulators.argus_url().into()),
            ("ARGUS_API_KEY".to_owned(), FULL.into()),
        ]),
        secrets: Vec::new(),
        cwd: None,
    });
    let patient = || UpstreamLimits { probe: Duration::from_secs(10), ..limits() };
    let hour = Duration::from_secs(3600);
    let tried_once = UpstreamLimits { first_pause: hour, longest_pause: hour, ..patient() };
    let hub = kept(vec![
        ("old-http", http(old_site.url("/mcp")), patient()),
        ("new-http", http(new_site.url("/mcp")), patient()),
        ("agreeable-http", http(agreeable_site.url("/mcp")), patient()),
        ("naming-http", http(format!("{naming}/mcp")), tried_once),
        ("both-http", http(both_site.url("/mcp")), patient()),
        ("old-sse", sse(both_site.url("/sse")), patient()),
        ("old-stdio", plain(&[]), patient()),
        ("silent-stdio", plain(&[("SILENT", "1")]), limits()),
        ("new-stdio", own, patient()),
    ])
    .await;
    let (with, without) = (ProtocolEra::WithSessions, ProtocolEra::Sessionless);
    for (server, version, era) in [
        ("old-http", "2025-11-25", with),
        ("new-http", "2026-07-28", without),
        ("agreeable-http", "2025-11-25", with),
        ("naming-http", "2025-11-25", with),
        ("both-http", "2026-07-28", without),
        ("old-sse", "2025-11-25", with),
        ("old-stdio", "2024-11-05", with),
        ("silent-stdio", "2024-11-05", with),
        ("new-stdio", "2026-07-28", without),
    ] {
        let state = state(&hub, server).await;
        assert_eq!((state.up, state.error.as_deref()), (true, None), "{server}");
        assert_eq!((state.protocol.as_deref(), state.era), (Some(version), Some(era)), "{server}");
        if server != "new-stdio" && server != "naming-http" {
            assert_eq!(echo(&hub, server, server).await.expect("answered"), server);
        }
    }
    assert!(hub.shared().tools.iter().any(|tool| tool.server == "new-stdio"));
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_era_is_remembered_until_the_server_is_replaced_by_one_of_the_other() {
    let bench = Bench::new(Eras::WithSessions);
    let site = Site::start(&bench).await;
    let hub = kept(vec![("s", http(site.url("/mcp")), limits())]).await;
    assert_eq!(bench.asked("server/discover"), 1);
    let site = site.restart().await;
    assert_eq!(echo(&hub, "s", "again").await.expect("answered"), "again");
    assert_eq!(bench.asked("server/discover"), 1, "what is known is not asked again");
    bench.speak(Eras::Sessionless);
    let site = site.restart().await;
    assert_eq!(echo(&hub, "s", "new").await.expect("answered"), "new");
    assert_eq!(state(&hub, "s").await.era, Some(ProtocolEra::Sessionless));
    bench.speak(Eras::WithSessions);
    let _site = site.restart().await;
    assert_eq!(echo(&hub, "s", "old").await.expect("answered"), "old");
    assert_eq!(state(&hub, "s").await.era, Some(ProtocolEra::WithSessions));
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_tools_are_listed_again_in_both_eras() {
    let bench = Bench::new(Eras::Both);
    let site = Site::start(&bench).await;
    let old = Bench::new(Eras::WithSessions);
    let old_site = Site::start(&old).await;
    let hub = kept(vec![
        ("new", http(site.url("/mcp")), limits()),
        ("old", http(old_site.url("/mcp")), limits()),
        ("sse", sse(old_site.url("/sse")), limits()),
    ])
    .await;
    old.listened_to().await;
    bench.one_more_tool();
    old.one_more_tool();
    let mut catalogs = hub.catalogs();
    let all = |server: &str| format!("{server}__more0");
    catalogs
        .wait_for(|catalog| ["new", "old", "sse"].iter().all(|server| catalog.by_name(&all(server)).is_some()))
        .await
        .expect("the hub is there");
    assert!(call(&hub, "new", "more0", json!({})).await.is_ok());
    hub.close().await;
}

/// A host that answers every request in one way; and the headers that it saw.
async fn host<R: IntoResponse + Send>(
    answer: impl Fn() -> R + Clone + Send + Sync + 'static,
) -> (String, Arc<std::sync::Mutex<Vec<HeaderMap>>>) {
    let seen: Arc<std::sync::Mutex<Vec<HeaderMap>>> = Arc::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("a local address"));
    let noted = Arc::clone(&seen);
    let router = Router::new().fallback(any(async move |headers: HeaderMap| {
        noted.lock().expect("nobody panicked").push(headers);
        answer()
    }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_header_leaves_for_another_host() {
    let (elsewhere, seen) = host(|| "").await;
    let to = format!("{elsewhere}/messages");
    let (naming, _) = host(move || {
        let body = format!("event: endpoint\ndata: {to}\n\n");
        ([("content-type", "text/event-stream")], body)
    })
    .await;
    let to = format!("{elsewhere}/sse");
    let (redirecting, _) = host(move || (http::StatusCode::TEMPORARY_REDIRECT, [("location", to.clone())])).await;
    let hub = kept(vec![
        ("names", sse(format!("{naming}/sse")), limits()),
        ("redirects", sse(format!("{redirecting}/sse")), limits()),
        ("streamable", http(format!("{redirecting}/mcp")), limits()),
    ])
    .await;
    for (server, told) in [("names", "not where it is itself"), ("redirects", "307"), ("streamable", "307")] {
        let state = state(&hub, server).await;
        let error = state.error.expect("an error");
        assert!(!state.up && error.contains(told) && !error.contains("hushed"), "{server}: {error}");
    }
    hub.close().await;
    assert!(seen.lock().expect("nobody panicked").is_empty(), "nothing arrived elsewhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_ends_at_once_is_told_with_its_status_and_its_last_words() {
    let failing = plain(&[("FAIL", "no access with 15a6/secret for /data"), ("KEY", "15a6/secret")]);
    let hub = kept(vec![("s", failing, limits())]).await;
    let error = state(&hub, "s").await.error.expect("an error");
    assert!(error.contains("exit status: 3"), "{error}");
    assert!(error.contains("starting") && error.contains("no access with *** for /data"), "{error}");
    let failure = echo(&hub, "s", "x").await.expect_err("it is not there");
    assert!(
        matches!(&failure, ToolFailure::Unavailable { reason, .. } if reason.contains("exit status: 3")),
        "{failure}"
    );
    hub.close().await;
    assert_eq!(children(), Vec::<u32>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_child_has_started_ends_with_it_on_every_way_out() {
    let lives = [Life::new(), Life::new(), Life::new()];
    let [dies, hangs, lives_on] = ["dies", "hangs", "lives-on"];
    let servers = [dies, hangs, lives_on].into_iter().zip(&lives);
    let hub = unkept(servers.map(|(name, life)| (name, plain(&[("LIFE", &life.path())]), limits())).collect()).await;
    for server in [dies, hangs, lives_on] {
        call(&hub, server, "breed", json!({})).await.expect("a process is started");
    }
    let [of_dying, of_hanging, of_living] = lives;
    assert!(call(&hub, dies, "die", json!({})).await.is_err(), "it ends, and again when it is asked again");
    of_dying.ends().await;
    let dropped = tokio::time::timeout(Duration::from_millis(50), call(&hub, hangs, "hang", json!({}))).await;
    assert!(dropped.is_err(), "it hangs");
    hub.close().await;
    of_hanging.ends().await;
    of_living.ends().await;
    assert_eq!(children(), Vec::<u32>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_is_dropped_takes_its_children_along() {
    for keeps in [true, false] {
        let life = Life::new();
        let hub = unkept(vec![("s", plain(&[("LIFE", &life.path())]), limits())]).await;
        if keeps {
            hub.start();
        }
        call(&hub, "s", "breed", json!({})).await.expect("a process is started");
        drop(hub);
        life.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_fails_over_and_over_is_left_alone_and_tried_once_after_that() {
    let open = |breaker_open| UpstreamLimits { breaker_after: 2, breaker_open, ..limits() };
    let failing = || plain(&[("FAIL", "broken")]);
    let hub = unkept(vec![
        ("long", failing(), open(Duration::from_secs(3600))),
        ("short", failing(), open(Duration::ZERO)),
        ("well", plain(&[]), limits()),
    ])
    .await;
    for server in ["long", "short"] {
        for _ in 0..2 {
            assert!(echo(&hub, server, "x").await.is_err());
        }
    }
    assert_eq!(state(&hub, "long").await.breaker, BreakerState::Open);
    let before = state(&hub, "long").await.restarts;
    let failure = echo(&hub, "long", "x").await.expect_err("left alone").to_string();
    assert!(failure.contains("failed 2 times in a row") && failure.contains("exit status: 3"), "{failure}");
    assert_eq!(state(&hub, "long").await.restarts, before, "nothing was started");
    assert_eq!(state(&hub, "short").await.breaker, BreakerState::HalfOpen);
    let before = state(&hub, "short").await.restarts;
    assert!(echo(&hub, "short", "x").await.is_err());
    assert_eq!(state(&hub, "short").await.restarts, before + 1, "one try");
    assert_eq!(echo(&hub, "well", "x").await.expect("answered"), "x");
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_held_against_the_schema_that_their_tool_declares() {
    let bench = Bench::new(Eras::Both);
    let site = Site::start(&bench).await;
    let with = |output_schema| UpstreamLimits { output_schema, ..limits() };
    let hub = kept(vec![
        ("off", http(site.url("/mcp")), with(SchemaCheck::Off)),
        ("strict", http(site.url("/mcp")), with(SchemaCheck::Strict)),
        ("warn", http(site.url("/mcp")), with(SchemaCheck::Warn)),
    ])
    .await;
    let shaped = async |server: &str, content: serde_json::Value| {
        call(&hub, server, "shaped", json!({"content": content})).await
    };
    for server in ["off", "strict", "warn"] {
        assert!(shaped(server, json!({"n": 1})).await.is_ok(), "{server}");
        assert_eq!(state(&hub, server).await.schema_mismatches, Vec::<String>::new());
    }
    // Structured content that does not fit, and none at all.
    for content in [json!({"n": "one"}), json!(null)] {
        assert!(shaped("off", content.clone()).await.is_ok());
        assert!(shaped("warn", content.clone()).await.is_ok());
        let failure = shaped("strict", content).await.expect_err("not used");
        assert!(matches!(&failure, ToolFailure::BadAnswer { reason, .. } if reason.contains("shaped")), "{failure}");
    }
    assert_eq!(state(&hub, "off").await.schema_mismatches, Vec::<String>::new());
    assert_eq!(state(&hub, "warn").await.schema_mismatches, ["shaped"]);
    assert_eq!(state(&hub, "strict").await.schema_mismatches, ["shaped"]);
    hub.close().await;
}
