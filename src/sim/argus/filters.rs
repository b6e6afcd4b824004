//! Filter endpoints of the simulated Argus: one filter, search by kind, the kind of a
//! filter. Each kind has a right of its own; code comes only where it is asked for.

use serde_json::{Value, json};

use crate::sim::argus::call::Call;
use crate::sim::argus::criteria::{self, Item, list_holds};
use crate::sim::argus::data::catalog;
use crate::sim::argus::data::filters::{FilterKind, FilterRecord, without_code};
use crate::sim::argus::filter_criteria::FilterCriteria;
use crate::sim::argus::keys::{VIEW_ANALYSIS_FILTER, VIEW_ANNOTATION_FILTER, VIEW_MATCH_FILTER};
use crate::sim::argus::reader::{SortValue, window_of};
use crate::sim::argus::reply::{Answer, Reply};

const SORT: &[&str] = &["id", "name", "created", "lastUpdated", "deleted"];
const MATCH_SORT: &[&str] = &["id", "name", "validFrom", "validTo", "created", "lastUpdated", "deleted"];

fn right(kind: FilterKind) -> &'static str {
    match kind {
        FilterKind::Analysis => VIEW_ANALYSIS_FILTER,
        FilterKind::Annotation => VIEW_ANNOTATION_FILTER,
        FilterKind::Match => VIEW_MATCH_FILTER,
    }
}

/// The filters that a key may see; global ones are everybody's.
fn visible<'a>(call: &Call<'a>) -> impl Iterator<Item = &'a FilterRecord> {
    let key = call.key;
    call.data.filters().iter().filter(move |filter| filter.customer.is_none_or(|customer| key.opens(customer)))
}

/// `POST /eventfilters/v2/{kind}/search`
pub fn search(call: &Call<'_>, kind: FilterKind) -> Answer {
    call.key.needs(right(kind))?;
    let mut reader = call.read_body()?;
    let mut foreign = None;
    let main = FilterCriteria::read(&mut reader, kind, call.key, &mut foreign);
    let sub = reader.objects("subCriteria", |inner| {
        Item::read(inner, |inner| FilterCriteria::read(inner, kind, call.key, &mut foreign))
    });
    let with_code = reader.truth("includeCode").unwrap_or(false);
    let sort = reader.sort(if kind == FilterKind::Match { MATCH_SORT } else { SORT }, "-lastUpdated");
    let window = reader.window();
    criteria::finish(reader, foreign)?;
    let matches: Vec<&FilterRecord> = visible(call)
        .filter(|filter| filter.kind == kind && (filter.time("deleted") == 0 || main.takes_deleted()))
        .filter(|filter| main.holds(filter) && list_holds(&sub, |criteria| criteria.holds(filter)))
        .collect();
    let count = matches.len();
    let items = window_of(matches, &sort, window, |filter, field| match field {
        "id" => SortValue::number(&filter.object["id"]),
        "name" => SortValue::text(&filter.object["name"]),
        other => SortValue::Number(filter.time(other)),
    });
    let items = items.into_iter().map(|filter| shown(filter, with_code)).collect();
    Ok(Reply::page(window.limit, window.offset, count, items))
}

fn shown(filter: &FilterRecord, with_code: bool) -> Value {
    if with_code { filter.object.clone() } else { without_code(filter.object.clone()) }
}

/// `GET /eventfilters/v2/{kind}/{id}`
pub fn by_id(call: &Call<'_>, kind: FilterKind, id: &str) -> Answer {
    call.key.needs(right(kind))?;
    let mut reader = call.read_query();
    let with_code = reader.truth("includeCode").unwrap_or(false);
    let revision = reader.number("revision");
    reader.finish()?;
    visible(call)
        .filter(|filter| filter.kind == kind)
        .find(|filter| filter.id().to_string() == id)
        .filter(|filter| revision.is_none_or(|asked| filter.object["revision"].as_u64() == Some(asked)))
        .map(|filter| Reply::object(shown(filter, with_code)))
        .ok_or_else(|| Reply::not_found("id", id))
}

/// `GET /eventfilters/v2/filter/{id}/type`
pub fn kind_of(call: &Call<'_>, id: &str) -> Answer {
    call.key.needs(VIEW_ANALYSIS_FILTER)?;
    call.read_query().finish()?;
    visible(call)
        .find(|filter| filter.id().to_string() == id)
        .map(|filter| {
            Reply::object(json!({
                "filterID": filter.id(), "filterType": filter.kind.name(),
                "customer": filter.customer.map(catalog::customer_info),
            }))
        })
        .ok_or_else(|| Reply::not_found("id", id))
}
