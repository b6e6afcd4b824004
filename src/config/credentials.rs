//! `[mcp.servers.NAME.options.credentials]`: whose credentials a server gets, where they come from,
//! and which names are safe for that. What the gateway or the protocol itself reads in a request is
//! for no server.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::config::mcp::Embedded;
use crate::config::mcp::McpServerConfig;
use crate::config::mcp::TransportConfig;

/// Seconds after which a connection with somebody's own credentials ends that nobody uses.
const IDLE_SECONDS: u64 = 900;

/// Whose credentials a server gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CredentialsFrom {
    /// The same for everybody: those of `settings`, `env` or `headers`.
    #[default]
    Server,
    /// Each user's own, kept sealed in the database.
    User,
    /// The caller's own, brought in the headers of each request and kept nowhere.
    Caller,
}

/// What a server is told of who asks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CredentialsConfig {
    /// Whose they are.
    pub from: CredentialsFrom,
    /// Variables or headers that are each user's or caller's own; those of an embedded server are known.
    pub fields: Vec<String>,
    /// Seconds after which such a connection ends that nobody uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_seconds: Option<u64>,
    /// With `caller`: the header of the request that a field is read from, where it is another one.
    pub headers: BTreeMap<String, String>,
    /// With `caller` and the embedded Sysdig: hosts that a request may name besides the configured one.
    pub hosts: Vec<String>,
}

impl CredentialsConfig {
    /// Seconds after which a connection ends that nobody uses.
    pub fn idle_seconds(&self) -> u64 {
        self.idle_seconds.unwrap_or(IDLE_SECONDS)
    }
}

/// The key behind `mcp.servers.NAME.`, and what is wrong.
type Problem = (&'static str, String);

const FIELDS: &str = "options.credentials.fields";
const HEADERS: &str = "options.credentials.headers";
const HOSTS: &str = "options.credentials.hosts";

impl McpServerConfig {
    /// The fields that each user fills; none where credentials come another way.
    pub fn user_fields(&self) -> Vec<String> {
        if self.options.credentials.from != CredentialsFrom::User {
            return Vec::new();
        }
        match &self.transport {
            TransportConfig::Embedded { server, .. } if self.options.credentials.fields.is_empty() => {
                vec![server.secret().to_owned()]
            }
            _ => self.options.credentials.fields.clone(),
        }
    }

    /// The fields that each request fills, and the header that each is read from; none where
    /// credentials come another way.
    pub fn caller_headers(&self) -> Vec<(String, String)> {
        let credentials = &self.options.credentials;
        if credentials.from != CredentialsFrom::Caller {
            return Vec::new();
        }
        if let TransportConfig::Embedded { server, .. } = &self.transport {
            return server.headers().iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect();
        }
        let read_from = |field: &String| credentials.headers.get(field).unwrap_or(field).clone();
        credentials.fields.iter().map(|field| (field.clone(), read_from(field))).collect()
    }

    /// What is wrong with `credentials`.
    pub(super) fn credentials_problem(&self) -> Option<Problem> {
        let credentials = &self.options.credentials;
        if credentials.idle_seconds == Some(0) {
            return Some(("options.credentials.idle_seconds", "must be at least 1".to_owned()));
        }
        let of_sysdig = matches!(&self.transport, TransportConfig::Embedded { server: Embedded::Sysdig, .. });
        let may_name_hosts = of_sysdig && credentials.from == CredentialsFrom::Caller;
        if !credentials.hosts.is_empty() && !may_name_hosts {
            return Some((HOSTS, "has a meaning only with from = \"caller\" of the embedded Sysdig server".to_owned()));
        }
        match credentials.from {
            CredentialsFrom::Server => self.problem_of_server(),
            CredentialsFrom::User if !credentials.headers.is_empty() => {
                Some((HEADERS, "has a meaning only with from = \"caller\"".to_owned()))
            }
            CredentialsFrom::User => self.problem_of_fields(&self.user_fields(), "each user's"),
            CredentialsFrom::Caller => self.problem_of_caller(),
        }
    }

    fn problem_of_server(&self) -> Option<Problem> {
        let credentials = &self.options.credentials;
        let key = match (&credentials.fields[..], credentials.headers.is_empty(), credentials.idle_seconds) {
            ([], true, None) => return None,
            ([], true, Some(_)) => "options.credentials.idle_seconds",
            ([], false, _) => HEADERS,
            _ => FIELDS,
        };
        Some((key, "has a meaning only with from = \"user\" or \"caller\"".to_owned()))
    }

    fn problem_of_caller(&self) -> Option<Problem> {
        let credentials = &self.options.credentials;
        if let TransportConfig::Embedded { server, .. } = &self.transport {
            let named = [(FIELDS, credentials.fields.is_empty()), (HEADERS, credentials.headers.is_empty())];
            if let Some((key, _)) = named.into_iter().find(|(_, empty)| !empty) {
                let known = server.headers().join(" and ");
                return Some((key, format!("must be empty: an embedded server knows its own, {known}")));
            }
            return self.problem_of_given(&[], "each caller's");
        }
        if let Some(problem) = self.problem_of_fields(&credentials.fields, "each caller's") {
            return Some(problem);
        }
        if let Some(field) = credentials.headers.keys().find(|field| !credentials.fields.contains(field)) {
            return Some((HEADERS, format!("{field:?} is none of options.credentials.fields")));
        }
        for (field, header) in self.caller_headers() {
            let problem = if !is_header_name(&header) {
                "is no name of a header"
            } else if is_of_the_protocol(&header) || is_for_the_gateway(&header) {
                "is read by the gateway itself or belongs to the protocol, so that it says nothing to a server"
            } else {
                continue;
            };
            let way_out = format!("have callers send another one, and name it: headers = {{ {field} = \"X-…\" }}");
            return Some((HEADERS, format!("{header:?} {problem}; {way_out}")));
        }
        None
    }

    fn problem_of_fields(&self, fields: &[String], whose: &str) -> Option<Problem> {
        if fields.is_empty() {
            let key = self.transport.settings_key();
            return Some((FIELDS, format!("must name the {key} that are {whose} own")));
        }
        if let Some(problem) = self.problem_of_given(fields, whose) {
            return Some(problem);
        }
        let strange = |field: &&String| match &self.transport {
            // A user who could name another variable could send what others fetch elsewhere.
            TransportConfig::Embedded { server, .. } => **field != server.secret(),
            TransportConfig::Stdio { .. } => field.is_empty() || field.contains(['=', '\0']),
            TransportConfig::StreamableHttp { .. } | TransportConfig::Sse { .. } => {
                !is_header_name(field) || is_of_the_protocol(field)
            }
        };
        let field = fields.iter().find(strange)?;
        let problem = match &self.transport {
            TransportConfig::Embedded { server, .. } => {
                format!("{field:?} is none that users fill; it is {}", server.secret())
            }
            TransportConfig::Stdio { .. } => format!("{field:?} is no name of a variable"),
            TransportConfig::StreamableHttp { .. } | TransportConfig::Sse { .. } => {
                format!("{field:?} is no name of a header, or one that belongs to the protocol")
            }
        };
        Some((FIELDS, problem))
    }

    /// What somebody brings is not the operator's to give as well: an embedded server might prefer that.
    fn problem_of_given(&self, fields: &[String], whose: &str) -> Option<Problem> {
        let known: &[&str] = match &self.transport {
            TransportConfig::Embedded { server, .. } => server.secrets(),
            _ => &[],
        };
        let mut brought = fields.iter().map(String::as_str).chain(known.iter().copied());
        let given = self.transport.settings();
        let field = brought.find(|field| given.keys().any(|name| name.eq_ignore_ascii_case(field)))?;
        Some((FIELDS, format!("{field} is {whose} own; take it out of {}", self.transport.settings_key())))
    }
}

/// Whether this can be the name of a header (RFC 9110, section 5.6.2).
fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// Whether a header belongs to a connection, to a body, to MCP, or to whoever stands in between.
fn is_of_the_protocol(name: &str) -> bool {
    const NAMES: [&str; 17] = [
        "host",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "expect",
        "content-length",
        "content-type",
        "content-encoding",
        "accept",
        "accept-encoding",
        "last-event-id",
        "origin",
        "via",
        "forwarded",
    ];
    const BEGINNINGS: [&str; 4] = ["mcp-", "proxy-", "sec-", "x-forwarded-"];
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

/// Whether the gateway reads this header of a request for itself; the first three may hold what
/// opens the gateway, which no server may see.
fn is_for_the_gateway(name: &str) -> bool {
    let names = ["authorization", "x-api-key", "cookie", "x-conversation-id", "x-request-id"];
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}
