//! How much clients may be subscribed to, and how often they are told.

use super::Client;
use super::Ear;
use super::Eras;
use super::KINDS;
use super::OTHER;
use super::TEXT;
use super::filter;
use super::json;
use super::refused;
use super::served;
use super::subscribe;
use super::unsubscribe;

/// A URI of so many bytes.
pub(super) fn long(n: usize, bytes: usize) -> String {
    let begin = format!("bench://{n}/");
    format!("{begin}{}", "x".repeat(bytes - begin.len()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_has_as_many_subscriptions_as_it_may_and_its_user_at_a_server() {
    for (kind, eras) in KINDS {
        let (_bench, _site, gateway) = served(kind, eras).await;
        let uris: Vec<String> = (0..128).map(|n| format!("bench://{n}")).collect();
        let mut clients = Vec::new();
        for _ in 0..2 {
            let client = Client::silent(&gateway, None).await;
            let all = uris.iter().map(|uri| subscribe(&client, uri));
            assert!(futures::future::join_all(all).await.iter().all(Result::is_ok), "{kind}");
            let (code, said) = refused(subscribe(&client, TEXT).await);
            assert!(code == -32600 && said.contains("at most 128"), "{kind}: {said}");
            subscribe(&client, "bench://1").await.expect("one that it has");
            clients.push(client);
        }
        let third = Client::silent(&gateway, None).await;
        let (code, said) = refused(subscribe(&third, TEXT).await);
        assert!(code == -32600 && said.contains("s: you have 256"), "{kind}: {said}");
        unsubscribe(&clients[0], "bench://1").await;
        subscribe(&third, TEXT).await.expect("there is room again");
        let (code, said) = refused(subscribe(&third, &format!("bench://{}", "x".repeat(5_000))).await);
        assert!(code == -32600 && said.contains("4096 bytes"), "{kind}: {said}");
        gateway.app.hub.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_names_is_bounded_by_its_bytes_and_the_bound_is_told() {
    let (bench, _site, gateway) = served("with sessions", Eras::WithSessions).await;
    let client = Client::without_session(&gateway, None).await;
    let many = (0..129).map(|n| format!("bench://{n}")).collect();
    let much = (0..17).map(|n| long(n, 4_000)).collect();
    for (uris, bound) in [(vec![long(0, 4_097)], "4096 bytes"), (many, "at most 128"), (much, "65536 bytes")] {
        let uris: Vec<&str> = uris.iter().map(String::as_str).collect();
        let mut stream = client.service.listen(filter(&uris)).await.expect("it is answered");
        let (code, said) = refused(stream.next().await);
        assert!(code == -32600 && said.contains(bound), "{said}");
    }
    assert_eq!(bench.asked("resources/subscribe"), 0, "nothing of them is asked for");

    // Sixteen of them fill it exactly.
    let session = Client::silent(&gateway, None).await;
    for n in 0..16 {
        subscribe(&session, &long(n, 4_096)).await.expect("it stands");
    }
    let (code, said) = refused(subscribe(&session, TEXT).await);
    assert!(code == -32600 && said.contains("65536 bytes"), "{said}");
    unsubscribe(&session, &long(7, 4_096)).await;
    subscribe(&session, TEXT).await.expect("there is room again");

    // And a caller over a connection, in all of their sessions.
    let second = Client::silent(&gateway, None).await;
    for n in 16..32 {
        subscribe(&second, &long(n, 4_096)).await.expect("it stands");
    }
    let third = Client::silent(&gateway, None).await;
    subscribe(&third, &long(32, 4_000)).await.expect("there is room for it");
    let (code, said) = refused(subscribe(&third, &long(33, 4_000)).await);
    assert!(code == -32600 && said.contains("s: ") && said.contains("131072 bytes"), "{said}");
    gateway.app.hub.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_updates_is_told_now_and_then_and_holds_up_nobody() {
    const FLOOD: usize = 10_000;
    for (kind, eras) in KINDS {
        let (bench, _site, gateway) = served(kind, eras).await;
        let mut ears = Vec::new();
        for with_session in [true, false] {
            ears.push(Ear::to(&gateway, with_session, &[TEXT, OTHER]).await);
        }
        bench.followed(OTHER, 1).await;
        bench.followed(TEXT, 1).await;
        // All the time: a client that does not read its stream gives it up.
        let hearing = ears.into_iter().map(|mut ear| {
            tokio::spawn(async move {
                let (mut told, mut other) = (0, false);
                while told == 0 || !other {
                    let text = ear.hears().await == TEXT;
                    (told, other) = (told + usize::from(text), other || !text);
                }
                (told, ear)
            })
        });
        let hearing: Vec<_> = hearing.collect();
        bench.updates(None, TEXT, FLOOD);
        let caller = Client::silent(&gateway, None).await;
        assert_eq!(caller.told("s__echo", json!({ "say": "a" })).await.1, "a", "{kind}");
        bench.flooded().await;
        bench.update(OTHER);
        for told in futures::future::join_all(hearing).await {
            let (told, _ear) = told.expect("it heard both");
            assert!(told < FLOOD / 2, "{kind}: {told} times");
        }
        gateway.app.hub.close().await;
    }
}
