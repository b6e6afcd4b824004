//! Sessions whose clients vanish, only listen, or read nothing.

use std::sync::Mutex;

use futures::FutureExt;
use futures::future::join_all;
use rmcp::service::NotificationContext;
use rmcp::service::Peer;

use super::*;

/// Hands out what tells the clients of its sessions, and is counted.
#[derive(Clone, Default)]
struct Teller {
    peers: Arc<Mutex<Vec<Peer<RoleServer>>>>,
    serving: Arc<()>,
}

impl Teller {
    fn endpoint(&self) -> Endpoint {
        self.endpoint_until(&CancellationToken::new())
    }

    fn endpoint_until(&self, stop: &CancellationToken) -> Endpoint {
        streamable::endpoint(self, door(), Keeping::Sessions, &limits(), stop)
    }

    /// How many of it there are: one more for each session.
    fn count(&self) -> usize {
        Arc::strong_count(&self.serving)
    }
}

impl ServerHandler for Teller {
    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        self.peers.lock().unwrap().push(context.peer);
    }
}

/// A session of Ann's, and what tells its client.
async fn begun(endpoint: &Endpoint, teller: &Teller) -> (String, Peer<RoleServer>) {
    let (_, id) = opened(endpoint).await;
    assert!(lives(endpoint, &id, "ann").await);
    tokio::time::sleep(Duration::from_millis(1)).await;
    let peer = teller.peers.lock().unwrap().pop().unwrap();
    (id, peer)
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_client_vanished_ends_however_much_it_is_told() {
    let teller = Teller::default();
    let endpoint = teller.endpoint();
    let without = teller.count();
    let (id, peer) = begun(&endpoint, &teller).await;
    drop(in_session(&endpoint, "GET", &id, "ann", None).await);
    let telling = tokio::spawn(async move {
        while peer.notify_tool_list_changed().await.is_ok() {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    });
    tokio::time::sleep(limits().idle - Duration::from_secs(2)).await;
    assert!(teller.count() > without, "not before the time of others");
    tokio::time::sleep(Duration::from_secs(66)).await;
    assert_eq!(teller.count(), without, "its handler is gone, and what it held");
    assert!(telling.is_finished() && !lives(&endpoint, &id, "ann").await);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_only_listens_is_there_and_its_session_ends_when_it_no_longer_does() {
    let teller = Teller::default();
    let endpoint = teller.endpoint();
    let without = teller.count();
    let (id, peer) = begun(&endpoint, &teller).await;
    let mut stream = in_session(&endpoint, "GET", &id, "ann", None).await.into_body().into_data_stream();
    let mut told = String::new();
    for _ in 0..6 {
        tokio::time::sleep(limits().idle / 2).await;
        // Not waited for: signs of life follow another clock, and would hold up this one.
        if let Some(Some(read)) = stream.next().now_or_never() {
            told.push_str(std::str::from_utf8(&read.unwrap()).unwrap());
        }
    }
    assert!(!told.contains("list_changed"));
    peer.notify_tool_list_changed().await.unwrap();
    while !told.contains("list_changed") {
        told.push_str(std::str::from_utf8(&stream.next().await.unwrap().unwrap()).unwrap());
    }
    drop(stream);
    tokio::time::sleep(limits().idle - Duration::from_secs(1)).await;
    assert!(teller.count() > without, "it may come back");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(teller.count(), without);
    assert!(!lives(&endpoint, &id, "ann").await);
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_client_keeps_a_stream_and_reads_nothing_of_it_ends() {
    let teller = Teller::default();
    let endpoint = teller.endpoint();
    let without = teller.count();
    let (id, _peer) = begun(&endpoint, &teller).await;
    let _unread = in_session(&endpoint, "GET", &id, "ann", None).await;
    tokio::time::sleep(limits().idle - Duration::from_secs(1)).await;
    assert!(teller.count() > without, "it may begin to read");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(teller.count(), without);
    assert!(!lives(&endpoint, &id, "ann").await);
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_client_reads_nothing_ends_at_once_where_it_has_to() {
    for end in ["others are opened", "it is deleted", "all stop"] {
        let (teller, stop) = (Teller::default(), CancellationToken::new());
        let endpoint = teller.endpoint_until(&stop);
        let without = teller.count();
        let (id, peer) = begun(&endpoint, &teller).await;
        let _unread = in_session(&endpoint, "GET", &id, "ann", None).await;
        // More than waits anywhere, in both directions.
        let telling = tokio::spawn(async move {
            join_all((0..100).map(|_| peer.notify_tool_list_changed())).await.iter().any(Result::is_err)
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        let posting = (0..50).map(|_| {
            let (endpoint, id) = (endpoint.clone(), id.clone());
            tokio::spawn(async move { lives(&endpoint, &id, "ann").await })
        });
        let posting: Vec<_> = posting.collect();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!posting.iter().all(tokio::task::JoinHandle::is_finished), "it takes no more");
        let ending = async {
            match end {
                "others are opened" => {
                    for _ in 0..limits().sessions_each {
                        assert_eq!(opened(&endpoint).await.0, 200);
                    }
                    limits().sessions_each
                }
                "it is deleted" => {
                    assert_eq!(in_session(&endpoint, "DELETE", &id, "ann", None).await.status(), 202);
                    0
                }
                _ => {
                    stop.cancel();
                    0
                }
            }
        };
        let others = tokio::time::timeout(Duration::from_secs(60), ending).await.expect("nobody waits for it");
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(teller.count(), without + others, "{end}: its handler is gone, and what it held");
        assert!(telling.await.unwrap(), "{end}: nobody waits to tell it anything");
        assert!(!join_all(posting).await.into_iter().all(Result::unwrap));
        assert!(!lives(&endpoint, &id, "ann").await);
    }
}
