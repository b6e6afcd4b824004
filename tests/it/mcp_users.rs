//! Servers that users reach with credentials of their own, over connections of their own: killed,
//! restarted, hung, without their session. The next call is served, nobody else notices, nothing
//! that changes something is sent twice; and a connection that nobody uses ends.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use groundwire::clock::SystemClock;
use groundwire::config::credentials::CredentialsConfig;
use groundwire::config::credentials::CredentialsFrom;
use groundwire::config::mcp::McpServerConfig;
use groundwire::config::mcp::McpServerOptions;
use groundwire::config::mcp::TransportConfig;
use groundwire::domain::caller::AccessRole;
use groundwire::domain::caller::Caller;
use groundwire::domain::tool::RawToolResult;
use groundwire::domain::tool::ToolFailure;
use groundwire::engine::ports::Follow;
use groundwire::engine::ports::Tools;
use groundwire::mcp::catalog::ToolRules;
use groundwire::mcp::credentials::Credentials;
use groundwire::mcp::credentials::Fields;
use groundwire::mcp::credentials::NoCredential;
use groundwire::mcp::hub::Hub;
use groundwire::mcp::hub::Member;
use groundwire::mcp::hub::Reach;
use groundwire::mcp::limits::UpstreamLimits;
use groundwire::mcp::pins::Pins;
use groundwire::mcp::pool::Bringing;
use groundwire::mcp::pool::Fill;
use groundwire::mcp::pool::Pool;
use groundwire::mcp::pool::PoolSettings;
use groundwire::mcp::transport::Transport;
use groundwire::store::Store;
use groundwire::store::StoreOptions;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde_json::Value;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::bench::Bench;
use crate::support::bench::Eras;
use crate::support::bench::Site;
use crate::support::bench::Trouble;
use crate::support::gateway::Gateway;
use crate::support::gateway::adjusted;
use crate::support::hubs::Life;
use crate::support::hubs::call_of;
use crate::support::hubs::children;
use crate::support::hubs::http;
use crate::support::hubs::limits;
use crate::support::hubs::plain;
use crate::support::hubs::sse;
use crate::support::mcp_side::sessionless;
use crate::support::served::answer;
use crate::support::served::initialize;
use crate::support::served::initialized;
use crate::support::served::open;
use crate::support::served::said;

const USERS: [&str; 2] = ["ann", "bob"];
const LONG: Duration = Duration::from_secs(600);

/// The kinds of server on the network.
const KINDS: [(&str, Eras); 3] =
    [("with sessions", Eras::WithSessions), ("sessionless", Eras::Sessionless), ("sse", Eras::WithSessions)];

/// Everybody's credential is their name.
struct Named;

#[async_trait]
impl Credentials for Named {
    async fn of(&self, caller: &Caller, _server: &str) -> Result<Fields, NoCredential> {
        Ok(Fields::from([("user".to_owned(), SecretString::from(caller.subject()))]))
    }
}

/// A hub before one server that users reach each over a transport of their own.
async fn hub_of(
    limits: UpstreamLimits,
    idle: Duration,
    transport: impl Fn(&str) -> Transport + Send + Sync + 'static,
) -> Arc<Hub> {
    let fill: Fill = Arc::new(move |fields: &Fields| Ok(transport(fields["user"].expose_secret())));
    let settings = PoolSettings {
        name: "s".to_owned(),
        groups: Vec::new(),
        transport: "of a test",
        fill,
        bringing: Bringing::Kept,
        idle,
        limits,
    };
    let pool = Pool::new(settings, Arc::new(Named), Arc::new(SystemClock::new()));
    let store = Store::connect("sqlite::memory:", &StoreOptions::default()).await.expect("a database");
    store.migrate().await.expect("its tables");
    let pins = Pins::load(Arc::new(store), Arc::new(SystemClock::new()), BTreeSet::new()).await.expect("no pins");
    let member = Member { reach: Reach::OfUsers(Arc::new(pool)), rules: ToolRules::default(), max_age: None };
    let hub = Hub::new(vec![member], pins);
    hub.start();
    hub
}

fn transport(kind: &str, site: &Site) -> Transport {
    if kind == "sse" { sse(site.url("/sse")) } else { http(site.url("/mcp")) }
}

/// A server for each user, so that one can be in trouble alone.
async fn served(kind: &'static str, eras: Eras, limits: UpstreamLimits) -> ([Bench; 2], [Site; 2], Arc<Hub>) {
    let benches = USERS.map(|_| Bench::new(eras));
    let sites = [Site::start(&benches[0]).await, Site::start(&benches[1]).await];
    let ways = [transport(kind, &sites[0]), transport(kind, &sites[1])];
    let hub = hub_of(limits, LONG, move |user| ways[usize::from(user == "bob")].clone()).await;
    for user in USERS {
        assert_eq!(echo(&hub, user, "first").await.expect(kind), "first");
    }
    (benches, sites, hub)
}

async fn send(
    hub: &Hub,
    user: &str,
    tool: &str,
    arguments: Value,
    confirmed: bool,
) -> Result<RawToolResult, ToolFailure> {
    let call = call_of("s", tool, arguments, confirmed);
    let caller = Caller::new(user, AccessRole::Analyst);
    hub.call(&call, &caller, Follow::nobody(), &CancellationToken::new()).await
}

async fn echo(hub: &Hub, user: &str, say: &str) -> Result<String, ToolFailure> {
    Ok(send(hub, user, "echo", json!({ "say": say }), false).await?.texts().collect())
}

/// Calls of one user over and over, none of which may fail.
struct Load {
    over: Arc<AtomicBool>,
    calling: tokio::task::JoinHandle<usize>,
}

impl Load {
    fn of(hub: &Arc<Hub>, user: &'static str) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let (hub, stop) = (Arc::clone(hub), Arc::clone(&over));
        let calling = tokio::spawn(async move {
            let mut served = 0;
            while !stop.load(Ordering::Relaxed) {
                let say = format!("{user} {served}");
                assert_eq!(echo(&hub, user, &say).await.expect("nobody else's trouble"), say);
                served += 1;
            }
            served
        });
        Self { over, calling }
    }

    async fn ends(self) {
        self.over.store(true, Ordering::Relaxed);
        assert!(self.calling.await.expect("every call was served") > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_does_not_notice_a_restart_or_a_lost_session_and_nobody_else_does() {
    for (kind, eras) in KINDS {
        let ([bench, _], [site, _other], hub) = served(kind, eras, limits()).await;
        let bob = Load::of(&hub, "bob");
        let site = site.restart().await;
        assert_eq!(echo(&hub, "ann", "a").await.expect(kind), "a");
        for trouble in [Trouble::Unauthorized, Trouble::UnknownSession, Trouble::Cut, Trouble::Corrupt] {
            bench.order(&[trouble]);
            assert_eq!(echo(&hub, "ann", "b").await.unwrap_or_else(|e| panic!("{kind}, {trouble:?}: {e}")), "b");
        }
        // It is away while somebody asks.
        let closed = site.down().await;
        let (said, _site) = tokio::join!(echo(&hub, "ann", "c"), closed.up());
        assert_eq!(said.unwrap_or_else(|e| panic!("{kind}: {e}")), "c");
        bob.ends().await;
        hub.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_something_for_a_user_is_never_sent_twice() {
    for (kind, eras) in KINDS {
        let ([bench, _], [site, _other], hub) = served(kind, eras, limits()).await;
        let troubles = [Trouble::Unauthorized, Trouble::UnknownSession, Trouble::Cut, Trouble::Corrupt];
        for (sent, trouble) in (2..).zip(troubles) {
            bench.order(&[trouble]);
            let failure = send(&hub, "ann", "change", json!({}), true).await.expect_err("its outcome is not known");
            assert!(!matches!(failure, ToolFailure::Denied { .. }), "{kind}, {trouble:?}: {failure}");
            assert_eq!(bench.asked("tools/call"), sent, "{kind}, {trouble:?}");
        }
        let ran = bench.ran("change");
        let _site = site.restart().await;
        assert!(send(&hub, "ann", "change", json!({}), true).await.is_ok(), "{kind}");
        assert_eq!(bench.ran("change"), ran + 1, "{kind}");
        hub.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_connection_that_hangs_is_given_up_and_the_next_call_is_served() {
    let short = UpstreamLimits { call: Duration::from_millis(300), probe: Duration::from_millis(200), ..limits() };
    for (kind, eras) in KINDS {
        let ([bench, _], _sites, hub) = served(kind, eras, short.clone()).await;
        let before = bench.asked("tools/list");
        bench.hang(true);
        let failure = echo(&hub, "ann", "a").await.expect_err("it hangs");
        assert!(matches!(failure, ToolFailure::Timeout { .. }), "{kind}: {failure}");
        assert_eq!(echo(&hub, "bob", "b").await.expect(kind), "b");
        // Asked whether it is there, it is silent; whoever comes then makes another connection.
        let failure = send(&hub, "ann", "change", json!({}), true).await.expect_err("it hangs");
        assert!(!matches!(failure, ToolFailure::Denied { .. }), "{kind}: {failure}");
        bench.hang(false);
        assert_eq!(echo(&hub, "ann", "c").await.unwrap_or_else(|e| panic!("{kind}: {e}")), "c");
        assert!(bench.asked("tools/list") > before, "{kind}: over a new connection");
        assert_eq!(bench.ran("change"), 0, "{kind}");
        hub.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_child_that_dies_or_hangs_is_replaced_and_the_others_go_on() {
    let short = UpstreamLimits { call: Duration::from_secs(2), probe: Duration::from_millis(500), ..limits() };
    let hub = hub_of(short, LONG, |user| plain(&[("KEY", user)])).await;
    let pid = async |user| send(&hub, user, "pid", json!({}), false).await.expect("a pid").texts().collect::<String>();
    let (anns, bobs) = (pid("ann").await, pid("bob").await);
    assert_ne!(anns, bobs, "each has a child of their own");
    let bob = Load::of(&hub, "bob");
    let mut last = anns;
    for trouble in ["die", "hang", "flood", "noise", "big"] {
        drop(send(&hub, "ann", trouble, json!({ "say": "x" }), false).await);
        // A call that hangs has been found out about only when it no longer answers.
        let mut served = echo(&hub, "ann", trouble).await;
        if trouble == "hang" && served.is_err() {
            served = echo(&hub, "ann", trouble).await;
        }
        assert_eq!(served.unwrap_or_else(|e| panic!("{trouble}: {e}")), trouble);
        let now = pid("ann").await;
        if ["die", "hang"].contains(&trouble) {
            assert_ne!(now, last, "{trouble}");
        }
        last = now;
    }
    bob.ends().await;
    assert_eq!(pid("bob").await, bobs);
    // Killed from outside, in between.
    let killed = std::process::Command::new("kill").args(["-KILL", &last]).status().expect("kill runs");
    assert!(killed.success());
    assert_eq!(echo(&hub, "ann", "again").await.expect("a new one"), "again");
    hub.close().await;
    assert_eq!(children(), Vec::<u32>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_nobody_uses_ends_and_the_next_call_opens_it_anew() {
    let lives = [Life::new(), Life::new()];
    let paths = Mutex::new(lives.iter().map(Life::path).collect::<Vec<_>>());
    let idle = Duration::from_millis(100);
    let hub = hub_of(limits(), idle, move |_| plain(&[("LIFE", &paths.lock().expect("whole").remove(0))])).await;
    for (life, say) in lives.into_iter().zip(["a", "b"]) {
        assert_eq!(echo(&hub, "ann", say).await.expect("served"), say);
        life.ends().await;
    }
    hub.close().await;
    assert_eq!(children(), Vec::<u32>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_takes_longer_than_a_connection_may_be_idle_is_not_cut() {
    let bench = Bench::new(Eras::WithSessions);
    let site = Site::start(&bench).await;
    let way = http(site.url("/mcp"));
    let limits = UpstreamLimits { call: Duration::from_secs(1), ..limits() };
    let hub = hub_of(limits, Duration::from_millis(100), move |_| way.clone()).await;
    let failure = send(&hub, "ann", "wait", json!({}), false).await.expect_err("it never ends");
    assert!(matches!(failure, ToolFailure::Timeout { .. }), "it was waited for to its own limit: {failure}");
    hub.close().await;
}

/// A gateway before a server that is reached by one connection, or by each caller's own.
async fn gateway(kind: &str, site: &Site, from: CredentialsFrom) -> Gateway {
    let url = if kind == "sse" { site.url("/sse") } else { site.url("/mcp") };
    let is_sse = kind == "sse";
    Gateway::start(adjusted(move |config| {
        let (url, headers) = (url.clone(), Default::default());
        let transport = if is_sse {
            TransportConfig::Sse { url, headers }
        } else {
            TransportConfig::StreamableHttp { url, headers }
        };
        let fields = if from == CredentialsFrom::Caller { vec!["X-Own".to_owned()] } else { Vec::new() };
        let credentials = CredentialsConfig { from, fields, ..Default::default() };
        let options = McpServerOptions { credentials, ..Default::default() };
        // One place: what is asked for on the way must not hold the place of what is asked for.
        config.limits.turns_at_once = 1;
        config.mcp.servers.clear();
        config.mcp.servers.insert("s".to_owned(), McpServerConfig { transport, options });
    }))
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn resources_and_prompts_are_served_by_a_server_that_was_just_restarted() {
    for (kind, eras) in KINDS {
        for from in [CredentialsFrom::Server, CredentialsFrom::Caller] {
            let bench = Bench::new(eras);
            let mut site = Site::start(&bench).await;
            let gateway = gateway(kind, &site, from).await;
            let ask = async |method: &str, params: Value| {
                let request = sessionless(&gateway, method, params).header("X-Own", "mine");
                answer(request.send().await.expect("an answer")).await
            };
            // The first of all, when nobody has made a connection yet.
            let listed = ask("prompts/list", json!({})).await;
            assert_eq!(listed["result"]["prompts"][0]["name"], "s__greet", "{kind} {from:?}: {listed}");
            for (method, params, found) in [
                ("resources/read", json!({ "uri": "bench://text" }), "/result/contents/0/text"),
                ("prompts/get", json!({ "name": "s__greet" }), "/result/messages/0/content/text"),
            ] {
                site = site.restart().await;
                let told = ask(method, params.clone()).await;
                assert_eq!(told.pointer(found), Some(&json!("hello")), "{kind} {from:?}: {told}");
                let closed = site.down().await;
                let (told, up) = tokio::join!(ask(method, params), closed.up());
                assert_eq!(told.pointer(found), Some(&json!("hello")), "{kind} {from:?}, away: {told}");
                site = up;
            }
            gateway.app.hub.close().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_says_over_and_over_that_it_is_ready_is_told_of_a_change_once() {
    let bench = Bench::new(Eras::WithSessions);
    let site = Site::start(&bench).await;
    let gateway = gateway("with sessions", &site, CredentialsFrom::Server).await;
    let (messages, mut events) = open(gateway.get("/sse")).await;
    let post = async |body: Value| {
        let sent = gateway.http.post(&messages).json(&body).send().await.expect("an answer");
        assert_eq!(sent.status(), 202);
    };
    post(initialize()).await;
    assert!(said(&mut events).await["result"].is_object());
    for _ in 0..5 {
        post(initialized()).await;
    }
    post(json!({ "jsonrpc": "2.0", "id": 2, "method": "ping" })).await;
    assert_eq!(said(&mut events).await["id"], 2);
    bench.one_more_tool();
    let mut told = Vec::new();
    while told.last().is_none_or(|method| method != "notifications/resources/list_changed") {
        told.push(said(&mut events).await["method"].clone());
    }
    assert_eq!(told.iter().filter(|method| *method == "notifications/tools/list_changed").count(), 1, "{told:?}");
    gateway.app.hub.close().await;
}
