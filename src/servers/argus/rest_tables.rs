//! Test support: what the REST definitions take, endpoint by endpoint, written
//! down apart from our own tables.
//!
//! A strict Argus refuses any field that is not listed here. `t` is text, `w` a
//! name out of a list, `T` a time, `i` a whole number from 0 on, `n` a number,
//! `b` true or false, `v` any plain value.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

const WORDS: &str = "keywords:[t] keywordFieldStrategy:[w] keywordMatchStrategy:w ";
const TIMES: &str = "startTimestamp:T endTimestamp:T timeFieldStrategy:[w] timeMatchStrategy:w ";
const FLAGS: &str = "includeFlags:[w] excludeFlags:[w] ";
const PAGE: &str = "sortBy:[w] limit:i offset:i ";

const CASE: &str = "assetID:[t] customer:[t] caseID:[i] type:[w] category:[t] \
    serviceCriteria:{service:[t] includeFlags:[w] excludeFlags:[w]} \
    status:[w] initialStatus:[w] priority:[w] initialPriority:[w] \
    tag:[{key:t values:[t] exclude:b}] field:[{field:t values:[t] exclude:b}] \
    workflow:[{flow:w acknowledged:b exclude:b}] user:[t] userFieldStrategy:[w] \
    userAssigned:b techAssigned:b accessMode:[w] productionCustomers:b ";

const EVENT: &str = "associatedCase:[i] customer:[t] domain:[t] eventIdentifier:[t] severity:[w] type:[w] \
    attack:[{alarm:[t] attackCategory:[t] signature:[t] required:b exclude:b}] \
    endpoint:[{ip:[t] port:[i] countryCode:[w] minMaskBits:i endpointFieldStrategy:w includeFlag:[w] \
        excludeFlag:[w] required:b exclude:b}] \
    property:[{key:t value:[t] valueMatchStrategy:w valueSearchStrategy:w required:b exclude:b}] \
    includeFlag:[w] excludeFlag:[w] includeUnpublished:b productionCustomers:b ";

const EVENT_INDEX: &str = "indexStartTimestamp:T indexEndTimestamp:T ";

const ALARM: &str = "alarm:[t] attackCategoryID:[v] signature:[t] alarmReferences:[t] labels:[t] ";

const ASSET: &str = "customer:[t] asset:[t] dataSource:[t] component:[{componentDefinition:t value:[v]}] \
    criticality:[{dimension:w level:[w]}] \
    assetByVulnerability:{references:[t] vulnerabilityID:[t] severity:[w] resolution:[w]} \
    parent:[t] ancestor:[t] hasGroups:b minimumTotalCvss:n maximumTotalCvss:n user:[t] userFieldStrategy:[w] ";

const FILTER: &str = "filterID:[i] customer:[t] includeAscendingCustomers:b includeDescendingCustomers:b \
    user:[t] userFieldStrategy:[w] userMatchStrategy:w includeDeleted:b ";

const MATCH: &str = "alarmID:[i] attackCategory:[t] associatedCaseID:[i] location:[t] filterType:[w] \
    includeEventFlags:[w] excludeEventFlags:[w] ";

/// The schema of a body or query; `None` for calls whose road is not the table.
pub(crate) fn schema(call: &str) -> Option<Value> {
    let sub = |fields: String| format!("{fields}subCriteria:[{{{fields}required:b exclude:b}}] ");
    let filter = |own: &str| sub(format!("{FILTER}{own}{WORDS}{TIMES}{FLAGS}")) + PAGE + "includeCode:b ";
    let fields = match call {
        "POST /cases/v2/case/search" => {
            sub(format!("{CASE}{WORDS}{TIMES}{FLAGS}")) + PAGE + "includeWorkflows:b includeDescription:b "
        }
        "GET /cases/v2/case/{caseID}/comments" => "limit:i offset:i sortBy:w beforeComment:t afterComment:t".to_owned(),
        "GET /cases/v2/case/{caseID}/tags" => "limit:i offset:i".to_owned(),
        "POST /cases/v2/field/descriptor/search" => {
            "keywords:[t] service:[t] availableForCaseID:i limit:i offset:i".to_owned()
        }
        "POST /cases/v2/service/search" => format!("keywords:[t] {PAGE}"),
        "POST /cases/v2/category/search" => format!("service:[t] caseType:[w] {PAGE}"),
        "GET /events/v2/case/{caseID}" => format!("{PAGE} includeAllProperties:b"),
        "POST /events/v2/event/search" => {
            sub(format!("{EVENT}{TIMES}"))
                + EVENT_INDEX
                + PAGE
                + "includeComments:b includeSubEvents:b includeAllProperties:b"
        }
        "POST /events/v2/event/statistics" => {
            sub(format!("{EVENT}{TIMES}"))
                + EVENT_INDEX
                + "groupBy:[{field:w limit:i includeOthers:b}] \
                   timeline:[{name:t field:w resolution:w startTimestamp:T endTimestamp:T includeEmpty:b}]"
        }
        "GET /events/v2/event/{+eventIdentifier}" => {
            "includeAllProperties:b includeComments:b includeSubEvents:b".to_owned()
        }
        "GET /events/v2/event/{+eventIdentifier}/lineage" => "limit:i offset:i sortBy:w".to_owned(),
        "POST /alarms/v1/alarm/search" => {
            sub(format!("{ALARM}{WORDS}{TIMES}{FLAGS}")) + PAGE + "includeMappings:b includeComments:b"
        }
        "POST /alarms/v1/category/search" => format!("{WORDS}{PAGE}"),
        "POST /assets/v2/asset/search" => {
            sub(format!("{ASSET}{WORDS}{TIMES}{FLAGS}")) + PAGE + "assetDefinition:[w] includeGroupInfo:b"
        }
        "POST /assets/v2/asset/statistics" => {
            sub(format!("{ASSET}{WORDS}{TIMES}{FLAGS}"))
                + "assetDefinition:[w] fieldAggregation:[{field:w limit:i}] statisticsMetric:[{field:w}] \
                   rangeMetric:[{name:t field:w resolution:w startTimestamp:T endTimestamp:T includeEmpty:b}]"
        }
        "GET /assets/v2/asset/{idOrShortName}" => "customer:t".to_owned(),
        "POST /eventfilters/v2/analysis/search" | "POST /eventfilters/v2/annotation/search" => filter(""),
        "POST /eventfilters/v2/match/search" => filter(MATCH),
        "GET /eventfilters/v2/analysis/{id}"
        | "GET /eventfilters/v2/annotation/{id}"
        | "GET /eventfilters/v2/match/{id}" => "includeCode:b".to_owned(),
        "POST /metrics/v1/metric/ProcessingEventsPerFilter/aggregate" => {
            "startTimestamp:T endTimestamp:T customer:[t] customerDomain:t timeZone:t \
             keyIntervals:[{name:t values:[v] gt:v gte:v lt:v lte:v cidrs:[t]}] \
             values:[{name:t aggregationFunction:w weightByValue:t}] groupBy:[{key:t limit:i}] includeOthers:b \
             resolution:i resolutionUnit:w calendarInterval:w sortBy:[t] skipKeyTranslation:b"
                .to_owned()
        }
        "GET /customers/v2/customer/{idOrShortName}" => {
            "includeProperties:[t] includePropertiesWithPrefix:[t]".to_owned()
        }
        "GET /customers/v2/customer/{idOrShortName}/properties" => "key:[t] section:[w] limit:i offset:i".to_owned(),
        "POST /customers/v2/customer/search" => {
            format!("{WORDS}{FLAGS}{PAGE}customer:[t] parent:[t] ancestor:[t] type:[w]")
        }
        "POST /pdns/v3/search" => format!(
            "{PAGE}query:t queryMatchStrategy:w rrType:[w] rrClass:[w] tlp:[w] customerID:[i] \
             includeAnonymousResults:b aggregateResult:b"
        ),
        "GET /cases/v2/case/{caseID}"
        | "GET /alarms/v1/category/{idOrShortName}"
        | "GET /datastores/v1/descriptor/{dataStoreName}" => String::new(),
        _ => return None,
    };
    let text = format!("{fields}}}");
    Some(object(&mut text.chars().peekable()))
}

/// Reads `name:type name:type}`.
fn object(text: &mut Peekable<Chars<'_>>) -> Value {
    let mut properties = Map::new();
    loop {
        while text.next_if(|c| c.is_whitespace()).is_some() {}
        if text.next_if_eq(&'}').is_some() {
            break;
        }
        let name: String = std::iter::from_fn(|| text.next_if(|c| c.is_alphanumeric())).collect();
        assert_eq!(text.next(), Some(':'), "after {name}");
        let twice = properties.insert(name.clone(), kind(text));
        assert!(twice.is_none(), "{name} is listed twice");
    }
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

fn kind(text: &mut Peekable<Chars<'_>>) -> Value {
    match text.next().expect("a type") {
        't' => json!({"type": "string", "minLength": 1}),
        'w' => json!({"type": "string", "pattern": "^-?[A-Za-z0-9_]+$"}),
        'T' => json!({"type": "string", "pattern": "^([0-9]+|[0-9]{4}-.*Z|[a-zA-Z][a-zA-Z0-9 +-]*)$"}),
        'i' => json!({"type": "integer", "minimum": 0}),
        'n' => json!({"type": "number", "minimum": 0}),
        'b' => json!({"type": "boolean"}),
        'v' => json!({"type": ["string", "number", "boolean"]}),
        '{' => object(text),
        '[' => {
            let items = kind(text);
            assert_eq!(text.next(), Some(']'));
            json!({"type": "array", "items": items, "minItems": 1, "uniqueItems": true})
        }
        other => panic!("no type {other}"),
    }
}
