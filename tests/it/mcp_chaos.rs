//! Servers of each kind are killed, hung, restarted, flooded and corrupted while many call them:
//! the others go on, the next call is served, and no answer is anybody else's or made up. And
//! what a thousand connections leave behind.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use groundwire::mcp::hub::Hub;
use groundwire::mcp::limits::UpstreamLimits;
use serde_json::json;

use crate::support::bench::Bench;
use crate::support::bench::Eras;
use crate::support::bench::Site;
use crate::support::bench::Trouble;
use crate::support::hubs::call;
use crate::support::hubs::children;
use crate::support::hubs::echo;
use crate::support::hubs::http;
use crate::support::hubs::kept;
use crate::support::hubs::limits;
use crate::support::hubs::plain;
use crate::support::hubs::sse;
use crate::support::hubs::until;

/// Connections of the long test, and of those how many at once.
const CYCLES: usize = 1000;
const AT_ONCE: usize = 4;

/// Calls to a server over and over, each checked against what was said.
struct Load {
    over: Arc<AtomicBool>,
    callers: Vec<tokio::task::JoinHandle<(usize, usize)>>,
}

impl Load {
    fn on(hub: &Arc<Hub>, server: &'static str) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let callers = (0..3).map(|caller| {
            let (hub, over) = (Arc::clone(hub), Arc::clone(&over));
            tokio::spawn(async move {
                let (mut served, mut failed) = (0, 0);
                while !over.load(Ordering::Relaxed) {
                    let say = format!("{server} {caller} {served} {failed}");
                    match echo(&hub, server, &say).await {
                        Ok(said) => {
                            assert_eq!(said, say, "an answer is the answer to this call");
                            served += 1;
                        }
                        Err(_) => failed += 1,
                    }
                }
                (served, failed)
            })
        });
        Self { callers: callers.collect(), over }
    }

    /// Calls that were served, and those that failed.
    async fn ends(self) -> (usize, usize) {
        self.over.store(true, Ordering::Relaxed);
        let counts = futures::future::join_all(self.callers).await;
        counts.into_iter().map(|count| count.expect("no answer was wrong")).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
    }
}

async fn next_is_served(hub: &Hub, server: &str, after: &str) {
    until(hub, server, |state| state.up).await;
    let said = echo(hub, server, after).await;
    assert_eq!(said.unwrap_or_else(|error| panic!("{server} after {after}: {error}")), after);
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_of_one_server_is_nobody_elses() {
    let limits = UpstreamLimits { call: Duration::from_secs(2), probe: Duration::from_millis(500), ..limits() };
    let old = Bench::new(Eras::WithSessions);
    let new = Bench::new(Eras::Sessionless);
    let older = Bench::new(Eras::WithSessions);
    let well = Bench::new(Eras::Both);
    let mut sites = [Some(Site::start(&old).await), Some(Site::start(&new).await), Some(Site::start(&older).await)];
    let well_site = Site::start(&well).await;
    let url = |at: usize, path: &str| sites[at].as_ref().expect("it runs").url(path);
    let hub = kept(vec![
        ("child", plain(&[]), limits.clone()),
        ("old", http(url(0, "/mcp")), limits.clone()),
        ("new", http(url(1, "/mcp")), limits.clone()),
        ("older", sse(url(2, "/sse")), limits.clone()),
        ("well-child", plain(&[]), limits.clone()),
        ("well-http", http(well_site.url("/mcp")), limits.clone()),
        ("well-sse", sse(well_site.url("/sse")), limits),
    ])
    .await;
    let victims: Vec<Load> = ["child", "old", "new", "older"].map(|server| Load::on(&hub, server)).into();
    let others: Vec<Load> = ["well-child", "well-http", "well-sse"].map(|server| Load::on(&hub, server)).into();

    for trouble in ["die", "hang", "flood", "noise", "big"] {
        drop(call(&hub, "child", trouble, json!({"say": "x"})).await);
        next_is_served(&hub, "child", trouble).await;
    }
    for (at, (server, bench)) in [("old", &old), ("new", &new), ("older", &older)].into_iter().enumerate() {
        for trouble in [Trouble::Unauthorized, Trouble::UnknownSession, Trouble::Cut, Trouble::Corrupt, Trouble::Flood]
        {
            bench.order(&[trouble]);
            bench.troubled().await;
            next_is_served(&hub, server, &format!("{trouble:?}")).await;
        }
        bench.hang(true);
        until(&hub, server, |state| !state.up).await;
        bench.hang(false);
        next_is_served(&hub, server, "hang").await;
        let site = sites[at].take().expect("it runs");
        sites[at] = Some(site.restart().await);
        next_is_served(&hub, server, "restart").await;
    }

    for load in victims {
        let (served, _) = load.ends().await;
        assert!(served > 0);
    }
    for load in others {
        let (served, failed) = load.ends().await;
        assert!(served > 0);
        assert_eq!(failed, 0, "the others notice nothing");
    }
    hub.close().await;
    assert_eq!(children(), Vec::<u32>::new());
}

/// Resident memory of this process in KiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("proc");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}

/// Open files of this process.
fn files() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("proc").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_connections_leave_nothing_behind() {
    let done = Arc::new(AtomicUsize::new(0));
    let run = async |cycles: usize| {
        let until = done.load(Ordering::Relaxed) + cycles;
        let workers = (0..AT_ONCE).map(|_| {
            let done = Arc::clone(&done);
            tokio::spawn(async move {
                while done.fetch_add(1, Ordering::Relaxed) < until {
                    let hub = kept(vec![("s", plain(&[]), limits())]).await;
                    assert_eq!(echo(&hub, "s", "x").await.expect("answered"), "x");
                    hub.close().await;
                }
            })
        });
        for worker in futures::future::join_all(workers).await {
            worker.expect("every connection was made");
        }
        done.store(until, Ordering::Relaxed);
    };
    // What is kept for good is there by then.
    run(CYCLES / 5).await;
    let (memory, open) = (resident(), files());
    run(CYCLES - CYCLES / 5).await;
    assert_eq!(children(), Vec::<u32>::new(), "no child is left, dead ones included");
    assert_eq!(files(), open, "no file is left open");
    let grown = resident().saturating_sub(memory);
    assert!(grown < 4096, "memory has grown by {grown} KiB");
}
