//! Made-up inputs with which every prompt is rendered once at start, with and without
//! its optional parts.

use jiff::Timestamp;
use serde_json::Map;
use serde_json::json;

use crate::domain::event::Stopped;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::Verdict;
use crate::domain::lang::Lang;
use crate::domain::outcome::Outcome;
use crate::domain::policy::decision::RouterDecision;
use crate::prompts::contexts::ArgumentsContext;
use crate::prompts::contexts::ClaimView;
use crate::prompts::contexts::DraftContext;
use crate::prompts::contexts::GatherContext;
use crate::prompts::contexts::Hints;
use crate::prompts::contexts::HistoryLine;
use crate::prompts::contexts::JudgeContext;
use crate::prompts::contexts::ResultView;
use crate::prompts::contexts::RouteContext;
use crate::prompts::contexts::StubView;
use crate::prompts::contexts::ToolLine;
use crate::prompts::contexts::ToolView;

/// Made-up inputs for the rehearsal at start.
pub(super) struct Sample {
    pub(super) full: bool,
}

impl Sample {
    fn some<T>(&self, item: T) -> Vec<T> {
        if self.full { vec![item] } else { Vec::new() }
    }

    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn stub() -> StubView {
        StubView {
            tool: "get_case".to_owned(),
            arguments: json!({"id": 1}),
            observed_at: Self::now(),
            about: "case 1".to_owned(),
        }
    }

    fn hints(&self) -> Hints {
        let mut arguments = Map::new();
        if self.full {
            arguments.insert("id".to_owned(), json!(1));
        }
        Hints { tools: self.some("get_case".to_owned()), arguments }
    }

    fn history(&self) -> Vec<HistoryLine> {
        self.some(HistoryLine { role: "user".to_owned(), text: "Show case 1".to_owned() })
    }

    pub(super) fn result(&self) -> ResultView {
        ResultView {
            id: "1".to_owned(),
            tool: "get_case".to_owned(),
            arguments: json!({"id": 1}),
            observed_at: Self::now(),
            outcome: Outcome::Ok,
            rows_shown: None,
            rows_total: None,
            content: r#"{"id":1,"status":"open"}"#.to_owned(),
            error: None,
        }
    }

    pub(super) fn route(&self) -> RouteContext {
        RouteContext {
            message: "What about case 1?".to_owned(),
            language: Lang::En,
            history: self.history(),
            shown: self.some(Self::stub()),
            tools: self.some(ToolLine { name: "get_case".to_owned(), description: "One case".to_owned() }),
        }
    }

    pub(super) fn gather(&self) -> GatherContext {
        GatherContext {
            message: "What about case 1?".to_owned(),
            language: Lang::En,
            now: Self::now(),
            history: self.history(),
            stubs: self.some(Self::stub()),
            hints: self.hints(),
            notes: self.some("/id: 1 is not a string".to_owned()),
        }
    }

    pub(super) fn arguments(&self) -> ArgumentsContext {
        ArgumentsContext {
            message: "What about case 1?".to_owned(),
            now: Self::now(),
            tools: vec![ToolView {
                name: "get_case".to_owned(),
                description: "One case".to_owned(),
                input_schema: json!({"type": "object"}),
            }],
            errors: self.some("/id: 1 is not a string".to_owned()),
            hints: self.hints(),
        }
    }

    pub(super) fn draft(&self) -> DraftContext {
        DraftContext {
            message: "What about case 1?".to_owned(),
            decision: RouterDecision::CallTool,
            language: Lang::En,
            now: Self::now(),
            results: self.some(self.result()),
            stubs: self.some(Self::stub()),
            failures: self.some("get_case did not answer".to_owned()),
        }
    }

    pub(super) fn stopped(&self) -> Vec<Stopped> {
        self.some(Stopped {
            text: "closed".to_owned(),
            code: "wrong_value".to_owned(),
            reason: "case 1 has status open".to_owned(),
        })
    }

    pub(super) fn judge(&self) -> JudgeContext {
        JudgeContext {
            message: "What about case 1?".to_owned(),
            draft: "Case 1 is open.".to_owned(),
            decision: RouterDecision::CallTool,
            now: Self::now(),
            results: self.some(self.result()),
            claims: self.some(ClaimView {
                index: 0,
                text: "Case 1 is open".to_owned(),
                kind: ClaimKind::EntityAttribute,
                verdict: Verdict::Supported,
                nearest: vec!["/status = open".to_owned()],
            }),
        }
    }
}
