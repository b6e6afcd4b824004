//! The HTTP side of the simulated backend: every API request is logged, meets
//! its faults, is authenticated and then answered; `/_sim` steers.

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::Response;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::routing::any;
use serde_json::Value;
use serde_json::json;

use crate::sim::faults::FaultKind;
use crate::sim::faults::Fired;
use crate::sim::faults::inject_text;
use crate::sim::faults::status_of;
use crate::sim::sysdig::SysdigSim;
use crate::sim::sysdig::control;
use crate::sim::sysdig::query;
use crate::sim::sysdig::reply::Answer;
use crate::sim::sysdig::reply::Reply;
use crate::sim::sysdig::requests::LoggedRequest;
use crate::sim::sysdig::sysql;
use crate::sim::sysdig::tokens::Token;

const POLICY_EVENTS_READ: &str = "policy-events.read";
const SAGE_EXEC: &str = "sage.exec";
const RISKS_READ: &str = "risks.read";
const METRICS_DATA_READ: &str = "metrics-data.read";
/// The token of a service account: it has every permission, and no model
/// works for it.
const SERVICE_ACCOUNT: &str = "tok-service";
/// Longest body of a request.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// Texts that an attacker could have written.
const FREE_TEXT: &[&str] = &["output", "description", "command"];

/// All routes.
pub fn router(sim: SysdigSim) -> Router {
    Router::new().route("/_sim/{*rest}", any(steer)).fallback(api).with_state(sim)
}

async fn steer(State(sim): State<SysdigSim>, method: Method, Path(rest): Path<String>, body: Bytes) -> Response<Body> {
    let (status, answer) = control::answer(&sim, &method, &rest, &body);
    (status, Json(answer)).into_response()
}

async fn api(State(sim): State<SysdigSim>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    let number = sim.0.requests.push(logged(&sim, &parts, &body));
    // What a fault looks for may stand in either.
    let sent = [query.as_bytes(), &body].concat();
    let fired = sim.faults().take(parts.method.as_str(), path, &sent);
    if !fired.delay().is_zero() {
        sim.0.sleeper.sleep(fired.delay()).await;
    }
    if fired.has(FaultKind::Timeout) {
        sim.0.stop.cancelled().await;
    }
    if let Some(change) = fired.patch_before() {
        mutate(&sim, change);
    }
    let mut reply = match stock_fault(&fired) {
        Some(reply) => reply,
        None => match answer(&sim, &parts, &body, &fired) {
            Ok(reply) | Err(reply) => reply,
        },
    };
    if let Some(text) = fired.injected_text() {
        inject_text(&mut reply.body, FREE_TEXT, &text);
    }
    let response = wire(&reply, &fired);
    if let Some(change) = fired.patch_after() {
        mutate(&sim, change);
    }
    sim.0.requests.answered(number, response.status().as_u16());
    response
}

fn logged(sim: &SysdigSim, parts: &Parts, body: &[u8]) -> LoggedRequest {
    let user_agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    LoggedRequest {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        body: String::from_utf8_lossy(body).into_owned(),
        token: Token::of(&parts.headers).ok().map(|token| token.name),
        user_agent: user_agent.unwrap_or_default().to_owned(),
        at: sim.clock().now(),
        status: None,
    }
}

/// Applies the patch of a fault; one that does not fit changes nothing, and
/// whoever armed it finds out here.
fn mutate(sim: &SysdigSim, change: &Value) {
    if let Err(problem) = sim.patch(change) {
        tracing::warn!(problem, "the patch of a mutate fault was refused");
    }
}

/// The answer of a fault that needs no data.
fn stock_fault(fired: &Fired) -> Option<Reply> {
    if let Some(fault) = fired.get(FaultKind::Status) {
        let status = status_of(fault, StatusCode::INTERNAL_SERVER_ERROR);
        let mut reply = Reply::stock(status);
        if let Some(body) = &fault.body {
            reply.body = body.clone();
        }
        return Some(reply);
    }
    let fault = fired.get(FaultKind::ErrorIn200)?;
    let stock = Reply::stock(StatusCode::INTERNAL_SERVER_ERROR).body;
    Some(Reply::ok(fault.body.clone().unwrap_or(stock)))
}

/// The API proper.
fn answer(sim: &SysdigSim, parts: &Parts, body: &[u8], fired: &Fired) -> Answer {
    let token = Token::of(&parts.headers)?;
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let method = match segments[..] {
        ["api", "users", "me", "permissions"]
        | ["secure", "events", "v1", "events"]
        | ["secure", "events", "v1", "events", _]
        | ["api", "process-tree", "v1", "process-branches" | "process-trees", _]
        | ["api", "sage", "sysql", "generate"]
        | ["prometheus", "api", "v1", "query"] => Method::GET,
        ["api", "sysql", "v2", "query"] => Method::POST,
        _ => return Err(Reply::not_found()),
    };
    if parts.method != method {
        return Err(Reply::stock(StatusCode::METHOD_NOT_ALLOWED));
    }
    match segments[..] {
        ["api", "users", ..] => {
            query::parameters(query, &[])?;
            Ok(Reply::ok(token.description()))
        }
        ["api", "sage", ..] => {
            token.require(SAGE_EXEC)?;
            generated_statement(sim, token, query)
        }
        ["api", "sysql", ..] => {
            token.require(SAGE_EXEC)?;
            token.require(RISKS_READ)?;
            query::parameters(query, &[])?;
            sysql::answer(&sim.0.graph, sim.0.seed, body, sim.strict_sysql(), fired.has(FaultKind::Empty))
        }
        ["prometheus", ..] => {
            token.require(METRICS_DATA_READ)?;
            sim.0.metrics.answer(query, sim.clock().now(), fired.has(FaultKind::Empty))
        }
        ["secure", "events", "v1", "events"] => {
            token.require(POLICY_EVENTS_READ)?;
            list_events(sim, query, fired)
        }
        ["secure", .., id] => {
            token.require(POLICY_EVENTS_READ)?;
            query::parameters(query, &[])?;
            one_event(sim, id, fired)
        }
        ["api", _, _, endpoint, id] => {
            token.require(POLICY_EVENTS_READ)?;
            query::parameters(query, &[])?;
            process_tree(sim, endpoint, id)
        }
        _ => Err(Reply::not_found()),
    }
}

fn generated_statement(sim: &SysdigSim, token: &Token, query: &str) -> Answer {
    let parameters = query::parameters(query, &["question"])?;
    let question = parameters.get("question").filter(|question| !question.trim().is_empty());
    let question = question.ok_or_else(|| Reply::bad_request("question is required"))?;
    if token.name == SERVICE_ACCOUNT {
        return Err(Reply::stock(StatusCode::INTERNAL_SERVER_ERROR));
    }
    Ok(Reply::ok(sysql::generated(sim.0.seed, question)))
}

fn list_events(sim: &SysdigSim, query: &str, fired: &Fired) -> Answer {
    let request = query::page_request(query)?;
    let mut body = sim.feed().page(&request, sim.now());
    if fired.has(FaultKind::Empty) {
        body = json!({"data": [], "page": {"total": 0}});
    }
    if fired.has(FaultKind::CutPage)
        && let Some(events) = body["data"].as_array_mut()
    {
        events.truncate(events.len() / 2);
    }
    if fired.has(FaultKind::CountSkip)
        && let Some(page) = body["page"].as_object_mut()
    {
        page.shift_remove("total");
    }
    Ok(Reply::ok(body))
}

fn one_event(sim: &SysdigSim, id: &str, fired: &Fired) -> Answer {
    reserved(id)?;
    if fired.has(FaultKind::Empty) {
        return Ok(Reply::ok(json!({})));
    }
    let now = sim.now();
    let feed = sim.feed();
    let event = feed.get(id, now).ok_or_else(Reply::not_found)?;
    if fired.has(FaultKind::Ambiguous) {
        let twin = feed.so_far(now).find(|other| {
            other.id != event.id && other.json["content"]["ruleName"] == event.json["content"]["ruleName"]
        });
        let matches: Vec<&Value> = [Some(event), twin].into_iter().flatten().map(|e| &e.json).collect();
        return Ok(Reply::ok(json!({"data": matches, "page": {"total": matches.len()}})));
    }
    Ok(Reply::ok(event.json.clone()))
}

fn process_tree(sim: &SysdigSim, endpoint: &str, id: &str) -> Answer {
    reserved(id)?;
    let feed = sim.feed();
    let chain = feed.get(id, sim.now()).and_then(|event| event.chain.as_ref()).ok_or_else(Reply::not_found)?;
    Ok(Reply::ok(match endpoint {
        "process-branches" => chain.branches(id),
        _ => chain.tree(),
    }))
}

/// Ids that stand for a failure.
fn reserved(id: &str) -> Result<(), Reply> {
    match id {
        "44444444444444444444444444444444" => Err(Reply::not_found()),
        "55555555555555555555555555555555" => Err(Reply::stock(StatusCode::INTERNAL_SERVER_ERROR)),
        "42900000000000000000000000000000" => Err(Reply::stock(StatusCode::TOO_MANY_REQUESTS)),
        _ => Ok(()),
    }
}

fn wire(reply: &Reply, fired: &Fired) -> Response<Body> {
    let mut response = fired.respond(reply.status, reply.body.to_string().into_bytes());
    let headers = response.headers_mut();
    headers.insert("x-ratelimit-limit", HeaderValue::from_static("120"));
    if let Some(seconds) = reply.retry_after {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    response
}
