//! Value lists of cases: case fields, services and categories.

use serde_json::Value;

use crate::sim::argus::call::Call;
use crate::sim::argus::cases::is_visible;
use crate::sim::argus::data::{catalog, has_word};
use crate::sim::argus::keys::VIEW_CASES;
use crate::sim::argus::reader::{Reader, SortValue, window_of};
use crate::sim::argus::reply::{Answer, Reply};

const SORT: &[&str] = &["id", "shortName", "name"];

/// `POST /cases/v2/field/descriptor/search`
pub fn fields(call: &Call<'_>) -> Answer {
    let mut reader = opened(call)?;
    // Every field is open to every service, so a service only has to exist.
    known_services(&mut reader);
    let case = reader.number("availableForCaseID");
    if let Some(id) = case {
        let found = call.data.case(id).is_some_and(|case| is_visible(case, call.key));
        if !found {
            reader.problem("availableForCaseID", "unknown case", "case.unknown", &id.to_string());
        }
    }
    finish(reader, catalog::fields(call.start), |_| true)
}

/// `POST /cases/v2/service/search`
pub fn services(call: &Call<'_>) -> Answer {
    finish(opened(call)?, catalog::services(call.start), |_| true)
}

/// `POST /cases/v2/category/search`
pub fn categories(call: &Call<'_>) -> Answer {
    let mut reader = opened(call)?;
    let services = known_services(&mut reader);
    let case_types = reader.words("caseType", catalog::CASE_TYPES);
    finish(reader, catalog::categories(call.start), |category| {
        if services.is_empty() && case_types.is_empty() {
            return true;
        }
        let bindings = category["bindings"].as_array().map_or(&[][..], Vec::as_slice);
        bindings.iter().any(|binding| {
            let service = binding["service"]["shortName"].as_str().unwrap_or_default();
            (services.is_empty() || services.contains(&service))
                && (case_types.is_empty() || case_types.iter().any(|kind| has_word(&binding["caseTypes"], kind)))
        })
    })
}

fn opened<'a>(call: &'a Call<'_>) -> Result<Reader<'a>, Reply> {
    call.key.needs(VIEW_CASES)?;
    call.read_body()
}

fn known_services(reader: &mut Reader<'_>) -> Vec<&'static str> {
    let mut known = Vec::new();
    for name in reader.texts("service") {
        match catalog::service_by_name(&name) {
            Some(service) => known.push(service.short_name),
            None => reader.problem("service", "unknown service", "service.unknown", &name),
        }
    }
    known
}

fn finish(mut reader: Reader<'_>, all: Vec<Value>, holds: impl Fn(&Value) -> bool) -> Answer {
    let keywords: Vec<String> = reader.texts("keywords").iter().map(|text| text.to_lowercase()).collect();
    let include = reader.texts("includeFlags");
    let exclude = reader.texts("excludeFlags");
    let sort = reader.sort(SORT, "shortName");
    let window = reader.window();
    reader.finish()?;
    let said = |value: &Value, keyword: &String| {
        ["shortName", "name", "localizedName", "description", "localizedDescription"]
            .iter()
            .filter_map(|name| value[*name].as_str())
            .any(|text| text.to_lowercase().contains(keyword))
    };
    let matches: Vec<&Value> = all
        .iter()
        .filter(|value| {
            keywords.iter().all(|keyword| said(value, keyword))
                && include.iter().all(|flag| has_word(&value["flags"], flag))
                && !exclude.iter().any(|flag| has_word(&value["flags"], flag))
                && holds(value)
        })
        .collect();
    let count = matches.len();
    let items = window_of(matches, &sort, window, |value, field| {
        if value[field].is_string() { SortValue::text(&value[field]) } else { SortValue::number(&value[field]) }
    });
    let items = items.into_iter().cloned().collect();
    Ok(Reply::page(window.limit, window.offset, count, items))
}
