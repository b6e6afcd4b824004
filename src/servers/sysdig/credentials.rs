//! Whose token goes to which Sysdig host, decided anew for each request.
//!
//! A request that came over HTTP is judged by what it presents; any other (stdio, in process)
//! uses the configuration. The one rule that matters most: a configured token never goes to a
//! host that a request names.

use http::HeaderMap;
use secrecy::SecretString;

use crate::servers::header::Field;
use crate::servers::header::header;
use crate::servers::sysdig::config::API_HOST;
use crate::servers::sysdig::config::API_SECURE_TOKEN;
use crate::servers::sysdig::config::BaseUrl;
use crate::servers::sysdig::config::HostError;
use crate::servers::sysdig::config::SysdigConfig;

/// A token together with the only host it may be sent to.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Where Sysdig is.
    pub host: BaseUrl,
    /// The API token, without any scheme word.
    pub token: SecretString,
    /// Whether the request named the host, and another than the configured one.
    pub elsewhere: bool,
}

/// Why a request has no usable credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// An HTTP request without a token header, or with a malformed one.
    #[error("Missing or invalid Authorization header")]
    NoToken,
    /// No configured value stands behind a request without headers.
    #[error("required configuration missing: {0}")]
    NotConfigured(&'static str),
    /// Neither header nor configuration names a Sysdig host.
    #[error("no Sysdig host: send X-Sysdig-Host or set {API_HOST}")]
    NoHost,
    /// The header names something that is no http(s) host.
    #[error("invalid X-Sysdig-Host: {0}")]
    InvalidHeaderHost(HostError),
    /// The configured host is no http(s) host.
    #[error("invalid {API_HOST}: {0}")]
    InvalidConfiguredHost(HostError),
}

/// Header with a token.
pub const TOKEN_HEADER: &str = "X-Sysdig-Token";
/// Header that names a host.
pub const HOST_HEADER: &str = "X-Sysdig-Host";

/// What a request over HTTP brings of its own, in the headers `X-Sysdig-Token`,
/// `Authorization` and `X-Sysdig-Host`. `Debug` never shows the token.
#[derive(Debug, Clone, Default)]
pub struct Presented {
    token: Field<SecretString>,
    host: Field<String>,
}

impl Presented {
    /// Reads the headers of one request. `Authorization` counts only where it is for Sysdig:
    /// a server may ask for a token of its own in it.
    #[must_use]
    pub fn read(headers: &HeaderMap, authorization_is_for_sysdig: bool) -> Self {
        let token = match header(headers, TOKEN_HEADER) {
            Field::Given(text) => raw_token(text),
            Field::Unusable => Field::Unusable,
            Field::Absent if authorization_is_for_sysdig => match header(headers, "authorization") {
                Field::Given(text) => bearer(text),
                Field::Unusable => Field::Unusable,
                Field::Absent => Field::Absent,
            },
            Field::Absent => Field::Absent,
        };
        let host = match header(headers, HOST_HEADER) {
            Field::Given(text) => Field::Given(text.to_owned()),
            Field::Unusable => Field::Unusable,
            Field::Absent => Field::Absent,
        };
        Self { token, host }
    }

    /// Whether the request brings nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!((&self.token, &self.host), (Field::Absent, Field::Absent))
    }

    /// The token, if there is a usable one.
    #[must_use]
    pub fn token(&self) -> Option<&SecretString> {
        match &self.token {
            Field::Given(token) => Some(token),
            Field::Absent | Field::Unusable => None,
        }
    }
}

/// Credentials of one request; `presented` is `None` when it did not come over HTTP.
///
/// # Errors
/// [`CredentialError`] naming what is missing; never the value of a token.
pub fn resolve(config: &SysdigConfig, presented: Option<&Presented>) -> Result<Credentials, CredentialError> {
    let Some(presented) = presented else {
        return from_configuration(config);
    };
    let token = match &presented.token {
        Field::Given(token) => token.clone(),
        // Any X-Sysdig-Host is ignored here: it could point anywhere.
        Field::Absent if config.allow_env_credentials_over_http => return from_configuration(config),
        Field::Absent | Field::Unusable => return Err(CredentialError::NoToken),
    };
    let named = match &presented.host {
        Field::Given(host) => Some(BaseUrl::parse(host).map_err(CredentialError::InvalidHeaderHost)?),
        Field::Unusable => return Err(CredentialError::InvalidHeaderHost(HostError::NotAUrl)),
        Field::Absent => None,
    };
    let elsewhere = named.is_some() && config.host().ok().flatten() != named;
    let host = match named {
        Some(host) => host,
        None => configured_host(config)?.ok_or(CredentialError::NoHost)?,
    };
    Ok(Credentials { host, token, elsewhere })
}

fn from_configuration(config: &SysdigConfig) -> Result<Credentials, CredentialError> {
    Ok(Credentials {
        host: configured_host(config)?.ok_or(CredentialError::NotConfigured(API_HOST))?,
        token: config.token().ok_or(CredentialError::NotConfigured(API_SECURE_TOKEN))?,
        elsewhere: false,
    })
}

fn configured_host(config: &SysdigConfig) -> Result<Option<BaseUrl>, CredentialError> {
    config.host().map_err(CredentialError::InvalidConfiguredHost)
}

/// A token with or without the word `Bearer` before it.
fn raw_token(text: &str) -> Field<SecretString> {
    one_word(after_bearer(text).unwrap_or(text))
}

/// The token of `Bearer <token>`. Another scheme is for somebody else, such as a proxy.
fn bearer(text: &str) -> Field<SecretString> {
    after_bearer(text).map_or(Field::Absent, one_word)
}

/// What follows the word `Bearer`, in any case, at the beginning.
fn after_bearer(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    scheme.eq_ignore_ascii_case("bearer").then_some(rest)
}

fn one_word(text: &str) -> Field<SecretString> {
    let token = text.trim();
    if token.is_empty() || token.contains(char::is_whitespace) {
        return Field::Unusable;
    }
    Field::Given(SecretString::from(token))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use secrecy::ExposeSecret;

    use super::*;

    fn config(host: Option<&str>, token: Option<&str>) -> SysdigConfig {
        SysdigConfig {
            api_host: host.map(str::to_owned),
            api_token: token.map(SecretString::from),
            ..SysdigConfig::default()
        }
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn presented(pairs: &[(&'static str, &'static str)]) -> Presented {
        Presented::read(&headers(pairs), true)
    }

    fn resolved(config: &SysdigConfig, pairs: &[(&'static str, &'static str)]) -> (String, String) {
        let credentials = resolve(config, Some(&presented(pairs))).unwrap();
        (credentials.host.join(&[]).to_string(), credentials.token.expose_secret().to_owned())
    }

    #[test]
    fn the_sysdig_header_wins_with_or_without_its_scheme() {
        let config = config(Some("https://a.example"), None);
        for value in ["Bearer one", "one", " bearer  one "] {
            let pairs = [("x-sysdig-token", value), ("authorization", "Bearer two")];
            assert_eq!(resolved(&config, &pairs).1, "one", "{value}");
        }
        assert_eq!(resolved(&config, &[("authorization", "bEARER two")]).1, "two");
    }

    #[test]
    fn malformed_token_headers_are_no_token() {
        let config = config(Some("https://a.example"), Some("configured"));
        for pairs in [
            vec![],
            vec![("authorization", "Basic abc")],
            vec![("authorization", "Bearer")],
            vec![("authorization", "Bearer a b")],
            vec![("x-sysdig-token", "a b")],
            vec![("x-sysdig-token", "Bearer")],
            vec![("x-sysdig-token", "tøken")],
            // One that cannot be used is not made up for by another.
            vec![("x-sysdig-token", "a b"), ("authorization", "Bearer two")],
            vec![("x-sysdig-token", "one"), ("x-sysdig-token", "two")],
            vec![("authorization", "Bearer one"), ("authorization", "Bearer two")],
        ] {
            let error = resolve(&config, Some(&presented(&pairs))).unwrap_err();
            assert_eq!(error, CredentialError::NoToken, "{pairs:?}");
        }
        let long: &'static str = "x".repeat(8 * 1024 + 1).leak();
        assert!(presented(&[("x-sysdig-token", &long[1..])]).token().is_some());
        assert!(presented(&[("x-sysdig-token", long)]).token().is_none());
        let blank = [("x-sysdig-token", " "), ("authorization", "Bearer two")];
        assert_eq!(resolved(&config, &blank).1, "two");
    }

    #[test]
    fn a_token_for_somebody_else_is_not_read() {
        let pairs = [("authorization", "Bearer gateway"), ("x-sysdig-host", "b.example")];
        let read = |pairs: &[(&'static str, &'static str)]| Presented::read(&headers(pairs), false);
        let config = config(Some("https://a.example"), None);
        assert_eq!(resolve(&config, Some(&read(&pairs))).unwrap_err(), CredentialError::NoToken);
        assert!(read(&pairs[..1]).is_empty() && !read(&pairs).is_empty());
        let both = [("authorization", "Bearer gateway"), ("x-sysdig-token", "own")];
        assert_eq!(resolve(&config, Some(&read(&both))).unwrap().token.expose_secret(), "own");
        assert!(!format!("{:?}", read(&both)).contains("own"));
    }

    #[test]
    fn a_header_host_needs_no_configured_host_and_the_reverse() {
        let host = "https://b.example/";
        let pairs = [("authorization", "Bearer t"), ("x-sysdig-host", "b.example")];
        assert_eq!(resolved(&config(None, None), &pairs).0, host);
        assert_eq!(resolved(&config(Some("https://a.example"), None), &pairs).0, host);
        let only_token = [("authorization", "Bearer t")];
        assert_eq!(resolved(&config(Some("a.example"), None), &only_token).0, "https://a.example/");
        let error = resolve(&config(None, None), Some(&presented(&only_token))).unwrap_err();
        assert!(error.to_string().contains("SYSDIG_MCP_API_HOST"));
    }

    #[test]
    fn only_another_host_than_the_configured_one_is_elsewhere() {
        let config = config(Some("https://a.example"), None);
        for (host, elsewhere) in [("", false), ("a.example/", false), ("http://a.example", true), ("b.example", true)] {
            let read = presented(&[("x-sysdig-token", "t"), ("x-sysdig-host", host)]);
            assert_eq!(resolve(&config, Some(&read)).unwrap().elsewhere, elsewhere, "{host}");
        }
    }

    #[test]
    fn a_lent_token_goes_to_the_configured_host_only() {
        let lending = SysdigConfig {
            allow_env_credentials_over_http: true,
            ..config(Some("https://a.example"), Some("configured"))
        };
        let pairs = [("x-sysdig-host", "https://evil.example")];
        for pairs in [&pairs[..], &[("authorization", "Basic abc")], &[]] {
            assert_eq!(resolved(&lending, pairs), ("https://a.example/".to_owned(), "configured".to_owned()));
        }
        let broken = [("authorization", "Bearer a b"), ("x-sysdig-host", "https://evil.example")];
        assert_eq!(resolve(&lending, Some(&presented(&broken))).unwrap_err(), CredentialError::NoToken);
    }

    #[test]
    fn odd_hosts_of_a_header_are_refused_or_cut_to_what_they_name() {
        let at =
            |host| resolve(&config(None, None), Some(&presented(&[("x-sysdig-token", "t"), ("x-sysdig-host", host)])));
        assert_eq!(at("http://b.example/a/b?c#d").unwrap().host.join(&[]).as_str(), "http://b.example/");
        for (host, problem) in [
            ("https://user:word@b.example", HostError::Credentials),
            ("file:///etc/passwd", HostError::Scheme),
            ("javascript:alert(1)", HostError::NotAUrl),
            ("b.exåmple", HostError::NotAUrl),
        ] {
            assert_eq!(at(host).unwrap_err(), CredentialError::InvalidHeaderHost(problem), "{host}");
        }
        let two = [("x-sysdig-token", "t"), ("x-sysdig-host", "a.example"), ("x-sysdig-host", "b.example")];
        let error = resolve(&config(Some("c.example"), None), Some(&presented(&two))).unwrap_err();
        assert_eq!(error, CredentialError::InvalidHeaderHost(HostError::NotAUrl));
    }

    #[test]
    fn requests_without_http_use_the_configuration() {
        let full = config(Some("https://a.example"), Some("t"));
        assert_eq!(resolve(&full, None).unwrap().token.expose_secret(), "t");
        let error = resolve(&config(None, None), None).unwrap_err();
        assert_eq!(error, CredentialError::NotConfigured(API_HOST));
    }
}
