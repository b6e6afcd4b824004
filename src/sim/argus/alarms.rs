//! Alarm endpoints of the simulated Argus: one alarm, alarm search, one attack category,
//! category search. Alarms and categories are the same for every customer; how often a
//! signature was triggered counts the events that the key may see.

use serde_json::Value;

use crate::sim::argus::call::Call;
use crate::sim::argus::criteria::{Flags, Item, Keywords, list_holds, names_object};
use crate::sim::argus::data::alarms;
use crate::sim::argus::keys::{VIEW_ALARM, VIEW_ATTACK_CATEGORY};
use crate::sim::argus::reader::{Reader, SortValue, window_of};
use crate::sim::argus::reply::{Answer, Reply};
use crate::sim::argus::time_range::TimeRange;

const SORT: &[&str] = &["id", "lastUpdatedTimestamp", "description", "attackCategory"];
const CATEGORY_SORT: &[&str] = &["id", "shortName", "name", "info"];
const FLAGS: &[&str] = &["DISABLED", "DELETED"];
const KEYWORD_FIELDS: &[&str] =
    &["reference", "description", "label", "signature", "attackIdentifier", "id", "shortName"];
const TIME_FIELDS: &[&str] = &["createdTimestamp", "lastUpdatedTimestamp", "lastCheckTimestamp", "nextCheckTimestamp"];

/// One level of criteria.
struct AlarmCriteria {
    alarms: Vec<String>,
    categories: Vec<u64>,
    signatures: Vec<String>,
    references: Vec<String>,
    labels: Vec<String>,
    keywords: Keywords,
    times: TimeRange,
    flags: Flags,
}

impl AlarmCriteria {
    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            alarms: reader.texts("alarm"),
            categories: reader.numbers("attackCategoryID"),
            signatures: reader.texts("signature"),
            references: reader.texts("alarmReferences"),
            labels: reader.texts("labels"),
            keywords: Keywords::read(reader, KEYWORD_FIELDS, KEYWORD_FIELDS, false),
            times: TimeRange::read(reader, TIME_FIELDS, &["lastUpdatedTimestamp"]),
            flags: Flags::read(reader, FLAGS),
        }
    }

    fn holds(&self, alarm: &Value) -> bool {
        let any_of =
            |wanted: &[String], texts: &[String]| wanted.is_empty() || wanted.iter().any(|w| texts.contains(w));
        let category = alarm["attackCategory"]["id"].as_u64();
        names_object(&self.alarms, alarm)
            && (self.categories.is_empty() || category.is_some_and(|id| self.categories.contains(&id)))
            && any_of(&self.signatures, &signatures(alarm))
            && any_of(&self.references, &texts(&alarm["references"]))
            && any_of(&self.labels, &texts(&alarm["labels"]))
            && self.keywords.hold(|field, found| said(alarm, field, found))
            && self.times.holds(|field| alarm[field].as_i64().unwrap_or(0))
            && self.flags.hold(&alarm["flags"])
    }
}

fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn signatures(alarm: &Value) -> Vec<String> {
    let mappings = alarm["mappings"].as_array().map_or(&[][..], Vec::as_slice);
    mappings.iter().filter_map(|mapping| mapping["signature"].as_str()).map(str::to_owned).collect()
}

fn said(alarm: &Value, field: &str, found: &mut Vec<String>) {
    match field {
        "reference" => found.extend(texts(&alarm["references"])),
        "label" => found.extend(texts(&alarm["labels"])),
        "signature" | "attackIdentifier" => found.extend(signatures(alarm)),
        "id" => found.push(alarm["id"].to_string()),
        other => found.extend(alarm[other].as_str().map(str::to_owned)),
    }
}

/// All alarms as this key sees them.
fn all(call: &Call<'_>) -> Vec<Value> {
    let visible = call.data.events_since(0).filter(|event| call.key.opens(event.customer()));
    alarms::alarms(call.start, visible)
}

/// `POST /alarms/v1/alarm/search`
pub fn search(call: &Call<'_>) -> Answer {
    call.key.needs(VIEW_ALARM)?;
    let mut reader = call.read_body()?;
    let criteria = AlarmCriteria::read(&mut reader);
    let sub = reader.objects("subCriteria", |inner| Item::read(inner, AlarmCriteria::read));
    let with_mappings = reader.truth("includeMappings").unwrap_or(false);
    let with_comments = reader.truth("includeComments").unwrap_or(false);
    let sort = reader.sort(SORT, "-lastUpdatedTimestamp");
    let window = reader.window();
    reader.finish()?;
    let all = all(call);
    let matches: Vec<&Value> = all
        .iter()
        .filter(|alarm| criteria.holds(alarm) && list_holds(&sub, |criteria| criteria.holds(alarm)))
        .collect();
    let count = matches.len();
    let items = window_of(matches, &sort, window, |alarm, field| match field {
        "description" => SortValue::text(&alarm["description"]),
        "attackCategory" => SortValue::text(&alarm["attackCategory"]["name"]),
        other => SortValue::number(&alarm[other]),
    });
    let shown = |alarm: &Value| {
        let mut alarm = alarm.clone();
        if let Some(members) = alarm.as_object_mut() {
            if !with_mappings {
                members.shift_remove("mappings");
            }
            if !with_comments {
                members.shift_remove("comments");
            }
        }
        alarm
    };
    Ok(Reply::page(window.limit, window.offset, count, items.into_iter().map(shown).collect()))
}

/// `GET /alarms/v1/alarm/{id}`
pub fn by_id(call: &Call<'_>, id: &str) -> Answer {
    call.key.needs(VIEW_ALARM)?;
    call.read_query().finish()?;
    let number: u64 = id.parse().map_err(|_| Reply::not_found("id", id))?;
    let alarm = all(call).into_iter().find(|alarm| alarm["id"].as_u64() == Some(number));
    alarm.map(Reply::object).ok_or_else(|| Reply::not_found("id", id))
}

/// `GET /alarms/v1/category/{idOrShortName}`
pub fn category(call: &Call<'_>, name: &str) -> Answer {
    call.key.needs(VIEW_ATTACK_CATEGORY)?;
    call.read_query().finish()?;
    let wanted = [name.to_owned()];
    alarms::categories(call.start)
        .into_iter()
        .find(|category| names_object(&wanted, category))
        .map(Reply::object)
        .ok_or_else(|| Reply::not_found("idOrShortName", name))
}

/// `POST /alarms/v1/category/search`
pub fn categories(call: &Call<'_>) -> Answer {
    call.key.needs(VIEW_ATTACK_CATEGORY)?;
    let mut reader = call.read_body()?;
    let keywords = Keywords::read(&mut reader, CATEGORY_SORT, &["name"], false);
    let sort = reader.sort(CATEGORY_SORT, "name");
    let window = reader.window();
    reader.finish()?;
    let all = alarms::categories(call.start);
    let matches: Vec<&Value> =
        all.iter().filter(|category| keywords.hold(|field, found| said(category, field, found))).collect();
    let count = matches.len();
    let items = window_of(matches, &sort, window, |category, field| match field {
        "id" => SortValue::number(&category["id"]),
        other => SortValue::text(&category[other]),
    });
    let items = items.into_iter().cloned().collect();
    Ok(Reply::page(window.limit, window.offset, count, items))
}
