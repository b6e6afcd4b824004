//! `run_sysdig_cli_scanner`: has the scanner program look at an image
//! (vulnerabilities) or at infrastructure code (posture).
//!
//! Decides the command line and what an exit code means: 1 says that the
//! evaluation failed, which is an answer. Values of the client stand behind
//! all flags and cannot be flags themselves.

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use serde_json::json;

use crate::servers::sysdig::outcome::ToolError;
use crate::servers::sysdig::scanner::Ran;
use crate::servers::sysdig::tools::CLI_SCANNER_EXEC;
use crate::servers::sysdig::tools::Call;
use crate::servers::sysdig::tools::Description;
use crate::servers::sysdig::tools::Offer;
use crate::servers::sysdig::tools::ToolEntry;

const PERMISSIONS: &[&str] = &[CLI_SCANNER_EXEC];
const EXIT_CODES: &str = "0: evaluation passed; 1: evaluation failed; 2: invalid parameters; 3: internal error";
const MODES: &[&str] = &["vulnerability", "iac"];
const GROUPS: &[&str] = &["policy", "resource", "violation"];
const THRESHOLDS: &[&str] = &["never", "high", "medium", "low"];
/// Longest image name or path.
const MAX_VALUE_CHARS: usize = 4_096;

/// The line of this tool in the list.
pub const ENTRY: ToolEntry =
    ToolEntry::own("run_sysdig_cli_scanner", PERMISSIONS, describe, boxed).offered(Offer::Local);

fn describe() -> Description {
    let flag =
        |text: &str, default: bool| json!({"type": ["boolean", "null"], "description": text, "default": default});
    Description {
        title: "Run the Sysdig CLI scanner",
        text: "Run the sysdig-cli-scanner of the machine that this server runs on: scan a container \
               image for vulnerabilities, or scan infrastructure code (Kubernetes manifests, \
               Terraform and the like) for misconfiguration. Exit code 1 means that policies were \
               violated and is a result like any other. A scan may take minutes.",
        input_schema: json!({
            "type": "object",
            "properties": {
                "image": {
                    "type": ["string", "null"],
                    "description": "Image to scan; needed in mode vulnerability.",
                    "examples": ["ubuntu:latest"]
                },
                "mode": {
                    "type": "string", "enum": MODES, "default": "vulnerability",
                    "description": "What is scanned: an image (vulnerability) or infrastructure code (iac)."
                },
                "standalone": flag("Image: evaluate without the Sysdig backend.", false),
                "offline_analyser": flag("Image: analyse offline; only together with standalone.", false),
                "full_vulnerability_table": flag("Image: list every vulnerability.", false),
                "separate_by_layer": flag("Image: group vulnerabilities by layer.", false),
                "separate_by_image": flag("Image: group vulnerabilities by image of the hierarchy.", false),
                "detailed_policies_evaluation": flag("Image: show the evaluation of each policy.", false),
                "path_to_scan": {
                    "type": ["string", "null"],
                    "description": "File or directory to scan; needed in mode iac."
                },
                "iac_group_by": {
                    "type": ["string", "null"], "enum": ["policy", "resource", "violation", null], "default": "policy",
                    "description": "Code: what findings are grouped by."
                },
                "iac_recursive": flag("Code: scan directories below the path too.", true),
                "iac_severity_threshold": {
                    "type": ["string", "null"], "enum": ["never", "high", "medium", "low", null], "default": "high",
                    "description": "Code: least severity that fails the evaluation."
                },
                "iac_list_unsupported_resources": flag("Code: list resources that are not supported.", false)
            }
        }),
    }
}

fn boxed<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Value, ToolError>> {
    run(call).boxed()
}

async fn run(call: &Call<'_>) -> Result<Value, ToolError> {
    let arguments = command_line(call)?;
    let scanner = call.scanner.ok_or_else(|| ToolError::argument("the scanner is not offered by this server"))?;
    let token = &call.credentials.token;
    scanner.check(token).await.map_err(|error| ToolError::argument(error.to_string()))?;
    let ran = scanner.run(&arguments, token).await.map_err(|error| ToolError::argument(error.to_string()))?;
    result(&ran)
}

fn result(ran: &Ran) -> Result<Value, ToolError> {
    let Ran { code, stdout, stderr } = ran;
    match code {
        Some(0) => Ok(json!({
            "exit_code": 0,
            "output": format!("{stdout}{}", stderr.trim()),
            "exit_codes_explained": EXIT_CODES,
        })),
        Some(1) => Ok(json!({"exit_code": 1, "stdout": null, "output": stdout, "exit_codes_explained": EXIT_CODES})),
        code => {
            let failure = json!({
                "error": "Error running Sysdig CLI Scanner",
                "exit_code": code,
                "output": stderr,
                "exit_codes_explained": EXIT_CODES,
            });
            Err(ToolError::argument(failure.to_string()))
        }
    }
}

/// Arguments of the program, each flag once, the client's value last.
fn command_line(call: &Call<'_>) -> Result<Vec<String>, ToolError> {
    let arguments = &call.arguments;
    let host = call.credentials.host.join(&[]);
    let mut line = vec!["--loglevel=err".to_owned(), format!("--apiurl={}", host.as_str().trim_end_matches('/'))];
    let mode = arguments.one_of("mode", MODES)?.unwrap_or("vulnerability");
    if mode == "iac" {
        line.push("--iac".to_owned());
        let group = arguments.one_of("iac_group_by", GROUPS)?.unwrap_or("policy");
        line.push(format!("--group-by={group}"));
        let threshold = arguments.one_of("iac_severity_threshold", THRESHOLDS)?.unwrap_or("high");
        line.push(format!("--severity-threshold={threshold}"));
        if arguments.flag("iac_recursive", true)? {
            line.push("--recursive".to_owned());
        }
        if arguments.flag("iac_list_unsupported_resources", false)? {
            line.push("--list-unsupported-resources".to_owned());
        }
        line.push(target(call, "path_to_scan", mode)?);
        return Ok(line);
    }
    let standalone = arguments.flag("standalone", false)?;
    for (name, flag, possible) in [
        ("standalone", "--standalone", true),
        ("offline_analyser", "--offline-analyzer", standalone),
        ("full_vulnerability_table", "--full-vulns-table", true),
        ("separate_by_layer", "--separate-by-layer", true),
        ("separate_by_image", "--separate-by-image", true),
        ("detailed_policies_evaluation", "--detailed-policies-eval", true),
    ] {
        if arguments.flag(name, false)? && possible {
            line.push(flag.to_owned());
        }
    }
    line.push(target(call, "image", mode)?);
    Ok(line)
}

/// What is scanned.
fn target(call: &Call<'_>, name: &str, mode: &str) -> Result<String, ToolError> {
    let value = call.arguments.optional_text(name)?;
    let value = value.ok_or_else(|| ToolError::argument(format!("{name} is required in mode {mode}")))?;
    if value.starts_with('-') {
        return Err(ToolError::argument(format!("{name} must not begin with '-': it would be read as an option")));
    }
    if value.chars().count() > MAX_VALUE_CHARS || value.chars().any(char::is_control) {
        let text = format!("{name} must be at most {MAX_VALUE_CHARS} characters without control characters");
        return Err(ToolError::argument(text));
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests;
