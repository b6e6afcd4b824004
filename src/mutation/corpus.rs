//! The evidence of a run: results of the embedded servers against the simulated
//! backends, fetched over loopback and classified as the gateway does it. One world
//! per seed: data and time of day both follow from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use anyhow::bail;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::domain::classify::classify;
use crate::domain::grounding::input::EvidenceResult;
use crate::domain::tool::RawToolResult;
use crate::servers::argus::ArgusConfig;
use crate::servers::argus::ArgusServer;
use crate::servers::sysdig::config::SysdigConfig;
use crate::servers::sysdig::credentials;
use crate::servers::sysdig::server::SysdigServer;
use crate::servers::sysdig::tools;
use crate::sim::argus::ArgusSim;
use crate::sim::clock::SimClock;
use crate::sim::clock::Sleeper;
use crate::sim::sysdig::SysdigSim;

/// 2026-02-09T08:15:30Z: the first world's now.
const BASE_SECONDS: i64 = 1_770_624_930;
/// Keys of the simulated backends.
const ARGUS_KEY: &str = "15a6/1/sim-full";
/// A key without the right to see events.
const CASES_KEY: &str = "15a6/3/sim-readcases";
const SYSDIG_TOKEN: &str = "tok-full";

/// Results by name, and the moment at which they were fetched.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// The moment of the whole run.
    pub now: Timestamp,
    results: BTreeMap<&'static str, EvidenceResult>,
}

impl Corpus {
    /// Starts both simulators, runs the calls, stops the simulators.
    ///
    /// # Errors
    /// When a port, a server or a call fails: then there is nothing to measure on.
    pub async fn gather(seed: u64) -> anyhow::Result<Self> {
        // Winter only, so that local time is one hour ahead. Another time of day and weekday per seed, so that clock and date digits vary.
        let step = i64::try_from(seed % 400).unwrap_or(0);
        let now = Timestamp::from_second(BASE_SECONDS)? + SignedDuration::from_secs(step * 8_269);
        let clock = SimClock::standing_at(now);
        let stop = CancellationToken::new();
        let argus = ArgusSim::new(seed, clock.clone(), Sleeper::instant());
        let sysdig = SysdigSim::new(seed, clock, Sleeper::instant());
        let (listener, argus_url) = loopback().await?;
        let argus_task = tokio::spawn(argus.serve(listener, stop.clone()));
        let (listener, sysdig_url) = loopback().await?;
        let sysdig_task = tokio::spawn(sysdig.serve(listener, stop.clone()));
        let fetched = fetch(now, &argus_url, &sysdig_url).await;
        stop.cancel();
        argus_task.abort();
        sysdig_task.abort();
        Ok(Self { now, results: fetched? })
    }

    /// A corpus of given results, for tests.
    pub fn of(now: Timestamp, results: BTreeMap<&'static str, EvidenceResult>) -> Self {
        Self { now, results }
    }

    /// One result.
    ///
    /// # Panics
    /// When no call has this name: a mistake in a rule.
    pub fn get(&self, name: &str) -> &EvidenceResult {
        self.results.get(name).expect("rules name only calls of the table")
    }

    /// All results with their names.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &EvidenceResult)> {
        self.results.iter().map(|(name, result)| (*name, result))
    }
}

async fn loopback() -> anyhow::Result<(TcpListener, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("no loopback port is free")?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

/// Name, tool and arguments of every call. `open` and `page` differ in their filters only.
fn argus_calls() -> Vec<(&'static str, &'static str, Value)> {
    let search = "executeSearchArgusCase";
    let events = "executeSearchArgusEvent";
    vec![
        ("case", "getArgusCaseByID", json!({"caseID": 4_120_771})),
        ("other_case", "getArgusCaseByID", json!({"caseID": 4_120_655})),
        (
            "cases",
            search,
            json!({"request": {"customer": ["nordfjord"], "sortBy": ["-createdTimestamp"], "limit": 25}}),
        ),
        ("all_cases", search, json!({"request": {"sortBy": ["-lastUpdatedTimestamp"], "limit": 25}})),
        ("page", search, json!({"request": {"sortBy": ["-lastUpdatedTimestamp"], "limit": 5}})),
        (
            "none",
            search,
            json!({"request": {"customer": ["bergtun"], "currentStatus": ["workingCustomer"], "limit": 25}}),
        ),
        ("wrong", "getArgusCaseByID", json!({"caseID": 9_999_999})),
        ("denied", events, json!({"request": {"customer": ["nordfjord"], "limit": 25}})),
        (
            "beacon",
            events,
            json!({"request": {"associateCaseID": [4_120_771], "type": ["aggregated"], "timeFilter": {"startTimestamp": "startOfDay -3 day", "endTimestamp": "now", "timeFieldStrategy": ["lastEvent"]}, "limit": 25}}),
        ),
        (
            "upload",
            events,
            json!({"request": {"associateCaseID": [4_120_201], "type": ["aggregated"], "timeFilter": {"startTimestamp": "startOfDay -90 day", "endTimestamp": "now", "timeFieldStrategy": ["lastEvent"]}, "limit": 25}}),
        ),
        (
            "flood",
            events,
            json!({"request": {"associateCaseID": [4_120_802], "type": ["aggregated"], "timeFilter": {"startTimestamp": "startOfDay -3 day", "endTimestamp": "now", "timeFieldStrategy": ["lastEvent"]}, "limit": 10}}),
        ),
    ]
}

fn sysdig_calls() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("runtime", "list_runtime_events", json!({"scope_hours": 2, "limit": 12})),
        ("severe", "list_runtime_events", json!({"scope_hours": 24, "limit": 6, "filter_expr": "severity <= 3"})),
    ]
}

/// The calls of one Argus key.
fn argus(now: Timestamp, url: &str, key: &str) -> anyhow::Result<ArgusServer> {
    let lookup = |name: &str| match name {
        "ARGUS_API_KEY" => Some(key.to_owned()),
        "ARGUS_API_URL" => Some(url.to_owned()),
        "ARGUS_API_MAX_RETRIES" => Some("0".to_owned()),
        "ARGUS_PORTAL_URL" => Some("https://portal.argus.example".to_owned()),
        _ => None,
    };
    Ok(ArgusServer::new(ArgusConfig::from_lookup(&lookup, Arc::new(move || now))?)?)
}

async fn fetch(
    now: Timestamp,
    argus_url: &str,
    sysdig_url: &str,
) -> anyhow::Result<BTreeMap<&'static str, EvidenceResult>> {
    let full = argus(now, argus_url, ARGUS_KEY)?;
    let narrow = argus(now, argus_url, CASES_KEY)?;
    let mut results = BTreeMap::new();
    for (name, tool, arguments) in argus_calls() {
        let map = arguments.as_object().context("arguments are objects")?;
        let server = if name == "denied" { &narrow } else { &full };
        let result = server.call(tool, map).await.with_context(|| format!("the Argus server has no tool {tool}"))?;
        let content = result.structured_content.with_context(|| format!("{tool} gave no structured content"))?;
        let is_error = result.is_error == Some(true);
        if is_error != matches!(name, "wrong" | "denied") {
            bail!("{tool} for {name} came out unexpectedly: {content}");
        }
        results.insert(name, evidence(name, tool, arguments, is_error, content, now));
    }
    let mut shown = results.get("case").context("the case was looked up")?.clone();
    shown.id = "shown".to_owned();
    // Fetched for an earlier message of the conversation.
    shown.observed_at = now - SignedDuration::from_mins(95);
    results.insert("shown", shown);
    let lookup = |name: &str| match name {
        "SYSDIG_MCP_API_HOST" => Some(sysdig_url.to_owned()),
        "SYSDIG_MCP_API_TOKEN" => Some(SYSDIG_TOKEN.to_owned()),
        _ => None,
    };
    let config = SysdigConfig::from_lookup(&lookup)?;
    let access = credentials::resolve(&config, None).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let http = config.http_client()?;
    let sysdig = SysdigServer::new(config, http, Arc::new(move || now));
    for (name, tool, arguments) in sysdig_calls() {
        let map = arguments.as_object().context("arguments are objects")?;
        let entry = tools::find(tool).with_context(|| format!("the Sysdig server has no tool {tool}"))?;
        let content =
            sysdig.run_tool(entry, &access, map).await.map_err(|error| anyhow::anyhow!("{tool}: {error:?}"))?;
        results.insert(name, evidence(name, tool, arguments, false, content, now));
    }
    Ok(results)
}

fn evidence(
    name: &str,
    tool: &str,
    arguments: Value,
    is_error: bool,
    content: Value,
    now: Timestamp,
) -> EvidenceResult {
    let raw = RawToolResult { is_error, ..RawToolResult::structured(content, now) };
    let sorted = classify(&raw, &arguments);
    EvidenceResult {
        id: name.to_owned(),
        tool: tool.to_owned(),
        arguments,
        observed_at: sorted.observed_at.unwrap_or(now),
        outcome: sorted.outcome,
        content: sorted.content,
        page: sorted.page,
        error: sorted.error,
    }
}
