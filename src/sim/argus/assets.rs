//! Asset endpoints of the simulated Argus: one asset, search, one asset definition.

use serde_json::{Value, json};

use crate::sim::argus::asset_criteria::AssetQuery;
use crate::sim::argus::call::Call;
use crate::sim::argus::criteria;
use crate::sim::argus::data::assets::{self, AssetRecord, COMPONENTS, DEFINITIONS};
use crate::sim::argus::keys::VIEW_ASSETS;
use crate::sim::argus::reader::{MAX_LIMIT, SortValue, window_of};
use crate::sim::argus::reply::{Answer, Reply};

#[rustfmt::skip] // a table
const SORT: &[&str] = &[
    "id", "customerID", "shortName", "name", "ownerID", "firstSeenTimestamp", "lastSeenTimestamp",
    "lastScanTimestamp", "createdTimestamp", "lastUpdatedTimestamp", "deletedTimestamp", "totalCVSS",
    "vulnerabilitiesCount",
];

/// `GET /assets/v2/asset/{idOrShortName}`
pub fn by_name(call: &Call<'_>, name: &str) -> Answer {
    call.key.needs(VIEW_ASSETS)?;
    let mut reader = call.read_query();
    let customer = criteria::one_customer(call, &mut reader, "customer")?;
    reader.finish()?;
    // A short name is looked up in one customer; a key that opens all of them has none of its own.
    let customer = customer.or(call.key.customer());
    call.data
        .assets()
        .iter()
        .filter(|asset| call.key.opens(asset.customer))
        .find(|asset| {
            let named = asset.object["shortName"].as_str() == Some(name);
            asset.object["id"].as_str() == Some(name) || (named && customer.is_none_or(|id| id == asset.customer))
        })
        .map(|asset| Reply::object(asset.object.clone()))
        .ok_or_else(|| Reply::not_found("idOrShortName", name))
}

/// `POST /assets/v2/asset/search`
pub fn search(call: &Call<'_>) -> Answer {
    call.key.needs(VIEW_ASSETS)?;
    let mut reader = call.read_body()?;
    let mut foreign = None;
    let query = AssetQuery::read(&mut reader, call.key, &mut foreign);
    let with_groups = reader.truth("includeGroupInfo").unwrap_or(true);
    let sort = reader.sort(SORT, "-lastSeenTimestamp");
    let window = reader.window();
    if window.limit <= MAX_LIMIT && window.offset.saturating_add(window.limit) > MAX_LIMIT {
        let text = "offset and limit must not reach beyond 10000";
        reader.problem("offset", text, "window.too.large", &window.offset.to_string());
    }
    criteria::finish(reader, foreign)?;
    let matches = query.matches(call.data.assets(), call.key, call.now.as_millisecond());
    let count = matches.len();
    let shown = |asset: &AssetRecord| {
        let mut object = asset.object.clone();
        if let Some(members) = object.as_object_mut().filter(|_| !with_groups) {
            members.shift_remove("parentGroups");
        }
        object
    };
    let items = window_of(matches, &sort, window, sort_value).into_iter().map(shown).collect();
    Ok(Reply::page(window.limit, window.offset, count, items))
}

fn sort_value(asset: &AssetRecord, field: &str) -> SortValue {
    let object = &asset.object;
    match field {
        "id" | "shortName" | "name" => SortValue::text(&object[field]),
        "customerID" => SortValue::number(&object["customer"]["id"]),
        "ownerID" => SortValue::number(&object["owner"]["id"]),
        // Scores have one decimal.
        #[expect(clippy::cast_possible_truncation, reason = "a sum of a few scores below 10")]
        "totalCVSS" => SortValue::Number((object[field].as_f64().unwrap_or(0.0) * 10.0).round() as i64),
        _ => SortValue::number(&object[field]),
    }
}

/// `GET /assets/v2/asset/definition/{definition}`
pub fn definition(call: &Call<'_>, name: &str) -> Answer {
    call.key.needs(VIEW_ASSETS)?;
    call.read_query().finish()?;
    let mut found = DEFINITIONS
        .iter()
        .map(|(short_name, _)| assets::definition(short_name))
        .find(|definition| definition["shortName"].as_str() == Some(name) || definition["id"].as_str() == Some(name))
        .ok_or_else(|| Reply::not_found("definition", name))?;
    let components: Vec<Value> =
        COMPONENTS.iter().map(|(name, kind)| assets::component_definition(name, kind)).collect();
    found["componentDefinitions"] = json!(components);
    Ok(Reply::object(found))
}
