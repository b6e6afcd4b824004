//! The tools about cases.
//!
//! Search criteria stand in `cases`, allowed values in `case_values`.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::case_values;
use crate::servers::argus::cases;
use crate::servers::argus::criteria;
use crate::servers::argus::error::FailureKind;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::outcome::picked;
use crate::servers::argus::tools::Certainty;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::Make;
use crate::servers::argus::tools::On;
use crate::servers::argus::tools::Query;
use crate::servers::argus::tools::Rest;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::Values;
use crate::servers::argus::tools::Work;

/// What the rows share.
const CASE: Tool = Tool::of(Family::Case, Certainty::Documented);

static SEARCH: Query = Query {
    translator: "generateArgusCaseSearchQuery",
    execute: "executeSearchArgusCase",
    values: case_values::VALUE_TOOLS,
    rest: Rest {
        make: Make::Looked(&cases::ASSETS),
        finish: Some(with_links),
        ..Rest::page("POST /cases/v2/case/search")
    },
    shown: None,
};

/// The tools, in the order in which they are listed.
pub static TOOLS: &[Tool] = &[
    Tool {
        name: SEARCH.translator,
        aliases: &["generateCaseSearchQuery"],
        title: "Build a case search",
        purpose: "Turns case-search intent into a valid Argus case search body, with defaults filled in.",
        arguments: cases::arguments,
        work: Work::Translate(&SEARCH),
        ..CASE
    },
    Tool {
        name: "listAllowedCaseFlags",
        aliases: &["listCaseFlags"],
        title: "Allowed case flags",
        certainty: Certainty::Proposed,
        purpose: "Lists the case flags allowed in request.includeCaseFlag and request.excludeCaseFlag of a case search.",
        work: Work::Values(Values {
            meanings: case_values::FLAG_MEANINGS,
            ..Values::of("includeCaseFlag, excludeCaseFlag", case_values::FLAGS)
        }),
        ..CASE
    },
    Tool {
        name: "listAllowedCaseServiceFlags",
        aliases: &["listCaseServiceFlags"],
        title: "Allowed case service flags",
        certainty: Certainty::Proposed,
        purpose: "Lists the flags of a case's service allowed in request.serviceFilter of a case search.",
        work: Work::Values(Values::of("includeCaseServiceFlag, excludeCaseServiceFlag", case_values::SERVICE_FLAGS)),
        ..CASE
    },
    Tool {
        name: "listAllowedCaseWorkflows",
        aliases: &["listCaseWorkflows"],
        title: "Allowed case workflows",
        certainty: Certainty::Proposed,
        purpose: "Lists the workflows allowed in request.workflow[].flow of a case search.",
        work: Work::Values(Values::of("workflow[].flow", case_values::WORKFLOWS)),
        ..CASE
    },
    Tool {
        name: "listAllowedCaseSortBy",
        aliases: &["listCaseSortBy"],
        title: "Allowed case sort values",
        certainty: Certainty::Proposed,
        purpose: "Lists the sort values allowed in request.sortBy of a case search.",
        work: Work::Values(Values::sorting(case_values::SORT_FIELDS)),
        ..CASE
    },
    Tool {
        name: "getArgusCaseByID",
        aliases: &["getCaseByID", "getArgusCase"],
        title: "Get a case",
        purpose: "Returns one case with description, status, priority and the other case-level fields. \
                  Comments and tags are not part of a case: use getArgusCaseComments and \
                  getArgusCaseTags; its events come from getEventsAssociatedWithCase. A merged case \
                  answers with the case it was merged into; meta.redirectedFrom then says so.",
        arguments: || Shape::of(vec![cases::case_id()]),
        work: Work::Call(Rest::object("GET /cases/v2/case/{caseID}")),
        ..CASE
    },
    Tool {
        name: "getArgusCaseComments",
        aliases: &["getCaseComments"],
        title: "Get the comments of a case",
        purpose: "Returns one page of the comments of a case, oldest first unless sorted otherwise. With \
                  -addedTimestamp an item can repeat on the next page while comments are being added. \
                  The case itself comes from getArgusCaseByID.",
        arguments: comment_arguments,
        work: Work::Call(Rest::page("GET /cases/v2/case/{caseID}/comments")),
        ..CASE
    },
    Tool {
        name: "getArgusCaseTags",
        aliases: &["getCaseTags"],
        title: "Get the tags of a case",
        purpose: "Returns the tags (key and value) of a case, one page per call. Tags are not part of \
                  what getArgusCaseByID returns.",
        arguments: || about_a_case(100),
        work: Work::Call(Rest::page("GET /cases/v2/case/{caseID}/tags")),
        ..CASE
    },
    Tool {
        name: SEARCH.execute,
        aliases: &["searchArgusCase"],
        title: "Search cases",
        purpose: "Runs a case search and returns one page of case summaries. The description is left out \
                  unless asked for; getArgusCaseByID has the full case, getArgusCaseComments its \
                  comments and getArgusCaseTags its tags.",
        arguments: cases::arguments,
        work: Work::Execute(&SEARCH),
        hints: &[
            (On::Field("sortBy"), "Call listAllowedCaseSortBy and use a returned value unchanged."),
            (On::Field("customer"), "Look the customer up with getCustomerByIDOrShortName."),
            (On::Field("category"), "Call listAllowedCaseCategories and use a returned shortName unchanged."),
        ],
        ..CASE
    },
    Tool {
        name: "listAllowedCaseFields",
        aliases: &["listCaseFields"],
        title: "List case fields",
        certainty: Certainty::Proposed,
        purpose: "Returns the case fields that may be used in request.field of a case search, by their \
                  name. This list is fetched from Argus.",
        arguments: field_arguments,
        work: Work::Call(Rest { trim: Some(trimmed_field), ..Rest::page("POST /cases/v2/field/descriptor/search") }),
        hints: &[(
            On::Kind(FailureKind::AccessDenied),
            "The key may not read this list; field names may still be used if known.",
        )],
        ..CASE
    },
    Tool {
        name: "listAllowedCaseServices",
        aliases: &["listCaseServices"],
        title: "List services",
        certainty: Certainty::Proposed,
        purpose: "Returns the services that may be used in request.serviceFilter.service of a case \
                  search, by their shortName. This list is fetched from Argus.",
        arguments: service_arguments,
        work: Work::Call(Rest { trim: Some(trimmed_service), ..Rest::page("POST /cases/v2/service/search") }),
        hints: SHORT_NAMES_HINT,
        ..CASE
    },
    Tool {
        name: "listAllowedCaseCategories",
        aliases: &["listCaseCategories"],
        title: "List categories",
        certainty: Certainty::Proposed,
        purpose: "Returns the categories that may be used in request.category of a case search, by their \
                  shortName, with the services and case types they belong to. This list is fetched \
                  from Argus.",
        arguments: category_arguments,
        work: Work::Call(Rest { trim: Some(trimmed_category), ..Rest::page("POST /cases/v2/category/search") }),
        hints: SHORT_NAMES_HINT,
        ..CASE
    },
];

const SHORT_NAMES_HINT: &[(On, &str)] =
    &[(On::Kind(FailureKind::AccessDenied), "The key may not read this list; short names may still be used if known.")];

fn about_a_case(limit: u64) -> Shape {
    let mut fields = vec![cases::case_id()];
    fields.extend(criteria::paging(limit));
    Shape::of(fields)
}

fn comment_arguments() -> Shape {
    let mut shape = about_a_case(25);
    shape.fields.extend([
        Field::new("sortBy", Kind::Sort { names: &["addedTimestamp"] }, "Order of the comments.").or("addedTimestamp"),
        Field::new("beforeComment", Kind::Uuid, "Only comments before this one."),
        Field::new("afterComment", Kind::Uuid, "Only comments after this one."),
    ]);
    shape
}

fn field_arguments() -> Shape {
    let mut fields = vec![
        criteria::words(),
        criteria::names("service", "Only fields of these services."),
        Field::new("caseID", Kind::at_least(1), "Only fields available for this case.").rest("availableForCaseID"),
    ];
    fields.extend(criteria::paging(100));
    Shape::of(fields)
}

fn service_arguments() -> Shape {
    let mut fields = vec![criteria::words()];
    fields.extend(criteria::paging(100));
    fields.push(Field::fixed("sortBy", vec!["shortName"]));
    Shape::of(fields)
}

fn category_arguments() -> Shape {
    let mut fields = vec![
        criteria::names("service", "Only categories of these services."),
        cases::types("caseType", "Only categories of these case types."),
    ];
    fields.extend(criteria::paging(100));
    fields.push(Field::fixed("sortBy", vec!["shortName"]));
    Shape::of(fields)
}

/// Adds links to the cases in the web portal.
fn with_links(backend: &Backend, outcome: Outcome, _sent: &Map<String, Value>) -> Outcome {
    let portal = &backend.config.portal_url;
    let cases = outcome.value()["data"].as_array().map_or(&[][..], Vec::as_slice);
    let links: Map<String, Value> = cases
        .iter()
        .filter_map(|case| case["id"].as_u64())
        .map(|id| (id.to_string(), json!(format!("{portal}/spa/case/view/{id}"))))
        .collect();
    match links.is_empty() {
        true => outcome,
        false => outcome.with_meta("caseLinks", Value::Object(links)),
    }
}

fn trimmed_field(item: &Value) -> Value {
    let names = ["name", "shortName", "valueType", "localizedName", "localizedDescription", "flags"];
    let mut field = picked(item, &names);
    if let Some(entries) = item.pointer("/valueSource/listType/entries") {
        field.insert("entries".to_owned(), entries.clone());
    }
    Value::Object(field)
}

fn trimmed_service(item: &Value) -> Value {
    let names = ["id", "shortName", "name", "localizedName", "description", "caseTypes", "flags"];
    Value::Object(picked(item, &names))
}

fn trimmed_category(item: &Value) -> Value {
    let mut category = picked(item, &["id", "shortName", "name", "localizedName"]);
    if let Some(bindings) = item["bindings"].as_array() {
        let bindings = bindings.iter().map(|binding| {
            let service = &binding["service"];
            let service = service.get("shortName").unwrap_or(service);
            json!({"service": service, "caseTypes": binding["caseTypes"]})
        });
        category.insert("bindings".to_owned(), bindings.collect());
    }
    Value::Object(category)
}

#[cfg(test)]
#[path = "case_tests.rs"]
mod tests;
