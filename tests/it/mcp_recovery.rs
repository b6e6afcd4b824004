//! A call finds its server restarted, replaced, without its session, hung or gone: calls that look
//! are served all the same, calls that change something are never sent twice.

use std::sync::Arc;
use std::time::Duration;

use groundwire::domain::tool::ToolFailure;
use groundwire::mcp::hub::Hub;
use groundwire::mcp::limits::UpstreamLimits;
use groundwire::mcp::transport::Transport;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::bench::Bench;
use crate::support::bench::Eras;
use crate::support::bench::Site;
use crate::support::bench::Trouble;
use crate::support::hubs::call;
use crate::support::hubs::call_of;
use crate::support::hubs::confirmed;
use crate::support::hubs::echo;
use crate::support::hubs::http;
use crate::support::hubs::kept;
use crate::support::hubs::limits;
use crate::support::hubs::plain;
use crate::support::hubs::send;
use crate::support::hubs::sse;
use crate::support::hubs::state;
use crate::support::hubs::until;

/// The kinds of server on the network.
const KINDS: [(&str, Eras); 3] =
    [("with sessions", Eras::WithSessions), ("sessionless", Eras::Sessionless), ("sse", Eras::WithSessions)];

fn transport(kind: &str, site: &Site) -> Transport {
    if kind == "sse" { sse(site.url("/sse")) } else { http(site.url("/mcp")) }
}

async fn served(kind: &str, eras: Eras, limits: UpstreamLimits) -> (Bench, Site, Arc<Hub>) {
    let bench = Bench::new(eras);
    let site = Site::start(&bench).await;
    let hub = kept(vec![("s", transport(kind, &site), limits)]).await;
    assert!(state(&hub, "s").await.up, "{kind}: {:?}", state(&hub, "s").await.error);
    (bench, site, hub)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_that_a_server_was_restarted_or_lost_its_session() {
    for (kind, eras) in KINDS {
        let (bench, site, hub) = served(kind, eras, limits()).await;
        let site = site.restart().await;
        assert_eq!(echo(&hub, "s", "a").await.expect(kind), "a");
        for trouble in [Trouble::Unauthorized, Trouble::UnknownSession, Trouble::Cut, Trouble::Corrupt] {
            bench.order(&[trouble]);
            assert_eq!(echo(&hub, "s", "b").await.unwrap_or_else(|e| panic!("{kind}, {trouble:?}: {e}")), "b");
        }
        // It is away for a while, in which somebody asks.
        let closed = site.down().await;
        let asking = echo(&hub, "s", "c");
        let (answer, _site) = tokio::join!(asking, async {
            until(&hub, "s", |state| !state.up).await;
            closed.up().await
        });
        assert_eq!(answer.expect(kind), "c");
        hub.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_something_is_never_sent_twice() {
    for (kind, eras) in KINDS {
        let (bench, site, hub) = served(kind, eras, limits()).await;
        let mut sent = 0;
        for trouble in [Trouble::Unauthorized, Trouble::UnknownSession, Trouble::Cut, Trouble::Corrupt, Trouble::Flood]
        {
            let ran = bench.ran("change");
            bench.order(&[trouble]);
            let failure = confirmed(&hub, "s", "change").await.expect_err("its outcome is not known");
            assert!(!matches!(failure, ToolFailure::Denied { .. }), "{kind}, {trouble:?}: {failure}");
            sent += 1;
            assert_eq!(bench.asked("tools/call"), sent, "{kind}, {trouble:?}");
            assert!(bench.ran("change") <= ran + 1);
        }
        // A connection that is known to be over before anything was sent is no reason to fail.
        let ran = bench.ran("change");
        let _site = site.restart().await;
        assert!(confirmed(&hub, "s", "change").await.is_ok(), "{kind}");
        assert_eq!(bench.ran("change"), ran + 1, "{kind}");
        // Without a yes it is not sent at all.
        assert!(matches!(call(&hub, "s", "change", json!({})).await, Err(ToolFailure::Denied { .. })));
        assert_eq!(bench.ran("change"), ran + 1, "{kind}");
        hub.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_is_given_up_and_the_next_call_finds_it_well() {
    let short = UpstreamLimits { call: Duration::from_millis(300), probe: Duration::from_millis(200), ..limits() };
    for (kind, eras) in KINDS {
        let (bench, _site, hub) = served(kind, eras, short.clone()).await;
        bench.hang(true);
        let failure = echo(&hub, "s", "a").await.expect_err("it hangs");
        assert!(matches!(failure, ToolFailure::Timeout { .. }), "{kind}: {failure}");
        until(&hub, "s", |state| !state.up).await;
        bench.hang(false);
        until(&hub, "s", |state| state.up).await;
        assert_eq!(echo(&hub, "s", "b").await.expect(kind), "b");
        hub.close().await;
    }
    let hub = kept(vec![("s", plain(&[]), short)]).await;
    let failure = call(&hub, "s", "hang", json!({})).await.expect_err("it hangs");
    assert!(matches!(failure, ToolFailure::Timeout { .. }), "{failure}");
    until(&hub, "s", |state| state.up && state.restarts > 0).await;
    assert_eq!(echo(&hub, "s", "b").await.expect("a new one"), "b");
    hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_call_does_not_cost_a_server_its_connection_and_nobody_waits_in_vain_at_its_end() {
    for (kind, eras) in KINDS {
        let short = UpstreamLimits { call: Duration::from_millis(300), probe: Duration::from_secs(10), ..limits() };
        let (bench, _site, hub) = served(kind, eras, short).await;
        // Out of time.
        assert!(matches!(call(&hub, "s", "wait", json!({})).await, Err(ToolFailure::Timeout { .. })), "{kind}");
        bench.waits().await;
        bench.cancelled().await;
        // Cancelled by whoever asked.
        let cancel = CancellationToken::new();
        let waiting = call_of("s", "wait", json!({}), false);
        let (answer, ()) = tokio::join!(send(&hub, &waiting, &cancel), async {
            bench.waits().await;
            cancel.cancel();
        });
        assert!(matches!(answer, Err(ToolFailure::Cancelled)), "{kind}");
        bench.cancelled().await;
        assert_eq!(echo(&hub, "s", "b").await.expect(kind), "b");
        assert_eq!(state(&hub, "s").await.restarts, 0, "{kind}: the connection is the same");
        hub.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_is_too_large_is_told_at_once_and_costs_nobody_the_connection() {
    for (kind, eras) in KINDS {
        let (_bench, _site, hub) = served(kind, eras, limits()).await;
        too_large(kind, &hub, "s").await;
        hub.close().await;
    }
    let hub = kept(vec![("s", plain(&[]), limits())]).await;
    too_large("stdio", &hub, "s").await;
    hub.close().await;
}

async fn too_large(kind: &str, hub: &Hub, server: &str) {
    let failure = call(hub, server, "big", json!({})).await.expect_err("it is too large");
    if kind != "sse" {
        // Over HTTP+SSE all answers come over one stream, which cannot be read on after that.
        assert!(
            matches!(&failure, ToolFailure::BadAnswer { reason, .. } if reason.contains("bytes")),
            "{kind}: {failure}"
        );
        assert_eq!(state(hub, server).await.restarts, 0, "{kind}");
    }
    assert_eq!(echo(hub, server, "b").await.expect(kind), "b");
}
