//! The settings of the server as one plain struct.
//!
//! The environment is read elsewhere: a lookup closure hands in the values, and
//! clock and sleep are handed in too, so that tests neither wait nor depend on
//! the time. A missing key is not an error here; the startup check reports it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use reqwest::Url;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use sha2::Digest;
use sha2::Sha256;

use crate::servers::argus::tools::reputation::Generation;

/// Tells the present time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Waits; tests put something instant here.
pub type Sleep = Arc<dyn Fn(Duration) -> BoxFuture<'static, ()> + Send + Sync>;

const DEFAULT_API_URL: &str = "https://api.mnemonic.no";
const DEFAULT_PORTAL_URL: &str = "https://portal.mnemonic.no";

/// REST calls in flight at once, where nothing else is asked for.
pub const DEFAULT_CALLS: usize = 4;

/// Largest rename file, in bytes.
const MAX_NAMES_BYTES: u64 = 1024 * 1024;

/// Shortest secret part that is searched for by itself when texts are cleaned;
/// anything shorter would hit innocent words.
const MIN_SECRET_CHARS: usize = 12;

/// Longest key that a caller may send.
const MAX_KEY_BYTES: usize = 512;

/// An Argus key: three slash-separated parts, the last of them secret.
#[derive(Clone)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// Trims `text`; an empty key, or one that no header can carry, is no key.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        (!text.is_empty() && visible).then(|| Self(SecretString::from(text.to_owned())))
    }

    /// Reads a key that a caller sends, whom nobody vouches for: three parts, none of them
    /// empty, of a size that a key may have.
    pub fn parse_strictly(text: &str) -> Option<Self> {
        let key = Self::parse(text)?;
        let parts: Vec<&str> = key.expose().split('/').collect();
        let fits = parts.len() == 3 && parts.iter().all(|part| !part.is_empty()) && key.expose().len() <= MAX_KEY_BYTES;
        fits.then_some(key)
    }

    /// The two parts that may be shown: user id and key id.
    pub fn shown(&self) -> String {
        let parts: Vec<&str> = self.0.expose_secret().split('/').collect();
        match parts.as_slice() {
            [user, id, _] => format!("{user}/{id}"),
            _ => "unknown".to_owned(),
        }
    }

    /// Tells keys apart without holding them.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.expose_secret()).into()
    }

    /// The whole key, for the one header that needs it.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Takes the key out of a text that came from elsewhere.
    pub fn redact(&self, text: String) -> String {
        let key = self.0.expose_secret();
        let mut text = text;
        if text.contains(key) {
            text = text.replace(key, "[redacted]");
        }
        let secret = key.rsplit('/').next().unwrap_or(key);
        if secret.len() >= MIN_SECRET_CHARS && text.contains(secret) {
            text = text.replace(secret, "[redacted]");
        }
        text
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ApiKey({}/…)", self.shown())
    }
}

/// Queue in which Argus puts the requests of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// Answered as soon as possible.
    Standard,
    /// Answered when there is room.
    Bulk,
}

impl Priority {
    /// The header value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Bulk => "bulk",
        }
    }
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable holds something that does not fit.
    #[error("{variable} {problem}")]
    Invalid {
        /// The variable.
        variable: &'static str,
        /// What is wrong with it; never quotes a secret.
        problem: String,
    },
    /// The rename file could not be read.
    #[error("ARGUS_MCP_TOOL_NAMES names a file that cannot be read")]
    Names(#[source] std::io::Error),
    /// The HTTP client could not be built.
    #[error("the HTTP client cannot be built: {0}")]
    Client(String),
}

impl ConfigError {
    pub(crate) fn invalid(variable: &'static str, problem: impl Into<String>) -> Self {
        Self::Invalid { variable, problem: problem.into() }
    }

    /// Exit code of a process that cannot start because of this: 2, as for a missing key.
    pub fn exit_code(&self) -> i32 {
        2
    }
}

/// Everything the server can be told.
#[derive(Clone)]
pub struct ArgusConfig {
    /// The key; `None` makes the startup check fail.
    pub api_key: Option<ApiKey>,
    /// Base URL of the REST API, without a trailing slash.
    pub api_url: Url,
    /// Time limit of one REST call.
    pub timeout: Duration,
    /// Retries after transient answers.
    pub max_retries: u32,
    /// REST calls in flight at once for one key.
    pub calls_at_once: usize,
    /// Queue to ask for, if any.
    pub priority: Option<Priority>,
    /// Generation of the reputation service; `None` tries.
    pub reputation_api: Option<Generation>,
    /// Base URL of links to the web portal, without a trailing slash.
    pub portal_url: String,
    /// Start without asking Argus about the key; for offline tests only.
    pub skip_session_check: bool,
    /// Families or tool names to expose; empty for all.
    pub tools: Vec<String>,
    /// Canonical tool name to shown tool name.
    pub tool_names: BTreeMap<String, String>,
    /// Level of the log on standard error; whoever sets logging up reads it.
    pub log: String,
    /// Time source.
    pub clock: Clock,
    /// How back-off waits.
    pub sleep: Sleep,
}

impl fmt::Debug for ArgusConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ArgusConfig")
            .field("api_key", &self.api_key)
            .field("api_url", &self.api_url.as_str())
            .field("timeout", &self.timeout)
            .field("max_retries", &self.max_retries)
            .field("tools", &self.tools)
            .finish_non_exhaustive()
    }
}

impl ArgusConfig {
    /// Defaults for everything but the clock.
    pub fn new(clock: Clock) -> Self {
        Self {
            api_key: None,
            api_url: Url::parse(DEFAULT_API_URL).expect("the default URL is valid"),
            timeout: Duration::from_secs(30),
            max_retries: 3,
            calls_at_once: DEFAULT_CALLS,
            priority: None,
            reputation_api: None,
            portal_url: DEFAULT_PORTAL_URL.to_owned(),
            skip_session_check: false,
            tools: Vec::new(),
            tool_names: BTreeMap::new(),
            log: "warn".to_owned(),
            clock,
            sleep: Arc::new(|duration| Box::pin(tokio::time::sleep(duration))),
        }
    }

    /// Reads the `ARGUS_*` variables through `lookup`. An empty value counts as unset.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable that does not fit.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>, clock: Clock) -> Result<Self, ConfigError> {
        let get = |name: &str| {
            let value = lookup(name)?.trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let mut config = Self::new(clock);
        if let Some(text) = get("ARGUS_API_KEY") {
            let key = ApiKey::parse(&text)
                .ok_or_else(|| ConfigError::invalid("ARGUS_API_KEY", "holds characters no key has"))?;
            config.api_key = Some(key);
        }
        if let Some(text) = get("ARGUS_API_URL") {
            config.api_url = base_url("ARGUS_API_URL", &text)?;
        }
        if let Some(text) = get("ARGUS_PORTAL_URL") {
            let url = base_url("ARGUS_PORTAL_URL", &text)?;
            config.portal_url = url.as_str().trim_end_matches('/').to_owned();
        }
        if let Some(text) = get("ARGUS_API_TIMEOUT") {
            let seconds = bounded("ARGUS_API_TIMEOUT", &text, 1, 600)?;
            config.timeout = Duration::from_secs(seconds);
        }
        if let Some(text) = get("ARGUS_API_MAX_RETRIES") {
            let retries = bounded("ARGUS_API_MAX_RETRIES", &text, 0, 10)?;
            config.max_retries = u32::try_from(retries).unwrap_or(u32::MAX);
        }
        if let Some(text) = get("ARGUS_API_MAX_CALLS") {
            let calls = bounded("ARGUS_API_MAX_CALLS", &text, 1, 64)?;
            config.calls_at_once = usize::try_from(calls).unwrap_or(DEFAULT_CALLS);
        }
        config.read_server_settings(&get)?;
        Ok(config)
    }

    fn read_server_settings(&mut self, get: &dyn Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        self.priority = get("ARGUS_API_PRIORITY").map(|text| priority(&text)).transpose()?;
        self.reputation_api = match get("ARGUS_REPUTATION_API").as_deref() {
            None | Some("auto") => None,
            Some("v1") => Some(Generation::First),
            Some("v2") => Some(Generation::Second),
            Some(_) => return Err(ConfigError::invalid("ARGUS_REPUTATION_API", "must be auto, v1 or v2")),
        };
        self.skip_session_check = match get("ARGUS_MCP_SKIP_SESSION_CHECK").as_deref() {
            None | Some("0") => false,
            Some("1") => true,
            Some(_) => {
                let problem = "must be 0 or 1";
                return Err(ConfigError::invalid("ARGUS_MCP_SKIP_SESSION_CHECK", problem));
            }
        };
        if let Some(text) = get("ARGUS_MCP_TOOLS") {
            let names = text.split(',').map(str::trim);
            self.tools = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        }
        if let Some(path) = get("ARGUS_MCP_TOOL_NAMES") {
            self.tool_names = read_names(&path)?;
        }
        if let Some(level) = get("ARGUS_MCP_LOG") {
            self.log = level;
        }
        Ok(())
    }
}

fn base_url(variable: &'static str, text: &str) -> Result<Url, ConfigError> {
    let invalid = |problem: &str| ConfigError::invalid(variable, problem);
    let url = Url::parse(text.trim_end_matches('/')).map_err(|_| invalid("is not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(invalid("must be an http or https URL with a host"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("must not have a query or fragment"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("must not hold a user name or password"));
    }
    Ok(url)
}

fn bounded(variable: &'static str, text: &str, min: u64, max: u64) -> Result<u64, ConfigError> {
    text.parse().ok().filter(|number| (min..=max).contains(number)).ok_or_else(|| {
        let problem = format!("must be a whole number between {min} and {max}");
        ConfigError::invalid(variable, problem)
    })
}

fn priority(text: &str) -> Result<Priority, ConfigError> {
    match text {
        "standard" => Ok(Priority::Standard),
        "bulk" => Ok(Priority::Bulk),
        _ => Err(ConfigError::invalid("ARGUS_API_PRIORITY", "must be standard or bulk")),
    }
}

fn read_names(path: &str) -> Result<BTreeMap<String, String>, ConfigError> {
    let bytes = std::fs::metadata(path).map_err(ConfigError::Names)?.len();
    if bytes > MAX_NAMES_BYTES {
        let problem = "names a file of more than 1 MiB";
        return Err(ConfigError::invalid("ARGUS_MCP_TOOL_NAMES", problem));
    }
    let text = std::fs::read_to_string(path).map_err(ConfigError::Names)?;
    serde_json::from_str(&text).map_err(|error| {
        let problem = format!("must name a JSON file of name pairs: {error}");
        ConfigError::invalid("ARGUS_MCP_TOOL_NAMES", problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<ArgusConfig, ConfigError> {
        let lookup = |name: &str| {
            let pair = pairs.iter().find(|(key, _)| *key == name)?;
            Some(pair.1.to_owned())
        };
        ArgusConfig::from_lookup(&lookup, Arc::new(|| Timestamp::UNIX_EPOCH))
    }

    #[test]
    fn nothing_set_means_the_documented_defaults_and_no_key() {
        let config = read(&[("ARGUS_API_KEY", " \n")]).unwrap();
        assert!(config.api_key.is_none());
        assert_eq!(config.api_url.as_str(), "https://api.mnemonic.no/");
        assert_eq!(config.portal_url, "https://portal.mnemonic.no");
        assert_eq!(config.timeout, Duration::from_secs(30));
        assert_eq!((config.max_retries, config.skip_session_check), (3, false));
        assert_eq!(config.calls_at_once, 4);
    }

    #[test]
    fn the_secret_part_of_the_key_is_never_printed() {
        let config = read(&[("ARGUS_API_KEY", "15a6/1/very-secret-part\n")]).unwrap();
        let printed = format!("{config:?}");
        assert!(printed.contains("15a6/1"));
        assert!(!printed.contains("very-secret-part"));
        let odd = ApiKey::parse("no-slashes-secret").unwrap();
        assert!(!format!("{odd:?}").contains("secret"));
    }

    #[test]
    fn the_key_is_taken_out_of_foreign_texts() {
        let key = ApiKey::parse("15a6/1/very-secret-part").unwrap();
        let text = key.redact("a 15a6/1/very-secret-part b very-secret-part c".to_owned());
        assert_eq!(text, "a [redacted] b [redacted] c");
        let short = ApiKey::parse("15a6/1/case").unwrap();
        assert_eq!(short.redact("a case".to_owned()), "a case");
    }

    #[test]
    fn a_rename_file_holds_pairs_of_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names.json");
        std::fs::write(&path, r#"{"getAlarmByID": "getArgusAlarm"}"#).unwrap();
        let config = read(&[("ARGUS_MCP_TOOL_NAMES", path.to_str().unwrap())]).unwrap();
        assert_eq!(config.tool_names["getAlarmByID"], "getArgusAlarm");
        std::fs::write(&path, "[]").unwrap();
        assert!(read(&[("ARGUS_MCP_TOOL_NAMES", path.to_str().unwrap())]).is_err());
    }

    #[test]
    fn unusable_values_are_refused_by_name() {
        let rows = [
            ("ARGUS_API_URL", "ftp://x.example"),
            ("ARGUS_API_URL", "https://user:pass@x.example"),
            ("ARGUS_API_TIMEOUT", "0"),
            ("ARGUS_API_MAX_RETRIES", "many"),
            ("ARGUS_API_MAX_CALLS", "0"),
            ("ARGUS_API_PRIORITY", "high"),
            ("ARGUS_MCP_SKIP_SESSION_CHECK", "yes"),
            ("ARGUS_REPUTATION_API", "v3"),
            ("ARGUS_MCP_TOOL_NAMES", "/nowhere/names.json"),
        ];
        for (variable, value) in rows {
            let error = read(&[(variable, value)]).unwrap_err();
            assert!(error.to_string().contains(variable), "{error}");
            assert_eq!(error.exit_code(), 2);
        }
    }
}
