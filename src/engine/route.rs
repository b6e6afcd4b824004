//! Routing: rules first; the model is asked only where they leave it open; when both are
//! unsure it is `call_tool`. A model's word never turns an operational question into talk.

use crate::domain::elicitation::Plan;
use crate::domain::event::TurnEvent;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::decision::Ruling;
use crate::domain::policy::router::RouteInput;
use crate::domain::policy::signals::Signals;
use crate::engine::error::TurnError;
use crate::engine::ports::ModelAnswer;
use crate::engine::ports::ModelRequest;
use crate::engine::ports::ModelRole;
use crate::engine::ports::ToolChoice;
use crate::engine::turn::Turn;
use crate::engine::views::object_in;
use crate::prompts::RouteContext;
use crate::prompts::ToolLine;
use crate::prompts::route_schema;

/// Upper bound of a routing answer in tokens.
const ROUTE_TOKENS: u32 = 120;

impl Turn {
    /// Decides what kind of turn this is.
    pub(crate) async fn route(&mut self) -> Result<Ruling, TurnError> {
        let groups = self.catalog.groups_down();
        let (signals, ruling) = self.engine.router.decide(&self.route_input(&groups));
        let ruling = match ruling {
            Some(ruling) => ruling,
            None => self.route_by_model(&signals, &groups).await?,
        };
        self.signals = Some(signals);
        self.journal.add(TurnEvent::TurnRouted {
            decision: ruling.decision,
            rule: ruling.rule.clone(),
            decided_by: ruling.decided_by,
            tools: self.offered(&ruling).iter().map(|spec| spec.name.to_string()).collect(),
            reason: ruling.reason.clone(),
        });
        Ok(ruling)
    }

    /// What is read off an earlier message, as it was read then.
    pub(crate) fn signals_of(&self, message: &str, plan: &Plan) -> Signals {
        let before = self.history.iter().position(|earlier| earlier.turn_id == Some(plan.turn));
        let groups = self.catalog.groups_down();
        let history = &self.history[..before.unwrap_or(self.history.len())];
        self.engine.router.decide(&RouteInput { message, history, now: plan.at, ..self.route_input(&groups) }).0
    }

    fn route_input<'a>(&'a self, expected_groups: &'a [String]) -> RouteInput<'a> {
        RouteInput {
            message: &self.message,
            history: &self.history,
            shown: &self.shown,
            tools: &self.catalog.known,
            expected_groups,
            now: self.started_at,
        }
    }

    async fn route_by_model(&mut self, signals: &Signals, groups: &[String]) -> Result<Ruling, TurnError> {
        let request = self.route_request(signals)?;
        let answer = self.ask("route", ModelRole::Route, request).await.ok();
        let decided = answer.as_ref().and_then(parse_route);
        let input = self.route_input(groups);
        Ok(match decided {
            Some((decision, reason)) => self.engine.router.from_model(signals, &input, decision, reason),
            None => self.engine.router.default_ruling(signals, &input),
        })
    }

    fn route_request(&self, signals: &Signals) -> Result<ModelRequest, TurnError> {
        let context = RouteContext {
            message: self.message.clone(),
            language: signals.language,
            history: self.recent_history(),
            shown: self.stubs(),
            tools: self
                .catalog
                .tools
                .iter()
                .map(|spec| ToolLine { name: spec.name.to_string(), description: first_line(&spec.description) })
                .collect(),
        };
        Ok(ModelRequest {
            messages: self.engine.prompts.route(&context)?,
            tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            response_schema: Some(route_schema()),
            max_tokens: ROUTE_TOKENS,
            profile: None,
        })
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(160).collect()
}

/// Reads `{decision, reason}` from the content, or from the reasoning field where some
/// servers put constrained output.
pub(crate) fn parse_route(answer: &ModelAnswer) -> Option<(RouterDecision, String)> {
    let json = object_in(&answer.content).or_else(|| object_in(&answer.reasoning))?;
    let decision = serde_json::from_value(json.get("decision")?.clone()).ok()?;
    let reason = json.get("reason").and_then(|reason| reason.as_str()).unwrap_or_default();
    Some((decision, reason.chars().take(300).collect()))
}
