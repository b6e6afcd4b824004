//! The tools about assets.
//!
//! Requests stand in `assets`, allowed values in `asset_values`.

use futures::future::BoxFuture;
use serde_json::Map;
use serde_json::Value;

use crate::servers::argus::asset_values;
use crate::servers::argus::assets;
use crate::servers::argus::backend::Backend;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::error::Failure;
use crate::servers::argus::error::FailureKind;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::tools::Answer;
use crate::servers::argus::tools::Certainty;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::On;
use crate::servers::argus::tools::Query;
use crate::servers::argus::tools::Rest;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::Values;
use crate::servers::argus::tools::Work;

/// What the rows share.
const ASSET: Tool = Tool::of(Family::Asset, Certainty::Documented);

/// Components listed when Argus refuses one.
const MAX_LISTED: usize = 50;

static SEARCH: Query = Query {
    translator: "generateArgusAssetSearchQuery",
    execute: "executeSearchArgusAsset",
    values: &["listAllowedAssetSortBy"],
    rest: Rest { explain: Some(with_components), ..Rest::of("POST /assets/v2/asset/search", Answer::WindowedPage) },
    shown: None,
};

static STATISTICS: Query = Query {
    translator: "generateArgusAssetStatisticsQuery",
    execute: "executeStatisticsArgusAsset",
    values: &[],
    rest: Rest { explain: Some(with_components), ..Rest::of("POST /assets/v2/asset/statistics", Answer::Numbers) },
    shown: None,
};

/// The tools, in the order in which they are listed.
pub static TOOLS: &[Tool] = &[
    Tool {
        name: SEARCH.translator,
        aliases: &["generateAssetSearchQuery"],
        title: "Build an asset search",
        purpose: "Turns asset-search intent into a valid Argus asset search body for one asset definition \
                  (HostAsset unless told otherwise), with defaults filled in.",
        arguments: assets::search_arguments,
        work: Work::Translate(&SEARCH),
        ..ASSET
    },
    Tool {
        name: STATISTICS.translator,
        aliases: &["generateAssetStatisticsQuery"],
        title: "Build asset statistics",
        certainty: Certainty::Proposed,
        purpose: "Turns a question about numbers of assets (groups, timelines, vulnerabilities, CVSS scores) \
                  into a valid Argus asset statistics body for one asset definition. At least one of \
                  groupBy, timeRangeMetrics and statisticsMetrics is needed.",
        arguments: assets::statistics_arguments,
        work: Work::Translate(&STATISTICS),
        ..ASSET
    },
    Tool {
        name: "listAllowedAssetSortBy",
        aliases: &["listAssetSortBy"],
        title: "Allowed asset sort values",
        certainty: Certainty::Proposed,
        purpose: "Lists the sort values allowed in request.sortBy of an asset search.",
        work: Work::Values(Values::sorting(asset_values::SORT_FIELDS)),
        ..ASSET
    },
    Tool {
        name: "getAssetByIDOrShortName",
        aliases: &["getArgusAsset", "getArgusAssetByID"],
        title: "Get an asset",
        purpose: "Returns one asset, something monitored and protected for a customer, with its components, \
                  groups, criticality and vulnerability scores, by its ID or short name.",
        arguments: || {
            Shape::of(vec![
                Field::new("idOrShortName", Kind::Name, "ID or short name of the asset.").aliases(&["id"]).required(),
                Field::new(
                    "customer",
                    Kind::Name,
                    "Customer, by ID or short name, in which a short name is looked up; that of the key's user \
                     unless set.",
                ),
            ])
        },
        work: Work::Call(Rest::object("GET /assets/v2/asset/{idOrShortName}")),
        hints: &[(
            On::Kind(FailureKind::NotFound),
            "Short names are looked up in the customer of the key's user unless customer is given; the key may also \
             lack access, so this does not prove that the asset does not exist.",
        )],
        ..ASSET
    },
    Tool {
        name: SEARCH.execute,
        aliases: &["searchArgusAsset"],
        title: "Search assets",
        purpose: "Runs an asset search for one asset definition and returns one page of assets. Only the first \
                  10000 matches can be reached by paging.",
        arguments: assets::search_arguments,
        work: Work::Execute(&SEARCH),
        hints: &[
            (On::Field("sortBy"), "Call listAllowedAssetSortBy and use a returned value unchanged."),
            (On::Field("customer"), "Look the customer up with getCustomerByIDOrShortName."),
        ],
        ..ASSET
    },
    Tool {
        name: STATISTICS.execute,
        aliases: &["executeArgusAssetStatistics", "executeAssetStatistics"],
        title: "Count assets",
        certainty: Certainty::Proposed,
        purpose: "Counts assets of one asset definition, by groups and over time, with statistics of \
                  vulnerabilities and CVSS scores, and returns a tree of buckets.",
        arguments: assets::statistics_arguments,
        work: Work::Execute(&STATISTICS),
        hints: &[(On::Field("customer"), "Look the customer up with getCustomerByIDOrShortName.")],
        ..ASSET
    },
];

/// A refused component is answered with those that the definition has.
fn with_components<'a>(
    backend: &'a Backend,
    mut failure: Failure,
    checked: &'a Map<String, Value>,
) -> BoxFuture<'a, Failure> {
    Box::pin(async move {
        let named = |message: &Value| message["field"].as_str().is_some_and(|field| field.contains("component"));
        if failure.kind != FailureKind::ValidationFailed || !failure.argus_messages.iter().any(named) {
            return failure;
        }
        let definition = checked.get("assetDefinition").and_then(Value::as_str).unwrap_or_default();
        let request = RestRequest::get(&["assets", "v2", "asset", "definition", definition]);
        // The refusal stands whether or not the definition can be read.
        let Ok(answer) = backend.send(&request).await else {
            return failure;
        };
        let components = answer.envelope.data["componentDefinitions"].as_array().cloned().unwrap_or_default();
        let known: Vec<String> = components
            .iter()
            .take(MAX_LISTED)
            .filter_map(|component| {
                let name = component["shortName"].as_str()?;
                Some(format!("{name} ({})", component["type"].as_str().unwrap_or("of unknown type")))
            })
            .collect();
        if !known.is_empty() {
            failure.hint = Some(format!("Components of {definition}: {}.", known.join(", ")));
        }
        failure
    })
}

#[cfg(test)]
#[path = "asset_tests.rs"]
mod tests;
