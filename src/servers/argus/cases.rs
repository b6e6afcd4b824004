//! The search request of the case family.
//!
//! One table serves the translator and the execute tool. The only step beyond
//! renaming is that assets named by short name are looked up, since Argus takes
//! asset UUIDs alone. Does not know paging or results.

use serde_json::Value;
use serde_json::json;
use uuid::Uuid;

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
use crate::servers::argus::criteria;
use crate::servers::argus::criteria::choices;
use crate::servers::argus::criteria::names;
use crate::servers::argus::criteria::switch;
use crate::servers::argus::criteria::texts;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Rule;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::lookup::Lookup;

/// Assets, which a case search takes by UUID.
pub static ASSETS: Lookup = Lookup {
    noun: "asset",
    argument: "asset",
    rest: "assetID",
    path: &["assets", "v2", "asset"],
    id: |text| Uuid::try_parse(text).ok().map(|_| Value::from(text)),
    id_of: |asset| asset["id"].as_str().filter(|id| Uuid::try_parse(id).is_ok()).map(Value::from),
    id_schema: || json!({"type": "string", "format": "uuid"}),
};

/// The arguments of the translator and of the search: `{request}`.
pub fn arguments() -> Shape {
    Shape::of(vec![criteria::request(request(), "The case search to make.")])
}

/// The `caseID` argument of the tools about one case.
pub fn case_id() -> Field {
    Field::new("caseID", Kind::at_least(1), "ID of the case.").aliases(&["id"]).required()
}

/// The search request.
pub fn request() -> Shape {
    let mut fields = filters();
    fields.extend([
        switch("includeWorkflows", "Add the active workflows to each case (Argus takes false)."),
        switch("includeDescription", "Add the description to each case; search results are summaries otherwise.")
            .or(false),
        criteria::sort_by(SORT_FIELDS, "Sort fields, from listAllowedCaseSortBy.").or(vec!["-createdTimestamp"]),
    ]);
    fields.extend(criteria::paging(25));
    let alone = &["required", "exclude", "keywordFieldStrategy", "keywordMatchStrategy", "userFieldStrategy"];
    fields.push(criteria::sub_criteria(filters(), alone, rules()));
    Shape::of(fields).with_rules(rules())
}

fn rules() -> Vec<Rule> {
    vec![criteria::apart("includeCaseFlag", "excludeCaseFlag")]
}

fn filters() -> Vec<Field> {
    let mut fields = about_the_case();
    fields.extend(state_and_marks());
    fields.extend(words_times_people());
    fields
}

fn about_the_case() -> Vec<Field> {
    let mut service = vec![names("service", "Service IDs or short names, from listAllowedCaseServices.")];
    service.extend(criteria::flags(
        ("includeCaseServiceFlag", "From listAllowedCaseServiceFlags; all must be set."),
        ("excludeCaseServiceFlag", "From listAllowedCaseServiceFlags; none may be set."),
        SERVICE_FLAGS,
    ));
    let service =
        Shape::of(service).with_rules(vec![criteria::apart("includeCaseServiceFlag", "excludeCaseServiceFlag")]);
    vec![
        names("asset", "Asset UUIDs or short names; any of them.").rest("assetID"),
        names("customer", "Customer IDs or short names; any of them."),
        criteria::ids("caseID", "Case IDs; any of them."),
        types("type", "Case types; information and informational mean the same."),
        Field::new("serviceFilter", Kind::Object(service), "The service of the case.").rest("serviceCriteria"),
        names("category", "Category IDs or short names, from listAllowedCaseCategories."),
    ]
}

/// A list of case types.
pub fn types(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Kind::OneOf { values: TYPES, sent_as: TYPES_SENT_AS }.list(), doc)
}

fn state_and_marks() -> Vec<Field> {
    let values = || texts("value", "Any of these; none means set at all.").rest("values");
    let exclude = || switch("exclude", "Remove matches.");
    let tag = vec![Field::new("key", Kind::Text { max: 200 }, "Key of the tag.").required(), values(), exclude()];
    let field = vec![
        Field::new("field", Kind::Text { max: 200 }, "Name, from listAllowedCaseFields.").required(),
        values(),
        exclude(),
    ];
    let workflow = vec![
        Field::new("flow", Kind::one_of(WORKFLOWS), "From listAllowedCaseWorkflows.").required(),
        switch("acknowledged", "Only acknowledged or only open ones."),
        exclude(),
    ];
    let list = |fields| Kind::Object(Shape::of(fields)).list();
    let mut fields = vec![
        choices("currentStatus", STATUSES, "Status now.").rest("status"),
        choices("initialStatus", STATUSES, "Status at creation."),
        choices("currentPriority", PRIORITIES, "Priority now.").rest("priority"),
        choices("initialPriority", PRIORITIES, "Priority at creation."),
        Field::new("tag", list(tag), "Tags of the case."),
        Field::new("field", list(field), "Case fields."),
        Field::new("workflow", list(workflow), "Workflows of the case."),
    ];
    fields.extend(criteria::flags(
        ("includeCaseFlag", "From listAllowedCaseFlags; all must be set."),
        ("excludeCaseFlag", "From listAllowedCaseFlags; none may be set."),
        FLAGS,
    ));
    fields
}

fn words_times_people() -> Vec<Field> {
    let mut fields = Vec::from(criteria::keywords(
        KEYWORD_FIELDS,
        "Where to look (Argus takes all).",
        "Whether all or any of the words must be found (Argus takes all).",
    ));
    fields.push(criteria::time_filter(TIME_FIELDS, "Time range; none means no bound.").field());
    fields.extend(criteria::users(USER_FIELDS));
    fields.extend([
        switch("userAssigned", "true: someone on the customer's side is assigned; false: nobody is."),
        switch("techAssigned", "The same for the provider's side."),
        choices("accessMode", ACCESS_MODES, "Access modes."),
        switch("productionCustomers", "true: leave out customers not in production; false: only those."),
    ]);
    fields
}
