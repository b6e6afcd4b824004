//! What the Sysdig MCP server needs to know before it starts.
//!
//! Values come from a plain struct or, for the binary, from a lookup closure
//! over the `SYSDIG_MCP_*` variables; the process environment is never read
//! here. The loader only reads values; whether they are enough to start is
//! decided by [`SysdigConfig::check`], since an HTTP server may get host and
//! token with each request while a stdio server may not.

use std::time::Duration;

use reqwest::Url;
use reqwest::redirect::Action;
use reqwest::redirect::Attempt;
use reqwest::redirect::Policy;
use secrecy::ExposeSecret;
use secrecy::SecretString;

/// Variable with the base URL of the Sysdig instance.
pub const API_HOST: &str = "SYSDIG_MCP_API_HOST";
/// Variable with the API token (the name of record).
pub const API_SECURE_TOKEN: &str = "SYSDIG_MCP_API_SECURE_TOKEN";
/// Variable with the API token (the newer name).
pub const API_TOKEN: &str = "SYSDIG_MCP_API_TOKEN";

/// Redirects that are followed in a row.
const REDIRECTS: usize = 5;

/// Variables with the API token; the first that is not empty counts.
pub const TOKENS: [&str; 2] = [API_SECURE_TOKEN, API_TOKEN];

/// Variable that lends the configured token over HTTP.
pub const ALLOW_ENV_CREDENTIALS_OVER_HTTP: &str = "SYSDIG_MCP_ALLOW_ENV_CREDENTIALS_OVER_HTTP";
/// Variable with further names by which clients reach the server.
pub const ALLOWED_HOSTS: &str = "SYSDIG_MCP_ALLOWED_HOSTS";

/// How clients reach the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Newline-delimited JSON-RPC on standard input and output.
    Stdio,
    /// The streamable HTTP transport.
    StreamableHttp,
    /// The older HTTP transport with server-sent events.
    Sse,
}

/// Everything that stops the server from starting.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A stdio server has no other source for this value.
    #[error("required configuration missing: {0}")]
    Missing(&'static str),
    /// The transport is none of the three.
    #[error("unknown transport: {0} (expected stdio, streamable-http or sse)")]
    UnknownTransport(String),
    /// The port is not a number from 0 to 65535.
    #[error("invalid SYSDIG_MCP_LISTENING_PORT: {0:?} is not a port number")]
    InvalidPort(String),
    /// The Sysdig host cannot be used as a base URL.
    #[error("invalid {API_HOST}: {0}")]
    InvalidHost(#[from] HostError),
    /// The mount path cannot be part of a URL as it stands.
    #[error(
        "invalid SYSDIG_MCP_MOUNT_PATH: {0:?}; a path has parts of letters, digits, '-', '.', '_' and '~', \
         as in /sysdig-mcp-server, and is not /healthz"
    )]
    InvalidMountPath(String),
    /// The process has no TLS provider, so no HTTPS client can be made.
    #[error("no TLS provider is installed in this process")]
    NoTlsProvider,
    /// The HTTP client could not be built.
    #[error("the HTTP client could not be built")]
    HttpClient(#[source] reqwest::Error),
}

impl StartError {
    /// Low-cardinality name for logs and metrics.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Missing(_) => "missing",
            Self::UnknownTransport(_) => "unknown_transport",
            Self::InvalidPort(_) => "invalid_port",
            Self::InvalidHost(_) => "invalid_host",
            Self::InvalidMountPath(_) => "invalid_mount_path",
            Self::NoTlsProvider => "no_tls_provider",
            Self::HttpClient(_) => "http_client",
        }
    }
}

/// Why a host text is not a usable base URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Nothing but blanks.
    #[error("the host is empty")]
    Empty,
    /// Not a URL with a host name in it.
    #[error("the host is not a valid URL")]
    NotAUrl,
    /// Neither `http` nor `https`.
    #[error("the host must use http or https")]
    Scheme,
    /// A user name or password inside the URL.
    #[error("the host must not contain credentials")]
    Credentials,
}

/// The base URL of a Sysdig instance: scheme and authority, nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Repairs what people write: a missing scheme becomes `https`, blanks,
    /// trailing slashes and any path are dropped.
    ///
    /// # Errors
    /// [`HostError`] when what is left names no http(s) host.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(HostError::Empty);
        }
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let mut url = Url::parse(&with_scheme).map_err(|_| HostError::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(HostError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(HostError::Credentials);
        }
        if !url.has_host() {
            return Err(HostError::NotAUrl);
        }
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// The URL of a path below this base; each segment is percent-encoded.
    #[must_use]
    pub fn join(&self, segments: &[&str]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(segments);
        }
        url
    }
}

/// Settings of one server. `Debug` never shows the token.
#[derive(Debug, Clone)]
pub struct SysdigConfig {
    /// Base URL of the Sysdig instance as it was given.
    pub api_host: Option<String>,
    /// API token, Secure or Monitor.
    pub api_token: Option<SecretString>,
    /// Transport as it was given, in lower case; see [`SysdigConfig::transport`].
    pub transport: String,
    /// URL prefix of the HTTP transports.
    pub mount_path: String,
    /// Log level: `DEBUG`, `INFO`, `WARNING` or `ERROR`; `TRACE` besides, for everything.
    pub log_level: String,
    /// Address to bind to; empty means all interfaces.
    pub listening_host: String,
    /// Port to bind to.
    pub listening_port: u16,
    /// Names, besides its own, by which clients reach the server.
    pub allowed_hosts: Vec<String>,
    /// Accept self-signed certificates of the configured host; of no other.
    pub skip_tls_verification: bool,
    /// Streamable HTTP without sessions.
    pub stateless: bool,
    /// Lend the configured token to HTTP requests that bring none. Whoever can
    /// reach the port then acts with that token.
    pub allow_env_credentials_over_http: bool,
    /// Tools that are neither listed nor run, by name.
    pub withheld: Vec<&'static str>,
    /// Answer event tools with the bare API JSON instead of the envelope.
    pub bare_results: bool,
    /// Version shown to clients and sent as `User-Agent`.
    pub version: String,
    /// Time to connect upstream.
    pub connect_timeout: Duration,
    /// Time for a whole upstream call, its body included.
    pub request_timeout: Duration,
    /// Largest upstream body that is read, in bytes.
    pub max_body_bytes: usize,
    /// The same where a request named the host.
    pub max_body_bytes_of_others: usize,
}

impl Default for SysdigConfig {
    fn default() -> Self {
        Self {
            api_host: None,
            api_token: None,
            transport: "stdio".to_owned(),
            mount_path: "/sysdig-mcp-server".to_owned(),
            log_level: "INFO".to_owned(),
            listening_host: "localhost".to_owned(),
            listening_port: 8080,
            allowed_hosts: Vec::new(),
            skip_tls_verification: false,
            stateless: false,
            allow_env_credentials_over_http: false,
            withheld: Vec::new(),
            bare_results: false,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(60),
            max_body_bytes: 16 * 1024 * 1024,
            max_body_bytes_of_others: 2 * 1024 * 1024,
        }
    }
}

impl SysdigConfig {
    /// Reads the `SYSDIG_MCP_*` variables. A string that is set but empty
    /// counts as empty, not as unset; only for the token does the second name
    /// stand in when the first is empty.
    ///
    /// # Errors
    /// [`StartError::InvalidPort`]. An unknown transport passes and is refused
    /// by [`SysdigConfig::check`].
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, StartError> {
        let defaults = Self::default();
        let text = |name: &str, default: &str| lookup(name).unwrap_or_else(|| default.to_owned());
        let flag = |name: &str| parse_bool(lookup(name).as_deref()).unwrap_or(false);
        let listening_port = match lookup("SYSDIG_MCP_LISTENING_PORT") {
            None => defaults.listening_port,
            Some(port) => match port.trim().parse() {
                Ok(number) => number,
                Err(_) => return Err(StartError::InvalidPort(port)),
            },
        };
        Ok(Self {
            api_host: lookup(API_HOST),
            api_token: TOKENS
                .into_iter()
                .filter_map(lookup)
                .find(|token| !token.trim().is_empty())
                .map(SecretString::from),
            transport: text("SYSDIG_MCP_TRANSPORT", &defaults.transport).to_lowercase(),
            mount_path: text("SYSDIG_MCP_MOUNT_PATH", &defaults.mount_path),
            log_level: parse_log_level(&text("SYSDIG_MCP_LOGLEVEL", &defaults.log_level)),
            listening_host: text("SYSDIG_MCP_LISTENING_HOST", &defaults.listening_host),
            listening_port,
            allowed_hosts: text(ALLOWED_HOSTS, "")
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
            skip_tls_verification: flag("SYSDIG_MCP_API_SKIP_TLS_VERIFICATION"),
            stateless: flag("SYSDIG_MCP_STATELESS"),
            allow_env_credentials_over_http: flag(ALLOW_ENV_CREDENTIALS_OVER_HTTP),
            ..defaults
        })
    }

    /// The transport, if it is one we know.
    ///
    /// # Errors
    /// [`StartError::UnknownTransport`].
    pub fn transport(&self) -> Result<Transport, StartError> {
        match self.transport.as_str() {
            "stdio" => Ok(Transport::Stdio),
            "streamable-http" => Ok(Transport::StreamableHttp),
            "sse" => Ok(Transport::Sse),
            other => Err(StartError::UnknownTransport(other.to_owned())),
        }
    }

    /// Decides whether a server can start with this configuration: a known
    /// transport, and on stdio a host and then a token, over HTTP a mount path. A host
    /// that is given must be usable on any transport. Sysdig itself is not called.
    ///
    /// # Errors
    /// The first [`StartError`] found, in the order above.
    pub fn check(&self) -> Result<Transport, StartError> {
        let transport = self.transport()?;
        let host = self.host()?;
        if transport == Transport::Stdio {
            host.ok_or(StartError::Missing(API_HOST))?;
            self.token().ok_or(StartError::Missing(API_SECURE_TOKEN))?;
        } else {
            self.mount()?;
        }
        Ok(transport)
    }

    /// The mount path as it begins a URL path: with a slash before each part and none at its
    /// end; empty for the root.
    ///
    /// # Errors
    /// [`StartError::InvalidMountPath`].
    pub fn mount(&self) -> Result<String, StartError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let mut mount = String::new();
        for part in self.mount_path.trim().split('/').filter(|part| !part.is_empty()) {
            if !part.bytes().all(plain) || matches!(part, "." | "..") {
                return Err(StartError::InvalidMountPath(self.mount_path.clone()));
            }
            mount.push('/');
            mount.push_str(part);
        }
        // There the server tells its health, whatever the mount path.
        if mount.strip_prefix('/') == Some("healthz") {
            return Err(StartError::InvalidMountPath(self.mount_path.clone()));
        }
        Ok(mount)
    }

    /// The configured host as a base URL; `None` when it is unset or empty.
    ///
    /// # Errors
    /// [`HostError`] when there is a host but no usable one.
    pub fn host(&self) -> Result<Option<BaseUrl>, HostError> {
        match self.api_host.as_deref().map(str::trim) {
            None | Some("") => Ok(None),
            Some(host) => BaseUrl::parse(host).map(Some),
        }
    }

    /// The configured token without surrounding blanks; `None` when it is
    /// unset or empty.
    #[must_use]
    pub fn token(&self) -> Option<SecretString> {
        let token = self.api_token.as_ref()?.expose_secret().trim();
        (!token.is_empty()).then(|| SecretString::from(token))
    }

    /// The HTTP clients with this configuration's time limits, TLS policy and redirects that
    /// stay with the host that was asked.
    ///
    /// # Errors
    /// [`StartError::NoTlsProvider`] when the process installed no rustls
    /// provider (the client would panic), [`StartError::HttpClient`] otherwise.
    pub fn http_client(&self) -> Result<HttpClient, StartError> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(StartError::NoTlsProvider);
        }
        let client = |skip_tls_verification| {
            reqwest::Client::builder()
                .connect_timeout(self.connect_timeout)
                .timeout(self.request_timeout)
                .tls_danger_accept_invalid_certs(skip_tls_verification)
                .redirect(Policy::custom(follow))
                .build()
                .map_err(StartError::HttpClient)
        };
        let others = client(false)?;
        let configured = if self.skip_tls_verification { client(true)? } else { others.clone() };
        Ok(HttpClient { configured, others })
    }
}

/// The clients to the hosts of one server: only that of the configuration may go without a
/// valid certificate.
#[derive(Debug, Clone)]
pub struct HttpClient {
    /// To the configured host.
    pub(crate) configured: reqwest::Client,
    /// To a host that a request names.
    pub(crate) others: reqwest::Client,
}

/// One client for all hosts.
impl From<reqwest::Client> for HttpClient {
    fn from(client: reqwest::Client) -> Self {
        Self { configured: client.clone(), others: client }
    }
}

/// A redirect that is not followed. Only scheme, host and port of its target are told.
#[derive(Debug, thiserror::Error)]
enum RedirectError {
    #[error("the redirect to {0} was not followed, since it leads away from the Sysdig host")]
    Elsewhere(String),
    #[error("more than {REDIRECTS} redirects")]
    TooMany,
}

/// Follows redirects that stay with scheme, host and port: a token and what is asked with it are
/// for the host that they were given for.
fn follow(attempt: Attempt<'_>) -> Action {
    let (from, to) = (attempt.previous().last().map(Url::origin), attempt.url().origin());
    if from.is_some_and(|from| from != to) {
        return attempt.error(RedirectError::Elsewhere(to.ascii_serialization()));
    }
    if attempt.previous().len() > REDIRECTS {
        return attempt.error(RedirectError::TooMany);
    }
    attempt.follow()
}

/// Booleans as the original understands them; anything else is `None`.
fn parse_bool(text: Option<&str>) -> Option<bool> {
    match text?.trim() {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

fn parse_log_level(text: &str) -> String {
    let level = text.trim().to_uppercase();
    match level.as_str() {
        "TRACE" | "DEBUG" | "INFO" | "WARNING" | "ERROR" => level,
        _ => "INFO".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(pairs: &[(&str, &str)]) -> Result<SysdigConfig, StartError> {
        SysdigConfig::from_lookup(&|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn defaults_are_those_of_record() {
        let config = load(&[]).unwrap();
        assert_eq!(config.transport, "stdio");
        assert_eq!(config.listening_host, "localhost");
        assert_eq!(config.listening_port, 8080);
        assert_eq!(config.mount_path, "/sysdig-mcp-server");
        assert_eq!(config.log_level, "INFO");
        assert!(!config.skip_tls_verification);
        assert!(!config.stateless && !config.allow_env_credentials_over_http);
    }

    #[test]
    fn every_variable_can_be_set() {
        let config = load(&[
            ("SYSDIG_MCP_API_HOST", "us2.app.sysdig.com/"),
            ("SYSDIG_MCP_API_SECURE_TOKEN", "first"),
            ("SYSDIG_MCP_API_TOKEN", "second"),
            ("SYSDIG_MCP_TRANSPORT", "Streamable-HTTP"),
            ("SYSDIG_MCP_MOUNT_PATH", "/other"),
            ("SYSDIG_MCP_LOGLEVEL", "warning"),
            ("SYSDIG_MCP_LISTENING_PORT", "9090"),
            ("SYSDIG_MCP_LISTENING_HOST", "0.0.0.0"),
            ("SYSDIG_MCP_API_SKIP_TLS_VERIFICATION", " True "),
            ("SYSDIG_MCP_STATELESS", "1"),
            ("SYSDIG_MCP_ALLOWED_HOSTS", "a.example, b.example:8080,,"),
            ("SYSDIG_MCP_ALLOW_ENV_CREDENTIALS_OVER_HTTP", "t"),
        ])
        .unwrap();
        assert_eq!(config.check().unwrap(), Transport::StreamableHttp);
        assert_eq!(config.token().unwrap().expose_secret(), "first");
        assert_eq!(config.mount_path, "/other");
        assert_eq!(config.log_level, "WARNING");
        assert_eq!(config.listening_port, 9090);
        assert_eq!(config.listening_host, "0.0.0.0");
        assert_eq!(config.allowed_hosts, ["a.example", "b.example:8080"]);
        assert!(config.skip_tls_verification && config.stateless && config.allow_env_credentials_over_http);
        let host = config.host().unwrap().unwrap();
        assert_eq!(host.join(&["api", "a/b"]).as_str(), "https://us2.app.sysdig.com/api/a%2Fb");
    }

    #[test]
    fn the_newer_token_name_works_alone() {
        let config = load(&[("SYSDIG_MCP_API_TOKEN", "only")]).unwrap();
        assert_eq!(config.token().unwrap().expose_secret(), "only");
    }

    #[test]
    fn a_bad_boolean_falls_back_and_a_bad_port_does_not() {
        let config = load(&[("SYSDIG_MCP_STATELESS", "perhaps")]).unwrap();
        assert!(!config.stateless);
        for port in ["", "80a", "70000", "-1"] {
            let error = load(&[("SYSDIG_MCP_LISTENING_PORT", port)]).unwrap_err();
            assert_eq!(error.kind(), "invalid_port", "{port}");
        }
    }

    #[test]
    fn a_mount_path_is_repaired_or_refused() {
        let mount = |path| load(&[("SYSDIG_MCP_MOUNT_PATH", path)]).unwrap().mount();
        for (given, read) in [
            ("", ""),
            ("/", ""),
            (" mcp/ ", "/mcp"),
            ("/a//b/", "/a/b"),
            ("/x/healthz", "/x/healthz"),
            ("/v1.0_~-", "/v1.0_~-"),
        ] {
            assert_eq!(mount(given).unwrap(), read, "{given}");
        }
        for odd in ["/a b", "/{x}", "/{*x}", "/a/../b", "/%2f", "/ø", "/a?b", "healthz", ":x", "/*"] {
            let error = mount(odd).unwrap_err();
            assert_eq!(error.kind(), "invalid_mount_path", "{odd}");
            assert!(error.to_string().contains(odd), "{error}");
        }
        // Over stdio there is no path.
        let odd = [("SYSDIG_MCP_MOUNT_PATH", "/{x}"), ("SYSDIG_MCP_API_HOST", "h"), ("SYSDIG_MCP_API_TOKEN", "t")];
        assert!(load(&odd).unwrap().check().is_ok());
        let http = [&odd[..], &[("SYSDIG_MCP_TRANSPORT", "sse")]].concat();
        assert_eq!(load(&http).unwrap().check().unwrap_err().kind(), "invalid_mount_path");
    }

    #[test]
    fn an_unknown_level_is_info() {
        for (given, read) in [("debug", "DEBUG"), (" trace ", "TRACE"), ("loud", "INFO"), ("", "INFO")] {
            assert_eq!(load(&[("SYSDIG_MCP_LOGLEVEL", given)]).unwrap().log_level, read);
        }
    }

    #[test]
    fn an_unknown_transport_passes_the_loader_and_fails_the_check() {
        let config = load(&[("SYSDIG_MCP_TRANSPORT", "http")]).unwrap();
        let error = config.check().unwrap_err();
        assert!(error.to_string().starts_with("unknown transport: http"));
    }

    #[test]
    fn stdio_needs_host_then_token_and_http_needs_neither() {
        let error = load(&[]).unwrap().check().unwrap_err();
        assert_eq!(error.to_string(), "required configuration missing: SYSDIG_MCP_API_HOST");
        let error = load(&[("SYSDIG_MCP_API_HOST", "https://sysdig.example")]).unwrap().check().unwrap_err();
        assert!(error.to_string().contains("SYSDIG_MCP_API_SECURE_TOKEN"));
        for transport in ["streamable-http", "sse"] {
            let config = load(&[("SYSDIG_MCP_TRANSPORT", transport)]).unwrap();
            assert!(config.check().is_ok());
        }
    }

    #[test]
    fn hosts_are_repaired_or_refused() {
        let parse = |text| BaseUrl::parse(text).map(|base| base.join(&["x"]).to_string());
        assert_eq!(parse("eu1.app.sysdig.com"), Ok("https://eu1.app.sysdig.com/x".into()));
        assert_eq!(parse("http://127.0.0.1:9/a/b?c#d"), Ok("http://127.0.0.1:9/x".into()));
        assert_eq!(parse("  "), Err(HostError::Empty));
        assert_eq!(parse("ftp://sysdig.example"), Err(HostError::Scheme));
        assert_eq!(parse("https://a:b@sysdig.example"), Err(HostError::Credentials));
        assert_eq!(parse("https://"), Err(HostError::NotAUrl));
    }

    #[test]
    fn debug_output_hides_the_token() {
        let config = load(&[("SYSDIG_MCP_API_TOKEN", "very-secret")]).unwrap();
        assert!(!format!("{config:?}").contains("very-secret"));
    }
}
