//! Whose token goes to which Sysdig host, decided anew for each request.
//!
//! A request that came over HTTP carries its headers and is judged by them;
//! any other (stdio, in process) uses the configuration. The one rule that
//! matters most: a configured token never goes to a host named by a header.

use http::HeaderMap;
use secrecy::SecretString;

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

/// Credentials of one request; `headers` is `None` when it did not come over
/// HTTP.
///
/// # Errors
/// [`CredentialError`] naming what is missing; never the value of a token.
pub fn resolve(config: &SysdigConfig, headers: Option<&HeaderMap>) -> Result<Credentials, CredentialError> {
    let Some(headers) = headers else {
        return from_configuration(config);
    };
    let Some(token) = header_token(headers) else {
        if config.allow_env_credentials_over_http {
            // Any X-Sysdig-Host is ignored here: it could point anywhere.
            return from_configuration(config);
        }
        return Err(CredentialError::NoToken);
    };
    let host = match header_text(headers, "x-sysdig-host") {
        Some(host) => BaseUrl::parse(host).map_err(CredentialError::InvalidHeaderHost)?,
        None => configured_host(config)?.ok_or(CredentialError::NoHost)?,
    };
    Ok(Credentials { host, token })
}

fn from_configuration(config: &SysdigConfig) -> Result<Credentials, CredentialError> {
    Ok(Credentials {
        host: configured_host(config)?.ok_or(CredentialError::NotConfigured(API_HOST))?,
        token: config.token().ok_or(CredentialError::NotConfigured(API_SECURE_TOKEN))?,
    })
}

fn configured_host(config: &SysdigConfig) -> Result<Option<BaseUrl>, CredentialError> {
    config.host().map_err(CredentialError::InvalidConfiguredHost)
}

/// `X-Sysdig-Token` with or without the word `Bearer`, else a well-formed
/// `Authorization: Bearer`.
fn header_token(headers: &HeaderMap) -> Option<SecretString> {
    if let Some(text) = header_text(headers, "x-sysdig-token") {
        let token = bearer(text).unwrap_or(text);
        return is_single_word(token).then(|| SecretString::from(token));
    }
    bearer(header_text(headers, "authorization")?).map(SecretString::from)
}

/// The token of `Bearer <token>`: the scheme in any case, exactly one word
/// after it.
fn bearer(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(char::is_whitespace)?;
    let token = rest.trim();
    (scheme.eq_ignore_ascii_case("bearer") && is_single_word(token)).then_some(token)
}

fn is_single_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_whitespace)
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    (!text.is_empty()).then_some(text)
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
        pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    fn resolved(config: &SysdigConfig, pairs: &[(&'static str, &'static str)]) -> (String, String) {
        let credentials = resolve(config, Some(&headers(pairs))).unwrap();
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
        ] {
            let error = resolve(&config, Some(&headers(&pairs))).unwrap_err();
            assert_eq!(error, CredentialError::NoToken, "{pairs:?}");
        }
    }

    #[test]
    fn a_header_host_needs_no_configured_host_and_the_reverse() {
        let host = "https://b.example/";
        let pairs = [("authorization", "Bearer t"), ("x-sysdig-host", "b.example")];
        assert_eq!(resolved(&config(None, None), &pairs).0, host);
        assert_eq!(resolved(&config(Some("https://a.example"), None), &pairs).0, host);
        let only_token = [("authorization", "Bearer t")];
        assert_eq!(resolved(&config(Some("a.example"), None), &only_token).0, "https://a.example/");
        let error = resolve(&config(None, None), Some(&headers(&only_token))).unwrap_err();
        assert!(error.to_string().contains("SYSDIG_MCP_API_HOST"));
    }

    #[test]
    fn a_lent_token_goes_to_the_configured_host_only() {
        let lending = SysdigConfig {
            allow_env_credentials_over_http: true,
            ..config(Some("https://a.example"), Some("configured"))
        };
        let pairs = [("x-sysdig-host", "https://evil.example")];
        assert_eq!(resolved(&lending, &pairs), ("https://a.example/".to_owned(), "configured".to_owned()));
    }

    #[test]
    fn requests_without_http_use_the_configuration() {
        let full = config(Some("https://a.example"), Some("t"));
        assert_eq!(resolve(&full, None).unwrap().token.expose_secret(), "t");
        let error = resolve(&config(None, None), None).unwrap_err();
        assert_eq!(error, CredentialError::NotConfigured(API_HOST));
    }
}
