//! Who is told what, and how much there may be.

use super::*;
use crate::mcp::session::Hearing;
use crate::mcp::session::Shared;
use crate::mcp::session::Stream;

fn follow(subscriptions: &Subscriptions, owner: &str, uri: &str) -> (Arc<Mailbox>, u64) {
    let mailbox = Arc::<Mailbox>::default();
    let (number, _) = subscriptions.add("s", owner, uri, (uri, &mailbox)).expect("there is room");
    (mailbox, number)
}

fn due(mailbox: &Mailbox) -> Vec<String> {
    mailbox.lock().iter().cloned().collect()
}

#[test]
fn a_resource_stands_in_a_mailbox_once_and_only_of_who_subscribed_to_it() {
    let subscriptions = Subscriptions::default();
    let ((ann, _), (bob, _)) = (follow(&subscriptions, "ann", "x://a"), follow(&subscriptions, "bob", "x://b"));
    subscriptions.missed();
    assert_eq!(due(&ann), Vec::<String>::new(), "it does not stand yet, so nothing was missed");
    for uri in ["x://a", "x://b"] {
        subscriptions.stands(uri);
    }
    for _ in 0..1_000 {
        subscriptions.updated("x://a");
    }
    assert_eq!((due(&ann), due(&bob)), (vec!["x://a".to_owned()], vec![]));
}

#[test]
fn whoever_counted_on_a_subscription_is_told_when_it_stands_again_or_no_longer_can() {
    let subscriptions = Subscriptions::default();
    let (old, _) = follow(&subscriptions, "ann", "x://a");
    subscriptions.stands("x://a");
    assert_eq!(due(&old), Vec::<String>::new(), "nothing was missed");
    subscriptions.lost();
    let (new, _) = follow(&subscriptions, "bob", "x://a");
    subscriptions.stands("x://a");
    assert_eq!((due(&old).len(), due(&new).len()), (1, 0));
    old.lock().clear();
    subscriptions.stands("x://a");
    assert_eq!(due(&old).len(), 0, "it stood already");
    subscriptions.lost();
    subscriptions.refused("x://a", refusal("s", "gone".to_owned()));
    for mailbox in [&old, &new] {
        assert!(std::pin::pin!(mailbox.moved.notified()).enable(), "they look for another way");
    }
}

#[test]
fn after_a_break_of_the_stream_something_may_have_been_missed_whatever_the_server_resumes() {
    let subscriptions = Arc::<Subscriptions>::default();
    let shared = Shared::with(&subscriptions);
    shared.hearing.send_replace(Hearing::NotYet);
    let (mailbox, _) = follow(&subscriptions, "ann", "x://a");
    subscriptions.stands("x://a");
    let told = [Stream::Begun, Stream::Resumed, Stream::Begun].map(|stream| {
        shared.stream_came(stream);
        std::mem::take(&mut *mailbox.lock()).len()
    });
    assert_eq!(told, [0, 1, 1]);
}

#[test]
fn a_stream_that_goes_on_or_not_says_nothing_of_one_that_has_not_come() {
    let shared = Shared::default();
    for before in [Hearing::NotYet, Hearing::Failing, Hearing::No, Hearing::Yes] {
        shared.hearing.send_replace(before);
        for stream in [Stream::Resumed, Stream::NotResumed] {
            shared.stream_came(stream);
            assert_eq!(*shared.hearing.borrow(), before, "{stream:?}");
        }
    }
    shared.hearing.send_replace(Hearing::NotYet);
    let after = [Stream::Failed, Stream::NotOffered, Stream::Begun, Stream::Failed].map(|stream| {
        shared.stream_came(stream);
        *shared.hearing.borrow()
    });
    assert_eq!(after, [Hearing::Failing, Hearing::No, Hearing::Yes, Hearing::Yes]);
}

#[test]
fn what_was_wanted_first_is_asked_for_first() {
    let subscriptions = Subscriptions::default();
    let uris: Vec<String> = (0..20).rev().map(|n| format!("x://{n:02}")).collect();
    for uri in &uris {
        follow(&subscriptions, "ann", uri);
    }
    follow(&subscriptions, "bob", &uris[19]);
    let asked: Vec<String> = subscriptions.standings().into_iter().map(|(uri, _)| uri).collect();
    assert_eq!(asked, uris);
}

#[test]
fn what_a_server_says_right_after_its_yes_is_told() {
    let subscriptions = Subscriptions::default();
    let (mailbox, _) = follow(&subscriptions, "ann", "x://a");
    subscriptions.updated("x://a");
    subscriptions.stands("x://a");
    assert_eq!(due(&mailbox), ["x://a"]);
}

#[test]
fn what_ends_a_connection_twice_is_refused() {
    let subscriptions = Subscriptions::default();
    let _follower = follow(&subscriptions, "ann", "x://a");
    let (one, both) = (["x://a"], ["x://a", "x://b"]);
    let mut refused = Vec::new();
    for uris in [&both[..], &both[..], &one[..], &one[..]] {
        let uris = uris.iter().map(|uri| (*uri).to_owned()).collect();
        subscriptions.fell(&uris, refusal("s", "no".to_owned()));
        subscriptions.lost();
        refused.push(subscriptions.is_refused("x://a"));
    }
    assert_eq!(refused, [false, false, false, true], "one of several is not known yet");
    let _again = follow(&subscriptions, "ann", "x://a");
    assert!(!subscriptions.is_refused("x://a") && subscriptions.fell_before());
    subscriptions.fell_over_nothing();
    assert!(!subscriptions.fell_before());
}

#[test]
fn nobody_takes_more_places_than_they_may_nor_all_together() {
    let subscriptions = Subscriptions::default();
    for owner in 0..MOST / MOST_OF_ONE {
        for place in 0..MOST_OF_ONE {
            follow(&subscriptions, &owner.to_string(), &place.to_string());
        }
    }
    let mailbox = Arc::default();
    let refused = |owner: &str| match subscriptions.add("s", owner, "x", ("x", &mailbox)) {
        Err(ToolFailure::Refused { reason, .. }) => reason,
        other => panic!("{:?}", other.map(drop)),
    };
    assert!(refused("0").contains("256") && refused("else").contains("2048"));
    subscriptions.remove("7", 8);
    assert!(subscriptions.add("s", "0", "x", ("x", &mailbox)).is_ok(), "one was ended");
}

#[test]
fn what_all_name_together_is_bounded_by_its_bytes() {
    let subscriptions = Subscriptions::default();
    let uri = |n: usize| format!("{n:08}{}", "x".repeat(BYTES_OF_ONE / 2 - 8));
    for n in 0..2 * BYTES / BYTES_OF_ONE {
        follow(&subscriptions, &(n / 2).to_string(), &uri(n));
    }
    let mailbox = Arc::default();
    let refused = |owner: &str, uri: &str| match subscriptions.add("s", owner, uri, ("x", &mailbox)) {
        Err(ToolFailure::Refused { reason, .. }) => reason,
        other => panic!("{:?}", other.map(drop)),
    };
    assert!(refused("0", "x").contains("131072 bytes together"));
    assert!(refused("else", "x").contains("524288 bytes"));
    assert!(subscriptions.add("s", "else", &uri(0), ("x", &mailbox)).is_ok(), "it is named already");
}

#[test]
fn a_change_of_a_part_is_told_to_who_follows_the_part_and_to_who_follows_the_whole() {
    let subscriptions = Subscriptions::default();
    let ((part, _), (whole, _)) = (follow(&subscriptions, "ann", "x://a/b"), follow(&subscriptions, "bob", "x://a"));
    for uri in ["x://a/b", "x://a"] {
        subscriptions.stands(uri);
    }
    subscriptions.updated("x://a/b");
    assert_eq!((due(&part), due(&whole)), (vec!["x://a/b".to_owned()], vec!["x://a".to_owned()]));
    part.lock().clear();
    subscriptions.updated("x://a");
    assert_eq!(due(&part), Vec::<String>::new(), "the whole is no part of its part");
}

#[test]
fn a_part_of_a_resource_is_told_as_the_resource() {
    for part in ["x://a", "x://a/", "x://a/b", "x://a?b", "x://a#b"] {
        assert!(is_part(part, "x://a") && is_part(part, "x://a/"), "{part}");
    }
    assert!(!is_part("x://ab", "x://a") && !is_part("x://", "x://a"));
}
