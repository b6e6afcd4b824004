//! The stateless halves of a turn: check a text against given results, and say how a
//! message would be routed. Nothing is stored and no tool is called.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::caller::Caller;
use crate::domain::grounding::input::EvidenceResult;
use crate::domain::grounding::input::Stance;
use crate::domain::grounding::report::GroundingReport;
use crate::domain::grounding::report::JudgeRuling;
use crate::domain::message::Message;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::decision::Ruling;
use crate::domain::policy::router::RouteInput;
use crate::domain::policy::shown::Shown;
use crate::domain::policy::shown::ShownItem;
use crate::domain::tool::ToolSpec;
use crate::engine::Engine;
use crate::engine::error::TurnError;
use crate::engine::judge::JudgeQuestion;
use crate::engine::judge::judge_ruling;
use crate::engine::ports::ModelRequest;
use crate::engine::ports::ModelRole;
use crate::engine::ports::ToolChoice;
use crate::engine::route::parse_route;
use crate::engine::validate::CheckJob;
use crate::prompts::ResultView;
use crate::prompts::RouteContext;
use crate::prompts::ToolLine;
use crate::prompts::route_schema;
use tokio_util::sync::CancellationToken;

/// Upper bound of a routing answer in tokens.
const ROUTE_TOKENS: u32 = 120;

/// Who is to check a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckMode {
    /// The deterministic part alone.
    #[default]
    Checker,
    /// The second pass alone decides what the checker left open or supported.
    Judge,
    /// Both, in order.
    Both,
}

/// A text to check without a conversation.
#[derive(Clone, Debug)]
pub struct ValidationRequest {
    /// What the user asked; may be empty.
    pub user_message: String,
    /// The text.
    pub answer: String,
    /// The moment that relative times refer to.
    pub now: Timestamp,
    /// What it may rest on.
    pub results: Vec<EvidenceResult>,
    /// Who checks.
    pub mode: CheckMode,
}

/// A message to route without a conversation.
#[derive(Clone, Debug)]
pub struct RoutePreview {
    /// The message.
    pub message: String,
    /// Earlier messages.
    pub history: Vec<Message>,
    /// Results shown earlier, oldest first.
    pub shown: Vec<ShownItem>,
    /// Tools to route over; `None`: the live catalog.
    pub tools: Option<Vec<Arc<ToolSpec>>>,
    /// Whether the model may be asked where rules leave it open.
    pub ask_model: bool,
    /// Now.
    pub now: Timestamp,
}

impl Engine {
    /// Checks a text. The judge's ruling is applied only when it was asked for.
    ///
    /// # Errors
    /// [`TurnError::Prompt`] when the judge's prompt cannot be rendered.
    pub async fn validate(&self, request: ValidationRequest) -> Result<GroundingReport, TurnError> {
        let job = CheckJob {
            language: self.router.language(&request.answer),
            user_message: request.user_message.clone(),
            draft: request.answer,
            now: request.now,
            zone: self.settings.zone.clone(),
            results: request.results.clone(),
            stale: Vec::new(),
            stance: Stance::Stateless,
        };
        let checking = job.clone();
        let report = tokio::task::spawn_blocking(move || checking.run())
            .await
            .unwrap_or_else(|_| CheckJob { results: Vec::new(), ..job }.run());
        if request.mode == CheckMode::Checker {
            return Ok(report);
        }
        let ruling = self.judge_stateless(&request.user_message, request.now, &request.results, &report).await?;
        Ok(report.with_judge(&ruling))
    }

    async fn judge_stateless(
        &self,
        message: &str,
        now: Timestamp,
        results: &[EvidenceResult],
        report: &GroundingReport,
    ) -> Result<JudgeRuling, TurnError> {
        let failed_calls = results.iter().any(|result| !result.outcome.answered());
        let budget = self.settings.prompt_result_bytes / results.len().max(1);
        let question = JudgeQuestion {
            message,
            decision: RouterDecision::CallTool,
            now,
            results: results.iter().map(|result| stateless_view(result, budget)).collect(),
            report,
        };
        let request = question.request(&self.prompts)?;
        let answer = self.model.complete(ModelRole::Judge, request, &CancellationToken::new()).await;
        Ok(match answer {
            Ok(answer) => judge_ruling(&answer, report, failed_calls),
            Err(error) => JudgeRuling::Unavailable(format!("the judge could not be asked: {error}")),
        })
    }

    /// How a message would be routed.
    ///
    /// # Errors
    /// [`TurnError::Prompt`] when the router's prompt cannot be rendered.
    pub async fn preview_route(&self, caller: &Caller, preview: RoutePreview) -> Result<Ruling, TurnError> {
        let (tools, expected_groups) = match preview.tools {
            Some(tools) => (tools, Vec::new()),
            None => {
                let catalog = self.tools.catalog(caller).await;
                (catalog.known.clone(), catalog.groups_down())
            }
        };
        let shown = Shown::from_items(&preview.shown);
        let input = RouteInput {
            message: &preview.message,
            history: &preview.history,
            shown: &shown,
            tools: &tools,
            expected_groups: &expected_groups,
            now: preview.now,
        };
        let (signals, ruling) = self.router.decide(&input);
        if let Some(ruling) = ruling {
            return Ok(ruling);
        }
        if !preview.ask_model {
            return Ok(self.router.default_ruling(&signals, &input));
        }
        let context = RouteContext {
            message: preview.message.clone(),
            language: signals.language,
            history: Vec::new(),
            shown: Vec::new(),
            tools: tools
                .iter()
                .map(|spec| ToolLine { name: spec.name.to_string(), description: spec.description.clone() })
                .collect(),
        };
        let request = ModelRequest {
            messages: self.prompts.route(&context)?,
            tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            response_schema: Some(route_schema()),
            max_tokens: ROUTE_TOKENS,
            profile: None,
        };
        let answer = self.model.complete(ModelRole::Route, request, &CancellationToken::new()).await.ok();
        Ok(match answer.as_ref().and_then(parse_route) {
            Some((decision, reason)) => self.router.from_model(&signals, &input, decision, reason),
            None => self.router.default_ruling(&signals, &input),
        })
    }
}

fn stateless_view(result: &EvidenceResult, budget: usize) -> ResultView {
    let text = result.content.to_string();
    let content =
        if text.len() <= budget { text } else { text.chars().take(budget / 4).chain("…".chars()).collect() };
    ResultView {
        id: result.id.clone(),
        tool: result.tool.clone(),
        arguments: result.arguments.clone(),
        observed_at: result.observed_at,
        outcome: result.outcome,
        rows_shown: None,
        rows_total: result.page.as_ref().and_then(|page| page.total),
        content,
        error: result.error.clone(),
    }
}
