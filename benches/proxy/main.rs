//! What the MCP proxy adds to a call, over each transport, against a direct connection to the same
//! server in the same run; then how soon a call works again after its server was killed.
//!
//! Budget: under 0.6 ms added to a call at concurrency 1, at the median. Each answer has about
//! four kilobytes (twice that on the wire: as text and as structured content), and each call
//! through the gateway is written down in SQLite in a file, as shipped. Client, gateway and server
//! are three processes; the gateway is the real binary. Direct and proxied rounds take turns, so
//! that a busy machine is busy for both; only ratios say something on one.
//!
//! Where the time goes, for a call over streamable HTTP to a server over the same, in instructions that
//! the gateway runs (`callgrind`; 1.6 million a call):
//!
//! | part | share |
//! | --- | --- |
//! | reading the server's message into the types of the client library, which copies it several times | 35 % |
//! | bounding and splitting the server's stream of events | 9 % |
//! | writing the answer as an event of HTTP | 17 % |
//! | outcome, digest and bounds of the result | 6 % |
//! | the record: statement and commit | 4 % |
//! | pin, schema and policy of the call | under 1 % |
//! | tasks, channels, allocation, heads of requests and answers | the rest |
//!
//! Our own part of that (result, record, pin, schema, policy) is a tenth. The budget is missed: over stdio,
//! where a message is a line, by up to a half (0.6 to 0.9 ms are added on two cores), over HTTP by more than a factor of
//! two, since the library reads and writes streams of events at both ends.
//!
//! Recovery counts from the moment in which the server can be started again (for a child, from its
//! death) to the end of the first call that is answered by the new process; calls are sent one
//! after another all the while.

mod client;
mod server;

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use groundwire::sandbox::sqlite_url;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::client::Caller;
use crate::client::Client;
use crate::server::TOOL;

const ROUNDS: usize = 6;
/// Calls of a round, one after another.
const CALLS: usize = 150;
/// Calls at once for the throughput.
const AT_ONCE: usize = 16;
const THROUGHPUT_ROUND: Duration = Duration::from_secs(1);
const KILLS: usize = 5;
/// A server that is not back after so long will not come back.
const GIVEN_UP: Duration = Duration::from_secs(60);
const WAYS: [&str; 3] = ["stdio", "http", "sse"];
/// First argument of this program as a server, then the way.
const SERVE: &str = "serve-upstream";

fn main() {
    // Another provider may be installed already; either will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let args: Vec<String> = std::env::args().collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    match &args[..] {
        [_, mode, way] if mode == SERVE && way == "stdio" => runtime.block_on(server::over_stdio()),
        [_, mode, address] if mode == SERVE => {
            runtime.block_on(server::over_http(address.parse().expect("an address")));
        }
        _ => runtime.block_on(measure()),
    }
}

/// A program that ends with this one.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).spawn().expect("it starts"))
    }

    fn kill(&mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it ends");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The server over HTTP, and how to start it again where it was.
struct Upstream {
    address: SocketAddr,
    running: Running,
}

impl Upstream {
    fn start() -> Self {
        let address = free_address();
        Self { address, running: Self::run(address) }
    }

    fn run(address: SocketAddr) -> Running {
        Running::start(this_program().args([SERVE, &address.to_string()]))
    }

    fn url(&self, way: &str) -> String {
        format!("http://{}/{}", self.address, path(way))
    }
}

fn path(way: &str) -> &str {
    if way == "http" { "mcp" } else { way }
}

fn this_program() -> Command {
    Command::new(std::env::current_exe().expect("this program"))
}

fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address")
}

/// The gateway over all three servers.
struct Gateway {
    address: SocketAddr,
    folder: TempDir,
    _running: Running,
}

impl Gateway {
    fn start(upstream: &Upstream) -> Self {
        let folder = TempDir::new().expect("there is room");
        let program = std::env::current_exe().expect("this program");
        let config = format!(
            "[mcp.servers.stdio]\ntransport = \"stdio\"\ncommand = {program:?}\nargs = [{SERVE:?}, \"stdio\"]\n\
             [mcp.servers.http]\ntransport = \"streamable_http\"\nurl = {:?}\n\
             [mcp.servers.sse]\ntransport = \"sse\"\nurl = {:?}\n",
            upstream.url("http"),
            upstream.url("sse"),
        );
        std::fs::write(folder.path().join("groundwire.toml"), config).expect("there is room");
        let address = free_address();
        let listen = address.to_string();
        let mut command = Self::command(folder.path(), "http");
        command.args(["--transport", "streamable-http", "--listen", &listen]);
        Self { address, _running: Running::start(&mut command), folder }
    }

    /// `groundwire mcp proxy` with the configuration and a database of its own.
    fn command(folder: &Path, database: &str) -> Command {
        let store = folder.join(database);
        std::fs::create_dir_all(&store).expect("there is room");
        let mut command = Command::new(env!("CARGO_BIN_EXE_groundwire"));
        command.args(["mcp", "proxy", "--config"]).arg(folder.join("groundwire.toml"));
        command.env("GROUNDWIRE__STORE__URL", sqlite_url(&store)).stderr(Stdio::null());
        command
    }

    /// A client of the proxy over this way, for the server behind the same way.
    async fn client(&self, way: &str) -> Client {
        let tool = format!("{way}__{TOOL}");
        let url = format!("http://{}/{}", self.address, path(way));
        match way {
            "stdio" => Client::stdio(Self::command(self.folder.path(), "stdio").into(), &tool).await,
            "http" => Client::http(&url, &tool).await,
            _ => Client::sse(&url, &tool).await,
        }
    }
}

async fn direct_client(upstream: &Upstream, way: &str) -> Client {
    match way {
        "stdio" => {
            let mut command = this_program();
            command.args([SERVE, "stdio"]);
            Client::stdio(command.into(), TOOL).await
        }
        "http" => Client::http(&upstream.url(way), TOOL).await,
        _ => Client::sse(&upstream.url(way), TOOL).await,
    }
}

/// Waits until somebody listens there.
async fn up(address: SocketAddr) {
    let begun = Instant::now();
    while tokio::net::TcpStream::connect(address).await.is_err() {
        assert!(begun.elapsed() < GIVEN_UP, "nobody listens at {address}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until calls are answered.
async fn answered(caller: &Caller) {
    let begun = Instant::now();
    while let Err(said) = caller.process().await {
        assert!(begun.elapsed() < GIVEN_UP, "{said}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn measure() {
    let mut upstream = Upstream::start();
    up(upstream.address).await;
    let gateway = Gateway::start(&upstream);
    up(gateway.address).await;
    say("one call after another, milliseconds");
    say("          direct p50   p99   proxied p50   p99   added p50   ratio");
    let mut pairs = Vec::new();
    for way in WAYS {
        let pair = Pair { direct: direct_client(&upstream, way).await, proxied: gateway.client(way).await };
        answered(&pair.proxied.caller()).await;
        pair.latency(way).await;
        pairs.push((way, pair));
    }
    say(&format!("{AT_ONCE} calls at once over one connection, calls a second"));
    say("              direct       proxied       ratio");
    for (way, pair) in &pairs {
        pair.throughput(way).await;
    }
    say(&format!("after a kill, milliseconds until a call is answered ({KILLS} times)"));
    say("               least      median        most");
    for (way, pair) in &pairs {
        recovery(way, &pair.proxied.caller(), &mut upstream).await;
    }
}

/// Two clients of the same server.
struct Pair {
    direct: Client,
    proxied: Client,
}

impl Pair {
    async fn latency(&self, way: &str) {
        let (direct, proxied) = (self.direct.caller(), self.proxied.caller());
        let (mut without, mut with) = (Vec::new(), Vec::new());
        // The first round warms up.
        for round in 0..=ROUNDS {
            for (caller, times) in [(&direct, &mut without), (&proxied, &mut with)] {
                let taken = one_after_another(caller).await;
                if round > 0 {
                    times.extend(taken);
                }
            }
        }
        let (direct, proxied) = (Shares::of(without), Shares::of(with));
        say(&format!(
            "{way:<10}{:>10.2}{:>6.2}{:>14.2}{:>6.2}{:>12.2}{:>8.1}",
            direct.median,
            direct.tail,
            proxied.median,
            proxied.tail,
            proxied.median - direct.median,
            proxied.median / direct.median,
        ));
    }

    async fn throughput(&self, way: &str) {
        let (mut without, mut with) = (0, 0);
        for _ in 0..ROUNDS {
            without += at_once(&self.direct.caller()).await;
            with += at_once(&self.proxied.caller()).await;
        }
        let a_second = |calls: usize| calls as f64 / (ROUNDS as f64 * THROUGHPUT_ROUND.as_secs_f64());
        let (without, with) = (a_second(without), a_second(with));
        say(&format!("{way:<10}{without:>10.0}{with:>14.0}{:>12.2}", with / without));
    }
}

/// Each call's milliseconds.
async fn one_after_another(caller: &Caller) -> Vec<f64> {
    let mut times = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let begun = Instant::now();
        caller.call().await;
        times.push(milliseconds(begun));
    }
    times
}

/// Calls answered in the time of a round.
async fn at_once(caller: &Caller) -> usize {
    let end = Instant::now() + THROUGHPUT_ROUND;
    let mut callers = JoinSet::new();
    for _ in 0..AT_ONCE {
        let caller = caller.clone();
        callers.spawn(async move {
            let mut calls = 0;
            while Instant::now() < end {
                caller.call().await;
                calls += 1;
            }
            calls
        });
    }
    callers.join_all().await.into_iter().sum()
}

async fn recovery(way: &str, caller: &Caller, upstream: &mut Upstream) {
    let mut times = Vec::with_capacity(KILLS);
    for _ in 0..KILLS {
        // It was killed with the one before.
        answered(caller).await;
        let before = caller.process().await.expect("the server is up");
        if way == "stdio" {
            let killed = Command::new("kill").args(["-KILL", &before.to_string()]).status().expect("kill runs");
            assert!(killed.success(), "the child runs");
        } else {
            upstream.running.kill();
        }
        let begun = Instant::now();
        if way != "stdio" {
            upstream.running = Upstream::run(upstream.address);
        }
        while !matches!(caller.process().await, Ok(process) if process != before) {
            assert!(begun.elapsed() < GIVEN_UP, "{way} does not come back");
            // A server that is down is not asked as fast as it can refuse.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        times.push(milliseconds(begun));
    }
    times.sort_by(f64::total_cmp);
    say(&format!("{way:<10}{:>10.0}{:>12.0}{:>12.0}", times[0], times[KILLS / 2], times[KILLS - 1]));
}

/// Of sorted times.
struct Shares {
    median: f64,
    /// Of a hundred the slowest.
    tail: f64,
}

impl Shares {
    fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        Self { median: times[times.len() / 2], tail: times[times.len() * 99 / 100] }
    }
}

fn milliseconds(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
}
