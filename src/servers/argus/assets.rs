//! The search and statistics requests of the asset family.
//!
//! Both are bound to one asset definition, and share their filters. Does not
//! know paging or results, or which components a definition has.

use serde_json::Map;
use serde_json::Value;

use crate::servers::argus::asset_values::DEFINITIONS;
use crate::servers::argus::asset_values::DIMENSIONS;
use crate::servers::argus::asset_values::FLAGS;
use crate::servers::argus::asset_values::GROUP_FIELDS;
use crate::servers::argus::asset_values::KEYWORD_FIELDS;
use crate::servers::argus::asset_values::LEVELS;
use crate::servers::argus::asset_values::NUMBER_FIELDS;
use crate::servers::argus::asset_values::RESOLUTIONS;
use crate::servers::argus::asset_values::SEVERITIES;
use crate::servers::argus::asset_values::SORT_FIELDS;
use crate::servers::argus::asset_values::TIME_FIELDS;
use crate::servers::argus::asset_values::TIMELINE_FIELDS;
use crate::servers::argus::asset_values::TIMELINE_RESOLUTIONS;
use crate::servers::argus::asset_values::USER_FIELDS;
use crate::servers::argus::criteria;
use crate::servers::argus::criteria::choices;
use crate::servers::argus::criteria::names;
use crate::servers::argus::criteria::switch;
use crate::servers::argus::criteria::texts;
use crate::servers::argus::criteria::time;
use crate::servers::argus::fields::Field;
use crate::servers::argus::fields::Kind;
use crate::servers::argus::fields::Lift;
use crate::servers::argus::fields::Rule;
use crate::servers::argus::fields::Shape;
use crate::servers::argus::text::METRIC_NAME;
use crate::servers::argus::text::SCALAR;
use crate::servers::argus::validate::Problems;
use crate::servers::argus::validate::join;

/// Groups, timelines or numbers in one request.
const MAX_STATISTICS: usize = 20;

/// The arguments of the search: `{request, assetDefinition}`.
pub fn search_arguments() -> Shape {
    let mut fields = filters();
    fields.extend([
        switch("includeGroupInfo", "Add the groups an asset belongs to.").or(true),
        criteria::sort_by(SORT_FIELDS, "Sort fields, from listAllowedAssetSortBy.").or(vec!["-lastSeenTimestamp"]),
    ]);
    fields.extend(criteria::paging(25));
    fields.push(sub_criteria());
    let mut rules = rules();
    rules.push(criteria::within_window());
    let request = Shape::of(fields).with_rules(rules);
    Shape::of(vec![definition(), criteria::request(request, "The asset search to make.")])
}

/// The arguments of the statistics: `{request: {filter, statistics}, assetDefinition}`.
pub fn statistics_arguments() -> Shape {
    let mut filter = filters();
    filter.push(sub_criteria());
    let filter = Shape::of(filter).with_rules(rules());
    let request = Shape::of(vec![
        Field::new("filter", Kind::Object(filter), "The assets to count; without it, all of the definition.")
            .lifted(Lift::Both),
        Field::new("statistics", Kind::Object(statistics()), "What to count; at least one of its lists.")
            .required()
            .lifted(Lift::Sent),
    ]);
    Shape::of(vec![definition(), criteria::request(request, "The asset statistics to make.")])
}

fn definition() -> Field {
    let kind = Kind::Single(Box::new(Kind::one_of(DEFINITIONS)));
    Field::new("assetDefinition", kind, "The asset type, which says what components there are.").or("HostAsset")
}

fn rules() -> Vec<Rule> {
    vec![criteria::apart("includeAssetFlag", "excludeAssetFlag"), Rule::Check(cvss_in_order)]
}

fn cvss_in_order(object: &Map<String, Value>, path: &str, problems: &mut Problems) {
    let number = |name: &str| object.get(name).and_then(Value::as_f64);
    if let (Some(least), Some(most)) = (number("minimumTotalCvss"), number("maximumTotalCvss"))
        && least > most
    {
        let got = Value::from(least);
        problems.add(join(path, "minimumTotalCvss"), "must not be above maximumTotalCvss", &got);
    }
}

fn sub_criteria() -> Field {
    let alone = &["required", "exclude", "keywordFieldStrategy", "keywordMatchStrategy", "userFieldStrategy"];
    criteria::sub_criteria(filters(), alone, rules())
}

fn filters() -> Vec<Field> {
    let mut fields = vec![
        names("customer", "Customer IDs or short names; any of them."),
        names("idOrShortName", "Asset IDs or short names; any of them.").rest("asset"),
        names("dataSource", "Sources that detected or reported the asset, by ID or short name."),
        Field::new("component", component(), "Components; all items must match."),
        Field::new("criticality", criticality(), "Criticality; all items must match."),
        Field::new("vulnerability", vulnerability(), "A vulnerability seen within the last month.")
            .rest("assetByVulnerability"),
        names("parent", "IDs or short names of the asset group directly above."),
        names("ancestor", "IDs or short names of an asset group at any level above."),
        switch("hasGroups", "true: only assets in a group; false: only those in none."),
        Field::new("minimumTotalCvss", Kind::Number { min: 0.0 }, "Least sum of CVSS scores."),
        Field::new("maximumTotalCvss", Kind::Number { min: 0.0 }, "Highest sum of CVSS scores."),
    ];
    fields.extend(criteria::keywords(
        KEYWORD_FIELDS,
        "Where to look (Argus takes assetAll).",
        "Whether any or all of the words must be found (Argus takes any).",
    ));
    let doc = "Time range; none means no bound. Argus compares with lastUpdatedTimestamp unless told otherwise.";
    fields.push(criteria::time_filter(TIME_FIELDS, doc).field());
    fields.extend(criteria::users(USER_FIELDS));
    fields.extend(criteria::flags(
        ("includeAssetFlag", "All of these must be set."),
        ("excludeAssetFlag", "None of these may be set."),
        FLAGS,
    ));
    fields
}

fn component() -> Kind {
    let fields = vec![
        Field::new("componentDefinition", Kind::Name, "ID or short name of the component, for example ipAddress.")
            .required(),
        Field::new("value", Kind::Checked(&SCALAR).list(), "Any of these; they must fit the type of the component."),
    ];
    Kind::Object(Shape::of(fields)).list()
}

fn criticality() -> Kind {
    let fields = vec![
        Field::new("dimension", Kind::one_of(DIMENSIONS), "What it is about.").required(),
        choices("level", LEVELS, "Any of these levels.").required(),
    ];
    Kind::Object(Shape::of(fields)).list()
}

fn vulnerability() -> Kind {
    Kind::Object(Shape::of(vec![
        texts("references", "References, for example CVE numbers."),
        names("vulnerabilityID", "IDs of vulnerabilities."),
        choices("severity", SEVERITIES, "Severities."),
        choices("resolution", RESOLUTIONS, "What became of it (Argus takes unresolved)."),
    ]))
}

fn statistics() -> Shape {
    let group = vec![
        Field::new("field", Kind::one_of(GROUP_FIELDS), "Field whose values make the buckets.").required(),
        Field::new("limit", Kind::Integer { min: 1, max: 1_000 }, "Most buckets.").or(25),
    ];
    let timeline = vec![
        Field::new("name", Kind::Checked(&METRIC_NAME), "Name of the timeline, unique in the request.").required(),
        Field::new("field", Kind::one_of(TIMELINE_FIELDS), "Time of the asset that counts.").required(),
        Field::new("resolution", Kind::one_of(TIMELINE_RESOLUTIONS), "Length of a bucket; none: one number."),
        time("startTimestamp", "Start of the timeline."),
        time("endTimestamp", "End of the timeline."),
        switch("includeEmpty", "Give empty buckets too; with resolution only."),
    ];
    let timeline =
        Shape::of(timeline).with_rules(vec![Rule::Check(criteria::start_before_end), Rule::Check(empty_of_buckets)]);
    let number = vec![Field::new("field", Kind::one_of(NUMBER_FIELDS), "The numbers.").required()];
    let list = |shape| Kind::Object(shape).list_of_up_to(MAX_STATISTICS);
    Shape::of(vec![
        Field::new("groupBy", list(Shape::of(group)), "Groups; their order is the order of nesting.")
            .rest("fieldAggregation"),
        Field::new("timeRangeMetrics", list(timeline), "Timelines.").rest("rangeMetric"),
        Field::new("statisticsMetrics", list(Shape::of(number)), "Least, highest, mean and sum of numbers.")
            .rest("statisticsMetric"),
    ])
    .with_rules(vec![
        Rule::AnyOf(&["groupBy", "timeRangeMetrics", "statisticsMetrics"]),
        Rule::Unique("timeRangeMetrics", "name"),
    ])
}

fn empty_of_buckets(object: &Map<String, Value>, path: &str, problems: &mut Problems) {
    if object.get("includeEmpty") == Some(&Value::Bool(true)) && !object.contains_key("resolution") {
        problems.add(join(path, "includeEmpty"), "is allowed with resolution only", &Value::Bool(true));
    }
}
