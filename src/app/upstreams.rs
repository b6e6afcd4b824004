//! The MCP servers of a configuration: how each is reached, with which values, and by what it is bound.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use secrecy::SecretString;

use crate::app::AppError;
use crate::app::callers;
use crate::app::users;
use crate::config::Config;
use crate::config::Lookup;
use crate::config::credentials::CredentialsFrom;
use crate::config::error::ConfigError;
use crate::config::mcp::Embedded;
use crate::config::mcp::McpServerConfig;
use crate::config::mcp::OutputSchema;
use crate::config::mcp::Setting;
use crate::config::mcp::TransportConfig;
use crate::engine::ports::Clock;
use crate::mcp::catalog::ToolRules;
use crate::mcp::child::Program;
use crate::mcp::credentials::Fields;
use crate::mcp::hub::Hub;
use crate::mcp::hub::Member;
use crate::mcp::hub::Reach;
use crate::mcp::limits::UpstreamLimits;
use crate::mcp::output_schema::SchemaCheck;
use crate::mcp::pins::Pins;
use crate::mcp::pool::Bringing;
use crate::mcp::pool::Fill;
use crate::mcp::pool::PoolSettings;
use crate::mcp::transport::ConnectError;
use crate::mcp::transport::Remote;
use crate::mcp::transport::Transport;
use crate::mcp::transport::http_client;
use crate::mcp::upstream::Upstream;
use crate::servers::argus::ArgusConfig;
use crate::servers::argus::ArgusServer;
use crate::servers::sysdig::config::SysdigConfig;
use crate::servers::sysdig::server::SysdigServer;
use crate::vault::Vault;

/// Variables of our own environment that children over stdio get.
const PASSED_ON: [&str; 4] = ["PATH", "HOME", "LANG", "TMPDIR"];

/// What connections to servers are made with.
#[derive(Clone)]
pub(super) struct Means {
    pub(super) clock: Arc<dyn Clock>,
    /// For all servers elsewhere: setting one up reads the certificate authorities each time.
    http: reqwest::Client,
}

impl Means {
    fn new(clock: &Arc<dyn Clock>) -> Result<Self, ConnectError> {
        Ok(Self { clock: Arc::clone(clock), http: http_client()? })
    }
}

/// Names of the servers that are part of the program.
pub(super) fn embedded_servers(config: &Config) -> BTreeSet<String> {
    let embedded =
        config.mcp.servers.iter().filter(|(_, server)| matches!(server.transport, TransportConfig::Embedded { .. }));
    embedded.map(|(name, _)| name.clone()).collect()
}

/// All servers of a configuration, not connected yet.
///
/// # Errors
/// [`AppError`], naming the server.
pub(super) fn hub(
    config: &Config,
    lookup: Lookup<'_>,
    clock: &Arc<dyn Clock>,
    pins: Arc<Pins>,
    vault: Option<&Arc<Vault>>,
) -> Result<Arc<Hub>, AppError> {
    let means = Means::new(clock)?;
    let mut members = Vec::new();
    for (name, server) in &config.mcp.servers {
        let given = Given::read(name, server, lookup)?;
        let options = &server.options;
        let call = Duration::from_secs(options.timeout_seconds);
        let connect = Duration::from_secs(options.connect_seconds);
        let mut limits = UpstreamLimits::new(call, connect, config.limits.result_bytes);
        if matches!(server.transport, TransportConfig::StreamableHttp { .. } | TransportConfig::Sse { .. }) {
            limits = limits.elsewhere();
        }
        limits.output_schema = match options.output_schema {
            OutputSchema::Off => SchemaCheck::Off,
            OutputSchema::Warn => SchemaCheck::Warn,
            OutputSchema::Strict => SchemaCheck::Strict,
        };
        let refused = |reason: String| AppError::Server { name: name.clone(), reason };
        let reach = match (options.credentials.from, vault) {
            (CredentialsFrom::Server, _) => {
                let transport = transport(&server.transport, given, &means).map_err(refused)?;
                Reach::Shared(Upstream::new(name, groups(server), transport, limits, Arc::clone(clock)))
            }
            (CredentialsFrom::User, Some(vault)) => {
                Reach::OfUsers(Arc::new(users::pool(name, server, given, limits, &means, vault)?))
            }
            (CredentialsFrom::Caller, _) => {
                Reach::OfUsers(Arc::new(callers::pool(name, server, given, limits, &means)?))
            }
            (CredentialsFrom::User, None) => return Err(refused("store.sealing_key is missing".to_owned())),
        };
        members.push(Member {
            reach,
            rules: ToolRules {
                allow: options.allow.clone(),
                deny: options.deny.clone(),
                read_only: options.read_only.clone(),
                confirm: options.confirm.clone(),
            },
            max_age: options.max_age_seconds.map(Duration::from_secs),
        });
    }
    Ok(Hub::new(members, pins))
}

/// What a server is expected to serve: as configured, or what an embedded one is known for.
fn groups(server: &McpServerConfig) -> Vec<String> {
    if !server.options.groups.is_empty() {
        return server.options.groups.clone();
    }
    let known: &[&str] = match &server.transport {
        TransportConfig::Embedded { server: Embedded::Argus, .. } => &["cases", "events"],
        TransportConfig::Embedded { server: Embedded::Sysdig, .. } => {
            &["runtime_events", "process_trees", "sysql", "kubernetes"]
        }
        _ => &[],
    };
    known.iter().map(|group| (*group).to_owned()).collect()
}

/// What a server is given: variables or headers.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) values: BTreeMap<String, SecretString>,
    /// Those of the values that nobody may be told.
    secrets: Vec<SecretString>,
}

impl Given {
    /// What the operator gives, secrets read.
    fn read(name: &str, server: &McpServerConfig, lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let given = server.transport.settings();
        let own = read_settings(name, given, lookup)?;
        let secret = |(name, _): &(&String, _)| matches!(given.get(*name), Some(Setting::Secret(_)));
        let secrets = own.iter().filter(secret).map(|(_, value)| value.clone()).collect();
        let passed_on: &[&str] =
            if matches!(server.transport, TransportConfig::Stdio { .. }) { &PASSED_ON } else { &[] };
        let mut values: BTreeMap<String, SecretString> =
            passed_on.iter().filter_map(|name| Some(((*name).to_owned(), SecretString::from(lookup(name)?)))).collect();
        values.extend(own);
        Ok(Self { values, secrets })
    }

    /// The same with a user's own values, all of them secret.
    fn with(&self, fields: &Fields) -> Self {
        let mut whole = self.clone();
        whole.secrets.extend(fields.values().cloned());
        whole.values.extend(fields.clone());
        whole
    }
}

/// Fills values into the transport of a server, beside what the operator has configured.
pub(super) fn filling(server: &McpServerConfig, given: Given, means: &Means) -> Fill {
    let (config, means) = (server.transport.clone(), means.clone());
    Arc::new(move |fields: &Fields| transport(&config, given.with(fields), &means))
}

/// The settings of a pool whose connections `fill` makes out of these fields. What is wrong with
/// everything but the credential shows here, at the start, and not at the first question.
///
/// # Errors
/// [`AppError::Server`] when the server could not be reached with any credential.
pub(super) fn pool_settings(
    name: &str,
    server: &McpServerConfig,
    limits: UpstreamLimits,
    (fill, fields): (Fill, Vec<String>),
    bringing: Bringing,
) -> Result<PoolSettings, AppError> {
    let any = fields.into_iter().map(|field| (field, SecretString::from("0"))).collect();
    let shape = fill(&any).map_err(|reason| AppError::Server { name: name.to_owned(), reason })?;
    Ok(PoolSettings {
        name: name.to_owned(),
        groups: groups(server),
        transport: shape.name(),
        fill,
        bringing,
        idle: Duration::from_secs(server.options.credentials.idle_seconds()),
        limits,
    })
}

fn transport(config: &TransportConfig, given: Given, means: &Means) -> Result<Transport, String> {
    let remote = |url: &String, headers| Remote { url: url.clone(), headers, client: means.http.clone() };
    Ok(match config {
        TransportConfig::Embedded { server, .. } => embedded(*server, &given.values, &means.clock)?,
        TransportConfig::Stdio { command, args, cwd, .. } => {
            let (command, args, cwd) = (command.clone(), args.clone(), cwd.clone());
            Transport::Stdio(Program { command, args, env: given.values, secrets: given.secrets, cwd })
        }
        TransportConfig::StreamableHttp { url, .. } => Transport::Http(remote(url, given.values)),
        TransportConfig::Sse { url, .. } => Transport::Sse(remote(url, given.values)),
    })
}

fn embedded(
    server: Embedded,
    settings: &BTreeMap<String, SecretString>,
    clock: &Arc<dyn Clock>,
) -> Result<Transport, String> {
    let read = |name: &str| settings.get(name).map(|value| value.expose_secret().to_owned());
    let time = Arc::clone(clock);
    let now: Arc<dyn Fn() -> jiff::Timestamp + Send + Sync> = Arc::new(move || time.now());
    match server {
        Embedded::Argus => {
            let config = ArgusConfig::from_lookup(&read, now).map_err(|error| error.to_string())?;
            let server = ArgusServer::new(config).map_err(|error| error.to_string())?;
            Ok(Transport::Argus(Box::new(server)))
        }
        Embedded::Sysdig => {
            let config = SysdigConfig::from_lookup(&read).map_err(|error| error.to_string())?;
            let server = SysdigServer::checked(config, now).map_err(|error| error.to_string())?;
            Ok(Transport::Sysdig(server))
        }
    }
}

pub(super) fn read_settings(
    server: &str,
    settings: &BTreeMap<String, Setting>,
    lookup: Lookup<'_>,
) -> Result<BTreeMap<String, SecretString>, ConfigError> {
    settings
        .iter()
        .map(|(name, setting)| {
            let value = match setting {
                Setting::Plain(text) => SecretString::from(text.clone()),
                Setting::Secret(secret) => secret.read(&format!("mcp.servers.{server}.{name}"), lookup)?,
            };
            Ok((name.clone(), value))
        })
        .collect()
}
