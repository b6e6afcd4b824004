//! The tool with the stub program of `tests/programs`.

use std::io::BufRead;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;

use crate::servers::sysdig::scanner::Scanner;
use crate::servers::sysdig::test_support::Fixture;

const STUB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/sysdig-cli-scanner");
const MANIFESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/manifests");

fn stub() -> Scanner {
    Scanner::new(STUB, Duration::from_secs(60))
}

async fn scan_with(scanner: Scanner, arguments: Value) -> Result<Value, String> {
    let fixture = Fixture::start_with(vec![], |config| config.api_host = Some("https://sysdig.example/".to_owned()))
        .await
        .with_scanner(scanner);
    let outcome = fixture.call("run_sysdig_cli_scanner", arguments).await.map_err(|error| error.to_string());
    assert!(fixture.requests().is_empty());
    outcome
}

async fn scan(arguments: Value) -> Result<Value, String> {
    scan_with(stub(), arguments).await
}

/// The command line that the stub was started with, as it repeats it.
async fn line(arguments: Value) -> Vec<String> {
    let scanner = stub().with_variable("STUB_SHOW_ARGUMENTS", "1");
    let result = scan_with(scanner, arguments).await.unwrap();
    result["output"].as_str().unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn an_image_that_passes_and_one_that_does_not_are_both_results() {
    let passed = scan(json!({"image": "ubuntu:latest"})).await.unwrap();
    assert_eq!(passed["exit_code"], 0);
    assert!(passed["output"].as_str().unwrap().contains("vulnerabilities found"));
    assert!(passed["exit_codes_explained"].as_str().unwrap().contains("3: internal error"));
    let failed = scan(json!({"image": "registry.example/vulnerable:1", "mode": "vulnerability"})).await.unwrap();
    assert_eq!((&failed["exit_code"], &failed["stdout"]), (&json!(1), &Value::Null));
    assert!(failed["output"].as_str().unwrap().contains("Policies evaluation: FAILED"));
}

#[tokio::test]
async fn standalone_offline_with_the_full_table_tells_of_its_logs() {
    let arguments =
        json!({"image": "ubuntu", "standalone": true, "offline_analyser": "true", "full_vulnerability_table": true});
    let result = scan(arguments).await.unwrap();
    assert!(result["output"].as_str().unwrap().contains("Execution logs written to"));
}

#[tokio::test]
async fn infrastructure_code_is_scanned() {
    let bare = scan(json!({"mode": "iac", "path_to_scan": format!("{MANIFESTS}/bare-pod")})).await.unwrap();
    assert_eq!(bare["exit_code"], 0);
    assert!(bare["output"].as_str().unwrap().contains("OK: no resources found"));
    let path = format!("{MANIFESTS}/privilege-escalation");
    let escalating = scan(json!({"mode": "iac", "path_to_scan": path, "iac_group_by": "resource"})).await.unwrap();
    assert_eq!(escalating["exit_code"], 1);
    let output = escalating["output"].as_str().unwrap();
    assert!(output.contains("Container allowing privileged sub processes") && output.contains("RESOURCE"), "{output}");
}

#[tokio::test]
async fn command_lines_have_each_flag_once_and_the_value_last() {
    let common = ["--loglevel=err", "--apiurl=https://sysdig.example"];
    let with = |rest: &[&str]| -> Vec<String> { common.iter().chain(rest).map(|part| (*part).to_owned()).collect() };
    assert_eq!(line(json!({"image": "a;b $(c) 'd'", "mode": null})).await, with(&["a;b $(c) 'd'"]));
    let all = json!({"image": "i", "standalone": true, "offline_analyser": true, "full_vulnerability_table": true,
        "separate_by_layer": true, "separate_by_image": true, "detailed_policies_evaluation": true, "path_to_scan": "ignored"});
    assert_eq!(
        line(all).await,
        with(&[
            "--standalone",
            "--offline-analyzer",
            "--full-vulns-table",
            "--separate-by-layer",
            "--separate-by-image",
            "--detailed-policies-eval",
            "i",
        ])
    );
    assert_eq!(line(json!({"image": "i", "offline_analyser": true})).await, with(&["i"]));
    assert_eq!(
        line(json!({"mode": "iac", "path_to_scan": "p"})).await,
        with(&["--iac", "--group-by=policy", "--severity-threshold=high", "--recursive", "p"])
    );
    let chosen = json!({"mode": "iac", "path_to_scan": "p", "iac_recursive": false, "iac_group_by": "violation",
        "iac_severity_threshold": "low", "iac_list_unsupported_resources": true});
    assert_eq!(
        line(chosen).await,
        with(&["--iac", "--group-by=violation", "--severity-threshold=low", "--list-unsupported-resources", "p"])
    );
}

#[tokio::test]
async fn values_that_could_be_options_and_missing_ones_are_refused() {
    for (arguments, text) in [
        (json!({}), "image is required in mode vulnerability"),
        (json!({"path_to_scan": "x"}), "image is required in mode vulnerability"),
        (json!({"mode": "iac", "image": "x"}), "path_to_scan is required in mode iac"),
        (json!({"image": "--policy=none"}), "image must not begin with '-': it would be read as an option"),
        (json!({"image": "  -x"}), "image must not begin with '-': it would be read as an option"),
        (
            json!({"mode": "iac", "path_to_scan": "-"}),
            "path_to_scan must not begin with '-': it would be read as an option",
        ),
        (json!({"mode": "both", "image": "x"}), "mode must be one of: vulnerability, iac"),
        (json!({"image": "x", "standalone": 1}), "standalone must be true or false"),
        (json!({"image": "a\0b"}), "image must be at most 4096 characters without control characters"),
        (
            json!({"mode": "iac", "path_to_scan": "x", "iac_severity_threshold": "all"}),
            "iac_severity_threshold must be one of: never, high, medium, low",
        ),
    ] {
        assert_eq!(scan(arguments.clone()).await.unwrap_err(), text, "{arguments}");
    }
}

#[tokio::test]
async fn other_exit_codes_are_errors_that_carry_them() {
    for code in ["2", "3", "77"] {
        let error = scan_with(stub().with_variable("STUB_EXIT", code), json!({"image": "x"})).await.unwrap_err();
        let failure: Value = serde_json::from_str(&error).unwrap();
        assert_eq!(failure["error"], "Error running Sysdig CLI Scanner");
        assert_eq!(failure["exit_code"].to_string(), code);
        assert!(failure["output"].as_str().unwrap().contains("asked to fail"));
    }
}

#[tokio::test]
async fn the_token_is_in_the_environment_and_never_in_the_output() {
    let result = scan_with(stub().with_variable("STUB_SHOW_TOKEN", "1"), json!({"image": "x"})).await.unwrap();
    let output = result["output"].as_str().unwrap();
    assert!(output.contains("token is [redacted]"), "{output}");
}

#[tokio::test]
async fn a_program_that_is_missing_or_broken_says_where_to_get_one() {
    for program in ["/nowhere/sysdig-cli-scanner", "false"] {
        let error = scan_with(Scanner::new(program, Duration::from_secs(60)), json!({"image": "x"})).await.unwrap_err();
        assert!(error.contains("not installed") && error.contains("https://docs.sysdig.com"), "{error}");
    }
}

#[tokio::test]
async fn a_scan_that_takes_too_long_is_ended_and_says_so() {
    let scanner = Scanner::new("sleep", Duration::from_millis(30));
    let token = secrecy::SecretString::from("tok-test");
    let error = scanner.run(&["600".to_owned()], &token).await.unwrap_err();
    assert_eq!(error.to_string(), "sleep did not finish within 0.03 s and was ended");
}

#[tokio::test]
async fn whoever_goes_away_takes_all_processes_of_the_scan_along() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let scanner = stub().with_variable("STUB_HANG", pipe.to_str().unwrap());
    let scanning = tokio::spawn(scan_with(scanner, json!({"image": "x"})));
    // The stub and the program that it starts hold the other end open.
    let opened = tokio::task::spawn_blocking(move || {
        let mut lines = std::io::BufReader::new(std::fs::File::open(pipe).unwrap()).lines();
        (lines.next().unwrap().unwrap(), lines)
    });
    let (first, mut lines) = opened.await.unwrap();
    assert_eq!(first, "hanging");
    scanning.abort();
    assert!(scanning.await.unwrap_err().is_cancelled());
    // The end comes when the last of them is gone.
    assert!(tokio::task::spawn_blocking(move || lines.next().is_none()).await.unwrap());
}
