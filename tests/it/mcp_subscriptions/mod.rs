//! Subscriptions to single resources, through the front door: real clients of both eras before servers of
//! both eras. Who is told of what, under which URI, over whose connection; what becomes of it when a server
//! is restarted, a client goes away, or a credential is taken back; and how much there may be.

mod bounds;
mod rights;
mod silent;

use groundwire::auth;
use groundwire::config::Config;
use groundwire::config::auth::AuthMode;
use groundwire::config::credentials::CredentialsConfig;
use groundwire::config::credentials::CredentialsFrom;
use groundwire::config::mcp::McpServerConfig;
use groundwire::config::mcp::McpServerOptions;
use groundwire::config::mcp::TransportConfig;
use groundwire::config::secret::SecretRef;
use groundwire::domain::caller::AccessRole;
use http::StatusCode;
use rmcp::model::ServerNotification;
use rmcp::model::SubscribeRequestParams;
use rmcp::model::SubscriptionFilter;
use rmcp::model::UnsubscribeRequestParams;
use rmcp::service::ServiceError;
use rmcp::service::Subscription;
use serde_json::json;

use crate::support::bench::Bench;
use crate::support::bench::Eras;
use crate::support::bench::HANGS;
use crate::support::bench::NOTHING;
use crate::support::bench::Site;
use crate::support::bench::TEXT;
use crate::support::bench::TURNED_DOWN;
use crate::support::gateway::Gateway;
use crate::support::gateway::adjusted;
use crate::support::gateway::json as answered;
use crate::support::mcp_side::Client;
use crate::support::served::answer;
use crate::support::served::initialize;
use crate::support::served::initialized;
use crate::support::served::open;
use crate::support::served::said;

/// Another resource, of the same server.
const OTHER: &str = "bench://other";

/// Leads to the server, whether it lists the resource or not.
const GROUNDWIRE_S: &str = "groundwire://s/";

/// A third, that tells what has been told before it.
const MARKER: &str = "bench://marker";

/// The kinds of server on the network.
const KINDS: [(&str, Eras); 3] =
    [("with sessions", Eras::WithSessions), ("sessionless", Eras::Sessionless), ("sse", Eras::WithSessions)];

/// Adds a server to a configuration.
fn add(config: &mut Config, name: &str, kind: &str, site: &Site, credentials: CredentialsConfig) {
    let headers = Default::default();
    let transport = match kind {
        "sse" => TransportConfig::Sse { url: site.url("/sse"), headers },
        _ => TransportConfig::StreamableHttp { url: site.url("/mcp"), headers },
    };
    let options = McpServerOptions { credentials, ..Default::default() };
    config.mcp.servers.insert(name.to_owned(), McpServerConfig { transport, options });
}

/// Credentials that each user keeps, or each request brings.
fn own(from: CredentialsFrom) -> CredentialsConfig {
    CredentialsConfig { from, fields: vec!["X-Own".to_owned()], ..Default::default() }
}

/// A gateway before this configuration's servers and no others.
async fn gateway(servers: impl Fn(&mut Config) + Send + Sync + 'static) -> Gateway {
    Gateway::start(adjusted(move |config| {
        config.mcp.servers.clear();
        // One place: what is asked for on the way must not hold the place of what is asked for.
        config.limits.turns_at_once = 1;
        servers(config);
    }))
    .await
}

/// A server of a kind, and a gateway before it.
async fn served(kind: &'static str, eras: Eras) -> (Bench, Site, Gateway) {
    let bench = Bench::new(eras);
    let site = Site::start(&bench).await;
    let mut config = Config::default();
    add(&mut config, "s", kind, &site, CredentialsConfig::default());
    let servers = config.mcp.servers;
    let gateway = gateway(move |config| config.mcp.servers.clone_from(&servers)).await;
    (bench, site, gateway)
}

/// A client that listens.
enum Ear {
    Session(Client),
    Stream(Client, Box<Subscription>),
}

impl Ear {
    /// One with a session that subscribes to these one by one, or one without that names them all at once.
    async fn to(gateway: &Gateway, with_session: bool, uris: &[&str]) -> Self {
        if with_session {
            let client = Client::silent(gateway, None).await;
            for uri in uris {
                subscribe(&client, uri).await.unwrap_or_else(|error| panic!("{uri}: {error}"));
            }
            return Self::Session(client);
        }
        let client = Client::without_session(gateway, None).await;
        let stream = client.service.listen(filter(uris)).await.expect("it is listened to");
        let mut ear = Self::Stream(client, Box::new(stream));
        // What it could not hear before.
        for _ in uris {
            let uri = ear.hears().await;
            assert!(uris.contains(&uri.as_str()), "{uri}");
        }
        ear
    }

    async fn hears(&mut self) -> String {
        match self {
            Self::Session(client) => client.heard.updated().await,
            Self::Stream(_, stream) => match stream.next().await.expect("the stream goes on") {
                Some(ServerNotification::ResourceUpdatedNotification(told)) => told.params.uri,
                other => panic!("{other:?}"),
            },
        }
    }

    /// The client goes away.
    async fn leaves(self) {
        match self {
            Self::Session(client) => drop(client.service.cancel().await.expect("it ends")),
            Self::Stream(client, stream) => {
                drop(stream);
                drop(client.service.cancel().await.expect("it ends"));
            }
        }
    }
}

fn filter(uris: &[&str]) -> SubscriptionFilter {
    SubscriptionFilter::builder().resource_subscriptions(uris.iter().copied()).build()
}

#[expect(deprecated, reason = "so do clients with sessions")]
async fn subscribe(client: &Client, uri: &str) -> Result<(), ServiceError> {
    client.service.subscribe(SubscribeRequestParams::new(uri)).await.map(drop)
}

#[expect(deprecated, reason = "so do clients with sessions")]
async fn unsubscribe(client: &Client, uri: &str) {
    client.service.unsubscribe(UnsubscribeRequestParams::new(uri)).await.expect("it is ended");
}

/// Code and words of a refusal.
fn refused<T>(answer: Result<T, ServiceError>) -> (i32, String) {
    match answer.err().expect("it is refused") {
        ServiceError::McpError(error) => (error.code.0, error.message.into_owned()),
        other => panic!("{other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_both_eras_are_told_by_servers_of_both_eras_and_the_last_to_leave_ends_it() {
    for (kind, eras) in KINDS {
        let (bench, _site, gateway) = served(kind, eras).await;
        let mut one = Ear::to(&gateway, true, &[TEXT, OTHER]).await;
        let mut two = Ear::to(&gateway, false, &[TEXT]).await;
        bench.followed(TEXT, 1).await;
        bench.followed(OTHER, 1).await;
        bench.update(TEXT);
        assert_eq!((one.hears().await.as_str(), two.hears().await.as_str()), (TEXT, TEXT), "{kind}");
        if eras == Eras::WithSessions {
            let Ear::Session(client) = &one else { unreachable!("it has a session") };
            unsubscribe(client, OTHER).await;
            bench.followed(OTHER, 0).await;
            subscribe(client, OTHER).await.expect("again");
        }
        let Ear::Session(client) = &one else { unreachable!("it has a session") };
        unsubscribe(client, TEXT).await;
        bench.update(TEXT);
        assert_eq!(two.hears().await, TEXT, "{kind}");
        bench.followed(OTHER, 1).await;
        bench.update(OTHER);
        assert_eq!(one.hears().await, OTHER, "{kind}: nothing of what it is no longer subscribed to");
        two.leaves().await;
        bench.followed(TEXT, 0).await;
        one.leaves().await;
        bench.followed(OTHER, 0).await;
        gateway.app.hub.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_a_server_is_subscribed_to_again_and_subscribers_are_told() {
    for (kind, eras) in KINDS {
        for from in [CredentialsFrom::Server, CredentialsFrom::Caller] {
            let bench = Bench::new(eras);
            let site = Site::start(&bench).await;
            let mut config = Config::default();
            let credentials = if from == CredentialsFrom::Server { Default::default() } else { own(from) };
            add(&mut config, "s", kind, &site, credentials);
            let servers = config.mcp.servers;
            let gateway = gateway(move |config| config.mcp.servers.clone_from(&servers)).await;
            let client = Client::bringing(&gateway, None, "mine").await;
            subscribe(&client, TEXT).await.expect(kind);
            let closed = site.down().await;
            bench.followed(TEXT, 0).await;
            let _site = closed.up().await;
            assert_eq!(client.heard.updated().await, TEXT, "{kind} {from:?}: nobody saw what happened in between");
            bench.followed(TEXT, 1).await;
            bench.update(TEXT);
            assert_eq!(client.heard.updated().await, TEXT, "{kind} {from:?}");
            gateway.app.hub.close().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_goes_on_over_the_restart_of_a_server() {
    for (kind, eras) in KINDS {
        let (bench, site, gateway) = served(kind, eras).await;
        let mut ear = Ear::to(&gateway, false, &[TEXT]).await;
        let _site = site.restart().await;
        assert_eq!(ear.hears().await, TEXT, "{kind}");
        bench.followed(TEXT, 1).await;
        bench.update(TEXT);
        assert_eq!(ear.hears().await, TEXT, "{kind}");
        gateway.app.hub.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_told_the_uri_that_it_gave_wherever_it_leads() {
    let benches = [Bench::new(Eras::WithSessions), Bench::new(Eras::Sessionless)];
    let sites = [Site::start(&benches[0]).await, Site::start(&benches[1]).await];
    let mut config = Config::default();
    for (name, site) in ["a", "b"].into_iter().zip(&sites) {
        add(&mut config, name, "", site, CredentialsConfig::default());
    }
    let servers = config.mcp.servers;
    let gateway = gateway(move |config| config.mcp.servers.clone_from(&servers)).await;
    let bs = format!("groundwire://b/{TEXT}");
    for with_session in [true, false] {
        let mut ear = Ear::to(&gateway, with_session, &[&bs, "groundwire://a/bench://other"]).await;
        benches[0].followed(OTHER, 1).await;
        benches[1].followed(TEXT, 1).await;
        // The first server by name keeps the URI that both have.
        benches[0].update(TEXT);
        benches[1].update(TEXT);
        assert_eq!(ear.hears().await, bs);
        benches[1].update(OTHER);
        benches[0].update(OTHER);
        assert_eq!(ear.hears().await, "groundwire://a/bench://other");
        let mut plain = Ear::to(&gateway, with_session, &[TEXT]).await;
        benches[1].update(TEXT);
        assert_eq!(ear.hears().await, bs);
        benches[0].update(TEXT);
        assert_eq!(plain.hears().await, TEXT);
        ear.leaves().await;
        plain.leaves().await;
        benches[0].followed(OTHER, 0).await;
        benches[1].followed(TEXT, 0).await;
    }
    gateway.app.hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_turns_one_subscription_down_by_its_http_status_keeps_the_others_and_its_connection() {
    for (kind, eras) in KINDS {
        let (bench, _site, gateway) = served(kind, eras).await;
        let client = Client::silent(&gateway, None).await;
        subscribe(&client, TEXT).await.expect(kind);
        bench.followed(TEXT, 1).await;
        for status in ["403", "413"] {
            let (code, said) = refused(subscribe(&client, &format!("{GROUNDWIRE_S}{TURNED_DOWN}{status}")).await);
            assert!(code == -32600 && said.contains("s would not have"), "{kind} {status}: {code} {said}");
        }
        subscribe(&client, OTHER).await.expect(kind);
        bench.followed(OTHER, 1).await;
        bench.followed(TEXT, 1).await;
        // Told of a loss it would hear of the first again, before this.
        bench.update(OTHER);
        assert_eq!(client.heard.updated().await, OTHER, "{kind}");
        bench.update(TEXT);
        assert_eq!(client.heard.updated().await, TEXT, "{kind}");
        gateway.app.hub.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_answer_for_one_resource_is_subscribed_to_others_meanwhile() {
    for kind in ["with sessions", "sse"] {
        let (bench, _site, gateway) = served(kind, Eras::WithSessions).await;
        let hanging = Client::silent(&gateway, None).await;
        let hanging = tokio::spawn(async move { subscribe(&hanging, HANGS).await });
        bench.waits().await;
        let client = Client::silent(&gateway, None).await;
        for uri in [TEXT, OTHER] {
            subscribe(&client, uri).await.expect(kind);
        }
        unsubscribe(&client, OTHER).await;
        bench.followed(OTHER, 0).await;
        bench.update(TEXT);
        assert_eq!(client.heard.updated().await, TEXT, "{kind}");
        assert!(!hanging.is_finished(), "{kind}: nobody waited for it");
        gateway.app.hub.close().await;
        assert!(hanging.await.expect("it ends").is_err(), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_stream_does_not_come_at_once_has_subscriptions_when_it_comes() {
    let bench = Bench::new(Eras::WithSessions);
    bench.streamless(2, StatusCode::INTERNAL_SERVER_ERROR);
    let site = Site::start(&bench).await;
    let mut config = Config::default();
    add(&mut config, "s", "with sessions", &site, CredentialsConfig::default());
    let servers = config.mcp.servers;
    let gateway = gateway(move |config| config.mcp.servers.clone_from(&servers)).await;
    let client = Client::silent(&gateway, None).await;
    subscribe(&client, TEXT).await.expect("it stands once the stream is there");
    bench.update(TEXT);
    assert_eq!(client.heard.updated().await, TEXT);
    assert_eq!(bench.asked("initialize"), 1, "over the same connection");
    gateway.app.hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_whose_stream_is_turned_away_has_no_subscriptions_and_does_not_ask_again() {
    for status in [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN] {
        let bench = Bench::new(Eras::WithSessions);
        // The next one would come.
        bench.streamless(1, status);
        let site = Site::start(&bench).await;
        let mut config = Config::default();
        add(&mut config, "s", "with sessions", &site, CredentialsConfig::default());
        let servers = config.mcp.servers;
        let gateway = gateway(move |config| config.mcp.servers.clone_from(&servers)).await;
        let client = Client::silent(&gateway, None).await;
        let (code, said) = refused(subscribe(&client, TEXT).await);
        assert!(code == -32600 && said.contains("s does not tell"), "{status}: {said}");
        assert_eq!(bench.asked("initialize"), 1, "{status}: over the same connection");
        gateway.app.hub.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_names_what_cannot_be_subscribed_to_ends_and_says_why() {
    let bench = Bench::new(Eras::WithSessions);
    bench.deaf();
    let site = Site::start(&bench).await;
    let mut config = Config::default();
    add(&mut config, "mute", "", &site, CredentialsConfig::default());
    let servers = config.mcp.servers;
    let gateway = gateway(move |config| config.mcp.servers.clone_from(&servers)).await;
    let client = Client::without_session(&gateway, None).await;
    let mut stream = client.service.listen(filter(&[TEXT])).await.expect("it is answered");
    let (code, said) = refused(stream.next().await);
    assert!(code == -32600 && said.contains("mute does not tell"), "{said}");
    gateway.app.hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_back_without_subscriptions_ends_streams_and_sessions_are_told_once_more() {
    for (kind, eras) in KINDS {
        let (bench, site, gateway) = served(kind, eras).await;
        let mut session = Ear::to(&gateway, true, &[TEXT]).await;
        let Ear::Stream(_client, mut stream) = Ear::to(&gateway, false, &[TEXT]).await else {
            unreachable!("it has a stream")
        };
        bench.deaf();
        let _site = site.restart().await;
        assert_eq!(session.hears().await, TEXT, "{kind}");
        let end = loop {
            match stream.next().await {
                Ok(Some(_)) => {}
                other => break other,
            }
        };
        let (code, said) = refused(end);
        assert!(code == -32600 && said.contains("s does not tell"), "{kind}: {said}");
        gateway.app.hub.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_by_itself_has_no_subscription_and_a_client_of_the_older_transport_has() {
    let (bench, _site, gateway) = served("with sessions", Eras::WithSessions).await;
    let wish = json!({ "jsonrpc": "2.0", "id": 7, "method": "resources/subscribe", "params": { "uri": TEXT } });
    let (messages, mut events) = open(gateway.get("/sse")).await;
    for message in [initialize(), initialized(), wish.clone()] {
        let sent = gateway.http.post(&messages).json(&message).send().await.expect("an answer");
        assert_eq!(sent.status(), 202);
    }
    assert!(said(&mut events).await["result"]["capabilities"]["resources"]["subscribe"] == true);
    assert_eq!(said(&mut events).await, json!({ "jsonrpc": "2.0", "id": 7, "result": {} }));
    bench.update(TEXT);
    let told = said(&mut events).await;
    assert_eq!((&told["method"], &told["params"]["uri"]), (&json!("notifications/resources/updated"), &json!(TEXT)));
    drop(events);
    bench.followed(TEXT, 0).await;

    // Whoever opened the session does not send this one.
    let (_another, token_gateway) = gateway_with_tokens(&bench).await;
    let (ann, bob) = (
        token_gateway.token("ann", AccessRole::Analyst, None).await,
        token_gateway.token("bob", AccessRole::Analyst, None).await,
    );
    let post = |token: &str, body| {
        token_gateway.post("/mcp", body).bearer_auth(token).header("accept", "application/json, text/event-stream")
    };
    let greeting = initialize();
    let opened = post(&ann, &greeting).send().await.expect("an answer");
    let session = opened.headers()["mcp-session-id"].to_str().expect("an id").to_owned();
    let answer = answer(post(&bob, &wish).header("mcp-session-id", session).send().await.expect("an answer")).await;
    assert!(answer["error"]["message"].as_str().is_some_and(|said| said.contains("needs a session")), "{answer}");
    gateway.app.hub.close().await;
    token_gateway.app.hub.close().await;
}

async fn gateway_with_tokens(bench: &Bench) -> (Site, Gateway) {
    let site = Site::start(bench).await;
    let mut config = Config::default();
    add(&mut config, "s", "", &site, CredentialsConfig::default());
    let servers = config.mcp.servers;
    let gateway = gateway(move |config| {
        config.mcp.servers.clone_from(&servers);
        config.auth.mode = AuthMode::Token;
    })
    .await;
    (site, gateway)
}

/// A gateway before a server to which each user has a credential of their own that is kept.
async fn personal(kind: &str, site: &Site, idle_seconds: Option<u64>) -> (Gateway, [String; 2], tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("sealing-key");
    std::fs::write(&key, "5e".repeat(32)).expect("the key is written");
    let mut config = Config::default();
    let credentials = CredentialsConfig { idle_seconds, ..own(CredentialsFrom::User) };
    add(&mut config, "s", kind, site, credentials);
    let servers = config.mcp.servers;
    let database = folder.path().join("groundwire.db");
    let gateway = gateway(move |config| {
        config.mcp.servers.clone_from(&servers);
        config.auth.mode = AuthMode::Token;
        config.store.url = format!("sqlite:{}", database.display());
        config.store.sealing_key = Some(SecretRef::File(key.display().to_string()));
    })
    .await;
    let mut tokens = Vec::new();
    for user in ["ann", "bob"] {
        let token = gateway.token(user, AccessRole::Analyst, None).await;
        give(&gateway, &token, user).await;
        tokens.push(token);
    }
    (gateway, tokens.try_into().expect("two"), folder)
}

async fn give(gateway: &Gateway, token: &str, secret: &str) {
    let put = gateway.http.put(gateway.url("/api/credentials/s"));
    answered(put.bearer_auth(token).json(&json!({ "fields": { "X-Own": secret } })), 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_users_subscription_goes_over_their_own_connection_and_with_their_credential() {
    for (kind, eras) in KINDS {
        let bench = Bench::new(eras);
        let site = Site::start(&bench).await;
        let (gateway, [ann, bob], _folder) = personal(kind, &site, None).await;
        let anns = Client::silent(&gateway, Some(&ann)).await;
        let bobs = Client::silent(&gateway, Some(&bob)).await;
        for client in [&anns, &bobs] {
            for uri in [TEXT, OTHER] {
                subscribe(client, uri).await.expect(kind);
            }
        }
        subscribe(&bobs, MARKER).await.expect(kind);
        bench.followed(MARKER, 1).await;
        bench.followed(OTHER, 2).await;
        bench.followed(TEXT, 2).await;
        bench.update_of("ann", TEXT);
        bench.update_of("bob", OTHER);
        assert_eq!((anns.heard.updated().await.as_str(), bobs.heard.updated().await.as_str()), (TEXT, OTHER), "{kind}");

        // Replaced: over the new connection, and she is told.
        give(&gateway, &ann, "anns-second").await;
        let told = [anns.heard.updated().await, anns.heard.updated().await];
        assert!(told.contains(&TEXT.to_owned()) && told.contains(&OTHER.to_owned()), "{kind}: {told:?}");
        bench.followed(OTHER, 2).await;
        bench.followed(TEXT, 2).await;
        bench.update_of("anns-second", OTHER);
        assert_eq!(anns.heard.updated().await, OTHER, "{kind}");

        // Taken back: she is told once more, and her connection is gone.
        let forgotten = gateway.delete("/api/credentials/s").bearer_auth(&ann).send().await.expect("an answer");
        assert_eq!(forgotten.status(), 204);
        let told = [anns.heard.updated().await, anns.heard.updated().await];
        assert!(told.contains(&TEXT.to_owned()) && told.contains(&OTHER.to_owned()), "{kind}: {told:?}");
        bench.followed(TEXT, 1).await;
        bench.update_of("bob", MARKER);
        assert_eq!(bobs.heard.updated().await, MARKER, "{kind}: nothing of hers reached him before");
        bench.update_of("bob", TEXT);
        assert_eq!(bobs.heard.updated().await, TEXT, "{kind}");
        gateway.app.hub.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_carries_a_subscription_is_in_use() {
    let bench = Bench::new(Eras::WithSessions);
    let site = Site::start(&bench).await;
    let (gateway, [ann, bob], _folder) = personal("with sessions", &site, Some(1)).await;
    let (anns, bobs) = (Client::silent(&gateway, Some(&ann)).await, Client::silent(&gateway, Some(&bob)).await);
    subscribe(&anns, TEXT).await.expect("it stands");
    bobs.service.list_all_resources().await.expect("a list");
    // The connection of the other ends, which was used later.
    bench.left().await;
    bench.update(TEXT);
    assert_eq!(anns.heard.updated().await, TEXT);
    assert_eq!(bench.asked("resources/subscribe"), 1, "over the same connection");
    unsubscribe(&anns, TEXT).await;
    bench.left().await;
    gateway.app.hub.close().await;
}
