//! The case family: allowed values, the search request and its REST body.
//!
//! One table serves the translator and the execute tool. The only step beyond
//! renaming is that assets named by short name are looked up, since Argus takes
//! asset UUIDs alone. Does not know paging or results.

use std::collections::HashSet;

use serde_json::Map;
use serde_json::Value;
use uuid::Uuid;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::body;
use crate::servers::argus::case_values::ACCESS_MODES;
use crate::servers::argus::case_values::FLAGS;
use crate::servers::argus::case_values::KEYWORD_FIELDS;
use crate::servers::argus::case_values::PRIORITIES;
use crate::servers::argus::case_values::SERVICE_FLAGS;
use crate::servers::argus::case_values::SORT_FIELDS;
use crate::servers::argus::case_values::STATUSES;
use crate::servers::argus::case_values::TIME_FIELDS;
use crate::servers::argus::case_values::TYPES;
use crate::servers::argus::case_values::TYPES_SENT_AS;
use crate::servers::argus::case_values::USER_FIELDS;
use crate::servers::argus::case_values::WORKFLOWS;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::error::Failure;
use crate::servers::argus::error::FailureKind;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Rule;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::fields::paging;
use crate::servers::argus::fields::time_filter;
use crate::servers::argus::validate::Problems;

/// Assets that may be looked up by short name in one request.
const MAX_ASSET_LOOKUPS: usize = 10;

/// The arguments of the translator and of the search: `{request}`.
pub fn arguments() -> Shape {
    let request = Field::new("request", Kind::Object(request()), "The case search to make.");
    Shape::of(vec![request.required()])
}

/// The `caseID` argument of the tools about one case.
pub fn case_id() -> Field {
    Field::new("caseID", Kind::at_least(1), "ID of the case.").aliases(&["id"]).required()
}

/// The search request.
pub fn request() -> Shape {
    let mut fields = filters();
    fields.extend([
        Field::new("includeWorkflows", Kind::Boolean, "Add the active workflows to each case (Argus takes false)."),
        Field::new(
            "includeDescription",
            Kind::Boolean,
            "Add the description to each case; search results are summaries otherwise.",
        )
        .or(false),
        Field::new("sortBy", Kind::Sort { names: SORT_FIELDS }.list(), "Sort fields, from listAllowedCaseSortBy.")
            .or(vec!["-createdTimestamp"]),
    ]);
    fields.extend(paging(25));
    fields.push(Field::new(
        "subCriteria",
        Kind::Object(sub_criteria()).list(),
        "Further criteria, combined with OR; required makes one an AND, exclude removes its matches.",
    ));
    Shape::of(fields).with_rules(rules())
}

fn rules() -> Vec<Rule> {
    vec![Rule::Disjoint("includeCaseFlag", "excludeCaseFlag")]
}

fn sub_criteria() -> Shape {
    let mut fields = filters();
    fields.extend(exclude_required());
    let mut rules = rules();
    rules.push(Rule::MoreThan(&[
        "required",
        "exclude",
        "keywordFieldStrategy",
        "keywordMatchStrategy",
        "userFieldStrategy",
    ]));
    rules.push(Rule::NotBoth("required", "exclude"));
    Shape::of(fields)
        .with_rules(rules)
        .shown_as("Any of the filter fields of request, plus the booleans exclude and required.")
}

fn exclude_required() -> [Field; 2] {
    [
        Field::new("exclude", Kind::Boolean, "Remove matches."),
        Field::new("required", Kind::Boolean, "Must match as well."),
    ]
}

fn filters() -> Vec<Field> {
    let mut fields = about_the_case();
    fields.extend(state_and_marks());
    fields.extend(words_times_people());
    fields
}

fn about_the_case() -> Vec<Field> {
    let names = || Kind::Name.list();
    let service = Shape::of(vec![
        Field::new("service", names(), "Service IDs or short names, from listAllowedCaseServices."),
        Field::new(
            "includeCaseServiceFlag",
            Kind::one_of(SERVICE_FLAGS).list(),
            "From listAllowedCaseServiceFlags; all must be set.",
        )
        .rest("includeFlags"),
        Field::new(
            "excludeCaseServiceFlag",
            Kind::one_of(SERVICE_FLAGS).list(),
            "From listAllowedCaseServiceFlags; none may be set.",
        )
        .rest("excludeFlags"),
    ])
    .with_rules(vec![Rule::Disjoint("includeCaseServiceFlag", "excludeCaseServiceFlag")]);
    vec![
        Field::new("asset", names(), "Asset UUIDs or short names; any of them.").rest("assetID"),
        Field::new("customer", names(), "Customer IDs or short names; any of them."),
        Field::new("caseID", Kind::at_least(1).list(), "Case IDs; any of them."),
        Field::new(
            "type",
            Kind::OneOf { values: TYPES, sent_as: TYPES_SENT_AS }.list(),
            "Case types; information and informational mean the same.",
        ),
        Field::new("serviceFilter", Kind::Object(service), "The service of the case.").rest("serviceCriteria"),
        Field::new("category", names(), "Category IDs or short names, from listAllowedCaseCategories."),
    ]
}

fn state_and_marks() -> Vec<Field> {
    let status = || Kind::one_of(STATUSES).list();
    let priority = || Kind::one_of(PRIORITIES).list();
    let values =
        || Field::new("value", Kind::Text { max: 1_000 }.list(), "Any of these; none means set at all.").rest("values");
    let exclude = || Field::new("exclude", Kind::Boolean, "Remove matches.");
    let tag = vec![Field::new("key", Kind::Text { max: 200 }, "Key of the tag.").required(), values(), exclude()];
    let field = vec![
        Field::new("field", Kind::Text { max: 200 }, "Name, from listAllowedCaseFields.").required(),
        values(),
        exclude(),
    ];
    let workflow = vec![
        Field::new("flow", Kind::one_of(WORKFLOWS), "From listAllowedCaseWorkflows.").required(),
        Field::new("acknowledged", Kind::Boolean, "Only acknowledged or only open ones."),
        exclude(),
    ];
    let list = |fields| Kind::Object(Shape::of(fields)).list();
    vec![
        Field::new("currentStatus", status(), "Status now.").rest("status"),
        Field::new("initialStatus", status(), "Status at creation."),
        Field::new("currentPriority", priority(), "Priority now.").rest("priority"),
        Field::new("initialPriority", priority(), "Priority at creation."),
        Field::new("tag", list(tag), "Tags of the case."),
        Field::new("field", list(field), "Case fields."),
        Field::new("workflow", list(workflow), "Workflows of the case."),
        Field::new("includeCaseFlag", Kind::one_of(FLAGS).list(), "From listAllowedCaseFlags; all must be set.")
            .rest("includeFlags"),
        Field::new("excludeCaseFlag", Kind::one_of(FLAGS).list(), "From listAllowedCaseFlags; none may be set.")
            .rest("excludeFlags"),
    ]
}

fn words_times_people() -> Vec<Field> {
    vec![
        Field::new("keywords", Kind::Text { max: 200 }.list(), "Words to look for."),
        Field::new("keywordFieldStrategy", Kind::one_of(KEYWORD_FIELDS).list(), "Where to look (Argus takes all)."),
        Field::new(
            "keywordMatchStrategy",
            Kind::one_of(&["all", "any"]),
            "Whether all or any of the words must be found (Argus takes all).",
        ),
        time_filter(TIME_FIELDS, "Time range; none means no bound.", None),
        Field::new("user", Kind::Name.list(), "Users or groups, by ID or short name."),
        Field::new(
            "userFieldStrategy",
            Kind::one_of(USER_FIELDS).list(),
            "In which role the users appear (Argus takes all).",
        ),
        Field::new(
            "userAssigned",
            Kind::Boolean,
            "true: someone on the customer's side is assigned; false: nobody is.",
        ),
        Field::new("techAssigned", Kind::Boolean, "The same for the provider's side."),
        Field::new("accessMode", Kind::one_of(ACCESS_MODES).list(), "Access modes."),
        Field::new(
            "productionCustomers",
            Kind::Boolean,
            "true: leave out customers not in production; false: only those.",
        ),
    ]
}

/// The REST body for checked `{request}` arguments, assets resolved. Translator
/// and execute tool both end here.
///
/// # Errors
/// `INVALID_ARGUMENTS` for an asset that cannot be resolved; otherwise what
/// Argus said when it was looked up.
pub async fn search_body(backend: &Backend, arguments: &Map<String, Value>) -> Result<Map<String, Value>, Failure> {
    let empty = Map::new();
    let request_object = arguments.get("request").and_then(Value::as_object);
    let mut body = body::rest(&request(), request_object.unwrap_or(&empty));
    let mut lookups = 0;
    let mut problems = Problems::default();
    resolve_assets(backend, &mut body, "request", &mut lookups, &mut problems).await?;
    if let Some(Value::Array(items)) = body.get_mut("subCriteria") {
        for (place, item) in items.iter_mut().enumerate() {
            let path = format!("request.subCriteria[{place}]");
            if let Some(item) = item.as_object_mut() {
                resolve_assets(backend, item, &path, &mut lookups, &mut problems).await?;
            }
        }
    }
    problems.into_result().map(|()| body)
}

async fn resolve_assets(
    backend: &Backend,
    criteria: &mut Map<String, Value>,
    path: &str,
    lookups: &mut usize,
    problems: &mut Problems,
) -> Result<(), Failure> {
    let Some(Value::Array(assets)) = criteria.get_mut("assetID") else {
        return Ok(());
    };
    for (place, asset) in assets.iter_mut().enumerate() {
        let name = asset.as_str().unwrap_or_default();
        if Uuid::try_parse(name).is_ok() {
            continue;
        }
        let path = format!("{path}.asset[{place}]");
        *lookups += 1;
        if *lookups > MAX_ASSET_LOOKUPS {
            let problem = format!("at most {MAX_ASSET_LOOKUPS} assets may be named by short name; use their UUIDs");
            problems.add(path, problem, asset);
            continue;
        }
        match asset_id(backend, name).await {
            Ok(id) => *asset = Value::String(id),
            Err(failure) => match failure.kind {
                FailureKind::NotFound | FailureKind::InvalidArguments => {
                    let problem = "no asset with this short name is visible to this key";
                    problems.add(path, problem, asset);
                }
                _ => return Err(failure),
            },
        }
    }
    // Two names may stand for one asset, and Argus wants the entries unique.
    let mut seen = HashSet::new();
    assets.retain(|asset| seen.insert(asset.clone()));
    Ok(())
}

async fn asset_id(backend: &Backend, name: &str) -> Result<String, Failure> {
    let request = RestRequest::get(&["assets", "v2", "asset", name]);
    let answer = backend.send(&request).await?;
    if answer.envelope.data.is_null() {
        return Err(Failure::new(FailureKind::NotFound, "no such asset"));
    }
    let id = answer.envelope.data["id"].as_str();
    id.filter(|id| Uuid::try_parse(id).is_ok()).map(str::to_owned).ok_or_else(|| {
        let problem = "the asset that Argus returned has no UUID";
        Failure::new(FailureKind::BadResponse, problem).with_request(request.label())
    })
}
