//! A small client of the native API, for `ask` and `chat` and for scenarios against a URL.

use eventsource_stream::Eventsource;
use futures::Stream;
use futures::StreamExt;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use serde_json::Value;
use serde_json::json;

/// A gateway at a URL.
#[derive(Clone)]
pub struct GatewayClient {
    base: String,
    token: Option<SecretString>,
    http: reqwest::Client,
}

/// Why the gateway gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens there.
    #[error(
        "no gateway answers at {base}; start one with `groundwire demo` or `groundwire serve`, or name another with --url"
    )]
    Unreachable {
        /// The base URL.
        base: String,
        /// The cause.
        #[source]
        source: reqwest::Error,
    },
    /// It answered with an error.
    #[error("the gateway answered {status}: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Stable code.
        code: String,
        /// For people.
        message: String,
    },
    /// The answer broke off or is no valid answer.
    #[error("the gateway's answer cannot be read: {0}")]
    Broken(String),
}

impl GatewayClient {
    /// A client for `base` (without a trailing slash).
    ///
    /// # Errors
    /// [`ClientError::Broken`] when the HTTP client cannot be set up.
    pub fn new(base: &str, token: Option<SecretString>) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            .tcp_nodelay(true)
            .build()
            .map_err(|error| ClientError::Broken(error.to_string()))?;
        Ok(Self { base: base.trim_end_matches('/').to_owned(), token, http })
    }

    /// Creates a conversation and returns its id.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn create_conversation(&self) -> Result<String, ClientError> {
        let created = self.send(self.http.post(self.url("/api/conversations")).json(&json!({}))).await?;
        created["id"].as_str().map(str::to_owned).ok_or_else(|| ClientError::Broken("no id".to_owned()))
    }

    /// Runs a turn; yields `(event name, data)` in order.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn run_turn(
        &self,
        conversation: &str,
        message: &str,
        model: Option<&str>,
    ) -> Result<impl Stream<Item = Result<(String, Value), ClientError>> + use<>, ClientError> {
        let url = self.url(&format!("/api/conversations/{conversation}/turns"));
        let mut body = json!({"message": message});
        if let Some(model) = model {
            body["model"] = Value::from(model);
        }
        let request = self.http.post(url).header("accept", "text/event-stream").json(&body);
        let response = self.checked(self.authorized(request)).await?;
        Ok(response.bytes_stream().eventsource().map(|event| {
            let event = event.map_err(|error| ClientError::Broken(error.to_string()))?;
            let data = serde_json::from_str(&event.data).map_err(|error| ClientError::Broken(error.to_string()))?;
            Ok((event.event, data))
        }))
    }

    /// A GET of the native API.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn get(&self, path: &str) -> Result<Value, ClientError> {
        self.send(self.http.get(self.url(path))).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Value, ClientError> {
        let response = self.checked(self.authorized(request)).await?;
        response.json().await.map_err(|error| ClientError::Broken(error.to_string()))
    }

    async fn checked(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, ClientError> {
        let response =
            request.send().await.map_err(|source| ClientError::Unreachable { base: self.base.clone(), source })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body: Value = response.json().await.unwrap_or(Value::Null);
        let text = |key: &str| body["error"][key].as_str().unwrap_or_default().to_owned();
        Err(ClientError::Refused { status: status.as_u16(), code: text("code"), message: text("message") })
    }

    fn authorized(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}
