//! What a tool's result is: data, a query, or a list of allowed values. A translator's
//! result is a query and proves nothing about live data; a value list proves only what
//! may be asked. Also the words in which the gateway names what its tools can look up.

use std::sync::Arc;

use serde_json::Value;

use crate::domain::classify::find_list;
use crate::domain::lang::Lang;
use crate::domain::notice::NoticeKind;
use crate::domain::policy::decision::Choice;
use crate::domain::policy::decision::Ruling;
use crate::domain::policy::router::Router;
use crate::domain::policy::shown::text_of;
use crate::domain::tool::ToolSpec;

/// Translators and the tool that executes the same request (Argus specification, section 11 of the server page).
const TRANSLATORS: [(&str, &str); 11] = [
    ("generateArgusAlarmSearchQuery", "executeSearchArgusAlarm"),
    ("generateArgusAssetSearchQuery", "executeSearchArgusAsset"),
    ("generateArgusAssetStatisticsQuery", "executeStatisticsArgusAsset"),
    ("generateArgusCaseSearchQuery", "executeSearchArgusCase"),
    ("generateArgusEventSearchQuery", "executeSearchArgusEvent"),
    ("generateArgusEventStatisticsQuery", "executeStatisticsArgusEvent"),
    ("generateProcessingEventsPerFilterMetricAggregationQuery", "executeProcessingEventsPerFilterMetricAggregation"),
    ("generateArgusAnalysisFilterSearchQuery", "executeSearchArgusAnalysisFilter"),
    ("generateArgusAnnotationFilterSearchQuery", "executeSearchArgusAnnotationFilter"),
    ("generateArgusMatchFilterSearchQuery", "executeSearchArgusMatchFilter"),
    ("generateArgusPassiveDNSSearchQuery", "executeSearchArgusPassiveDNS"),
];

/// Tools whose names start like this list allowed values.
const VALUE_LISTS: &str = "listAllowed";

impl Router {
    /// Whether a result of this tool may support a claim: all but translators, whose result is a query.
    pub fn yields_data(&self, tool: &str) -> bool {
        self.executes(tool).is_none()
    }

    /// Whether the tool looks live data up: neither translator nor value list.
    pub fn is_data_tool(&self, tool: &str) -> bool {
        self.yields_data(tool) && !tool.starts_with(VALUE_LISTS)
    }

    /// The tool that executes what this translator builds.
    pub fn executes(&self, translator: &str) -> Option<&'static str> {
        TRANSLATORS.iter().find(|(name, _)| *name == translator).map(|(_, execute)| *execute)
    }

    /// Which refusal a ruling means.
    pub fn refusal(&self, ruling: &Ruling) -> NoticeKind {
        match ruling.rule.as_str() {
            "skip_rules_request" => NoticeKind::RefuseSkipRules,
            "made_up_data_request" => NoticeKind::RefuseInvention,
            _ => NoticeKind::RefuseNoTool,
        }
    }

    /// What the connected tools can look up, for people: the group's name in words.
    pub fn group_labels(&self, tools: &[Arc<ToolSpec>], _language: Lang) -> Vec<String> {
        self.policy()
            .groups
            .iter()
            .filter(|group| self.policy().order(group, tools).iter().any(|tool| self.is_data_tool(tool)))
            .map(|group| group.name.replace('_', " "))
            .collect()
    }

    /// Choices from the rows of a result in which several objects matched.
    pub fn choices_from_rows(&self, tool: &str, content: &Value, language: Lang) -> Vec<Choice> {
        let rows = find_list(content).map(|list| list.rows.as_slice()).unwrap_or_default();
        let identity = self.policy().group_of_tool(tool).and_then(|group| group.row.as_ref());
        rows.iter()
            .filter_map(|row| {
                let id = text_of(row.pointer(identity.map_or("/id", |identity| identity.id.as_str()))?);
                let label = identity
                    .iter()
                    .flat_map(|identity| identity.label.iter())
                    .chain(["/name".to_owned(), "/shortName".to_owned(), "/subject".to_owned()].iter())
                    .find_map(|place| row.pointer(place)?.as_str().map(str::to_owned));
                let message = identity
                    .and_then(|identity| identity.message.get(&language).or_else(|| identity.message.get(&Lang::En)))
                    .map_or_else(|| id.clone(), |template| template.replace("{id}", &id));
                Some(Choice { label: label.map_or_else(|| id.clone(), |label| format!("{id} – {label}")), message })
            })
            .take(self.policy().max_choices)
            .collect()
    }
}
