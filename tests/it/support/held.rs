//! A simulated model behind a gate: requests that hold a certain text wait until the gate is
//! opened, all others are answered. So a test decides when a model answers, without a clock.

use axum::body::Body;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::middleware;
use axum::middleware::Next;
use groundwire::config::models::ModelConfig;
use groundwire::sim::model::SimModel;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// A model server that can be held back.
pub(crate) struct HeldModel {
    /// Base URL, `/v1` included.
    pub(crate) url: String,
    /// Lets what is held back go on.
    pub(crate) gate: CancellationToken,
    asked: watch::Receiver<bool>,
}

impl HeldModel {
    /// Holds requests back that hold this text; an empty one stands for all.
    pub(crate) async fn start(text: &'static str) -> Self {
        let gate = CancellationToken::new();
        let (asking, asked) = watch::channel(false);
        let (opened, asking) = (gate.clone(), std::sync::Arc::new(asking));
        let hold = middleware::from_fn(move |request: Request, next: Next| {
            let (opened, asking) = (opened.clone(), std::sync::Arc::clone(&asking));
            async move {
                let (parts, body) = request.into_parts();
                let bytes = to_bytes(body, usize::MAX).await.expect("a whole body");
                if String::from_utf8_lossy(&bytes).contains(text) {
                    asking.send_replace(true);
                    opened.cancelled().await;
                }
                next.run(Request::from_parts(parts, Body::from(bytes))).await
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/v1", listener.local_addr().expect("a local address"));
        let router = SimModel::new().router().layer(hold);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, gate, asked }
    }

    /// A profile of it.
    pub(crate) fn profile(&self) -> ModelConfig {
        ModelConfig::new(&self.url, "sim/honest")
    }

    /// Waits until a request is held back.
    pub(crate) async fn is_asked(&self) {
        let mut asked = self.asked.clone();
        asked.wait_for(|asked| *asked).await.expect("the server is there");
    }
}
