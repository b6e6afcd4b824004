//! Clients that vanish, or that do not read what they are told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use groundwire::domain::caller::Caller;
use groundwire::mcp::proxy::Askers;
use groundwire::mcp::proxy::Names;
use groundwire::mcp::proxy::Proxy;
use groundwire::mcp_serve::Limits;
use groundwire::mcp_serve::door::Admitted;
use groundwire::mcp_serve::door::Door;
use groundwire::mcp_serve::door::Hosts;
use groundwire::mcp_serve::streamable;
use groundwire::mcp_serve::streamable::Keeping;
use reqwest::RequestBuilder;
use reqwest::Response;
use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpSocket;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::AccessRole;
use super::Ear;
use super::Gateway;
use super::KINDS;
use super::MARKER;
use super::OTHER;
use super::TEXT;
use super::bounds::long;
use super::initialize;
use super::initialized;
use super::served;
use crate::support::mcp_side::sessionless;
use crate::support::served::answer;

/// A session at an address, without a client that would keep it.
struct Session {
    http: reqwest::Client,
    url: String,
    id: String,
}

impl Session {
    async fn open(url: String) -> Self {
        let http = reqwest::Client::new();
        let mut session = Self { http, url, id: String::new() };
        let opened = session.post(&initialize()).await;
        session.id = opened.headers()["mcp-session-id"].to_str().expect("an id").to_owned();
        assert_eq!(session.post(&initialized()).await.status(), 202);
        session
    }

    async fn post(&self, body: &Value) -> Response {
        self.with_id(self.http.post(&self.url).json(body)).send().await.expect("an answer")
    }

    /// A request for the stream on which it is told.
    fn stream(&self) -> RequestBuilder {
        self.with_id(self.http.get(&self.url))
    }

    fn with_id(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request.header("accept", "application/json, text/event-stream");
        if self.id.is_empty() { request } else { request.header("mcp-session-id", &self.id) }
    }

    async fn subscribe(&self, uri: &str) {
        let wish = json!({ "jsonrpc": "2.0", "id": 7, "method": "resources/subscribe", "params": { "uri": uri } });
        let answer = answer(self.post(&wish).await).await;
        assert_eq!(answer["result"], json!({}), "{answer}");
    }
}

/// Sends a request, and leaves the answer where it is.
async fn unread(request: RequestBuilder) -> TcpStream {
    let request = request.build().expect("a request");
    let url = request.url();
    let address: SocketAddr = url.socket_addrs(|| None).expect("an address")[0];
    let mut head = format!("{} {} HTTP/1.1\r\nhost: {address}\r\n", request.method(), url.path());
    for (name, value) in request.headers() {
        head.push_str(&format!("{name}: {}\r\n", value.to_str().expect("text")));
    }
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let socket = TcpSocket::new_v4().expect("a socket");
    // So that little waits on the way.
    socket.set_recv_buffer_size(4_096).expect("it is set");
    let mut stream = socket.connect(address).await.expect("it is accepted");
    stream.write_all(head.as_bytes()).await.expect("it is taken");
    stream.write_all(body).await.expect("it is taken");
    stream
}

/// Reads until all of these were told; what was read.
async fn read_until(stream: &mut TcpStream, told: &[&str]) -> String {
    let mut read = String::new();
    let mut chunk = vec![0; 64 * 1024];
    while !told.iter().all(|uri| times(&read, uri) > 0) {
        let count = stream.read(&mut chunk).await.expect("it is read");
        assert_ne!(count, 0, "it ended before: {read}");
        read.push_str(&String::from_utf8_lossy(&chunk[..count]));
    }
    read
}

/// How often a resource was told.
fn times(read: &str, uri: &str) -> usize {
    read.matches(&format!(r#""uri":"{uri}""#)).count()
}

/// The proxy of a gateway once more, with sessions that end after five seconds without use.
async fn short_lived(gateway: &Gateway) -> String {
    let (engine, hub) = (Arc::clone(&gateway.app.engine), Arc::clone(&gateway.app.hub));
    let proxy = Proxy::new(engine, hub, Names::Qualified, Askers::One(Caller::new("vanished", AccessRole::Admin)));
    let door = Door::new(Hosts::Unchecked, Arc::new(|_, _| Ok(Admitted::new(()))));
    let limits = Limits { idle: Duration::from_secs(5), ..Limits::default() };
    let endpoint = streamable::endpoint(&proxy, door, Keeping::Sessions, &limits, &CancellationToken::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/mcp", endpoint.route())).await });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_vanished_client_subscribed_to_ends_with_its_session_however_often_it_changes() {
    let (kind, eras) = KINDS[0];
    let (bench, _site, gateway) = served(kind, eras).await;
    let session = Session::open(short_lived(&gateway).await).await;
    let stream = session.stream().send().await.expect("an answer");
    session.subscribe(TEXT).await;
    bench.followed(TEXT, 1).await;
    let mut beside = Ear::to(&gateway, true, &[OTHER]).await;
    bench.followed(OTHER, 1).await;
    drop((stream, session));
    let ended = bench.followed(TEXT, 0);
    tokio::pin!(ended);
    loop {
        bench.update(TEXT);
        bench.update(OTHER);
        tokio::select! {
            biased;
            () = &mut ended => break,
            uri = beside.hears() => assert_eq!(uri, OTHER),
        }
    }
    gateway.app.hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_nothing_is_told_as_much_as_fits_and_holds_up_nobody() {
    const FLOOD: usize = 1_000;
    for (kind, eras) in KINDS {
        let (bench, _site, gateway) = served(kind, eras).await;
        // As much as a client may name.
        let large: Vec<String> = (0..15).map(|n| long(n, 4_096)).collect();
        let named: Vec<&str> = large.iter().map(String::as_str).chain([TEXT, MARKER]).collect();
        let session = Session::open(gateway.url("/mcp")).await;
        let mut silent = vec![unread(session.stream()).await];
        for uri in &named {
            session.subscribe(uri).await;
        }
        let wish = json!({ "notifications": { "resourceSubscriptions": named } });
        let mut stream = unread(sessionless(&gateway, "subscriptions/listen", wish)).await;
        // What it could not hear before.
        read_until(&mut stream, &named).await;
        silent.push(stream);
        let mut ears = [Ear::to(&gateway, true, &[OTHER]).await, Ear::to(&gateway, false, &[OTHER]).await];
        for uri in named.iter().chain([&OTHER]) {
            bench.followed(uri, 1).await;
        }
        for _ in 0..10 {
            large.iter().for_each(|uri| bench.update(uri));
            bench.update(OTHER);
            for ear in &mut ears {
                assert_eq!(ear.hears().await, OTHER, "{kind}");
            }
        }
        bench.updates(None, TEXT, FLOOD);
        bench.flooded().await;
        bench.update(MARKER);
        for mut silent in silent {
            let told = times(&read_until(&mut silent, &[MARKER]).await, TEXT);
            assert!(told < FLOOD / 2, "{kind}: {told} times");
        }
        gateway.app.hub.close().await;
    }
}
