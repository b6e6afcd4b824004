//! A host that answers whatever it is asked like a Sysdig that allows everything, or sends
//! elsewhere, and keeps what it was sent.

use std::sync::Arc;
use std::sync::Mutex;

use axum::Json;
use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::response::Redirect;
use http::HeaderMap;
use serde_json::json;
use tokio::net::TcpListener;

/// The host.
pub(crate) struct Recorder {
    /// Its base URL.
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

impl Recorder {
    /// Starts it.
    pub(crate) async fn start() -> Self {
        Self::sending(None).await
    }

    /// Starts one that sends everybody elsewhere.
    pub(crate) async fn sending(elsewhere: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a local address"));
        let seen: Arc<Mutex<Vec<(String, HeaderMap)>>> = Arc::default();
        let noted = Arc::clone(&seen);
        let router = Router::new().fallback(async move |request: Request| {
            let path = request.uri().path().to_owned();
            noted.lock().expect("whole").push((path.clone(), request.headers().clone()));
            match &elsewhere {
                Some(base) => Redirect::temporary(&format!("{base}{path}")).into_response(),
                None => Json(json!({"permissions": ["policy-events.read"], "id": "of the recorder"})).into_response(),
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, seen }
    }

    /// A header of each request so far; empty where there was none.
    pub(crate) fn header(&self, name: &str) -> Vec<String> {
        let seen = self.seen.lock().expect("whole");
        let read = |headers: &HeaderMap| headers.get(name).map_or("", |value| value.to_str().expect("text")).to_owned();
        seen.iter().map(|(_, headers)| read(headers)).collect()
    }

    /// Whether a text stands anywhere in what was sent.
    pub(crate) fn was_told(&self, text: &str) -> bool {
        format!("{:?}", self.seen.lock().expect("whole")).contains(text)
    }
}
