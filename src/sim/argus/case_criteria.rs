//! What a case search asks for: read strictly from the body, then held against
//! cases. Fields are AND-ed, values OR-ed. A match must meet the main criteria, every
//! required sub-criterion and, where there are optional ones, at least one of them;
//! excluding sub-criteria take matches away.

use serde_json::Value;

use crate::sim::argus::criteria::MAX_KEYWORD_CHARS;
use crate::sim::argus::criteria::is_production;
use crate::sim::argus::criteria::one_of;
use crate::sim::argus::criteria::read_customers;
use crate::sim::argus::data::catalog;
use crate::sim::argus::data::patch::{LEVELS, STATUSES};
use crate::sim::argus::data::{CaseRecord, has_word};
use crate::sim::argus::keys::Key;
use crate::sim::argus::reader::Reader;
use crate::sim::argus::time_range::{TimeRange, chosen};
use crate::sim::world;

#[rustfmt::skip] // a table
const FLAGS: &[&str] = &[
    "DELETED", "EXTERNAL_SYNC", "HAS_ATTACHMENT", "INTERNAL", "MAIL_UPDATE", "MERGED", "NOTIFIED",
    "PUBLISHED", "SUBMITTED_BY_ANONYMOUS_USER", "SUBMITTED_BY_OTHER_USER", "DEFAULT_CONTACTS",
    "DESCRIPTION_EDITED", "SUBMITTED_BY_TECH", "SUBJECT_EDITED", "HAS_EVENTS", "TEST_DATA",
    "HAS_COMMENTS", "REOPENED", "CREATED_AS_PUBLISHED",
];
#[rustfmt::skip] // a table
const SERVICE_FLAGS: &[&str] = &[
    "DELETED", "HANDLED_BY_SOC", "MONITORED_BY_SOC_OUTSIDE_OFFICEHOURS", "DEPRECATED", "EVENT_ENABLED",
];
#[rustfmt::skip] // a table
const WORKFLOWS: &[&str] = &[
    "validation", "nocValidation", "tuning", "escalation", "customerUpdate", "escalateTI",
    "escalateNSA", "escalateLog", "escalateInfra", "escalateDetection", "escalateOperations",
    "escalateMSI", "escalateMSIAnalyst", "severityAlert", "slaViolation", "internalSlaViolation",
    "delegateToSOC", "escalateDEV", "escalateTRS", "escalateMSSAnalyst", "escalateTAM",
    "qaValidation", "socAnalysis", "escalateO3C",
];
const KEYWORD_FIELDS: &[&str] = &["subject", "description", "comments", "customerReference", "id"];
#[rustfmt::skip] // a table
const TIME_FIELDS: &[&str] = &[
    "createdTimestamp", "lastUpdatedTimestamp", "closedTimestamp", "publishedTimestamp",
    "customerDueTimestamp", "techDueTimestamp",
];
#[rustfmt::skip] // a table
const USER_FIELDS: &[&str] = &[
    "reporter", "assignedUser", "assignedTech", "createdByUser", "lastUpdatedByUser", "closedByUser",
    "publishedByUser", "commentedByUser", "watchedByUser",
];
const ACCESS_MODES: &[&str] = &["roleBased", "readRestricted", "writeRestricted", "explicit"];

/// One level of criteria.
#[derive(Debug, Default)]
pub struct CaseCriteria {
    ids: Vec<u64>,
    assets: Vec<String>,
    customers: Vec<u64>,
    kinds: Vec<String>,
    services: Vec<&'static str>,
    service_flags: [Vec<String>; 2],
    categories: Vec<&'static str>,
    words: Vec<(&'static str, Vec<String>)>,
    tags: Vec<Labelled>,
    fields: Vec<Labelled>,
    workflows: Vec<(String, Option<bool>, bool)>,
    keywords: Vec<String>,
    keyword_fields: Vec<String>,
    any_keyword: bool,
    times: TimeRange,
    users: Vec<u64>,
    user_fields: Vec<String>,
    assigned: [Option<bool>; 2],
    production: Option<bool>,
    flags: [Vec<String>; 2],
    with_deleted: bool,
    with_test: bool,
    exclude: bool,
    required: bool,
    sub: Vec<CaseCriteria>,
}

/// A key, its values (none: any), and whether it must be absent.
#[derive(Debug)]
struct Labelled {
    key: String,
    values: Vec<String>,
    exclude: bool,
}

impl Labelled {
    fn holds<'a>(&self, mut pairs: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
        let found = pairs
            .any(|(key, value)| key == self.key && (self.values.is_empty() || self.values.iter().any(|v| v == value)));
        found != self.exclude
    }
}

/// Customers by either of the names that Argus has for the field.
fn customers(reader: &mut Reader<'_>, key: &Key, foreign: &mut Option<String>) -> Vec<u64> {
    let mut ids = read_customers(reader, "customer", key, foreign);
    ids.extend(read_customers(reader, "customerID", key, foreign));
    ids
}

impl CaseCriteria {
    /// Reads criteria at one level, and the sub-criteria below the top level.
    pub fn read(reader: &mut Reader<'_>, key: &Key, foreign: &mut Option<String>, is_sub: bool) -> Self {
        let mut criteria = Self {
            ids: reader.numbers("caseID"),
            assets: reader.texts("assetID"),
            customers: customers(reader, key, foreign),
            kinds: reader.words("type", catalog::CASE_TYPES),
            times: TimeRange::read(reader, TIME_FIELDS, TIME_FIELDS),
            production: reader.truth("productionCustomers"),
            assigned: [reader.truth("userAssigned"), reader.truth("techAssigned")],
            flags: [reader.words("includeFlags", FLAGS), reader.words("excludeFlags", FLAGS)],
            with_deleted: reader.truth("includeDeleted").unwrap_or(false),
            with_test: reader.truth("includeTestData").unwrap_or(false),
            ..Self::default()
        };
        for (name, allowed) in [
            ("status", STATUSES),
            ("initialStatus", STATUSES),
            ("priority", LEVELS),
            ("initialPriority", LEVELS),
            ("accessMode", ACCESS_MODES),
        ] {
            criteria.words.push((name, reader.words(name, allowed)));
        }
        criteria.read_services(reader);
        criteria.read_categories(reader);
        criteria.read_labels(reader);
        criteria.read_keywords(reader);
        criteria.read_users(reader);
        if is_sub {
            criteria.exclude = reader.truth("exclude").unwrap_or(false);
            criteria.required = reader.truth("required").unwrap_or(false);
        } else {
            criteria.sub = reader.objects("subCriteria", |inner| Self::read(inner, key, foreign, true));
        }
        criteria
    }

    fn read_services(&mut self, reader: &mut Reader<'_>) {
        let mut names = reader.texts("service");
        let nested = reader.object("serviceCriteria", |inner| {
            let names = inner.texts("service");
            let flags = [inner.words("includeFlags", SERVICE_FLAGS), inner.words("excludeFlags", SERVICE_FLAGS)];
            (names, flags)
        });
        if let Some((more, flags)) = nested {
            names.extend(more);
            self.service_flags = flags;
        }
        for name in names {
            match catalog::service_by_name(&name) {
                Some(service) => self.services.push(service.short_name),
                None => reader.problem("service", "unknown service", "service.unknown", &name),
            }
        }
    }

    fn read_categories(&mut self, reader: &mut Reader<'_>) {
        for name in reader.texts("category") {
            match catalog::category_by_name(&name) {
                Some(short_name) => self.categories.push(short_name),
                None => reader.problem("category", "unknown category", "category.unknown", &name),
            }
        }
    }

    fn read_labels(&mut self, reader: &mut Reader<'_>) {
        self.tags = reader.objects("tag", |inner| labelled(inner, "key"));
        self.fields = reader.objects("field", |inner| {
            let field = labelled(inner, "field");
            if !field.key.is_empty() && !catalog::knows_field(&field.key) {
                inner.problem("field", "unknown case field", "field.unknown", &field.key);
            }
            field
        });
        self.workflows = reader.objects("workflow", |inner| {
            let flow = inner.word("flow", WORKFLOWS);
            if flow.is_none() {
                inner.problem("flow", "must not be null", "javax.validation.NotNull", "");
            }
            let acknowledged = inner.truth("acknowledged");
            let exclude = inner.truth("exclude").unwrap_or(false);
            (flow.unwrap_or_default(), acknowledged, exclude)
        });
    }

    fn read_keywords(&mut self, reader: &mut Reader<'_>) {
        self.keywords = reader.texts("keywords");
        for keyword in &mut self.keywords {
            if keyword.chars().count() > MAX_KEYWORD_CHARS {
                let text = "size must be between 1 and 200";
                reader.problem("keywords", text, "javax.validation.Size", "");
            }
            *keyword = keyword.to_lowercase();
        }
        self.keyword_fields = chosen(reader, "keywordFieldStrategy", KEYWORD_FIELDS, KEYWORD_FIELDS);
        self.any_keyword = reader.word("keywordMatchStrategy", &["any", "all"]).as_deref() == Some("any");
    }

    fn read_users(&mut self, reader: &mut Reader<'_>) {
        let mut names = reader.texts("user");
        names.extend(reader.numbers("userID").iter().map(u64::to_string));
        for name in names {
            match world::USERS.iter().find(|u| u.user_name == name || u.id.to_string() == name) {
                Some(user) => self.users.push(user.id),
                None => reader.problem("user", "unknown user", "user.unknown", &name),
            }
        }
        self.user_fields = chosen(reader, "userFieldStrategy", USER_FIELDS, USER_FIELDS);
    }

    /// Whether a search with these criteria finds the case, as this key sees it.
    #[must_use]
    pub fn finds(&self, case: &CaseRecord, key: &Key) -> bool {
        let hidden =
            (case.has_flag("DELETED") && !self.with_deleted) || (case.has_flag("TEST_DATA") && !self.with_test);
        if hidden || self.sub.iter().any(|sub| sub.exclude && sub.holds(case, key)) {
            return false;
        }
        if self.sub.iter().any(|sub| sub.required && !sub.exclude && !sub.holds(case, key)) {
            return false;
        }
        let mut optional = self.sub.iter().filter(|sub| !sub.required && !sub.exclude).peekable();
        self.holds(case, key) && (optional.peek().is_none() || optional.any(|sub| sub.holds(case, key)))
    }

    fn holds(&self, case: &CaseRecord, key: &Key) -> bool {
        let object = &case.object;
        let text = |name: &str| object[name].as_str().unwrap_or_default();
        let service = object["service"]["shortName"].as_str().unwrap_or_default();
        let category = object["category"]["shortName"].as_str().unwrap_or_default();
        one_of(&self.ids, &case.id())
            && one_of(&self.customers, &case.customer())
            && (self.assets.is_empty() || self.assets.iter().any(|a| case.assets.contains(a)))
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| kind == text("type")))
            && one_of(&self.services, &service)
            && one_of(&self.categories, &category)
            && self.words.iter().all(|(name, words)| words.is_empty() || words.iter().any(|w| w == text(name)))
            && self.service_flags_hold(service)
            && self.labels_hold(case)
            && self.keywords_hold(case, key)
            && self.times.holds(|field| object[field].as_i64().unwrap_or(0))
            && self.users_hold(case, key)
            && self.flags[0].iter().all(|flag| case.has_flag(flag))
            && !self.flags[1].iter().any(|flag| case.has_flag(flag))
            && self.production.is_none_or(|wanted| is_production(case.customer()) == wanted)
    }

    fn service_flags_hold(&self, service: &str) -> bool {
        let flags = catalog::service_by_name(service).map_or(&[][..], |service| service.flags);
        let [include, exclude] = &self.service_flags;
        include.iter().all(|flag| flags.contains(&flag.as_str()))
            && !exclude.iter().any(|flag| flags.contains(&flag.as_str()))
    }

    fn labels_hold(&self, case: &CaseRecord) -> bool {
        let tags = || case.tags.iter().filter_map(|tag| Some((tag["key"].as_str()?, tag["value"].as_str()?)));
        let fields = || case.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let flow_holds = |(flow, acknowledged, exclude): &(String, Option<bool>, bool)| {
            let found = case.workflows.iter().any(|active| {
                active["workflow"].as_str() == Some(flow)
                    && acknowledged.is_none_or(|a| a == (active["state"] == "acknowledged"))
            });
            found != *exclude
        };
        self.tags.iter().all(|tag| tag.holds(tags()))
            && self.fields.iter().all(|field| field.holds(fields()))
            && self.workflows.iter().all(flow_holds)
    }

    fn keywords_hold(&self, case: &CaseRecord, key: &Key) -> bool {
        if self.keywords.is_empty() {
            return true;
        }
        let mut texts: Vec<String> = Vec::new();
        for field in &self.keyword_fields {
            match field.as_str() {
                "comments" => texts.extend(
                    visible_comments(case, key)
                        .filter_map(|comment| comment["comment"].as_str())
                        .map(str::to_lowercase),
                ),
                "id" => texts.push(case.id().to_string()),
                other => texts.extend(case.object[other].as_str().map(str::to_lowercase)),
            }
        }
        let found = |keyword: &String| texts.iter().any(|text| text.contains(keyword));
        if self.any_keyword { self.keywords.iter().any(found) } else { self.keywords.iter().all(found) }
    }

    fn users_hold(&self, case: &CaseRecord, key: &Key) -> bool {
        let is_set = |name: &str| !case.object[name].is_null();
        let assigned = |wanted: Option<bool>, name: &str| wanted.is_none_or(|w| w == is_set(name));
        let listed = |user: &Value| user["id"].as_u64().is_some_and(|id| self.users.contains(&id));
        let named = |field: &String| match field.as_str() {
            "commentedByUser" => visible_comments(case, key).any(|comment| listed(&comment["addedByUser"])),
            other => listed(&case.object[other]),
        };
        assigned(self.assigned[0], "assignedUser")
            && assigned(self.assigned[1], "assignedTech")
            && (self.users.is_empty() || self.user_fields.iter().any(named))
    }
}

/// The comments of a case that a key may see.
pub fn visible_comments<'a>(case: &'a CaseRecord, key: &Key) -> impl Iterator<Item = &'a Value> {
    let privileged = key.privileged;
    case.comments.iter().filter(move |comment| {
        !has_word(&comment["flags"], "DELETED") && (privileged || !has_word(&comment["flags"], "INTERNAL"))
    })
}

fn labelled(reader: &mut Reader<'_>, name: &'static str) -> Labelled {
    let key = reader.text(name).unwrap_or_default();
    if key.is_empty() {
        reader.problem(name, "must not be empty", "javax.validation.NotEmpty", "");
    }
    Labelled { key, values: reader.texts("values"), exclude: reader.truth("exclude").unwrap_or(false) }
}
