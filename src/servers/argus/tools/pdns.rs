//! The tools about PassiveDNS, with their criteria and values.

use serde_json::Map;
use serde_json::Value;

use crate::servers::argus::criteria;
use crate::servers::argus::criteria::choices;
use crate::servers::argus::criteria::ids;
use crate::servers::argus::criteria::switch;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Rule;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::indicator::DNS_NAME_OR_ADDRESS;
use crate::servers::argus::indicator::is_domain;
use crate::servers::argus::tools::Certainty;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::On;
use crate::servers::argus::tools::Query;
use crate::servers::argus::tools::Rest;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::Values;
use crate::servers::argus::tools::Work;
use crate::servers::argus::validate::Problems;
use crate::servers::argus::validate::join;

/// What the rows share.
const PASSIVE_DNS: Tool = Tool::of(Family::PassiveDns, Certainty::Proposed);

static SEARCH: Query = Query {
    translator: "generateArgusPassiveDNSSearchQuery",
    execute: "executeSearchArgusPassiveDNS",
    values: &["listAllowedPassiveDNSSortBy"],
    rest: Rest::page("POST /pdns/v3/search"),
    shown: None,
};

/// The tools, in the order in which they are listed.
pub static TOOLS: &[Tool] = &[
    Tool {
        name: SEARCH.translator,
        aliases: &["generatePassiveDNSSearchQuery"],
        title: "Build a PassiveDNS search",
        purpose: "Turns a question about names and addresses seen in DNS into a valid Argus PassiveDNS search \
                  body, with defaults filled in.",
        arguments: search_arguments,
        work: Work::Translate(&SEARCH),
        ..PASSIVE_DNS
    },
    Tool {
        name: "listAllowedPassiveDNSSortBy",
        aliases: &["listPassiveDNSSortBy"],
        title: "Allowed PassiveDNS sort values",
        certainty: Certainty::Extension,
        purpose: "Lists the sort values allowed in request.sortBy of a PassiveDNS search.",
        work: Work::Values(Values::sorting(SORT_FIELDS)),
        ..PASSIVE_DNS
    },
    Tool {
        name: SEARCH.execute,
        aliases: &["executeSearchPassiveDNS", "searchPassiveDNS"],
        title: "Search PassiveDNS",
        purpose: "Searches what DNS answers were seen for a domain name, address or network, and returns one \
                  page of records, last seen first unless sorted otherwise. The query is matched against \
                  both the question and the answer side. times says how often a record was seen. \
                  Records of other customers come without their name.",
        arguments: search_arguments,
        work: Work::Execute(&SEARCH),
        hints: &[(On::Field("sortBy"), "Call listAllowedPassiveDNSSortBy and use a returned value unchanged.")],
        ..PASSIVE_DNS
    },
];

const SORT_FIELDS: &[&str] = &["rrClass", "rrType", "customerID", "tlp", "count", "lastSeen", "firstSeen", "created"];

const RECORD_TYPES: &[&str] = &["a", "aaaa", "cname", "dname", "mx", "naptr", "ns", "ptr", "rp", "soa", "srv", "txt"];

fn search_arguments() -> Shape {
    let mut fields = vec![
        Field::new("query", Kind::Checked(&DNS_NAME_OR_ADDRESS), "Domain name, address or CIDR network.").required(),
        Field::new(
            "queryMatchStrategy",
            Kind::one_of(&["exact", "includeSubdomains"]),
            "Whether names below a domain name match too.",
        )
        .or("exact"),
        choices("recordType", RECORD_TYPES, "Record types; none means any.").rest("rrType"),
        choices("recordClass", &["in"], "Record classes; none means any.").rest("rrClass"),
        choices("tlp", &["white", "green", "amber", "red"], "Traffic light colours; none means any."),
        ids("customerID", "Only private data of these customers."),
        switch("includeAnonymousResults", "Add records of other customers, without their name.")
            .aliases(&["includeAnonymous"])
            .or(true),
        switch("aggregateResult", "Merge equal records.").aliases(&["aggregate"]).or(true),
        criteria::sort_by(SORT_FIELDS, "Sort fields, from listAllowedPassiveDNSSortBy.").or(vec!["-lastSeen"]),
    ];
    fields.extend(criteria::paging(25));
    let request = Shape::of(fields).with_rules(vec![Rule::Check(subdomains_of_a_domain)]);
    Shape::of(vec![criteria::request(request, "The PassiveDNS search to make.")])
}

fn subdomains_of_a_domain(object: &Map<String, Value>, path: &str, problems: &mut Problems) {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    if let (Some("includeSubdomains"), Some(query)) = (text("queryMatchStrategy"), text("query"))
        && !is_domain(query)
    {
        let got = Value::from("includeSubdomains");
        problems.add(join(path, "queryMatchStrategy"), "needs a domain name as query", &got);
    }
}

#[cfg(test)]
#[path = "pdns_tests.rs"]
mod tests;
