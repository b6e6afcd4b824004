//! Servers that get the credentials of whoever asks, out of the headers of the request: which
//! headers are read, and what they come to at a server. Nothing of them is kept; a request without
//! them is told which are missing, and a credential of the operator never stands in.
//!
//! Relies on the embedded servers for what a header of theirs may hold, and for which token goes to
//! which host.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use secrecy::ExposeSecret;
use secrecy::SecretString;

use crate::app::AppError;
use crate::app::argus_mcp::OWN_KEY;
use crate::app::upstreams::Given;
use crate::app::upstreams::Means;
use crate::app::upstreams::filling;
use crate::app::upstreams::pool_settings;
use crate::config::Config;
use crate::config::mcp::Embedded;
use crate::config::mcp::McpServerConfig;
use crate::config::mcp::TransportConfig;
use crate::domain::caller::Brought;
use crate::domain::caller::Caller;
use crate::engine::ports::Clock;
use crate::mcp::credentials::Credentials;
use crate::mcp::credentials::Fields;
use crate::mcp::credentials::NoCredential;
use crate::mcp::limits::UpstreamLimits;
use crate::mcp::pool::Bringing;
use crate::mcp::pool::Fill;
use crate::mcp::pool::Pool;
use crate::mcp::transport::Transport;
use crate::servers::argus::keyed::key_of;
use crate::servers::header::Field;
use crate::servers::header::header;
use crate::servers::sysdig::config::BaseUrl;
use crate::servers::sysdig::config::SysdigConfig;
use crate::servers::sysdig::credentials::CredentialError;
use crate::servers::sysdig::credentials::HOST_HEADER;
use crate::servers::sysdig::credentials::Presented;
use crate::servers::sysdig::credentials::TOKEN_HEADER;
use crate::servers::sysdig::credentials::resolve;
use crate::servers::sysdig::server::SysdigServer;

/// The headers that servers take from requests; no other is looked at.
#[derive(Debug, Default)]
pub struct Taken(BTreeSet<String>);

impl Taken {
    /// Those of a configuration.
    pub(super) fn of(config: &Config) -> Self {
        let headers = config.mcp.of_callers().flat_map(|(_, server)| server.caller_headers());
        Self(headers.map(|(_, header)| header.to_ascii_lowercase()).collect())
    }

    /// What a request brings in them.
    pub fn read(&self, headers: &HeaderMap) -> Brought {
        // What is no text is none either after this, and then no credential.
        let text = |value: &HeaderValue| SecretString::from(String::from_utf8_lossy(value.as_bytes()).into_owned());
        let brought = self.0.iter().filter(|name| headers.contains_key(name.as_str()));
        Brought::new(brought.map(|name| (name.clone(), headers.get_all(name).iter().map(text).collect())).collect())
    }
}

/// What a server makes of the headers.
enum Reading {
    Argus,
    /// With the hosts that a request may name besides the configured one.
    Sysdig(Box<SysdigConfig>, Vec<BaseUrl>),
    /// Each becomes a field.
    Plain,
}

/// Credentials of one server, out of the request at hand.
struct Passed {
    reading: Reading,
    /// Field and header.
    headers: Vec<(String, String)>,
}

#[async_trait]
impl Credentials for Passed {
    async fn of(&self, caller: &Caller, _server: &str) -> Result<Fields, NoCredential> {
        let brought = self.headers.iter().flat_map(|(_, header)| {
            let values = caller.brought().values(header).iter();
            values.map(move |value| (header, value))
        });
        self.read(&header_map(brought)).map_err(NoCredential::Missing)
    }
}

impl Passed {
    /// The fields, or what is wrong: a sentence that names the header and holds nothing of it.
    fn read(&self, headers: &HeaderMap) -> Result<Fields, String> {
        match &self.reading {
            Reading::Argus => {
                let key = key_of(headers).map_err(|problem| problem.to_string())?;
                Ok(Fields::from([(OWN_KEY.to_owned(), SecretString::from(key.expose()))]))
            }
            Reading::Sysdig(config, hosts) => {
                // `Authorization` is the gateway's.
                let presented = Presented::read(headers, false);
                let resolved = resolve(config, Some(&presented)).map_err(|error| match error {
                    CredentialError::NoToken => format!(
                        "the header {TOKEN_HEADER} is missing or holds no token; send your own Sysdig token in it \
                         with every request"
                    ),
                    error => error.to_string(),
                })?;
                if resolved.elsewhere && !hosts.contains(&resolved.host) {
                    return Err(format!(
                        "the header {HOST_HEADER} names a host that this gateway sends nothing to; leave the header \
                         out, or have the operator add the host to options.credentials.hosts of this server"
                    ));
                }
                let given = headers.iter().filter_map(|(name, value)| Some((name, value.to_str().ok()?)));
                Ok(given.map(|(name, value)| (name.to_string(), SecretString::from(value))).collect())
            }
            Reading::Plain => self.headers.iter().map(|(field, name)| plain(headers, field, name)).collect(),
        }
    }
}

fn header_map<'a>(values: impl Iterator<Item = (&'a String, &'a SecretString)>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in values {
        // Bytes: what is no text must stay there, and count as such.
        let (name, value) = (name.parse::<HeaderName>(), HeaderValue::from_bytes(value.expose_secret().as_bytes()));
        if let (Ok(name), Ok(mut value)) = (name, value) {
            value.set_sensitive(true);
            headers.append(name, value);
        }
    }
    headers
}

fn plain(headers: &HeaderMap, field: &str, name: &str) -> Result<(String, SecretString), String> {
    match header(headers, name) {
        Field::Given(text) => Ok((field.to_owned(), SecretString::from(text))),
        Field::Absent => {
            Err(format!("the header {name} is missing; send your own credential in it with every request"))
        }
        Field::Unusable => Err(format!(
            "the header {name} holds no credential: it must be there once, with 1 to 8,192 visible ASCII characters"
        )),
    }
}

/// The connections to one server of all who bring credentials for it.
///
/// # Errors
/// [`AppError::Server`] when the server could not be reached with any credential.
pub(super) fn pool(
    name: &str,
    server: &McpServerConfig,
    given: Given,
    limits: UpstreamLimits,
    means: &Means,
) -> Result<Pool, AppError> {
    let refused = |reason: String| AppError::Server { name: name.to_owned(), reason };
    let headers = server.caller_headers();
    let (reading, fill) = match &server.transport {
        TransportConfig::Embedded { server: Embedded::Sysdig, .. } => {
            sysdig(&given, &server.options.credentials.hosts, &means.clock).map_err(refused)?
        }
        TransportConfig::Embedded { server: Embedded::Argus, .. } => (Reading::Argus, filling(server, given, means)),
        _ => (Reading::Plain, filling(server, given, means)),
    };
    let names = match &reading {
        // The host need not be named.
        Reading::Sysdig(..) => vec![TOKEN_HEADER.to_owned()],
        _ => headers.iter().map(|(_, header)| header.clone()).collect(),
    };
    let fields = headers.iter().map(|(field, _)| field.clone()).collect();
    let settings = pool_settings(name, server, limits, (fill, fields), Bringing::WithRequests(names))?;
    Ok(Pool::new(settings, Arc::new(Passed { reading, headers }), Arc::clone(&means.clock)))
}

/// The embedded Sysdig server judges by itself what a caller presents, as over its own HTTP; it has
/// no token of its own and lends none. Requests go to hosts that the operator has named, and to no other.
fn sysdig(given: &Given, hosts: &[String], clock: &Arc<dyn Clock>) -> Result<(Reading, Fill), String> {
    let parse = |host: &String| {
        BaseUrl::parse(host).map_err(|error| format!("{host:?} of options.credentials.hosts cannot be used: {error}"))
    };
    let hosts = hosts.iter().map(parse).collect::<Result<_, _>>()?;
    let read = |name: &str| given.values.get(name).map(|value| value.expose_secret().to_owned());
    let mut config = SysdigConfig::from_lookup(&read).map_err(|error| error.to_string())?;
    config.api_token = None;
    config.allow_env_credentials_over_http = false;
    config.host().map_err(|error| CredentialError::InvalidConfiguredHost(error).to_string())?;
    let http = config.http_client().map_err(|error| error.to_string())?;
    let time = Arc::clone(clock);
    let server = SysdigServer::new(config.clone(), http, Arc::new(move || time.now()));
    let fill: Fill = Arc::new(move |fields: &Fields| {
        let presented = Presented::read(&header_map(fields.iter()), false);
        Ok(Transport::Sysdig(server.clone().presenting(presented)))
    });
    Ok((Reading::Sysdig(Box::new(config), hosts), fill))
}
