//! The configuration format as its examples and its errors show it: the example file has
//! every key with its default, what documents and the compose file show loads, and a
//! mistake is answered with the key and the way out.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use groundwire::config::Config;
use groundwire::config::auth::AuthMode;
use groundwire::config::credentials::CredentialsConfig;
use groundwire::config::engine::GroundingConfig;
use groundwire::config::mcp::Embedded;
use groundwire::config::mcp::McpServerConfig;
use groundwire::config::mcp::McpServerOptions;
use groundwire::config::mcp::OutputSchema;
use groundwire::config::mcp::Setting;
use groundwire::config::mcp::TransportConfig;
use groundwire::config::models::ModelConfig;
use groundwire::config::models::Role;
use groundwire::config::secret::SecretRef;
use groundwire::config::server::ServerConfig;
use groundwire::config::store::StoreConfig;
use groundwire::domain::policy::settings::Policy;
use groundwire::domain::policy::settings::PolicyExtension;
use groundwire::sim::argus::keys::Key;
use groundwire::sim::sysdig::tokens::TOKENS;
use secrecy::ExposeSecret;
use toml::Table;
use toml::Value;

/// Keys whose content is free: not looked into.
const FREE: [&str; 11] = [
    "mcp.servers.*.settings",
    "mcp.servers.*.env",
    "mcp.servers.*.headers",
    "mcp.servers.*.options.credentials.headers",
    "models.*.api_key",
    "policy.customers",
    "policy.groups",
    "policy.patterns",
    "policy.translators",
    "store.url_secret",
    "policy.words",
];

/// Keys that the example shows with a sample, since the default is "nothing".
const SAMPLES: [&str; 2] = ["policy.value_lists", "mcp.servers.*.options.groups"];

fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn example() -> String {
    text("groundwire.example.toml")
}

/// The example with every setting switched on: `#key` without a blank is a setting.
fn example_in_full() -> String {
    let switched = |line: &str| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|c: char| c == '[' || c.is_alphanumeric()) => setting.to_owned(),
        _ => line.to_owned(),
    };
    example().lines().map(switched).collect::<Vec<_>>().join("\n")
}

fn load(text: &str) -> Config {
    Config::from_text(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn refused(text: &str) -> String {
    Config::from_text(text).expect_err(text).to_string()
}

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A configuration with every optional key set: those that have no default are not printed
/// otherwise.
fn everything_set() -> Config {
    let secret = || SecretRef::Env("NAME".to_owned());
    let mut config = Config {
        server: ServerConfig { scenarios: Some("folder".to_owned()), ..ServerConfig::default() },
        store: StoreConfig {
            url: "sqlite:x.db".to_owned(),
            url_secret: Some(secret()),
            connections: 1,
            sealing_key: Some(secret()),
        },
        grounding: GroundingConfig { prompts: Some("folder".to_owned()), ..GroundingConfig::default() },
        policy: PolicyExtension { max_planned_calls: Some(1), ..PolicyExtension::default() },
        ..Config::default()
    };
    let model = ModelConfig {
        api_key: Some(secret()),
        top_p: Some(1.0),
        seed: Some(1),
        fallback: Some("other".to_owned()),
        ..ModelConfig::new("http://127.0.0.1:1/v1", "m")
    };
    config.models.0.insert("one".to_owned(), model);
    let options = McpServerOptions {
        groups: Vec::new(),
        allow: Some(Vec::new()),
        deny: Vec::new(),
        read_only: Vec::new(),
        confirm: Vec::new(),
        timeout_seconds: 1,
        connect_seconds: 1,
        max_age_seconds: Some(1),
        output_schema: OutputSchema::Off,
        credentials: CredentialsConfig { idle_seconds: Some(1), ..CredentialsConfig::default() },
    };
    let empty = BTreeMap::<String, Setting>::new;
    let transports = [
        TransportConfig::Embedded { server: Embedded::Argus, settings: empty() },
        TransportConfig::Stdio {
            command: "c".to_owned(),
            args: Vec::new(),
            env: empty(),
            cwd: Some("folder".to_owned()),
        },
        TransportConfig::StreamableHttp { url: "http://127.0.0.1:1".to_owned(), headers: empty() },
        TransportConfig::Sse { url: "http://127.0.0.1:1".to_owned(), headers: empty() },
    ];
    for (at, transport) in transports.into_iter().enumerate() {
        config.mcp.servers.insert(format!("s{at}"), McpServerConfig { transport, options: options.clone() });
    }
    config
}

/// All keys with their values, profiles and servers under `*`.
fn keys(table: &Table) -> BTreeMap<String, Value> {
    fn walk(at: &str, table: &Table, found: &mut BTreeMap<String, Value>) {
        for (name, value) in table {
            let named = ["models", "mcp.servers"].contains(&at);
            let path = match (at, named) {
                ("", _) => name.clone(),
                (_, true) => format!("{at}.*"),
                (_, false) => format!("{at}.{name}"),
            };
            match value {
                Value::Table(inner) if !FREE.contains(&path.as_str()) => walk(&path, inner, found),
                // The first profile or server is the one that shows the defaults.
                value => drop(found.entry(path).or_insert_with(|| value.clone())),
            }
        }
    }
    let mut found = BTreeMap::new();
    walk("", table, &mut found);
    found
}

fn parsed(text: &str) -> Table {
    text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn the_example_loads_as_it_stands() {
    let config = load(&example());
    assert_eq!(config.auth.mode, AuthMode::None);
    config.grounding.zone().expect("a zone");
}

#[test]
fn every_setting_of_the_example_can_be_switched_on() {
    let config = load(&example_in_full());
    assert_eq!(config.models.0.len(), 2);
    assert_eq!(config.mcp.servers.len(), 6);
    let policy = Policy::shipped().expect("the shipped policy").extended(config.policy);
    assert!(policy.group("inventory").is_some());
}

#[test]
fn the_example_has_every_key() {
    let shown: BTreeSet<String> = keys(&parsed(&example_in_full())).into_keys().collect();
    let there = keys(&parsed(&everything_set().to_toml().expect("TOML")));
    let missing: Vec<&String> = there.keys().filter(|key| !shown.contains(*key)).collect();
    assert!(missing.is_empty(), "groundwire.example.toml lacks {missing:?}");
}

#[test]
fn values_behind_a_hash_are_the_defaults() {
    let mut defaults = Config::default();
    let qwen = &load(&example()).models.0["qwen"];
    defaults.models.0.insert("qwen".to_owned(), ModelConfig::new(&qwen.base_url, &qwen.model));
    let argus = McpServerConfig {
        transport: TransportConfig::Embedded { server: Embedded::Argus, settings: BTreeMap::new() },
        options: McpServerOptions::default(),
    };
    defaults.mcp.servers.insert("argus".to_owned(), argus);
    let shown = keys(&parsed(&example_in_full()));
    for (key, value) in keys(&parsed(&defaults.to_toml().expect("TOML"))) {
        if !FREE.contains(&key.as_str()) && !SAMPLES.contains(&key.as_str()) {
            assert_eq!(shown.get(&key), Some(&value), "{key}");
        }
    }
}

#[test]
fn samples_in_documents_load() {
    let mut found = 0;
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/mcp-clients.md"] {
        for block in text(name).split("```toml\n").skip(1) {
            let sample = block.split("```").next().expect("text before the end of the block");
            // Other programs have TOML files, too; ours begin with their name.
            if sample.starts_with("# groundwire.toml") {
                load(sample);
                found += 1;
            }
        }
    }
    assert!(found > 0, "README.md shows no configuration");
}

/// `${NAME:-default}` as compose reads it without any variable set.
fn interpolated(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (inside, behind) = after.split_once('}').expect("an end of the variable");
        out.push_str(before);
        out.push_str(inside.split_once(":-").expect("a default").1);
        rest = behind;
    }
    out + rest
}

#[test]
fn the_compose_file_configures_a_gateway_that_asks_for_tokens() {
    let compose: serde_json::Value =
        serde_saphyr::from_str(&text("docker-compose.yml")).expect("docker-compose.yml is YAML");
    let environment = compose["services"]["gateway"]["environment"].as_object().expect("environment of the gateway");
    let variables: Vec<(String, String)> = environment
        .iter()
        .map(|(name, value)| (name.clone(), interpolated(value.as_str().unwrap_or_else(|| panic!("{name}: quote it")))))
        .collect();
    let config = Config::load(None, &variables).expect("the gateway's environment");
    assert_eq!(config.auth.mode, AuthMode::Token);
    assert!(!config.server.host.is_loopback());
    let lookup = |name: &str| groundwire::environment::lookup(&variables, name);
    assert!(config.store.url(&lookup).expect("the database").starts_with("postgres://"));
    assert_eq!(config.mcp.servers.keys().collect::<Vec<_>>(), ["argus", "sysdig"]);
    for server in config.mcp.servers.values() {
        let TransportConfig::Embedded { settings, .. } = &server.transport else { panic!("embedded servers") };
        for (name, setting) in settings {
            if let Setting::Secret(secret) = setting {
                let secret = secret.read(name, &lookup).expect("a secret that the environment has");
                let known = match name.as_str() {
                    "ARGUS_API_KEY" => Key::authenticate(Some(secret.expose_secret())).is_ok(),
                    _ => TOKENS.iter().any(|token| token.name == secret.expose_secret()),
                };
                assert!(known, "the simulated backend knows what {name} is without any variable set");
            }
        }
    }
    let port = compose["services"]["gateway"]["ports"][0].as_str().expect("a port");
    assert_eq!(port, format!("127.0.0.1:{0}:{0}", config.server.port));
}

#[test]
fn an_unknown_key_is_answered_with_the_nearest_one() {
    let rows = [
        ("[server]\nprot = 1", "server.prot", "server.port"),
        ("[serve]\nport = 1", "serve", "server"),
        ("[limits]\nturn_second = 1", "limits.turn_second", "limits.turn_seconds"),
        ("[grounding]\njuge = \"never\"", "grounding.juge", "grounding.judge"),
        ("[policy]\noff_limit = []", "policy.off_limit", "policy.off_limits"),
        (
            "[models.qwen]\nbase_url = \"http://127.0.0.1:1\"\nmodel = \"m\"\nrole = [\"draft\"]",
            "models.qwen.role",
            "models.qwen.roles",
        ),
        (
            "[mcp.servers.argus]\ntransport = \"embedded\"\nserver = \"argus\"\n[mcp.servers.argus.options]\ntimeout_second = 1",
            "mcp.servers.argus.options.timeout_second",
            "mcp.servers.argus.options.timeout_seconds",
        ),
    ];
    for (text, key, nearest) in rows {
        assert_eq!(refused(text), format!("unknown key {key}; did you mean {nearest}?"));
    }
}

#[test]
fn an_unknown_key_beside_the_transport_is_refused() {
    let text = "[mcp.servers.intel]\ntransport = \"streamable_http\"\nurl = \"http://127.0.0.1:1\"\nheader = {}";
    let message = refused(text);
    assert!(message.contains("header") && message.contains("mcp.servers.intel"), "{message}");
}

#[test]
fn a_wrong_value_is_answered_with_its_key() {
    let model = |line: &str| format!("[models.qwen]\nbase_url = \"http://127.0.0.1:1/v1\"\nmodel = \"m\"\n{line}");
    let rows = [
        ("[server]\nport = 70000".to_owned(), "server.port"),
        ("[server]\nhost = \"localhost:80\"".to_owned(), "server.host"),
        ("[limits]\ncalls = 0".to_owned(), "limits.calls"),
        ("[auth]\nmode = \"password\"".to_owned(), "auth.mode"),
        (model("temperature = 3.0"), "models.qwen.temperature"),
        (model("roles = []"), "models.qwen.roles"),
        (model("roles = [\"judge\"]"), "models"),
        (model("fallback = \"small\""), "models.qwen.fallback"),
        (model("").replace("http://", "tcp://"), "models.qwen.base_url"),
        ("[store]\nurl = \"postgres://groundwire:hidden@192.0.2.1/x\"".to_owned(), "store.url"),
        ("[mcp.servers.\"a b\"]\ntransport = \"stdio\"\ncommand = \"c\"".to_owned(), "mcp.servers.a b"),
    ];
    for (text, key) in rows {
        let message = refused(&text);
        assert!(message.starts_with(&format!("{key}: ")) && !message.contains("hidden"), "{message}");
    }
}

#[test]
fn credentials_that_users_cannot_bring_are_refused() {
    let sealed = "[store]\nsealing_key = { env = \"KEY\" }\n";
    let argus = "[mcp.servers.s]\ntransport = \"embedded\"\nserver = \"argus\"\n";
    let child = "[mcp.servers.s]\ntransport = \"stdio\"\ncommand = \"c\"\n";
    let http = "[mcp.servers.s]\ntransport = \"streamable_http\"\nurl = \"https://h\"\n";
    let of_users = |fields: &str| format!("[mcp.servers.s.options.credentials]\nfrom = \"user\"\nfields = {fields}\n");
    let everybodys = "[mcp.servers.s.settings]\nARGUS_API_KEY = { env = \"KEY\" }\n";
    let fields = "mcp.servers.s.options.credentials.fields: ";
    let rows = [
        (format!("{argus}{}", of_users("[]")), "store.sealing_key: "),
        (format!("{sealed}{argus}{everybodys}{}", of_users("[]")), fields),
        (format!("{sealed}{argus}{}", of_users("[\"ARGUS_API_URL\"]")), fields),
        (format!("{sealed}{child}{}", of_users("[]")), fields),
        (format!("{sealed}{child}{}", of_users("[\"A=B\"]")), fields),
        (format!("{sealed}{http}{}", of_users("[\"X Y\"]")), fields),
        (format!("{sealed}{http}{}", of_users("[\"Host\"]")), fields),
        (format!("{sealed}{http}{}", of_users("[\"Mcp-Session-Id\"]")), fields),
        (format!("{http}[mcp.servers.s.options.credentials]\nfields = [\"X\"]\n"), fields),
        (
            format!("{sealed}{http}{}headers = {{ X = \"Y\" }}\n", of_users("[\"X\"]")),
            "mcp.servers.s.options.credentials.headers: ",
        ),
        (
            format!("{sealed}{http}{}idle_seconds = 0\n", of_users("[\"X\"]")),
            "mcp.servers.s.options.credentials.idle_seconds: ",
        ),
        (
            format!("{http}[mcp.servers.s.options.credentials]\nidle_seconds = 9\n"),
            "mcp.servers.s.options.credentials.idle_seconds: ",
        ),
        // A name of the token that the server would prefer to the user's.
        (
            format!(
                "{sealed}[mcp.servers.s]\ntransport = \"embedded\"\nserver = \"sysdig\"\n\
                 settings = {{ SYSDIG_MCP_API_SECURE_TOKEN = {{ env = \"KEY\" }} }}\n{}",
                of_users("[]")
            ),
            fields,
        ),
    ];
    for (text, start) in rows {
        let message = refused(&text);
        assert!(message.starts_with(start), "{message}\n{text}");
    }
    for text in [
        format!("{sealed}{argus}{}", of_users("[]")),
        format!("{sealed}{child}{}", of_users("[\"TOKEN\"]")),
        format!("{sealed}{http}{}", of_users("[\"Authorization\"]")),
    ] {
        assert_eq!(load(&text).mcp.of_users().count(), 1);
    }
}

#[test]
fn headers_that_callers_cannot_safely_bring_are_refused() {
    let server = |name: &str, rest: &str| format!("[mcp.servers.{name}]\n{rest}\n");
    let http = server("s", "transport = \"streamable_http\"\nurl = \"https://h\"");
    let child = server("s", "transport = \"stdio\"\ncommand = \"c\"");
    let argus = server("s", "transport = \"embedded\"\nserver = \"argus\"");
    let of = |name: &str, rest: &str| format!("[mcp.servers.{name}.options.credentials]\nfrom = \"caller\"\n{rest}\n");
    let fields = "mcp.servers.s.options.credentials.fields: ";
    let headers = "mcp.servers.s.options.credentials.headers: ";
    let mut rows = vec![
        (format!("{http}{}", of("s", "")), fields),
        (format!("{http}{}", of("s", "fields = [\"X Y\"]")), fields),
        (format!("{child}{}", of("s", "fields = [\"A=B\"]\nheaders = { \"A=B\" = \"X-A\" }")), fields),
        (format!("{http}{}", of("s", "fields = [\"X\"]\nheaders = { Y = \"X-Y\" }")), headers),
        (format!("{http}{}", of("s", "fields = [\"X\"]\nheaders = { X = \"two words\" }")), headers),
        (format!("{argus}{}", of("s", "fields = [\"ARGUS_API_KEY\"]")), fields),
        (format!("{argus}{}", of("s", "headers = { X = \"Y\" }")), headers),
        (format!("{argus}settings = {{ ARGUS_API_KEY = {{ env = \"KEY\" }} }}\n{}", of("s", "")), fields),
        (
            // One header for two servers.
            format!(
                "{argus}{}{}{}",
                of("s", ""),
                server("t", "transport = \"embedded\"\nserver = \"argus\""),
                of("t", "")
            ),
            "mcp.servers.t.options.credentials.headers: ",
        ),
    ];
    // What opens the gateway, or belongs to the connection.
    for unsafe_one in [
        "Authorization",
        "x-api-key",
        "Cookie",
        "Host",
        "Connection",
        "Proxy-Authorization",
        "Content-Length",
        "Transfer-Encoding",
        "mcp-session-id",
        "X-Forwarded-For",
        "X-Conversation-Id",
    ] {
        let text = format!("fields = [\"X-Own\"]\nheaders = {{ X-Own = \"{unsafe_one}\" }}");
        rows.push((format!("{http}{}", of("s", &text)), headers));
    }
    for field in ["Host", "Connection", "Content-Length", "Mcp-Session-Id"] {
        let text = format!("fields = [\"{field}\"]\nheaders = {{ {field} = \"X-Own\" }}");
        rows.push((format!("{http}{}", of("s", &text)), fields));
    }
    for (text, start) in rows {
        let message = refused(&text);
        assert!(message.starts_with(start), "{message}\n{text}");
    }
    for text in [
        format!("{argus}{}", of("s", "")),
        format!("{http}{}", of("s", "fields = [\"X-Own\"]\nidle_seconds = 60")),
        format!("{http}{}", of("s", "fields = [\"Authorization\"]\nheaders = { Authorization = \"X-Intel\" }")),
        format!("{child}{}", of("s", "fields = [\"TOKEN\"]\nheaders = { TOKEN = \"X-Own\" }")),
    ] {
        let config = load(&text);
        assert_eq!((config.mcp.of_callers().count(), config.mcp.of_users().count()), (1, 0));
        assert_eq!(load(&config.to_toml().expect("TOML")).to_toml().expect("TOML"), config.to_toml().expect("TOML"));
    }
}

#[test]
fn a_file_that_is_no_toml_is_named_with_the_line() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let file = folder.path().join("groundwire.toml");
    fs::write(&file, "[server]\nport = \n").expect("write");
    let message = Config::load(Some(&file), &[]).expect_err("no TOML").to_string();
    assert!(message.contains("groundwire.toml is not valid TOML") && message.contains("line 2"), "{message}");
    let missing = folder.path().join("other.toml");
    let message = Config::load(Some(&missing), &[]).expect_err("no file").to_string();
    assert!(message.contains("cannot read") && message.contains("other.toml"), "{message}");
}

#[test]
fn the_environment_wins_over_the_file() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let file = folder.path().join("groundwire.toml");
    fs::write(&file, "[server]\nport = 9000\nshutdown_grace_seconds = 3\n").expect("write");
    let set = variables(&[
        ("GROUNDWIRE__SERVER__PORT", "9001"),
        ("GROUNDWIRE__GROUNDING__TIME_ZONE", "Europe/Oslo"),
        ("GROUNDWIRE__MODELS__QWEN__BASE_URL", "http://127.0.0.1:8000/v1"),
        ("GROUNDWIRE__MODELS__QWEN__MODEL", "qwen3"),
        ("GROUNDWIRE__MODELS__QWEN__ROLES", r#"["draft", "judge"]"#),
        ("GROUNDWIRE__MODELS__QWEN__API_KEY", r#"{ env = "QWEN_KEY" }"#),
        ("GROUNDWIRE__POLICY__OFF_LIMITS", r#"["delete*"]"#),
        ("OTHER__SERVER__PORT", "1"),
    ]);
    let config = Config::load(Some(&file), &set).expect("a configuration");
    assert_eq!((config.server.port, config.server.shutdown_grace_seconds), (9001, 3));
    assert_eq!(config.grounding.time_zone, "Europe/Oslo");
    assert_eq!(config.models.0["qwen"].roles, [Role::Draft, Role::Judge]);
    assert_eq!(config.models.0["qwen"].api_key, Some(SecretRef::Env("QWEN_KEY".to_owned())));
    assert_eq!(config.policy.off_limits, ["delete*"]);
}

#[test]
fn an_environment_key_that_names_no_setting_is_refused() {
    for (name, part) in [
        ("GROUNDWIRE__SERVER__PROT", "did you mean server.port?"),
        ("GROUNDWIRE__SERVER__", "GROUNDWIRE__SERVER__ names no setting"),
        ("GROUNDWIRE__SERVER__PORT__MORE", "server.port"),
    ] {
        let message = Config::load(None, &variables(&[(name, "1")])).expect_err(name).to_string();
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_secret_in_the_file_is_refused_and_not_repeated() {
    let text = "[models.qwen]\nbase_url = \"http://127.0.0.1:1/v1\"\nmodel = \"m\"\napi_key = \"sk-very-secret\"";
    let message = refused(text);
    assert!(message.contains("models.qwen.api_key"), "{message}");
    assert!(!message.contains("very-secret"), "{message}");
}

#[test]
fn secrets_come_from_the_environment_or_a_file() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let file = folder.path().join("key");
    fs::write(&file, "from-a-file\n").expect("write");
    let set = variables(&[("KEY", "from-the-environment"), ("EMPTY", " ")]);
    let lookup = |name: &str| groundwire::environment::lookup(&set, name);
    let read = |secret: SecretRef| secret.read("models.qwen.api_key", &lookup);
    let of_file = SecretRef::File(file.display().to_string());
    assert_eq!(read(of_file).expect("the file").expose_secret(), "from-a-file");
    let of_variable = SecretRef::Env("KEY".to_owned());
    assert_eq!(read(of_variable).expect("the variable").expose_secret(), "from-the-environment");
    for (name, reason) in [("MISSING", "it is not set"), ("EMPTY", "it is empty")] {
        let message = read(SecretRef::Env(name.to_owned())).expect_err(name).to_string();
        assert!(
            message.starts_with("models.qwen.api_key: ") && message.contains(name) && message.ends_with(reason),
            "{message}"
        );
    }
}

#[test]
fn beyond_loopback_only_with_tokens() {
    for host in ["0.0.0.0", "192.0.2.7", "::"] {
        let message = refused(&format!("[server]\nhost = \"{host}\""));
        assert!(message.starts_with("server.host: ") && message.contains("groundwire token create"), "{message}");
        load(&format!("[server]\nhost = \"{host}\"\n[auth]\nmode = \"token\""));
    }
    for host in ["127.0.0.1", "127.8.8.8", "::1"] {
        load(&format!("[server]\nhost = \"{host}\""));
    }
}

#[test]
fn what_is_printed_loads_again() {
    for config in [Config::default(), load(&example()), load(&example_in_full())] {
        let printed = config.to_toml().expect("TOML");
        assert_eq!(load(&printed).to_toml().expect("TOML"), printed);
    }
}
