//! What a tool's result is: data, a query, or a list of allowed values. A translator's
//! result is a query and proves nothing about live data; a value list proves only what
//! may be asked. Also the words in which the gateway names what its tools can look up.
//! Which tool is which is policy data.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::lang::Lang;
use crate::domain::notice::NoticeKind;
use crate::domain::policy::decision::Choice;
use crate::domain::policy::decision::Ruling;
use crate::domain::policy::router::RouteInput;
use crate::domain::policy::router::Router;
use crate::domain::policy::rules::NO_FURTHER_PAGE;
use crate::domain::policy::settings::ToolGroup;
use crate::domain::policy::settings::matches_any;
use crate::domain::policy::shown::Shown;
use crate::domain::policy::shown::choices_of;
use crate::domain::policy::shown::rows_in;
use crate::domain::policy::signals::read_signals;
use crate::domain::tool::ToolSpec;

/// Characters of a text that tell its language.
const LANGUAGE_CHARS: usize = 2000;

impl Router {
    /// Language of a text that stands alone; the start of a long one decides.
    pub fn language(&self, text: &str) -> Lang {
        let start: String = text.chars().take(LANGUAGE_CHARS).collect();
        let shown = Shown::default();
        let input = RouteInput {
            message: &start,
            history: &[],
            shown: &shown,
            tools: &[],
            expected_groups: &[],
            now: Timestamp::UNIX_EPOCH,
        };
        read_signals(self, &input).language
    }

    /// Whether a result of this tool may support a claim: all but translators, whose result is a query.
    pub fn yields_data(&self, tool: &str) -> bool {
        !self.policy().translators.contains_key(tool)
    }

    /// Whether the tool looks live data up: neither translator nor value list.
    pub fn is_data_tool(&self, tool: &str) -> bool {
        self.yields_data(tool) && !matches_any(&self.policy().value_lists, tool)
    }

    /// The tool that executes what this translator builds, with the translator's own arguments.
    pub fn executes(&self, translator: &str) -> Option<&str> {
        self.policy().translators.get(translator).map(String::as_str).filter(|tool| !tool.is_empty())
    }

    /// Which refusal a ruling means.
    pub fn refusal(&self, ruling: &Ruling) -> NoticeKind {
        match ruling.rule.as_str() {
            "skip_rules_request" => NoticeKind::RefuseSkipRules,
            "made_up_data_request" => NoticeKind::RefuseInvention,
            "group_without_tool" if ruling.groups == ["scanning"] => NoticeKind::RefuseScan,
            NO_FURTHER_PAGE => NoticeKind::NoFurtherPage,
            _ => NoticeKind::RefuseNoTool,
        }
    }

    /// What the connected tools can look up, for people: the groups' names in words.
    pub fn group_labels(&self, tools: &[Arc<ToolSpec>], language: Lang) -> Vec<String> {
        let serves = |group: &&ToolGroup| self.policy().order(group, tools).iter().any(|tool| self.is_data_tool(tool));
        let label = |group: &ToolGroup, lang: Lang| self.policy().words.get(&lang)?.labels.get(&group.name).cloned();
        self.policy()
            .groups
            .iter()
            .filter(serves)
            .map(|group| {
                label(group, language).or_else(|| label(group, Lang::En)).unwrap_or_else(|| group.about.clone())
            })
            .collect()
    }

    /// Choices from the rows of a result in which several objects matched.
    pub fn choices_from_rows(&self, tool: &str, content: &Value, language: Lang) -> Vec<Choice> {
        let rows = self.policy().group_of_tool(tool).map(|group| rows_in(content, group, None)).unwrap_or_default();
        choices_of(&rows, self.policy(), language)
    }
}
