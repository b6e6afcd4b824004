//! What an asset search or asset statistics ask for: read strictly, then held against
//! assets. Component values must fit the type of their component.

use std::net::IpAddr;

use serde_json::Value;

use crate::sim::argus::criteria::{Flags, Item, Keywords, Users, list_holds, names_object, one_of, read_customers};
use crate::sim::argus::data::assets::{AssetRecord, COMPONENTS, DEFINITIONS, GROUPS, SOURCES, component_definition};
use crate::sim::argus::data::catalog::stable_id;
use crate::sim::argus::data::vulnerabilities::Vulnerability;
use crate::sim::argus::keys::Key;
use crate::sim::argus::network::Network;
use crate::sim::argus::reader::Reader;
use crate::sim::argus::time_range::TimeRange;

const FLAGS: &[&str] = &["deleted", "hasHighVulnerability", "hasCriticalVulnerability", "exploitAvailable"];
const DIMENSIONS: &[&str] = &["confidentiality", "availability", "integrity"];
const LEVELS: &[&str] = &["unknown", "low", "medium", "high", "critical"];
const SEVERITIES: &[&str] = &["info", "low", "medium", "high", "critical"];
#[rustfmt::skip] // a table
const RESOLUTIONS: &[&str] = &[
    "unresolved", "accepted", "temporarilyAccepted", "falsePositive", "serviceNotAvailable",
    "noLongerVulnerable",
];
#[rustfmt::skip] // a table
const KEYWORD_FIELDS: &[&str] = &[
    "assetAll", "shortName", "name", "description", "vulnerabilityDefinitionAll", "references",
    "vulnerabilityID", "vulnerabilityName",
];
#[rustfmt::skip] // a table
const ASSET_TIMES: &[&str] = &[
    "firstSeenTimestamp", "lastSeenTimestamp", "lastScanTimestamp", "createdTimestamp",
    "lastUpdatedTimestamp", "deletedTimestamp", "expireTimestamp",
];
#[rustfmt::skip] // a table
const VULNERABILITY_TIMES: &[&str] = &[
    "vulnerabilityResolutionTimestamp", "vulnerabilityResolutionExpiryTimestamp",
    "vulnerabilityFirstSeenTimestamp", "vulnerabilityLastSeenTimestamp", "vulnerabilityExpireTimestamp",
    "vulnerabilityCreatedTimestamp", "vulnerabilityLastUpdatedTimestamp", "vulnerabilityDeletedTimestamp",
    "exploitAvailable",
];
#[rustfmt::skip] // a table
const USER_FIELDS: &[&str] = &[
    "firstSeenByUser", "lastSeenByUser", "createdByUser", "lastUpdatedByUser", "deletedByUser", "owner",
];
/// A weakness must have been seen this lately to be found by it.
const MONTH_MS: i64 = 30 * 86_400_000;

/// One level of criteria.
pub struct AssetCriteria {
    customers: Vec<u64>,
    assets: Vec<String>,
    sources: Vec<String>,
    components: Vec<Component>,
    criticality: Vec<(String, Vec<String>)>,
    weakness: Option<Weakness>,
    groups: [Vec<String>; 2],
    has_groups: Option<bool>,
    cvss: [Option<f64>; 2],
    keywords: Keywords,
    times: TimeRange,
    users: Users,
    flags: Flags,
}

/// Any of some values of one component.
struct Component {
    name: &'static str,
    values: Vec<String>,
}

impl Component {
    fn read(reader: &mut Reader<'_>) -> Self {
        let asked = reader.needed_text("componentDefinition");
        let is = |name: &str| name == asked || component_definition(name, "")["id"].as_str() == Some(&asked);
        let known = COMPONENTS.iter().find(|(name, _)| is(name));
        if known.is_none() && !asked.is_empty() {
            let text = "unknown component definition";
            reader.problem("componentDefinition", text, "componentDefinition.unknown", &asked);
        }
        let (name, kind) = known.copied().unwrap_or_default();
        let mut values = Vec::new();
        for (field, value) in reader.plains("value") {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let fits = match kind {
                "ipType" => Network::parse(&text).is_some(),
                "domainType" => value.is_string() && text.parse::<IpAddr>().is_err(),
                _ => value.is_string(),
            };
            if !fits && known.is_some() {
                let problem = format!("is not a value of type {kind}");
                reader.problem(&field, &problem, "invalid.component.value", &text);
            }
            values.push(text);
        }
        Self { name, values }
    }

    fn holds(&self, asset: &AssetRecord) -> bool {
        let components = asset.object["components"].as_array().map_or(&[][..], Vec::as_slice);
        let own = components
            .iter()
            .find(|component| component["componentDefinition"]["shortName"].as_str() == Some(self.name))
            .and_then(|component| component["value"].as_str());
        let equals = |own: &str, wanted: &String| {
            let networks = (Network::parse(wanted), Network::parse(own));
            match networks {
                (Some(wide), Some(own)) if self.name == "ipAddress" => wide.contains(&own),
                _ => own.eq_ignore_ascii_case(wanted),
            }
        };
        own.is_some_and(|own| self.values.is_empty() || self.values.iter().any(|wanted| equals(own, wanted)))
    }
}

/// A weakness that an asset must have had within the last month.
struct Weakness {
    references: Vec<String>,
    ids: Vec<String>,
    severities: Vec<String>,
    resolutions: Vec<String>,
}

impl Weakness {
    fn read(reader: &mut Reader<'_>) -> Self {
        let mut weakness = Self {
            references: reader.texts("references"),
            ids: reader.texts("vulnerabilityID"),
            severities: reader.words("severity", SEVERITIES),
            resolutions: reader.words("resolution", RESOLUTIONS),
        };
        if weakness.resolutions.is_empty() {
            weakness.resolutions.push("unresolved".to_owned());
        }
        weakness
    }

    fn holds(&self, asset: &AssetRecord, now_ms: i64) -> bool {
        let is =
            |list: &[String], text: &str| list.is_empty() || list.iter().any(|word| word.eq_ignore_ascii_case(text));
        asset.vulnerabilities.iter().any(|own| {
            own.last_seen >= now_ms - MONTH_MS
                && is(&self.references, own.definition.reference)
                && is(&self.ids, own.definition.id)
                && is(&self.severities, own.definition.severity)
                && is(&self.resolutions, own.resolution)
        })
    }
}

/// Reads names of objects of which there are few; a name of none is a problem.
fn known(reader: &mut Reader<'_>, field: &'static str, kind: &str, names: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for asked in reader.texts(field) {
        match names.iter().find(|name| **name == asked || stable_id(kind, name) == asked) {
            Some(name) => found.push((*name).to_owned()),
            None => reader.problem(field, &format!("unknown {kind}"), "invalid.value", &asked),
        }
    }
    found
}

fn time_range(reader: &mut Reader<'_>) -> TimeRange {
    let known = [&["assetAll", "vulnerabilityAll"], ASSET_TIMES, VULNERABILITY_TIMES].concat();
    TimeRange::read(reader, &known, &["lastUpdatedTimestamp"])
}

impl AssetCriteria {
    fn read(reader: &mut Reader<'_>, key: &Key, foreign: &mut Option<String>) -> Self {
        let groups: Vec<&str> = GROUPS.iter().map(|row| row.0).collect();
        let criteria = Self {
            customers: read_customers(reader, "customer", key, foreign),
            assets: reader.texts("asset"),
            sources: known(reader, "dataSource", "source", SOURCES),
            components: reader.objects("component", Component::read),
            criticality: reader.objects("criticality", |inner| {
                (inner.needed_word("dimension", DIMENSIONS), inner.words("level", LEVELS))
            }),
            weakness: reader.object("assetByVulnerability", Weakness::read),
            groups: [known(reader, "parent", "group", &groups), known(reader, "ancestor", "group", &groups)],
            has_groups: reader.truth("hasGroups"),
            cvss: [reader.measure("minimumTotalCvss"), reader.measure("maximumTotalCvss")],
            keywords: Keywords::read(reader, KEYWORD_FIELDS, &["assetAll"], true),
            times: time_range(reader),
            users: Users::read(reader, USER_FIELDS),
            flags: Flags::read(reader, FLAGS),
        };
        if let [Some(least), Some(most)] = criteria.cvss
            && least > most
        {
            let text = "must not be above maximumTotalCvss";
            reader.problem("minimumTotalCvss", text, "invalid.range", &least.to_string());
        }
        criteria
    }

    fn holds(&self, asset: &AssetRecord, now_ms: i64) -> bool {
        let object = &asset.object;
        let cvss = object["totalCVSS"].as_f64().unwrap_or(0.0);
        let level_holds = |(dimension, levels): &(String, Vec<String>)| {
            let own = object["criticality"][dimension].as_str().unwrap_or("unknown");
            levels.is_empty() || levels.iter().any(|level| level == own)
        };
        // Groups have no groups above them, so parents and ancestors are the same.
        let in_groups = |names: &Vec<String>| names.is_empty() || groups(asset).iter().any(|g| names_object(names, g));
        one_of(&self.customers, &asset.customer)
            && names_object(&self.assets, object)
            && names_object(&self.sources, &object["dataSource"])
            && self.components.iter().all(|component| component.holds(asset))
            && self.criticality.iter().all(level_holds)
            && self.weakness.as_ref().is_none_or(|weakness| weakness.holds(asset, now_ms))
            && self.groups.iter().all(in_groups)
            && self.has_groups.is_none_or(|wanted| wanted != groups(asset).is_empty())
            && self.cvss[0].is_none_or(|least| cvss >= least)
            && self.cvss[1].is_none_or(|most| cvss <= most)
            && self.keywords.hold(|field, found| said(asset, field, found))
            && self.times_hold(asset)
            && self.users.hold(|field| &object[field])
            && self.flags.hold(&object["flags"])
    }

    /// The times of an asset, or those of any of its weaknesses.
    fn times_hold(&self, asset: &AssetRecord) -> bool {
        self.times.holds_any(|field| match field {
            "assetAll" => ASSET_TIMES.iter().map(|name| asset.time(name)).collect(),
            "vulnerabilityAll" => times(&asset.vulnerabilities, VULNERABILITY_TIMES),
            name if VULNERABILITY_TIMES.contains(&name) => times(&asset.vulnerabilities, &[name]),
            name => vec![asset.time(name)],
        })
    }
}

fn times(all: &[Vulnerability], fields: &[&str]) -> Vec<i64> {
    all.iter().flat_map(|one| fields.iter().map(|field| one.time(field))).collect()
}

/// The groups that an asset is in.
#[must_use]
pub fn groups(asset: &AssetRecord) -> &[Value] {
    asset.object["parentGroups"].as_array().map_or(&[], Vec::as_slice)
}

fn said(asset: &AssetRecord, field: &str, found: &mut Vec<String>) {
    let text = |name: &str| asset.object[name].as_str().map(str::to_owned);
    let weaknesses = |of: fn(&Vulnerability) -> &'static str| asset.vulnerabilities.iter().map(of).map(str::to_owned);
    let is = |name: &str, all: &str| field == name || field == all;
    for name in ["shortName", "name", "description"] {
        if is(name, "assetAll") {
            found.extend(text(name));
        }
    }
    if is("references", "vulnerabilityDefinitionAll") {
        found.extend(weaknesses(|one| one.definition.reference));
    }
    if is("vulnerabilityID", "vulnerabilityDefinitionAll") {
        found.extend(weaknesses(|one| one.definition.id));
    }
    if is("vulnerabilityName", "vulnerabilityDefinitionAll") {
        found.extend(weaknesses(|one| one.definition.name));
    }
}

/// Which assets a search or statistics are about.
pub struct AssetQuery {
    definitions: Vec<String>,
    main: AssetCriteria,
    sub: Vec<Item<AssetCriteria>>,
}

impl AssetQuery {
    /// Reads definition, criteria and sub-criteria.
    pub fn read(reader: &mut Reader<'_>, key: &Key, foreign: &mut Option<String>) -> Self {
        let names: Vec<&str> = DEFINITIONS.iter().map(|row| row.0).collect();
        let definitions = reader.words("assetDefinition", &names);
        if definitions.is_empty() {
            reader.problem("assetDefinition", "must not be empty", "javax.validation.NotEmpty", "");
        }
        let main = AssetCriteria::read(reader, key, foreign);
        let sub =
            reader.objects("subCriteria", |inner| Item::read(inner, |inner| AssetCriteria::read(inner, key, foreign)));
        Self { definitions, main, sub }
    }

    /// The assets among `all` that the key may see; deleted ones where they are asked for.
    #[must_use]
    pub fn matches<'a>(&self, all: &'a [AssetRecord], key: &Key, now_ms: i64) -> Vec<&'a AssetRecord> {
        all.iter()
            .filter(|asset| key.opens(asset.customer) && self.definitions.iter().any(|name| name == asset.definition))
            .filter(|asset| asset.time("deletedTimestamp") == 0 || self.main.flags.ask_for("deleted"))
            .filter(|asset| self.main.holds(asset, now_ms))
            .filter(|asset| list_holds(&self.sub, |sub| sub.holds(asset, now_ms)))
            .collect()
    }
}
