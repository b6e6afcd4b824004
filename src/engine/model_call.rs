//! One model call of a turn: counted against the budget, timed, and kept for the record.

use serde_json::json;

use crate::engine::fingerprint::digest;
use crate::engine::ports::ModelAnswer;
use crate::engine::ports::ModelError;
use crate::engine::ports::ModelRequest;
use crate::engine::ports::ModelRole;
use crate::engine::record::ModelExchange;
use crate::engine::turn::Turn;

impl Turn {
    /// Asks the model of `role`; `step` names the call in the record.
    pub(crate) async fn ask(
        &mut self,
        step: &str,
        role: ModelRole,
        mut request: ModelRequest,
    ) -> Result<ModelAnswer, ModelError> {
        // The profile a client names is the one that answers; router and judge keep their own.
        if role == ModelRole::Draft {
            request.profile.clone_from(&self.profile);
        }
        let prompt_digest = prompt_digest(&request);
        let started = self.engine.clock.monotonic_ms();
        let answer = self.engine.model.complete(role, request, &self.cancel).await;
        let duration_ms = self.engine.clock.monotonic_ms() - started;
        self.timings.model += duration_ms;
        self.usage.model_calls += 1;
        if let Ok(answer) = &answer {
            self.usage.prompt_tokens += answer.usage.prompt_tokens;
            self.usage.completion_tokens += answer.usage.completion_tokens;
            self.budget.use_tokens(answer.usage.prompt_tokens + answer.usage.completion_tokens);
        }
        self.exchanges.push(ModelExchange {
            step: step.to_owned(),
            role,
            prompt_digest,
            answer: answer.as_ref().ok().and_then(|answer| serde_json::to_value(answer).ok()),
            error: answer.as_ref().err().map(|error| error.kind().to_owned()),
            duration_ms,
        });
        if let Err(error) = &answer {
            tracing::warn!(turn.id = %self.id, step, error = %error, "model call failed");
        }
        answer
    }
}

fn prompt_digest(request: &ModelRequest) -> String {
    let tools: Vec<&str> = request.tools.iter().map(|tool| tool.name.as_str()).collect();
    digest(json!([request.messages, tools]).to_string().as_bytes())
}
