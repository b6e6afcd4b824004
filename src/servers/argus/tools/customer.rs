//! The tools about customers, with their criteria and values.

use crate::servers::argus::criteria;
use crate::servers::argus::criteria::choices;
use crate::servers::argus::criteria::names;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::tools::Certainty;
use crate::servers::argus::tools::Family;
use crate::servers::argus::tools::Rest;
use crate::servers::argus::tools::Tool;
use crate::servers::argus::tools::Work;

/// What the rows share.
const CUSTOMER: Tool = Tool::of(Family::Customer, Certainty::Proposed);

/// The tools, in the order in which they are listed.
pub static TOOLS: &[Tool] = &[
    Tool {
        name: "getCustomerByIDOrShortName",
        aliases: &["getArgusCustomer", "getCustomer"],
        title: "Get a customer",
        purpose: "Returns one customer with name, parents, type, flags, language and time zone, by its ID or \
                  short name. Properties are left out unless named; getCustomerProperties lists them.",
        arguments: customer_arguments,
        work: Work::Call(Rest::object("GET /customers/v2/customer/{idOrShortName}")),
        ..CUSTOMER
    },
    Tool {
        name: "getCustomerProperties",
        aliases: &["getArgusCustomerProperties"],
        title: "Get the properties of a customer",
        purpose: "Returns one page of the properties of a customer. source tells whether a value was set for \
                  this customer (customer), comes from a parent (inherited), or is the default of the \
                  property (descriptor).",
        arguments: property_arguments,
        work: Work::Call(Rest::page("GET /customers/v2/customer/{idOrShortName}/properties")),
        ..CUSTOMER
    },
    Tool {
        name: "executeSearchArgusCustomer",
        aliases: &["searchArgusCustomer", "searchCustomer"],
        title: "Search customers",
        certainty: Certainty::Extension,
        purpose: "Searches customers by words, type, flags or place in the hierarchy and returns one page of \
                  them. Use it to find the ID or short name that other tools take.",
        arguments: search_arguments,
        work: Work::Call(Rest::page("POST /customers/v2/customer/search")),
        ..CUSTOMER
    },
];

const SECTIONS: &[&str] = &[
    "general",
    "sla",
    "analysis",
    "aer",
    "ama",
    "amq",
    "ala",
    "alc",
    "irt",
    "securedns",
    "policy",
    "integrations",
    "detections",
    "notification",
    "reporting",
    "services",
    "products",
    "authentication",
    "other",
    "hidden",
];

const FLAGS: &[&str] = &[
    "disabled",
    "denySubmitForAnonymousUser",
    "allowGlobalData",
    "excludeFromProduction",
    "networkBaseCustomer",
    "singleNetworkDomain",
    "customerDataDeleted",
    "rootCustomerGroup",
];

fn id_or_short_name() -> Field {
    Field::new("idOrShortName", Kind::Name, "ID or short name of the customer.")
        .aliases(&["customer", "customerID", "id"])
        .required()
}

fn customer_arguments() -> Shape {
    let keys = |name, doc| Field::new(name, Kind::Text { max: 200 }.list(), doc);
    Shape::of(vec![
        id_or_short_name(),
        keys("includeProperties", "Keys of properties to add."),
        keys("includePropertiesWithPrefix", "Beginnings of the keys of properties to add."),
    ])
}

fn property_arguments() -> Shape {
    let mut fields = vec![
        id_or_short_name(),
        Field::new("key", Kind::Text { max: 200 }.list(), "Only the properties with these keys."),
        choices("section", SECTIONS, "Only the properties of these sections."),
    ];
    fields.extend(criteria::paging(25));
    Shape::of(fields)
}

fn search_arguments() -> Shape {
    let mut fields = Vec::from(criteria::keywords(
        &["id", "name", "shortName", "all"],
        "Where to look (Argus takes all).",
        "Whether all or any of the words must be found (Argus takes all).",
    ));
    fields.extend([
        names("customer", "Customer IDs or short names; any of them."),
        names("parent", "IDs or short names of the group directly above."),
        names("ancestor", "IDs or short names of a group at any level above."),
        choices("type", &["group", "leaf"], "Groups, or customers that group nobody."),
    ]);
    fields.extend(criteria::flags(
        ("includeCustomerFlag", "All of these must be set."),
        ("excludeCustomerFlag", "None of these may be set."),
        FLAGS,
    ));
    fields.push(criteria::sort_by(&["id", "name", "shortName", "relevance"], "Sort fields."));
    fields.extend(criteria::paging(25));
    let request = Shape::of(fields).with_rules(vec![criteria::apart("includeCustomerFlag", "excludeCustomerFlag")]);
    Shape::of(vec![criteria::request(request, "The customer search to make.")])
}

#[cfg(test)]
#[path = "customer_tests.rs"]
mod tests;
