//! Case endpoints of the simulated Argus: search, one case, its comments and tags.

use serde_json::{Value, json};

use crate::sim::argus::call::Call;
use crate::sim::argus::case_criteria::{CaseCriteria, visible_comments};
use crate::sim::argus::data::patch::{LEVELS, STATUSES};
use crate::sim::argus::data::{CaseRecord, has_word};
use crate::sim::argus::keys::{Key, VIEW_CASES};
use crate::sim::argus::reader::{SortValue, Window, window_of};
use crate::sim::argus::reply::{Answer, Reply};

#[rustfmt::skip] // a table
const SORT: &[&str] = &[
    "id", "reporter", "createdByUser", "createdTimestamp", "lastUpdatedByUser",
    "lastUpdatedTimestamp", "assignedUser", "assignedTech", "closedByUser", "closedTimestamp",
    "customerDueTimestamp", "techDueTimestamp", "publishedByUser", "publishedTimestamp", "customer",
    "priority", "status", "type", "service", "category", "subject",
];

/// Whether a key may see a case at all.
#[must_use]
pub fn is_visible(case: &CaseRecord, key: &Key) -> bool {
    key.opens(case.customer())
        && (key.privileged || (case.object["accessMode"] != "explicit" && !case.has_flag("INTERNAL")))
}

/// `POST /cases/v2/case/search`
pub fn search(call: &Call<'_>) -> Answer {
    call.key.needs(VIEW_CASES)?;
    let mut reader = call.read_body()?;
    let mut foreign = None;
    let criteria = CaseCriteria::read(&mut reader, call.key, &mut foreign, false);
    let with_workflows = reader.truth("includeWorkflows").unwrap_or(false);
    let with_description = reader.truth("includeDescription").unwrap_or(true);
    let sort = reader.sort(SORT, "-createdTimestamp");
    let window = reader.window();
    reader.finish()?;
    if let Some(customer) = foreign {
        return Err(Reply::foreign_customer(&customer));
    }
    let matches: Vec<&CaseRecord> =
        call.data.cases.iter().filter(|case| is_visible(case, call.key) && criteria.finds(case, call.key)).collect();
    let count = matches.len();
    let items = window_of(matches, &sort, window, sort_value)
        .into_iter()
        .map(|case| shown(case, call.key, with_description, with_workflows))
        .collect();
    Ok(Reply::page(window.limit, window.offset, count, items))
}

fn sort_value(case: &CaseRecord, field: &str) -> SortValue {
    let value = &case.object[field];
    match field {
        "reporter" | "createdByUser" | "lastUpdatedByUser" | "assignedUser" | "assignedTech" | "closedByUser"
        | "publishedByUser" => SortValue::text(&value["userName"]),
        "customer" | "service" | "category" => SortValue::text(&value["shortName"]),
        "priority" => SortValue::rank(value, LEVELS),
        "status" => SortValue::rank(value, STATUSES),
        "type" | "subject" => SortValue::text(value),
        _ => SortValue::number(value),
    }
}

/// A case as this key sees it.
fn shown(case: &CaseRecord, key: &Key, description: bool, workflows: bool) -> Value {
    let mut object = case.object.clone();
    if let Some(members) = object.as_object_mut() {
        if !description {
            members.shift_remove("description");
            members.shift_remove("descriptionTextFormat");
        }
        if workflows {
            members.insert("workflows".to_owned(), json!(case.workflows));
        }
        let (level, role) = if key.privileged { ("write", "tech") } else { ("read", "user") };
        let access = json!({"level": level, "role": role});
        members.insert("currentUserAccess".to_owned(), access);
    }
    object
}

/// The case that a path names, or the 301 or 404 instead.
fn named<'a>(call: &'a Call<'_>, id: &str, below: &str) -> Result<&'a CaseRecord, Reply> {
    call.key.needs(VIEW_CASES)?;
    let number: u64 = id.parse().map_err(|_| Reply::not_found("id", id))?;
    let skip_redirect = call.query.get("skipRedirect").is_some_and(|v| v == "true");
    let case = call
        .data
        .case(number)
        .filter(|case| is_visible(case, call.key) && !case.has_flag("DELETED"))
        .ok_or_else(|| Reply::not_found("id", id))?;
    match case.merged_into {
        Some(into) if !skip_redirect => Err(Reply::moved(&format!("/cases/v2/case/{into}{below}"))),
        _ => Ok(case),
    }
}

/// `GET /cases/v2/case/{id}`
pub fn by_id(call: &Call<'_>, id: &str) -> Answer {
    let mut reader = call.read_query();
    reader.truth("skipRedirect");
    let workflows = reader.truth("includeWorkflows").unwrap_or(false);
    reader.finish()?;
    let case = named(call, id, "")?;
    Ok(Reply::object(shown(case, call.key, true, workflows)))
}

/// `GET /cases/v2/case/{id}/comments`
pub fn comments(call: &Call<'_>, id: &str) -> Answer {
    let mut reader = call.read_query();
    reader.truth("skipRedirect");
    let before = reader.text("beforeComment");
    let after = reader.text("afterComment");
    let sort = reader.sort(&["addedTimestamp"], "addedTimestamp");
    let window = reader.window();
    reader.finish()?;
    let case = named(call, id, "/comments")?;
    let time_of = |id: &Option<String>| {
        let id = id.as_deref()?;
        let comment = case.comments.iter().find(|c| c["id"].as_str() == Some(id))?;
        comment["addedTimestamp"].as_i64()
    };
    let (before, after) = (time_of(&before), time_of(&after));
    let matches: Vec<&Value> = visible_comments(case, call.key)
        .filter(|comment| {
            let at = comment["addedTimestamp"].as_i64().unwrap_or(0);
            before.is_none_or(|end| at < end) && after.is_none_or(|start| at > start)
        })
        .collect();
    let count = matches.len();
    let items = window_of(matches, &sort, window, |comment, field| match field {
        "id" => SortValue::text(&comment["id"]),
        other => SortValue::number(&comment[other]),
    });
    let items = items.into_iter().cloned().collect();
    Ok(Reply::page(window.limit, window.offset, count, items))
}

/// `GET /cases/v2/case/{id}/tags`
pub fn tags(call: &Call<'_>, id: &str) -> Answer {
    let mut reader = call.read_query();
    reader.truth("skipRedirect");
    let window = reader.window();
    reader.finish()?;
    let case = named(call, id, "/tags")?;
    let tags: Vec<&Value> = case.tags.iter().filter(|tag| !has_word(&tag["flags"], "DELETED")).collect();
    Ok(cut(&tags, window))
}

/// A page of values that keep their order.
pub fn cut(values: &[&Value], window: Window) -> Reply {
    let items = window_of(values.to_vec(), &[], window, |_, _| SortValue::Number(0));
    let items = items.into_iter().cloned().collect();
    Reply::page(window.limit, window.offset, values.len(), items)
}
