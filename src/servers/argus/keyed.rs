//! The server for many: each call uses the key that came with its own request, in the header
//! `Argus-API-Key`, and never a key of the server's own, which this one does not have.
//!
//! Whoever serves HTTP reads the key with [`key_of`] and puts it into the extensions of the
//! request's HTTP parts; a call without one is refused. What is held for a key (its share of
//! REST calls, what tools remember) is held for a bounded number of keys, and goes first for
//! the one that was not used for longest.

use http::HeaderMap;
use http::request::Parts;
use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::ServerHandler;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResponse;
use rmcp::model::CallToolResult;
use rmcp::model::ListToolsResult;
use rmcp::model::PaginatedRequestParams;
use rmcp::model::ServerConfig;
use rmcp::model::Tool as McpTool;
use rmcp::service::RequestContext;

use crate::servers::argus::client::KEY_HEADER;
use crate::servers::argus::config::ApiKey;
use crate::servers::argus::config::ArgusConfig;
use crate::servers::argus::config::ConfigError;
use crate::servers::argus::error::Failure;
use crate::servers::argus::error::FailureKind;
use crate::servers::argus::server::ArgusServer;
use crate::servers::callers::Bounds;
use crate::servers::callers::Callers;
use crate::servers::callers::Place;

/// A caller is a key here.
const BOUNDS: Bounds = Bounds { callers: 256, calls_each: 64, calls: 1024 };

/// Why a request's key cannot be used. The words quote nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// No header, or an empty one.
    #[error("the header {KEY_HEADER} is missing; send your own Argus API key in it with every request")]
    Missing,
    /// Not the shape of a key.
    #[error("the header {KEY_HEADER} holds no Argus API key; a key has three parts, as in 15a6/1/…")]
    Malformed,
    /// More than one.
    #[error("the header {KEY_HEADER} is there more than once; send one key")]
    Repeated,
}

impl KeyProblem {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "argus_key_missing",
            Self::Malformed | Self::Repeated => "argus_key_malformed",
        }
    }
}

/// The key that a request carries.
///
/// # Errors
/// [`KeyProblem`]: the request must be refused.
pub fn key_of(headers: &HeaderMap) -> Result<ApiKey, KeyProblem> {
    let mut values = headers.get_all(KEY_HEADER).iter();
    let value = values.next().ok_or(KeyProblem::Missing)?;
    if values.next().is_some() {
        return Err(KeyProblem::Repeated);
    }
    let text = value.to_str().map_err(|_| KeyProblem::Malformed)?;
    if text.trim().is_empty() {
        return Err(KeyProblem::Missing);
    }
    ApiKey::parse_strictly(text).ok_or(KeyProblem::Malformed)
}

/// The Argus MCP server for callers who bring their keys; clones share what is held for them.
#[derive(Clone)]
pub struct KeyedArgus {
    keyless: ArgusServer,
    callers: Callers<ArgusServer>,
}

impl KeyedArgus {
    /// Builds the server; a key in the settings is dropped.
    ///
    /// # Errors
    /// [`ConfigError`] if a setting names no tool, or names clash.
    pub fn new(mut config: ArgusConfig) -> Result<Self, ConfigError> {
        config.api_key = None;
        Ok(Self { keyless: ArgusServer::new(config)?, callers: Callers::new(BOUNDS) })
    }

    /// The server for one key, and a place for one call; none if there is no room.
    fn holder(&self, key: &ApiKey) -> Option<(ArgusServer, Place)> {
        self.callers.enter(key.digest(), || self.keyless.with_key(key.clone()))
    }
}

impl ServerHandler for KeyedArgus {
    fn get_info(&self) -> ServerConfig {
        self.keyless.get_info()
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        self.keyless.list_tools(request, context).await
    }

    fn get_tool(&self, name: &str) -> Option<McpTool> {
        self.keyless.get_tool(name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let parts = context.extensions.get::<Parts>();
        let Some(key) = parts.and_then(|parts| parts.extensions.get::<ApiKey>()) else {
            return Err(ErrorData::invalid_request(KeyProblem::Missing.to_string(), None));
        };
        let Some((server, _place)) = self.holder(key) else {
            let text = "Too many calls run or wait here; try again when some have ended. No Argus data was obtained.";
            let failure = Failure::new(FailureKind::RateLimited, text);
            return Ok(CallToolResult::structured_error(failure.to_value(&request.name)).into());
        };
        server.call_tool(request, context).await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Arc;
    use std::sync::Mutex;

    use axum::Router;
    use reqwest::Url;
    use serde_json::json;
    use tokio::sync::Notify;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::servers::argus::testing::Reply;
    use crate::servers::argus::testing::Stub;

    fn key(text: &str) -> ApiKey {
        ApiKey::parse_strictly(text).unwrap()
    }

    #[test]
    fn only_one_whole_key_is_a_key() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(KEY_HEADER, value.parse().unwrap());
            }
            key_of(&headers).map(|key| key.shown())
        };
        assert_eq!(read(&["15a6/1/secret"]), Ok("15a6/1".to_owned()));
        assert_eq!(read(&[]), Err(KeyProblem::Missing));
        assert_eq!(read(&["  "]), Err(KeyProblem::Missing));
        let long = format!("15a6/1/{}", "x".repeat(600));
        for odd in ["secret", "15a6/1", "15a6/1/", "//secret", "15a6/1/two/three", "15a6/1/two words", &long] {
            assert_eq!(read(&[odd]), Err(KeyProblem::Malformed), "{odd}");
        }
        assert_eq!(read(&["15a6/1/secret", "15a6/2/other"]), Err(KeyProblem::Repeated));
    }

    #[tokio::test]
    async fn calls_carry_the_key_they_are_for() {
        let stub = Stub::start(vec![Reply::object(json!({"id": 1}))]).await;
        let argus = KeyedArgus::new(stub.config()).unwrap();
        let arguments = json!({"caseID": 1}).as_object().cloned().unwrap();
        for n in 0..BOUNDS.callers + 1 {
            let (server, _place) = argus.holder(&key(&format!("15a6/{n}/secret"))).unwrap();
            if n < 2 {
                server.call("getArgusCaseByID", &arguments).await.unwrap();
            }
        }
        let seen = stub.seen();
        let sent: Vec<&str> = seen.iter().map(|seen| seen.headers[KEY_HEADER].to_str().unwrap()).collect();
        assert_eq!(sent, ["15a6/0/secret", "15a6/1/secret"]);
    }

    #[tokio::test]
    async fn a_key_whose_calls_run_is_not_forgotten_and_has_a_bounded_number() {
        let stub = Stub::start(vec![Reply::object(json!({"id": 1}))]).await;
        let argus = KeyedArgus::new(stub.config()).unwrap();
        let busy = key("15a6/1/secret");
        let places: Vec<_> = (0..BOUNDS.calls_each).map(|_| argus.holder(&busy).unwrap()).collect();
        assert!(argus.holder(&busy).is_none());
        for n in 0..2 * BOUNDS.callers {
            assert!(argus.holder(&key(&format!("15a6/2/{n}"))).is_some());
        }
        assert!(argus.holder(&busy).is_none());
        drop(places);
        assert!(argus.holder(&busy).is_some());
    }

    /// Calls that Argus works on now and at most so far, by the id of their key.
    #[derive(Default)]
    struct Crowd {
        now: Mutex<HashMap<String, (usize, usize)>>,
        full: Notify,
    }

    impl Crowd {
        fn enter(&self, key: &str) {
            let mut now = self.now.lock().unwrap();
            let (present, most) = now.entry(key.to_owned()).or_default();
            *present += 1;
            *most = (*most).max(*present);
            if now.values().map(|(present, _)| present).sum::<usize>() == 8 {
                self.full.notify_one();
            }
        }

        fn leave(&self, key: &str) {
            self.now.lock().unwrap().get_mut(key).unwrap().0 -= 1;
        }
    }

    #[tokio::test]
    async fn four_calls_of_each_key_are_in_flight_at_once_and_no_key_waits_for_another() {
        let crowd = Arc::new(Crowd::default());
        let gate = Arc::new(Semaphore::new(0));
        let (inside, door) = (Arc::clone(&crowd), Arc::clone(&gate));
        let argus = Router::new().fallback(move |headers: HeaderMap| {
            let (crowd, gate) = (Arc::clone(&inside), Arc::clone(&door));
            async move {
                let key = key_of(&headers).unwrap().shown();
                crowd.enter(&key);
                gate.acquire().await.unwrap().forget();
                crowd.leave(&key);
                json!({"responseCode": 200, "data": {}}).to_string()
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stub = Stub::start(vec![Reply::object(json!({}))]).await;
        let mut config = stub.config();
        config.api_url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move { axum::serve(listener, argus).await });
        let argus = KeyedArgus::new(config).unwrap();
        let arguments = json!({"caseID": 1}).as_object().cloned().unwrap();
        let calls = (0..24).map(async |n| {
            let (server, _place) = argus.holder(&key(&format!("15a6/{}/secret", n % 2))).unwrap();
            server.call("getArgusCaseByID", &arguments).await.unwrap().is_error
        });
        let release = async {
            crowd.full.notified().await;
            gate.add_permits(24);
        };
        let (failed, ()) = tokio::join!(futures::future::join_all(calls), release);
        assert!(failed.iter().all(|failed| *failed == Some(false)));
        let most = |key: &str| crowd.now.lock().unwrap()[key].1;
        assert_eq!((most("15a6/0"), most("15a6/1")), (4, 4));
    }
}
