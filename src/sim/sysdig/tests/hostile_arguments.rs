//! Arguments that nobody sends in good faith, for all tools of the server: each
//! call ends, in at most two requests, and none breaks out of the query that
//! it is put into.
//!
//! `PROPTEST_CASES` says how many are tried.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::servers::sysdig::credentials;
use crate::servers::sysdig::scanner::Scanner;
use crate::servers::sysdig::tools::TOOLS;

/// A value as a client may send it: right, nearly right, or anything at all.
fn argument() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "\\PC{0,40}",
        any::<String>(),
        select(vec![
            "20",
            "-1",
            "1e3",
            "0.0",
            "9999999999999999999999",
            ".",
            "..",
            "a/b",
            "%2e%2e",
            "\"} or up{a=\"",
            "\\",
            "\n",
            "1h30m",
            "true",
            "iac",
            "vulnerability",
            "desired",
            "deployment",
            "--help",
            "'; MATCH Image",
            "a\") or (b = \"",
            "\u{202e}",
            "\u{0}",
        ])
        .prop_map(str::to_owned),
        (any::<char>(), 1..70_000_usize).prop_map(|(c, times)| c.to_string().repeat(times)),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-5..400_i64).prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec(("\\PC{0,8}", inner), 0..4).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// For each tool, values for some of its arguments and for one that it does not have.
fn requests() -> impl Strategy<Value = (usize, serde_json::Map<String, Value>)> {
    (0..TOOLS.len()).prop_flat_map(|tool| {
        let schema = TOOLS[tool].definition().input_schema;
        let mut names: Vec<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        names.push("unheard_of".to_owned());
        let values = names.into_iter().map(|name| (Just(name), prop::option::weighted(0.7, argument())));
        let given = values.collect::<Vec<_>>().prop_map(|given| {
            given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect::<serde_json::Map<_, _>>()
        });
        (Just(tool), given)
    })
}

#[test]
fn every_tool_ends_on_any_arguments() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = runtime.block_on(World::full());
    let config = SysdigConfig {
        api_host: Some(world.base.clone()),
        api_token: Some(SecretString::from("tok-full")),
        ..SysdigConfig::default()
    };
    let credentials = credentials::resolve(&config, None).unwrap();
    let server = SysdigServer::checked(config, Arc::new(|| Timestamp::UNIX_EPOCH))
        .unwrap()
        .with_scanner(Scanner::new("/nowhere/scanner", Duration::from_secs(1)));
    let mut runner = prop::test_runner::TestRunner::default();
    let outcome = runner.run(&requests(), |(tool, arguments)| {
        world.sim.0.requests.clear();
        let tool = &TOOLS[tool];
        let result = runtime.block_on(server.run_tool(tool, &credentials, &arguments));
        let asked = world.sim.requests();
        prop_assert!(asked.len() <= 2, "{}: {} requests", tool.name, asked.len());
        // What stands in quotes in a query stays there: only a pattern of the caller's can be refused.
        let broken = asked.iter().any(|request| request.status == Some(400) && request.path.starts_with("/prometheus"));
        match &result {
            Ok(value) => prop_assert!(value.is_object()),
            Err(error) => {
                let text = error.to_string();
                prop_assert!(!text.is_empty() && text.len() < 16_384, "{}: {} bytes", tool.name, text.len());
                prop_assert!(
                    !broken || text.contains("regular expression") || text.contains("longer than"),
                    "{}: {text}",
                    tool.name
                );
            }
        }
        Ok(())
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}
