//! The tools about alarms and attack categories, with their criteria and values.
//!
//! An alarm is knowledge about a known attack, not an incident. Argus searches
//! alarms by the ID of their attack category alone, so short names are looked
//! up first.

use futures::future::BoxFuture;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::servers::argus::backend::Backend;
use crate::servers::argus::client::RestRequest;
use crate::servers::argus::criteria;
use crate::servers::argus::criteria::names;
use crate::servers::argus::criteria::switch;
use crate::servers::argus::criteria::texts;
use crate::servers::argus::error::Failure;
use crate::servers::argus::error::FailureKind;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Rule;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::lookup::Lookup;
use crate::servers::argus::outcome::Outcome;
use crate::servers::argus::text::ALARM as ALARM_ID;
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
const ALARM: Tool = Tool::of(Family::Alarm, Certainty::Proposed);

static SEARCH: Query = Query {
    translator: "generateArgusAlarmSearchQuery",
    execute: "executeSearchArgusAlarm",
    values: &["listAllowedAlarmSortBy"],
    rest: Rest { make: Make::Looked(&CATEGORIES), ..Rest::page("POST /alarms/v1/alarm/search") },
    shown: None,
};

/// The tools, in the order in which they are listed.
pub static TOOLS: &[Tool] = &[
    Tool {
        name: SEARCH.translator,
        aliases: &["generateAlarmSearchQuery"],
        title: "Build an alarm search",
        purpose: "Turns alarm-search intent into a valid Argus alarm search body, with defaults filled in. \
                  An alarm is knowledge about a known attack, not something that happened: for what \
                  happened search events or cases.",
        arguments: search_arguments,
        work: Work::Translate(&SEARCH),
        ..ALARM
    },
    Tool {
        name: "listAllowedAlarmSortBy",
        aliases: &["listAlarmSortBy"],
        title: "Allowed alarm sort values",
        certainty: Certainty::Extension,
        purpose: "Lists the sort values allowed in request.sortBy of an alarm search.",
        work: Work::Values(Values::sorting(SORT_FIELDS)),
        ..ALARM
    },
    Tool {
        name: "getAlarmByID",
        aliases: &["getArgusAlarmByID", "getArgusAlarm"],
        title: "Get an alarm",
        purpose: "Returns one alarm definition with its texts, attack category, labels, references and mapped \
                  signatures, by its ID or short name. An alarm is knowledge about a known attack, not \
                  an incident: what was detected is in events and cases.",
        arguments: || {
            Shape::of(vec![
                Field::new("alarmID", Kind::Checked(&ALARM_ID), "ID of the alarm, or its short name.")
                    .aliases(&["id"])
                    .required(),
            ])
        },
        work: Work::Call(Rest { road: Some(one_alarm), ..Rest::object(ONE_ALARM) }),
        ..ALARM
    },
    Tool {
        name: SEARCH.execute,
        aliases: &["searchArgusAlarm"],
        title: "Search alarms",
        purpose: "Runs a search over alarm definitions and returns one page of them. An alarm is knowledge \
                  about a known attack, not an incident: what was detected is in events and cases. \
                  Signatures and comments are left out unless asked for; getAlarmByID has the full alarm.",
        arguments: search_arguments,
        work: Work::Execute(&SEARCH),
        hints: &[
            (On::Field("sortBy"), "Call listAllowedAlarmSortBy and use a returned value unchanged."),
            (On::Field("attackCategoryID"), "Look the attack category up with listAttackCategories."),
        ],
        ..ALARM
    },
    Tool {
        name: "getAttackCategoryByIDOrShortName",
        aliases: &["getArgusAttackCategory", "getAttackCategory"],
        title: "Get an attack category",
        purpose: "Returns one attack category, the group that alarms belong to, by its ID or short name. The \
                  categories are Argus' own scheme, not an outside standard.",
        arguments: || {
            Shape::of(vec![
                Field::new("idOrShortName", Kind::Name, "ID or short name of the category.")
                    .aliases(&["id"])
                    .required(),
            ])
        },
        work: Work::Call(Rest::object("GET /alarms/v1/category/{idOrShortName}")),
        ..ALARM
    },
    Tool {
        name: "listAttackCategories",
        aliases: &["listArgusAttackCategories"],
        title: "List attack categories",
        purpose: "Returns the attack categories that alarms are grouped by, one page per call. The flag \
                  RECONNAISSANCE marks categories that only probe. The categories are Argus' own \
                  scheme, not an outside standard.",
        arguments: category_arguments,
        work: Work::Call(Rest::page("POST /alarms/v1/category/search")),
        ..ALARM
    },
];

/// A name costs a search for the ID first.
const ONE_ALARM: &str = "GET /alarms/v1/alarm/{alarmID}, by name after POST /alarms/v1/alarm/search";

const SORT_FIELDS: &[&str] = &["id", "lastUpdatedTimestamp", "description", "attackCategory"];

const FLAGS: &[&str] = &["DISABLED", "DELETED"];

const KEYWORD_FIELDS: &[&str] =
    &["reference", "description", "label", "signature", "attackIdentifier", "id", "shortName", "all"];

const TIME_FIELDS: &[&str] =
    &["createdTimestamp", "lastUpdatedTimestamp", "lastCheckTimestamp", "nextCheckTimestamp", "all"];

const CATEGORY_FIELDS: &[&str] = &["id", "shortName", "name", "info"];

/// Attack categories, which an alarm search takes by ID.
static CATEGORIES: Lookup = Lookup {
    noun: "attack category",
    argument: "attackCategory",
    rest: "attackCategoryID",
    path: &["alarms", "v1", "category"],
    id: |text| text.parse::<i64>().ok().filter(|id| *id >= 1).map(Value::from),
    id_of: |category| category["id"].as_i64().map(Value::from),
    id_schema: || json!({"type": "integer", "minimum": 1}),
};

fn search_arguments() -> Shape {
    let mut fields = filters();
    fields.extend([
        switch("includeMappings", "Add the mapped signatures to each alarm.").or(false),
        switch("includeComments", "Add the comments to each alarm.").or(false),
        criteria::sort_by(SORT_FIELDS, "Sort fields, from listAllowedAlarmSortBy.").or(vec!["-lastUpdatedTimestamp"]),
    ]);
    fields.extend(criteria::paging(25));
    let alone = &["required", "exclude", "keywordFieldStrategy", "keywordMatchStrategy"];
    fields.push(criteria::sub_criteria(filters(), alone, rules()));
    Shape::of(vec![criteria::request(Shape::of(fields).with_rules(rules()), "The alarm search to make.")])
}

fn rules() -> Vec<Rule> {
    vec![criteria::apart("includeAlarmFlag", "excludeAlarmFlag")]
}

fn filters() -> Vec<Field> {
    let mut fields = vec![
        names("alarm", "Alarm IDs or short names."),
        names("attackCategory", "Attack category IDs or short names; at most ten by short name.")
            .rest("attackCategoryID"),
        texts("signature", "Signature names, exact."),
        texts("reference", "References, exact; for example a CVE number.").rest("alarmReferences"),
        texts("label", "Labels, exact.").rest("labels"),
    ];
    fields.extend(criteria::keywords(
        KEYWORD_FIELDS,
        "Where to look (Argus takes all).",
        "Whether all or any of the words must be found (Argus takes all).",
    ));
    let doc = "Time range; none means no bound. Argus compares with lastUpdatedTimestamp unless told otherwise.";
    fields.push(criteria::time_filter(TIME_FIELDS, doc).field());
    fields.extend(criteria::flags(
        ("includeAlarmFlag", "All of these must be set."),
        ("excludeAlarmFlag", "None of these may be set."),
        FLAGS,
    ));
    fields
}

fn category_arguments() -> Shape {
    let mut fields = Vec::from(criteria::keywords(
        &["id", "shortName", "name", "info", "all"],
        "Where to look (Argus takes name).",
        "Whether all or any of the words must be found (Argus takes all).",
    ));
    fields.extend(criteria::paging(100));
    fields.push(criteria::sort_by(CATEGORY_FIELDS, "Sort fields.").or(vec!["name"]));
    Shape::of(fields)
}

/// Argus reads alarms by ID alone; a short name is searched for first.
fn one_alarm<'a>(backend: &'a Backend, checked: &'a Map<String, Value>) -> BoxFuture<'a, Result<Outcome, Failure>> {
    Box::pin(async move {
        let id = match checked.get("alarmID") {
            Some(Value::String(name)) => alarm_id(backend, name).await?,
            id => id.cloned().unwrap_or_default(),
        };
        let request = RestRequest::get(&["alarms", "v1", "alarm", &id.to_string()]);
        Outcome::single(backend.send(&request).await?)
    })
}

async fn alarm_id(backend: &Backend, name: &str) -> Result<Value, Failure> {
    let body = json!({"alarm": [name], "limit": 1, "offset": 0});
    let request = RestRequest::search("/alarms/v1/alarm/search", body);
    let answer = backend.send(&request).await?;
    let problem = |kind, text: String| Err(Failure::new(kind, text).with_request(request.label()));
    match answer.envelope.data.as_array().map(Vec::as_slice) {
        Some([]) => problem(FailureKind::NotFound, format!("Argus knows no alarm with the short name {name}")),
        Some([alarm, ..]) if alarm["id"].is_u64() => Ok(alarm["id"].clone()),
        _ => problem(FailureKind::BadResponse, "the answer of Argus holds no alarm with an ID".to_owned()),
    }
}

#[cfg(test)]
#[path = "alarm_tests.rs"]
mod tests;
