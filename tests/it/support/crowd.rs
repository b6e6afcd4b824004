//! A host that lets whoever asks wait until told otherwise, and says how many do.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// The host.
pub(crate) struct Crowd {
    /// Its base URL.
    pub(crate) url: String,
    come: Arc<Semaphore>,
    gate: Arc<Semaphore>,
}

impl Crowd {
    /// Starts it, with the gate shut.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a local address"));
        let (come, gate) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let (coming, shut) = (Arc::clone(&come), Arc::clone(&gate));
        let router = Router::new().fallback(async move || {
            coming.add_permits(1);
            shut.acquire().await.expect("open for good").forget();
            Json(json!({"id": "of the crowd"}))
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, come, gate }
    }

    /// Waits until so many have come since the last time.
    pub(crate) async fn holds(&self, count: u32) {
        self.come.acquire_many(count).await.expect("open for good").forget();
    }

    /// Lets so many go, now or when they come.
    pub(crate) fn release(&self, count: usize) {
        self.gate.add_permits(count);
    }
}
