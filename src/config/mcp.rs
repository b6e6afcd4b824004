//! `[mcp.servers.NAME]`: MCP servers, embedded, as children over stdio, over streamable HTTP or the
//! older HTTP+SSE.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::config::credentials::CredentialsConfig;
use crate::config::credentials::CredentialsFrom;
use crate::config::error::ConfigError;
use crate::config::secret::SecretRef;

/// A setting of a server: plain, or a reference to a secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    /// A plain value.
    Plain(String),
    /// Where the secret is.
    Secret(SecretRef),
}

/// The servers that are part of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Embedded {
    /// The Argus MCP server.
    Argus,
    /// The Sysdig MCP server.
    Sysdig,
}

impl Embedded {
    /// The variable that says who asks.
    pub fn secret(self) -> &'static str {
        match self {
            Self::Argus => "ARGUS_API_KEY",
            Self::Sysdig => "SYSDIG_MCP_API_TOKEN",
        }
    }

    /// All variables that say who asks, this one and its older names.
    pub(super) fn secrets(self) -> &'static [&'static str] {
        match self {
            Self::Argus => &["ARGUS_API_KEY"],
            Self::Sysdig => &["SYSDIG_MCP_API_SECURE_TOKEN", "SYSDIG_MCP_API_TOKEN"],
        }
    }

    /// The headers in which a request says who asks; the first must be there.
    pub fn headers(self) -> &'static [&'static str] {
        match self {
            Self::Argus => &["Argus-API-Key"],
            Self::Sysdig => &["X-Sysdig-Token", "X-Sysdig-Host"],
        }
    }
}

/// How a server is reached.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "transport", rename_all = "snake_case", deny_unknown_fields)]
pub enum TransportConfig {
    /// In process; `settings` are the variables that the server's own documentation names.
    Embedded {
        /// Which.
        server: Embedded,
        /// Its variables.
        #[serde(default)]
        settings: BTreeMap<String, Setting>,
    },
    /// A child process over stdio.
    Stdio {
        /// Program.
        command: String,
        /// Arguments.
        #[serde(default)]
        args: Vec<String>,
        /// Its environment; of ours only PATH, HOME, LANG and TMPDIR are passed on.
        #[serde(default)]
        env: BTreeMap<String, Setting>,
        /// Working directory.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cwd: Option<String>,
    },
    /// Streamable HTTP.
    StreamableHttp {
        /// URL of the endpoint.
        url: String,
        /// Headers of every request.
        #[serde(default)]
        headers: BTreeMap<String, Setting>,
    },
    /// HTTP+SSE, for servers of before 2025-03-26.
    Sse {
        /// URL of the stream.
        url: String,
        /// Headers of every request.
        #[serde(default)]
        headers: BTreeMap<String, Setting>,
    },
}

impl TransportConfig {
    /// What the server is given besides its address: variables or headers.
    pub fn settings(&self) -> &BTreeMap<String, Setting> {
        match self {
            Self::Embedded { settings, .. } => settings,
            Self::Stdio { env, .. } => env,
            Self::StreamableHttp { headers, .. } | Self::Sse { headers, .. } => headers,
        }
    }

    /// The key that `settings` stand under.
    pub(super) fn settings_key(&self) -> &'static str {
        match self {
            Self::Embedded { .. } => "settings",
            Self::Stdio { .. } => "env",
            Self::StreamableHttp { .. } | Self::Sse { .. } => "headers",
        }
    }
}

/// Whether a variable or header of this name holds a secret, told by its last word: `ARGUS_API_KEY`,
/// `X-Sysdig-Token`, `Authorization`; not `TOKEN_LIMIT`.
fn names_a_secret(name: &str) -> bool {
    let last = name.rsplit(['_', '-']).next().unwrap_or(name);
    let secret = ["key", "apikey", "token", "secret", "password", "authorization", "cookie"];
    secret.iter().any(|word| last.eq_ignore_ascii_case(word))
}

/// One MCP server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct McpServerConfig {
    /// How it is reached.
    #[serde(flatten)]
    pub transport: TransportConfig,
    /// What is the same for every transport.
    #[serde(default)]
    pub options: McpServerOptions,
}

/// What is the same for every transport.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct McpServerOptions {
    /// Policy groups it is expected to serve: when it is down, answers say so.
    pub groups: Vec<String>,
    /// Only these tools, if given.
    pub allow: Option<Vec<String>>,
    /// Not these tools.
    pub deny: Vec<String>,
    /// Tools taken as read-only although the server does not say so.
    pub read_only: Vec<String>,
    /// Tools that run only with the user's yes although the server calls them read-only.
    pub confirm: Vec<String>,
    /// Seconds for one call.
    pub timeout_seconds: u64,
    /// Seconds for the connection and the tool list.
    pub connect_seconds: u64,
    /// Seconds after which a result no longer counts as now, inside its turn.
    pub max_age_seconds: Option<u64>,
    /// What becomes of results that do not fit the output schema of their tool.
    pub output_schema: OutputSchema,
    /// Whose credentials it gets.
    pub credentials: CredentialsConfig,
}

/// What becomes of results that do not fit the output schema of their tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputSchema {
    /// Nobody looks.
    Off,
    /// They are used; the tool is named in the log and in the state of its server.
    Warn,
    /// They are not used: the call has failed.
    Strict,
}

impl Default for McpServerOptions {
    fn default() -> Self {
        Self {
            groups: Vec::new(),
            allow: None,
            deny: Vec::new(),
            read_only: Vec::new(),
            confirm: Vec::new(),
            timeout_seconds: 60,
            connect_seconds: 20,
            max_age_seconds: None,
            output_schema: OutputSchema::Warn,
            credentials: CredentialsConfig::default(),
        }
    }
}

/// How clients of the proxy call tools and prompts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProxyNames {
    /// `server__tool`, whatever other servers there are.
    #[default]
    Qualified,
    /// As the one server has them. With several, a name would lead to another server's tool when
    /// its own is down.
    Bare,
}

/// All MCP servers by name.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct McpConfig {
    /// How clients of the proxy call tools and prompts.
    pub proxy_names: ProxyNames,
    /// Servers.
    pub servers: BTreeMap<String, McpServerConfig>,
}

impl McpConfig {
    /// The servers to which each user brings credentials of their own.
    pub fn of_users(&self) -> impl Iterator<Item = (&String, &McpServerConfig)> {
        self.servers.iter().filter(|(_, server)| server.options.credentials.from == CredentialsFrom::User)
    }

    /// The servers to which each request brings credentials of its caller.
    pub fn of_callers(&self) -> impl Iterator<Item = (&String, &McpServerConfig)> {
        self.servers.iter().filter(|(_, server)| server.options.credentials.from == CredentialsFrom::Caller)
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.proxy_names == ProxyNames::Bare && self.servers.len() > 1 {
            return Err(ConfigError::invalid(
                "mcp.proxy_names",
                "\"bare\" is for one server alone: with several, names could clash; use \"qualified\"",
            ));
        }
        for (name, server) in &self.servers {
            let key = |field: &str| format!("mcp.servers.{name}.{field}");
            if name.is_empty()
                || name.len() > 24
                || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
                || name.starts_with('_')
                || name.ends_with('_')
                || name.contains("__")
            {
                return Err(ConfigError::invalid(
                    &format!("mcp.servers.{name}"),
                    "a server name has 1 to 24 letters, digits, - and single _ between them",
                ));
            }
            for (name, setting) in server.transport.settings() {
                if matches!(setting, Setting::Plain(_)) && names_a_secret(name) {
                    return Err(ConfigError::invalid(
                        &key(&format!("{}.{name}", server.transport.settings_key())),
                        "holds a secret, which is never written here: say where it is, \
                         { env = \"NAME\" } or { file = \"PATH\" }",
                    ));
                }
            }
            if let Some((field, problem)) = server.credentials_problem() {
                return Err(ConfigError::invalid(&key(field), problem));
            }
            match &server.transport {
                TransportConfig::StreamableHttp { url, .. } | TransportConfig::Sse { url, .. }
                    if !url.starts_with("http://") && !url.starts_with("https://") =>
                {
                    return Err(ConfigError::invalid(&key("url"), "must start with http:// or https://"));
                }
                TransportConfig::Stdio { command, .. } if command.trim().is_empty() => {
                    return Err(ConfigError::invalid(&key("command"), "must name a program"));
                }
                _ => {}
            }
            if server.options.timeout_seconds == 0 || server.options.connect_seconds == 0 {
                return Err(ConfigError::invalid(&key("options.timeout_seconds"), "must be at least 1"));
            }
        }
        self.check_headers_of_callers()
    }

    /// A credential goes to one server: two that read the same header would both get it.
    fn check_headers_of_callers(&self) -> Result<(), ConfigError> {
        let mut readers: BTreeMap<String, &str> = BTreeMap::new();
        for (name, server) in self.of_callers() {
            for (_, header) in server.caller_headers() {
                if let Some(other) = readers.insert(header.to_ascii_lowercase(), name) {
                    let key = format!("mcp.servers.{name}.options.credentials.headers");
                    let problem = format!(
                        "{header} is read for {other} too, and a credential goes to one server; read another header \
                         for one of them"
                    );
                    return Err(ConfigError::invalid(&key, problem));
                }
            }
        }
        Ok(())
    }
}
