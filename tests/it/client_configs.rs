//! What `docs/mcp-clients.md` tells the users of other clients: each configuration can be read,
//! names a command that exists, and passes on what the server needs. The images that it names are
//! stages of the Dockerfile with these commands as their entry points.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Where the documents say that the program is.
const PROGRAM: &str = "/usr/local/bin/groundwire";
/// The name that the Sysdig server has as a program.
const SYSDIG: &str = "sysdig-mcp-server";

/// What a server's entries must have.
struct Server {
    prefix: &'static str,
    /// Variables with its credential; one is enough.
    keys: &'static [&'static str],
    /// Other variables without which it does not start.
    needs: &'static [&'static str],
    image: &'static str,
    stage: &'static str,
    entry_point: &'static str,
    url: &'static str,
}

const SERVERS: [Server; 2] = [
    Server {
        prefix: "argus",
        keys: &["ARGUS_API_KEY"],
        needs: &[],
        image: "groundwire-argus-mcp:local",
        stage: "argus-mcp",
        entry_point: r#"ENTRYPOINT ["/groundwire", "mcp", "argus"]"#,
        url: "http://127.0.0.1:8090/argus/mcp",
    },
    Server {
        prefix: "sysdig",
        keys: &["SYSDIG_MCP_API_SECURE_TOKEN", "SYSDIG_MCP_API_TOKEN"],
        needs: &["SYSDIG_MCP_API_HOST"],
        image: "groundwire-sysdig-mcp:local",
        stage: "sysdig-mcp",
        entry_point: r#"ENTRYPOINT ["/sysdig-mcp-server"]"#,
        url: "http://localhost:8080/sysdig-mcp-server/mcp",
    },
];

fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The blocks of a language in a document.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let opening = format!("```{language}\n");
    let found = document.split(&opening).skip(1);
    found.map(|rest| rest.split("```").next().expect("text before the end of the block").to_owned()).collect()
}

/// A server in a client's configuration.
#[derive(Debug)]
struct Entry {
    client: &'static str,
    name: String,
    config: Value,
    /// Variables that reach the command that the client starts.
    variables: BTreeSet<String>,
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|text| text.as_str().expect("a text").to_owned()).collect()
}

fn names(map: &Value) -> Vec<String> {
    map.as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// Entries of one client; `given` and `passed` are where its variables stand, as a map and as a list.
fn entries(client: &'static str, servers: &Value, given: &str, passed: &str) -> Vec<Entry> {
    let servers = servers.as_object().expect("servers by name");
    let entry = |(name, config): (&String, &Value)| {
        let variables = names(&config[given]).into_iter().chain(strings(&config[passed])).collect();
        Entry { client, name: name.clone(), config: config.clone(), variables }
    };
    servers.iter().map(entry).collect()
}

fn documented() -> Vec<Entry> {
    let document = text("docs/mcp-clients.md");
    let only = |language: &str| {
        let mut found = blocks(&document, language);
        assert_eq!(found.len(), 1, "one {language} block");
        found.remove(0)
    };
    let codex: Value = toml::from_str(&only("toml")).expect("Codex reads TOML");
    let claude: Value = serde_json::from_str(&only("json")).expect("Claude Desktop reads JSON");
    let goose: Value = serde_saphyr::from_str(&only("yaml")).expect("Goose reads YAML");
    let mut all = entries("codex", &codex["mcp_servers"], "env", "env_vars");
    all.extend(entries("claude", &claude["mcpServers"], "env", ""));
    all.extend(entries("goose", &goose["extensions"], "envs", "env_keys"));
    all
}

impl Entry {
    fn command(&self) -> Option<(&str, Vec<String>)> {
        let command = self.config.get("command").or_else(|| self.config.get("cmd"))?;
        Some((command.as_str().expect("a command"), strings(&self.config["args"])))
    }

    fn server(&self) -> &'static Server {
        SERVERS.iter().find(|server| self.name.starts_with(server.prefix)).expect("a server of ours")
    }

    fn has_a_key(&self) -> bool {
        self.server().keys.iter().any(|key| self.variables.contains(*key))
    }
}

/// What follows an option, each time that it stands there.
fn after<'a>(args: &'a [String], option: &str) -> Vec<&'a str> {
    let pairs = args.windows(2).filter(|pair| pair[0] == option);
    pairs.map(|pair| pair[1].as_str()).collect()
}

#[test]
fn each_client_has_each_server_as_a_program_and_as_a_container() {
    let all = documented();
    for (client, server) in
        ["codex", "claude", "goose"].iter().flat_map(|client| SERVERS.iter().map(move |s| (client, s)))
    {
        let commands: Vec<&str> = all
            .iter()
            .filter(|entry| entry.client == *client && entry.name.starts_with(server.prefix))
            .filter_map(|entry| entry.command().map(|(command, _)| command))
            .collect();
        assert!(
            commands.contains(&PROGRAM) && commands.contains(&"docker"),
            "{client} {}: {commands:?}",
            server.prefix
        );
    }
    // As the vendor's documents have it for Goose.
    let goose = all.iter().find(|entry| entry.command().is_some_and(|(command, _)| command == SYSDIG)).expect("it");
    assert!(goose.command().is_some_and(|(_, args)| args.is_empty()) && goose.config["timeout"] == 300, "{goose:?}");
    assert!(all.iter().any(|entry| entry.command().is_some_and(|(command, _)| command == "podman")));
}

#[test]
fn the_commands_in_client_configurations_are_ours_and_get_their_variables() {
    for entry in documented() {
        let Some((command, args)) = entry.command() else { continue };
        assert!(entry.has_a_key(), "{entry:?} gets no key");
        // What a container gets is in its arguments; where only by name, the client must have it.
        let given: Vec<&str> = match command {
            "docker" | "podman" => {
                after(&args, "-e").into_iter().filter_map(|passed| passed.split('=').next()).collect()
            }
            _ => entry.variables.iter().map(String::as_str).collect(),
        };
        for needed in entry.server().needs {
            assert!(given.contains(needed), "{entry:?} gets no {needed}");
        }
        if command != PROGRAM {
            continue;
        }
        let known =
            Command::new(env!("CARGO_BIN_EXE_groundwire")).args(&args).arg("--help").output().expect("the program");
        assert!(known.status.success(), "{entry:?}: {}", String::from_utf8_lossy(&known.stderr));
    }
}

#[test]
fn containers_in_client_configurations_are_named_removed_and_given_the_key() {
    let mut named = BTreeSet::new();
    for entry in documented() {
        let Some((engine @ ("docker" | "podman"), args)) = entry.command() else { continue };
        let has = |option: &str| args.iter().any(|arg| arg == option);
        let removed = if engine == "docker" { "--rm" } else { "--replace" };
        assert!(args[0] == "run" && has("-i") && has("--read-only") && has(removed), "{entry:?}");
        assert_eq!(args.last().expect("arguments"), entry.server().image);
        let passed = after(&args, "-e");
        assert!(entry.server().keys.iter().any(|key| passed.contains(key)), "{entry:?}");
        for variable in passed.into_iter().filter(|variable| !variable.contains('=')) {
            assert!(entry.variables.contains(variable), "{entry:?}: {variable} does not reach {engine}");
        }
        let name = after(&args, "--name");
        assert!(name.len() == 1 && named.insert((engine.to_owned(), name[0].to_owned())), "{entry:?}: {name:?}");
    }
    assert!(named.len() >= 7, "{named:?}");
}

#[test]
fn remote_entries_bring_the_key_in_its_header() {
    let document = documented();
    let remote: Vec<&Entry> = document.iter().filter(|entry| entry.command().is_none()).collect();
    assert_eq!(remote.len(), 4, "both servers in Codex and in Goose");
    for entry in remote {
        let url = entry.config.get("url").or_else(|| entry.config.get("uri")).and_then(Value::as_str);
        assert_eq!(url, Some(entry.server().url), "{entry:?}");
        let headers = entry.config.get("env_http_headers").or_else(|| entry.config.get("headers")).expect("headers");
        let known = ["Argus-API-Key", "X-Sysdig-Token", "Authorization"];
        let value = known.iter().find_map(|name| headers[*name].as_str()).expect("a header that the server reads");
        assert!(entry.server().keys.iter().any(|key| value.contains(key)), "{entry:?}");
    }
}

/// The stages of the Dockerfile: what stands after `FROM`, and the instructions.
fn stages(dockerfile: &str) -> Vec<(String, Vec<String>)> {
    let mut stages: Vec<(String, Vec<String>)> = Vec::new();
    for line in dockerfile.lines() {
        match (line.strip_prefix("FROM "), stages.last_mut()) {
            (Some(from), _) => stages.push((from.to_owned(), Vec::new())),
            (None, Some((_, instructions))) => instructions.push(line.to_owned()),
            (None, None) => {}
        }
    }
    stages
}

#[test]
fn the_image_of_each_server_runs_it_alone_and_the_gateways_is_the_default() {
    let stages = stages(&text("Dockerfile"));
    for Server { stage, entry_point, image, .. } in &SERVERS {
        let from = format!("scratch AS {stage}");
        let (_, server) = stages.iter().find(|(known, _)| *known == from).expect("a stage of that name");
        let has = |wanted: &str| server.iter().any(|line| line == wanted);
        assert!(has(entry_point), "{server:?}");
        assert!(
            has("USER 10001:10001") && server.iter().any(|line| line.contains("ca-certificates.crt")),
            "{server:?}"
        );
        assert!(!server.iter().any(|line| line.starts_with("EXPOSE") || line.starts_with("VOLUME")), "{server:?}");
        let build = format!("docker build --tag {image} --target {stage} .");
        for document in ["docs/mcp-clients.md", "Dockerfile"] {
            assert!(text(document).contains(&build), "{document} does not say {build}");
        }
    }
    let (from, gateway) = stages.last().expect("stages");
    assert!(!from.contains(" AS ") && gateway.iter().any(|line| line == r#"ENTRYPOINT ["groundwire"]"#), "{from}");
}
