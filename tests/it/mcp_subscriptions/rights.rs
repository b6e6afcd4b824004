//! Who may be subscribed to what, at first and later.

use super::AccessRole;
use super::AuthMode;
use super::Bench;
use super::Client;
use super::Config;
use super::CredentialsConfig;
use super::CredentialsFrom;
use super::Eras;
use super::GROUNDWIRE_S;
use super::KINDS;
use super::NOTHING;
use super::OTHER;
use super::ServerNotification;
use super::Site;
use super::TEXT;
use super::add;
use super::auth;
use super::filter;
use super::gateway;
use super::give;
use super::initialize;
use super::initialized;
use super::json;
use super::open;
use super::own;
use super::personal;
use super::refused;
use super::said;
use super::subscribe;

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_read_a_resource_cannot_subscribe_and_a_server_that_cannot_is_named() {
    for (kind, eras) in KINDS {
        let (bench, deaf) = (Bench::new(eras), Bench::new(eras));
        deaf.deaf();
        let sites = [Site::start(&bench).await, Site::start(&deaf).await];
        let mut config = Config::default();
        add(&mut config, "s", kind, &sites[0], CredentialsConfig::default());
        add(&mut config, "mute", kind, &sites[1], CredentialsConfig::default());
        add(&mut config, "personal", kind, &sites[0], own(CredentialsFrom::Caller));
        let servers = config.mcp.servers;
        let gateway = gateway(move |config| {
            config.mcp.servers.clone_from(&servers);
            config.auth.mode = AuthMode::Token;
        })
        .await;
        let reader = gateway.token("rita", AccessRole::Reader, None).await;
        let analyst = gateway.token("anna", AccessRole::Analyst, None).await;
        let (rita, anna) =
            (Client::silent(&gateway, Some(&reader)).await, Client::silent(&gateway, Some(&analyst)).await);
        let of = |server: &str, uri: &str| format!("groundwire://{server}/{uri}");
        assert_eq!(refused(subscribe(&rita, &of("s", TEXT)).await).0, -32600, "{kind}");
        let (code, said) = refused(subscribe(&anna, &of("mute", TEXT)).await);
        assert!(code == -32600 && said.contains("mute does not tell"), "{kind}: {said}");
        let (code, said) = refused(subscribe(&anna, &of("personal", TEXT)).await);
        assert!(code == -32603 && said.contains("X-Own"), "{kind}: {said}");
        let (code, said) = refused(subscribe(&anna, &of("s", NOTHING)).await);
        let expected = if eras == Eras::Sessionless { (-32600, "s does not tell") } else { (-32002, NOTHING) };
        assert!(code == expected.0 && said.contains(expected.1), "{kind}: {code} {said}");
        // Refusals cost nobody what stands.
        subscribe(&anna, &of("s", TEXT)).await.expect(kind);
        assert!(subscribe(&anna, &of("s", NOTHING)).await.is_err());
        subscribe(&anna, &of("s", OTHER)).await.expect(kind);
        // A stream is answered before it is served.
        bench.followed(OTHER, 1).await;
        bench.followed(TEXT, 1).await;
        bench.update(TEXT);
        assert_eq!(anna.heard.updated().await, of("s", TEXT), "{kind}");
        gateway.app.hub.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_names_a_resource_on_a_stream_is_told_what_role_it_needs_and_not_whether_it_exists() {
    for (kind, eras) in KINDS {
        let bench = Bench::new(eras);
        let site = Site::start(&bench).await;
        let mut config = Config::default();
        add(&mut config, "s", kind, &site, CredentialsConfig::default());
        let servers = config.mcp.servers;
        let gateway = gateway(move |config| {
            config.mcp.servers.clone_from(&servers);
            config.auth.mode = AuthMode::Token;
        })
        .await;
        let reader = gateway.token("rita", AccessRole::Reader, None).await;
        let rita = Client::without_session(&gateway, Some(&reader)).await;
        let there = format!("{GROUNDWIRE_S}{TEXT}");
        let not_there = format!("{GROUNDWIRE_S}{NOTHING}");
        for uri in [TEXT, NOTHING, &there, &not_there, "groundwire://nobody/x://y", "unknown://x"] {
            let mut stream = rita.service.listen(filter(&[uri])).await.expect("it is answered");
            let end = refused(stream.next().await);
            assert_eq!(end, (-32600, "this needs the role analyst or a higher one".to_owned()), "{kind}: {uri}");
        }
        assert_eq!(bench.asked("resources/subscribe"), 0, "{kind}");

        // Of the same server an analyst is told, beside her.
        let analyst = gateway.token("anna", AccessRole::Analyst, None).await;
        let anna = Client::without_session(&gateway, Some(&analyst)).await;
        let mut stream = anna.service.listen(filter(&[TEXT])).await.expect("it is answered");
        let told = stream.next().await.expect("the stream goes on");
        assert!(matches!(told, Some(ServerNotification::ResourceUpdatedNotification(_))), "{kind}: {told:?}");
        gateway.app.hub.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_would_not_be_let_in_any_more_is_told_nothing_more() {
    for (kind, eras) in KINDS {
        let bench = Bench::new(eras);
        let site = Site::start(&bench).await;
        let (gateway, [first, _], _folder) = personal(kind, &site, None).await;
        let second = gateway.token("ann", AccessRole::Analyst, None).await;
        let client = Client::without_session(&gateway, Some(&first)).await;
        let mut revoked = client.service.listen(filter(&[TEXT])).await.expect("it is answered");
        // A session of both tokens: what is asked for again with the second is for that one to carry.
        let (messages, mut told_over) = open(gateway.get("/sse").bearer_auth(&first)).await;
        let wish = |id: u32, uri: &str| json!({ "jsonrpc": "2.0", "id": id, "method": "resources/subscribe", "params": { "uri": uri } });
        for (token, message) in [
            (&first, initialize()),
            (&first, initialized()),
            (&first, wish(7, OTHER)),
            (&first, wish(8, TEXT)),
            (&second, wish(9, TEXT)),
        ] {
            let sent = gateway.http.post(&messages).bearer_auth(token).json(&message).send().await;
            assert_eq!(sent.expect("an answer").status(), 202, "{kind}");
            while !message["id"].is_null() {
                let answer = said(&mut told_over).await;
                if answer["id"] == message["id"] {
                    assert!(answer["error"].is_null(), "{kind}: {answer}");
                    break;
                }
            }
        }
        let valid = Client::silent(&gateway, Some(&second)).await;
        for uri in [TEXT, OTHER] {
            subscribe(&valid, uri).await.expect(kind);
        }
        assert!(revoked.next().await.expect("the stream goes on").is_some(), "{kind}: it stands");

        let tokens = gateway.app.store.tokens().await.expect("they can be read");
        let id = tokens.iter().find(|token| token.name == "ann").expect("it is the older one").id;
        auth::revoke_token(&gateway.app.store, id, gateway.app.clock.now()).await.expect("it is revoked");
        // All look again over which connection they are told.
        give(&gateway, &second, "anns-second").await;
        let (code, reason) = refused(revoked.next().await);
        assert!(code == -32600 && reason.contains("API token was revoked"), "{kind}: {reason}");
        let told = [valid.heard.updated().await, valid.heard.updated().await];
        assert!(told.contains(&TEXT.to_owned()) && told.contains(&OTHER.to_owned()), "{kind}: {told:?}");
        bench.followed(OTHER, 1).await;
        bench.update(OTHER);
        assert_eq!(valid.heard.updated().await, OTHER, "{kind}: a token of the same name lets in");
        let mut hears = async || {
            let told = said(&mut told_over).await;
            assert_eq!(told["method"], "notifications/resources/updated", "{kind}: {told}");
            told["params"]["uri"].as_str().expect("a URI").to_owned()
        };
        assert_eq!(hears().await, TEXT, "{kind}: over the new connection");
        // Told after the other, where both are due.
        bench.followed(TEXT, 1).await;
        bench.update(TEXT);
        assert_eq!(hears().await, TEXT, "{kind}: and nothing of what the first token wanted");
        gateway.app.hub.close().await;
    }
}
