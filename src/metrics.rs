//! Prometheus metrics: every name stands here. Turns are counted from their records, the
//! same events that clients and the audit see; requests by route pattern, never by path,
//! so that no label grows with its input. One recorder per gateway, nothing global.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use http::StatusCode;
use metrics::counter;
use metrics::describe_counter;
use metrics::describe_gauge;
use metrics::describe_histogram;
use metrics::gauge;
use metrics::histogram;
use metrics_exporter_prometheus::Matcher;
use metrics_exporter_prometheus::PrometheusBuilder;
use metrics_exporter_prometheus::PrometheusRecorder;

use crate::domain::event::TurnEvent;
use crate::domain::event::TurnOutcome;
use crate::engine::TurnObserver;
use crate::engine::ports::BreakerState;
use crate::engine::ports::Catalog;
use crate::engine::record::TurnRecord;

const TURNS: &str = "groundwire_turns_total";
const TURNS_NOT_STORED: &str = "groundwire_turns_not_stored_total";
const TURNS_RUNNING: &str = "groundwire_turns_running";
const TURN_SECONDS: &str = "groundwire_turn_seconds";
const OVERHEAD_SECONDS: &str = "groundwire_turn_overhead_seconds";
const VIOLATIONS: &str = "groundwire_violations_total";
const REPAIRS: &str = "groundwire_repairs_total";
const FALLBACKS: &str = "groundwire_fallbacks_total";
const JUDGE_VERDICTS: &str = "groundwire_judge_verdicts_total";
const TOOL_CALLS: &str = "groundwire_tool_calls_total";
const TOOL_SECONDS: &str = "groundwire_tool_call_seconds";
const MODEL_CALLS: &str = "groundwire_model_calls_total";
const MODEL_SECONDS: &str = "groundwire_model_call_seconds";
const TOKENS: &str = "groundwire_tokens_total";
const UPSTREAM_UP: &str = "groundwire_upstream_up";
const UPSTREAM_RESTARTS: &str = "groundwire_upstream_restarts";
const TOOLS_AWAITING: &str = "groundwire_tools_awaiting_approval";
const UPSTREAM_BREAKER: &str = "groundwire_upstream_breaker_open";
const REQUESTS: &str = "groundwire_http_requests_total";
const REQUEST_SECONDS: &str = "groundwire_http_request_seconds";

/// Upper bounds of the latency buckets, in seconds: from our own overhead to slow models.
const BUCKETS: [f64; 16] =
    [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0];

/// Requests after which samples are folded into their buckets, scraped or not.
const FOLD_EVERY: u64 = 500;

/// The metrics of one gateway.
pub struct Metrics {
    recorder: PrometheusRecorder,
    requests: AtomicU64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero.
    pub fn new() -> Self {
        let builder = PrometheusBuilder::new();
        let builder = builder
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)
            .expect("the list of buckets is not empty");
        let metrics = Self { recorder: builder.build_recorder(), requests: AtomicU64::new(0) };
        metrics.with(describe);
        metrics
    }

    /// The Prometheus text.
    pub fn render(&self) -> String {
        let handle = self.recorder.handle();
        handle.run_upkeep();
        handle.render()
    }

    /// One HTTP request ended.
    pub fn request(&self, method: &'static str, route: &str, status: StatusCode, duration_ms: f64) {
        // The recorder keeps every sample until then; nobody may ever scrape.
        if self.requests.fetch_add(1, Ordering::Relaxed) % FOLD_EVERY == FOLD_EVERY - 1 {
            self.recorder.handle().run_upkeep();
        }
        let route = route.to_owned();
        self.with(|| {
            counter!(REQUESTS, "method" => method, "route" => route.clone(), "status" => status.as_u16().to_string())
                .increment(1);
            histogram!(REQUEST_SECONDS, "route" => route).record(duration_ms / 1000.0);
        });
    }

    /// State of the MCP servers now.
    pub fn upstreams(&self, catalog: &Catalog) {
        self.with(|| {
            for server in &catalog.servers {
                let waiting = catalog.waiting.iter().filter(|tool| tool.server == server.name).count();
                #[expect(clippy::cast_precision_loss, reason = "tools are far below 2^52")]
                gauge!(TOOLS_AWAITING, "server" => server.name.clone()).set(waiting as f64);
                gauge!(UPSTREAM_UP, "server" => server.name.clone()).set(if server.up { 1.0 } else { 0.0 });
                let open = server.breaker == BreakerState::Open;
                gauge!(UPSTREAM_BREAKER, "server" => server.name.clone()).set(if open { 1.0 } else { 0.0 });
                #[expect(clippy::cast_precision_loss, reason = "restarts are far below 2^52")]
                gauge!(UPSTREAM_RESTARTS, "server" => server.name.clone()).set(server.restarts as f64);
            }
        });
    }

    /// Turns that run now.
    pub fn running(&self, turns: usize) {
        #[expect(clippy::cast_precision_loss, reason = "turns are far below 2^52")]
        self.with(|| gauge!(TURNS_RUNNING).set(turns as f64));
    }

    fn with<T>(&self, record: impl FnOnce() -> T) -> T {
        metrics::with_local_recorder(&self.recorder, record)
    }
}

impl TurnObserver for Metrics {
    fn turn_ended(&self, record: &TurnRecord, stored: bool) {
        self.with(|| {
            if !stored {
                counter!(TURNS_NOT_STORED).increment(1);
            }
            let decision = record.ruling.as_ref().map_or("none", |ruling| ruling.decision.as_str());
            counter!(TURNS, "decision" => decision, "outcome" => record.outcome.as_str()).increment(1);
            if record.outcome == TurnOutcome::Fallback {
                counter!(FALLBACKS).increment(1);
            }
            histogram!(TURN_SECONDS, "decision" => decision).record(record.timings_ms.total / 1000.0);
            histogram!(OVERHEAD_SECONDS).record(record.timings_ms.own / 1000.0);
            counter!(TOKENS, "kind" => "prompt").increment(record.usage.prompt_tokens);
            counter!(TOKENS, "kind" => "completion").increment(record.usage.completion_tokens);
            for entry in &record.events {
                count(&entry.event);
            }
            model_calls(record);
            tool_calls(record);
        });
    }
}

fn count(event: &TurnEvent) {
    match event {
        TurnEvent::CheckFinished { violations, .. } => {
            for code in violations {
                counter!(VIOLATIONS, "code" => code.clone()).increment(1);
            }
        }
        TurnEvent::JudgeFinished { verdict, .. } => {
            counter!(JUDGE_VERDICTS, "verdict" => verdict.clone()).increment(1);
        }
        TurnEvent::RepairStarted { .. } => counter!(REPAIRS).increment(1),
        _ => {}
    }
}

fn model_calls(record: &TurnRecord) {
    for exchange in &record.exchanges {
        let outcome = exchange.error.clone().unwrap_or_else(|| "ok".to_owned());
        counter!(MODEL_CALLS, "step" => exchange.step.clone(), "outcome" => outcome).increment(1);
        histogram!(MODEL_SECONDS, "step" => exchange.step.clone()).record(exchange.duration_ms / 1000.0);
    }
}

fn tool_calls(record: &TurnRecord) {
    for requested in &record.events {
        let TurnEvent::ToolRequested { call_id, server, tool, .. } = &requested.event else { continue };
        let finished = record.events.iter().find_map(|entry| match &entry.event {
            TurnEvent::ToolFinished { call_id: id, outcome, duration_ms, .. } if id == call_id => {
                Some((outcome.as_str(), *duration_ms))
            }
            _ => None,
        });
        // No end: the turn was cancelled or ran out of time meanwhile.
        let (outcome, duration_ms) = finished.unwrap_or(("cancelled", 0));
        counter!(TOOL_CALLS, "server" => server.clone(), "tool" => tool.clone(), "outcome" => outcome).increment(1);
        if finished.is_some() {
            #[expect(clippy::cast_precision_loss, reason = "durations are far below 2^52 ms")]
            histogram!(TOOL_SECONDS, "server" => server.clone()).record(duration_ms as f64 / 1000.0);
        }
    }
}

fn describe() {
    describe_counter!(TURNS, "Turns that ended, by router decision and outcome");
    describe_counter!(TURNS_NOT_STORED, "Turns whose record could not be written; their answers were withheld");
    describe_gauge!(TURNS_RUNNING, "Turns that run now");
    describe_histogram!(TURN_SECONDS, "Time from the message to the committed reply");
    describe_histogram!(OVERHEAD_SECONDS, "Our own part of that time: without model and tools");
    describe_counter!(VIOLATIONS, "What the checker found in drafts, by code");
    describe_counter!(REPAIRS, "Drafts that were written again");
    describe_counter!(FALLBACKS, "Replies that the gateway rendered itself because no draft was approved");
    describe_counter!(JUDGE_VERDICTS, "What the second check said");
    describe_counter!(TOOL_CALLS, "Tool calls, by outcome");
    describe_histogram!(TOOL_SECONDS, "Time of tool calls");
    describe_counter!(MODEL_CALLS, "Model calls, by step and outcome");
    describe_histogram!(MODEL_SECONDS, "Time of model calls");
    describe_counter!(TOKENS, "Tokens of model calls");
    describe_gauge!(UPSTREAM_UP, "Whether an MCP server answers");
    describe_gauge!(UPSTREAM_RESTARTS, "Starts of an MCP server after the first one");
    describe_gauge!(TOOLS_AWAITING, "Tools of an MCP server that are not offered until somebody accepts them");
    describe_gauge!(UPSTREAM_BREAKER, "Whether an MCP server is left alone for a while, since it failed over and over");
    describe_counter!(REQUESTS, "HTTP requests, by method, route and status");
    describe_histogram!(REQUEST_SECONDS, "Time to the first byte of a response");
}
