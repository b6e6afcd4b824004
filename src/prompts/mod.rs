//! The prompts: embedded templates, compiled and rendered once with sample data at start.
//! What comes from outside (tool output, history, the message) is fenced with a marker
//! that the fenced text cannot contain. Which model answers, and what is made of its
//! answer, is not known here.

mod contexts;
mod fence;
mod inputs;
mod load;
mod rehearsal;
mod schemas;
#[cfg(test)]
mod tests;

use std::path::Path;

use minijinja::value::Serde;
use serde_json::Value;
use serde_json::json;

use crate::domain::event::Stopped;
use crate::engine::ports::PromptMessage;
use crate::prompts::fence::lines;
use crate::prompts::fence::marker;
use crate::prompts::fence::one_line;
use crate::prompts::fence::plain;
use crate::prompts::inputs::draft_inputs;
use crate::prompts::inputs::hint_arguments;
use crate::prompts::inputs::result_inputs;
use crate::prompts::rehearsal::Sample;

pub use self::contexts::ArgumentsContext;
pub use self::contexts::ClaimView;
pub use self::contexts::DraftContext;
pub use self::contexts::GatherContext;
pub use self::contexts::Hints;
pub use self::contexts::HistoryLine;
pub use self::contexts::JudgeContext;
pub use self::contexts::ResultView;
pub use self::contexts::RouteContext;
pub use self::contexts::StubView;
pub use self::contexts::ToolLine;
pub use self::contexts::ToolView;
pub use self::load::PromptError;
pub use self::schemas::arguments_schema;
pub use self::schemas::judge_schema;
pub use self::schemas::route_schema;

/// All prompts, ready to render.
pub struct Prompts(load::Loaded);

impl std::fmt::Debug for Prompts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prompts").field("digest", &self.0.digest).finish_non_exhaustive()
    }
}

impl Prompts {
    /// The embedded prompts, each replaced by the file of the same name in `folder`.
    ///
    /// # Errors
    /// [`PromptError`]: the folder cannot be read, holds a name that no prompt has, or a
    /// template does not compile or render.
    pub fn load(folder: Option<&Path>) -> Result<Self, PromptError> {
        let prompts = Self(load::load(folder)?);
        prompts.try_all()?;
        Ok(prompts)
    }

    /// SHA-256 over names and texts of all prompts in use, lower-case hex.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }

    /// Asks for the kind of turn; goes with [`route_schema`].
    ///
    /// # Errors
    /// [`PromptError::Broken`] when an overriding template fails on this data.
    pub fn route(&self, context: &RouteContext) -> Result<Vec<PromptMessage>, PromptError> {
        let history = lines(&context.history);
        let shown = lines(&context.shown);
        let message = plain(&context.message);
        let tools: Vec<Value> = context
            .tools
            .iter()
            .map(|tool| json!({"name": tool.name, "description": one_line(&tool.description)}))
            .collect();
        let marker = marker(&[&message, &history.join("\n"), &shown.join("\n")]);
        let inputs = json!({
            "marker": marker, "language": context.language.code(), "message": message,
            "history": history, "shown": shown, "tools": tools,
        });
        self.messages("route.j2", &inputs)
    }

    /// Asks for tool calls. The caller appends calls and results of this turn as messages.
    ///
    /// # Errors
    /// As [`Prompts::route`].
    pub fn gather(&self, context: &GatherContext) -> Result<Vec<PromptMessage>, PromptError> {
        let history = lines(&context.history);
        let stubs = lines(&context.stubs);
        let message = plain(&context.message);
        let notes: Vec<String> = context.notes.iter().map(|note| plain(note)).collect();
        let marker = marker(&[&message, &history.join("\n"), &stubs.join("\n"), &notes.join("\n")]);
        let inputs = json!({
            "marker": marker, "now": context.now.to_string(), "language": context.language.code(),
            "message": message, "history": history, "stubs": stubs, "notes": notes,
            "hint_tools": context.hints.tools, "hint_arguments": hint_arguments(&context.hints),
        });
        self.messages("gather.j2", &inputs)
    }

    /// Asks for one tool and its arguments as JSON; goes with [`arguments_schema`].
    ///
    /// # Errors
    /// As [`Prompts::route`].
    pub fn arguments(&self, context: &ArgumentsContext) -> Result<Vec<PromptMessage>, PromptError> {
        let tools = lines(&context.tools);
        let errors: Vec<String> = context.errors.iter().map(|error| plain(error)).collect();
        let message = plain(&context.message);
        let marker = marker(&[&message, &tools.join("\n"), &errors.join("\n")]);
        let inputs = json!({
            "marker": marker, "now": context.now.to_string(), "message": message, "tools": tools,
            "errors": errors, "hint_tools": context.hints.tools, "hint_arguments": hint_arguments(&context.hints),
        });
        self.messages("arguments.j2", &inputs)
    }

    /// Asks for the reply.
    ///
    /// # Errors
    /// As [`Prompts::route`].
    pub fn draft(&self, context: &DraftContext) -> Result<Vec<PromptMessage>, PromptError> {
        self.messages("draft.j2", &draft_inputs(context))
    }

    /// Asks for the reply again, told which claims failed.
    ///
    /// # Errors
    /// As [`Prompts::route`].
    pub fn repair(
        &self,
        context: &DraftContext,
        draft: &str,
        stopped: &[Stopped],
    ) -> Result<Vec<PromptMessage>, PromptError> {
        let mut messages = self.draft(context)?;
        messages.push(PromptMessage::new("assistant", draft));
        let stopped = lines(stopped);
        let inputs = json!({"marker": marker(&[&stopped.join("\n"), draft]), "stopped": stopped});
        messages.extend(self.messages("repair.j2", &inputs)?);
        Ok(messages)
    }

    /// Asks for the second pass; goes with [`judge_schema`].
    ///
    /// # Errors
    /// As [`Prompts::route`].
    pub fn judge(&self, context: &JudgeContext) -> Result<Vec<PromptMessage>, PromptError> {
        let (results, fenced) = result_inputs(&context.results);
        let claims = lines(&context.claims);
        let draft = plain(&context.draft);
        let message = plain(&context.message);
        let marker = marker(&[&message, &draft, &claims.join("\n"), &fenced]);
        let inputs = json!({
            "marker": marker, "decision": context.decision.as_str(), "now": context.now.to_string(),
            "message": message, "draft": draft, "results": results, "claims": claims,
        });
        self.messages("judge.j2", &inputs)
    }

    fn messages(&self, name: &'static str, inputs: &Value) -> Result<Vec<PromptMessage>, PromptError> {
        let render = |part: &str| {
            self.0
                .env
                .get_template(&format!("{name}/{part}"))
                .and_then(|template| template.render(Serde(inputs)))
                .map_err(|source| PromptError::Broken { name: name.to_owned(), source })
        };
        let mut messages = Vec::with_capacity(2);
        if self.0.two_parts.get(name).copied().unwrap_or(false) {
            messages.push(PromptMessage::new("system", render("system")?));
        }
        messages.push(PromptMessage::new("user", render("user")?));
        Ok(messages)
    }

    /// Renders every prompt with and without its optional parts.
    fn try_all(&self) -> Result<(), PromptError> {
        for full in [true, false] {
            let sample = Sample { full };
            self.route(&sample.route())?;
            self.gather(&sample.gather())?;
            self.arguments(&sample.arguments())?;
            self.repair(&sample.draft(), "Case 1 is open.", &sample.stopped())?;
            self.judge(&sample.judge())?;
        }
        Ok(())
    }
}
