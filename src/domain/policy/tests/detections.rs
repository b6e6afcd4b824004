//! Calls planned for the Argus families cases, events, alarms and assets: which question becomes
//! which call, in every language that words are needed in, and what is asked back.

use serde_json::Value;
use serde_json::json;

use crate::domain::ledger::Ledger;
use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::plan::plan_calls;
use crate::domain::policy::router::Router;
use crate::domain::policy::settings::Customer;
use crate::domain::policy::settings::Policy;
use crate::domain::policy::shown::Shown;
use crate::domain::policy::tests::fixtures::ROUTER;
use crate::domain::policy::tests::fixtures::TOOLS;
use crate::domain::policy::tests::fixtures::entry;
use crate::domain::policy::tests::fixtures::input;
use crate::domain::policy::tests::fixtures::result_id;
use crate::domain::policy::tests::fixtures::shown;

const EVENT: &str = "1770622920440/2171/5a2f0f6c-6d0b-4a4e-9b51-0c4b9e6a7d11";

fn calls(message: &str) -> Vec<(String, Value)> {
    let shown = shown("none");
    let input = input(message, &shown);
    let (signals, ruling) = ROUTER.decide(&input);
    let ruling = ruling.unwrap_or_else(|| ROUTER.default_ruling(&signals, &input));
    let calls = plan_calls(&ROUTER, &signals, &ruling, &shown, &TOOLS);
    calls.into_iter().map(|call| (call.tool, call.arguments)).collect()
}

/// Each message becomes this one call.
fn plans(tool: &str, arguments: &Value, messages: &[&str]) {
    let wrong: Vec<String> = messages
        .iter()
        .map(|message| (message, calls(message)))
        .filter(|(_, calls)| *calls != [(tool.to_owned(), arguments.clone())])
        .map(|(message, calls)| format!("{message}\n    {calls:?}"))
        .collect();
    assert!(wrong.is_empty(), "wanted {tool} {arguments}, but\n{}", wrong.join("\n"));
}

fn filter(start: &str, end: &str) -> Value {
    json!({"timeFilter": {"startTimestamp": start, "endTimestamp": end}})
}

fn counted(filter: Value, statistics: Value) -> Value {
    json!({"request": {"filter": filter, "statistics": statistics}})
}

#[test]
fn events_per_severity_are_counted_in_every_language() {
    let want = counted(filter("startOfDay", "now"), json!({"groupBy": [{"field": "severity"}]}));
    plans(
        "executeStatisticsArgusEvent",
        &want,
        &[
            "How many events per severity today?",
            "Events by severity today",
            "Hvor mange hendelser per alvorlighetsgrad i dag?",
            "Hur många händelser per allvarlighetsgrad idag?",
            "Hvor mange hændelser pr. alvorlighedsgrad i dag?",
            "Wie viele Ereignisse pro Schweregrad heute?",
            "Combien d'événements par gravité aujourd'hui ?",
            "¿Cuántos eventos por gravedad hoy?",
            "今日のイベントを重大度ごとに数えて",
            "今日のイベントの重大度別の件数は？",
        ],
    );
}

#[test]
fn a_count_of_events_without_a_group_or_a_time_is_of_the_last_day_by_severity() {
    let want = counted(filter("now -24 hours", "now"), json!({"groupBy": [{"field": "severity"}]}));
    plans(
        "executeStatisticsArgusEvent",
        &want,
        &[
            "How many events are there?",
            "Show me event statistics",
            "Hvor mange hendelser har vi?",
            "Wie viele Ereignisse gibt es?",
            "Combien d'événements avons-nous ?",
            "¿Cuántos eventos hay?",
            "イベントは何件ありますか",
        ],
    );
}

#[test]
fn the_largest_groups_are_asked_for_in_many_ways() {
    let group = json!({"groupBy": [{"field": "sourceIP"}]});
    let mut of_customer = filter("now -24 hours", "now");
    of_customer["customer"] = json!(["havbris"]);
    plans(
        "executeStatisticsArgusEvent",
        &counted(of_customer, group),
        &[
            "Top source addresses for Havbris in the last 24 hours",
            "Which sources had the most events for Havbris in the last 24 hours?",
            "Hvilke kilder sto bak flest hendelser hos Havbris siste døgn?",
            "Die häufigsten Quelladressen bei Havbris in den letzten 24 Stunden",
            "Welche Angreifer haben die meisten Ereignisse bei Havbris in den letzten 24 Stunden?",
            "Vilka källor har flest händelser hos Havbris de senaste 24 timmarna?",
        ]
        .map(|message| message.replace("siste døgn", "siste 24 timer"))
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>(),
    );
    plans(
        "executeStatisticsArgusEvent",
        &counted(filter("startOfWeek", "now"), json!({"groupBy": [{"field": "customer"}]})),
        &["Which customer had the most events this week?", "Hvilken kunde hadde flest hendelser denne uken?"],
    );
    plans(
        "executeStatisticsArgusEvent",
        &counted(filter("startOfDay", "now"), json!({"groupBy": [{"field": "destinationIP", "limit": 5}]})),
        &["The top 5 targets of events today", "Topp 5 mål for hendelser i dag"],
    );
}

#[test]
fn a_customer_behind_a_verb_is_not_lost() {
    let mut of_customer = filter("startOfDay", "now");
    of_customer["customer"] = json!(["bergtun"]);
    plans(
        "executeStatisticsArgusEvent",
        &counted(of_customer, json!({"groupBy": [{"field": "severity"}]})),
        &[
            "How many events did Bergtun have today?",
            "Hvor mange hendelser hadde Bergtun i dag?",
            "Wie viele Ereignisse hatte Bergtun heute?",
        ],
    );
}

#[test]
fn a_customer_in_the_genitive_is_not_lost() {
    let count = |customer: &str| {
        json!({"assetDefinition": "HostAsset", "request": {
        "filter": {"customer": [customer], "includeAssetFlag": ["hasCriticalVulnerability"]},
        "statistics": {"groupBy": [{"field": "customer"}]}}})
    };
    let tool = "executeStatisticsArgusAsset";
    plans(
        tool,
        &count("bergtun"),
        &[
            "How many critical vulnerabilities do Bergtun's assets have?",
            "How many critical vulnerabilities do Bergtun’s assets have?",
        ],
    );
    plans(tool, &count("havbris"), &["How many critical vulnerabilities do Havbris' assets have?"]);
    let events = |message: &str| calls(message)[0].1["request"]["customer"].clone();
    assert_eq!(events("Today's events"), Value::Null);
    assert_eq!(events("Bergtun's events today"), json!(["bergtun"]));
}

#[test]
fn all_customers_that_are_named_are_counted() {
    let of = |customers: Value| {
        let mut filter = filter("startOfWeek -1 week", "startOfWeek");
        filter["customer"] = customers;
        counted(filter, json!({"groupBy": [{"field": "severity"}]}))
    };
    let tool = "executeStatisticsArgusEvent";
    plans(
        tool,
        &of(json!(["nordfjord", "bergtun"])),
        &[
            "Events per severity for Nordfjord and Bergtun last week",
            "Hendelser per alvorlighetsgrad for Nordfjord og Bergtun forrige uke",
            "Ereignisse pro Schweregrad für Nordfjord und Bergtun letzte Woche",
            "Eventos por gravedad de Nordfjord y Bergtun la semana pasada",
            "先週のNordfjordとBergtunのイベントを重大度ごとに数えて",
        ],
    );
    let three = of(json!(["nordfjord", "bergtun", "havbris"]));
    plans(tool, &three, &["Events per severity for Nordfjord, Bergtun and Havbris last week"]);
    let one = of(json!(["nordfjord"]));
    plans(tool, &one, &["Events per severity for Nordfjord last week, and Alerts"]);
}

#[test]
fn known_customers_are_read_with_the_s_that_languages_add() {
    let mut policy = Policy::shipped().expect("the shipped policy");
    policy.customers = vec![Customer { short_name: "bergtun".to_owned(), names: Vec::new() }];
    let router = Router::new(policy).expect("compiles");
    for message in ["Bergtuns hendelser i dag", "Bergtuns Ereignisse heute", "Bergtun's events today"] {
        let shown = shown("none");
        let (signals, _) = router.decide(&input(message, &shown));
        assert_eq!(signals.arguments["customer"], json!(["bergtun"]), "{message}");
    }
}

#[test]
fn groups_nest_in_the_order_in_which_they_are_named() {
    let groups = json!({"groupBy": [{"field": "customer"}, {"field": "severity"}]});
    plans(
        "executeStatisticsArgusEvent",
        &counted(filter("startOfDay", "now"), groups),
        &[
            "Events per customer and severity today",
            "Hendelser per kunde og alvorlighetsgrad i dag",
            "Ereignisse pro Kunde und Schweregrad heute",
        ],
    );
}

#[test]
fn a_course_over_time_has_the_resolution_that_was_named_or_one_that_fits() {
    let line = |unit: &str| json!({"timeRangeMetrics": [{"name": "timeline", "resolution": unit}]});
    let mut of_customer = filter("now -2 weeks", "now");
    of_customer["customer"] = json!(["nordfjord"]);
    plans(
        "executeStatisticsArgusEvent",
        &counted(of_customer, line("days")),
        &[
            "Events per day for Nordfjord over the last two weeks",
            "Event trend for Nordfjord over the last 2 weeks",
            "Hendelser per dag for Nordfjord de siste to ukene",
            "Händelser per dag för Nordfjord de senaste två veckorna",
            "Hændelser pr. dag for Nordfjord de seneste to uger",
            "Ereignisse pro Tag für Nordfjord in den letzten zwei Wochen",
            "Événements par jour pour Nordfjord ces deux dernières semaines",
            "Eventos por día para Nordfjord en las últimas dos semanas",
            "過去2週間のNordfjordのイベントを日ごとに",
        ],
    );
    plans(
        "executeStatisticsArgusEvent",
        &counted(filter("startOfDay", "now"), line("hours")),
        &["Events per hour today", "Event trend today", "Hendelser per time i dag", "今日のイベントの推移"],
    );
}

#[test]
fn counts_of_a_case_reach_back_and_those_of_a_signature_are_filtered() {
    let mut of_case = filter("now -90 days", "now");
    of_case["associateCaseID"] = json!([4120802]);
    plans(
        "executeStatisticsArgusEvent",
        &counted(of_case, json!({"groupBy": [{"field": "sourceIP"}]})),
        &["Events of case 4120802 per source", "Hendelsene i sak 4120802 per kilde"],
    );
    let mut of_signature = filter("startOfWeek", "now");
    of_signature["attack"] = json!([{"signature": ["SNORT-1:41336"]}]);
    plans(
        "executeStatisticsArgusEvent",
        &counted(of_signature, json!({"groupBy": [{"field": "destinationIP"}]})),
        &["Events of signature SNORT-1:41336 per destination this week"],
    );
}

#[test]
fn what_cannot_be_counted_like_that_is_not_planned() {
    for message in [
        "How many open cases does each customer have?",
        "Åpne saker per kunde",
        "Fälle pro Kunde",
        "Events per user today",
        "Runtime events per rule in the last 30 days",
    ] {
        let planned = calls(message);
        assert!(planned.is_empty() || message.contains("Runtime"), "{message}: {planned:?}");
    }
    // The name behind "by" is a value, and "top" belongs to the cases.
    assert_eq!(calls("top 5 cases"), [("executeSearchArgusCase".to_owned(), json!({"request": {"limit": 5}}))]);
    let by_customer = calls("cases opened by customer Nordfjord");
    assert_eq!(by_customer[0].1["request"]["customer"], json!(["nordfjord"]));
}

#[test]
fn what_a_count_would_leave_out_is_not_counted() {
    for message in [
        "Number of events for host mail01 per severity",
        "Wie viele Ereignisse pro Schweregrad für Host mail01?",
        "Events by severity on nfk-ws-0417 today",
        "How many events mention ransomware per day?",
        "Events about ransomware per day",
        "Hvor mange hendelser om phishing per dag?",
        "Wie viele Ereignisse zu Schadsoftware pro Tag?",
        "Combien d'événements de phishing par jour ?",
        "今日のランサムウェアのイベントを重大度ごとに数えて",
        "How many laptops running Windows does each customer have?",
        "Vulnerable assets per customer",
    ] {
        let planned = calls(message);
        assert!(planned.is_empty(), "{message}: {planned:?}");
    }
}

#[test]
fn the_lineage_of_an_event_needs_its_identifier() {
    let want = json!({"eventIdentifier": EVENT});
    let message = |text: &str| text.replace("{id}", &format!("AGGR/{EVENT}"));
    for text in [
        "Show the lineage of event {id}",
        "Vis historikken til hendelse {id}",
        "Zeig die Historie von Ereignis {id}",
        "Montre l'historique de l'événement {id}",
    ] {
        plans("getEventLineage", &want, &[&message(text)]);
    }
    for text in ["Show the lineage of an event", "Vis historikken til hendelsen", "Zeig die Historie des Ereignisses"] {
        let shown = shown("none");
        let ruling = ROUTER.decide(&input(text, &shown)).1.expect("a rule decides");
        assert_eq!(ruling.decision, RouterDecision::Clarify, "{text}: {}", ruling.rule);
        assert_eq!(ruling.missing, ["event_identifier"], "{text}");
    }
}

#[test]
fn comments_without_a_case_are_asked_for_and_those_of_the_only_one_shown_are_looked_up() {
    let none = shown("none");
    let ruling = ROUTER.decide(&input("Show the comments of a case", &none)).1.expect("a rule decides");
    assert_eq!((ruling.rule.as_str(), ruling.missing), ("argument_missing", vec!["case_id".to_owned()]));
    let one = shown("case");
    let input = input("Show the comments", &one);
    let (signals, ruling) = ROUTER.decide(&input);
    let ruling = ruling.expect("a rule decides");
    let calls = plan_calls(&ROUTER, &signals, &ruling, &one, &TOOLS);
    assert_eq!((calls[0].tool.as_str(), &calls[0].arguments), ("getArgusCaseComments", &json!({"caseID": 4120771})));
}

#[test]
fn the_alarm_of_a_day_may_be_three_things_and_each_choice_leads_to_one() {
    for (message, tools) in [
        "Show me the alarm from yesterday",
        "Vis meg alarmen fra i går",
        "Visa larmet från i går",
        "Vis mig alarmen fra i går",
        "Zeig mir den Alarm von gestern",
        "Montre-moi l'alarme d'hier",
        "Muéstrame la alarma de ayer",
        "昨日のアラームを見せて",
    ]
    .map(|message| (message, ["executeSearchArgusEvent", "executeSearchArgusCase", "executeSearchArgusAlarm"]))
    {
        let shown = shown("none");
        let ruling = ROUTER.decide(&input(message, &shown)).1.expect("a rule decides");
        assert_eq!((ruling.decision, ruling.rule.as_str()), (RouterDecision::Clarify, "ambiguous_noun"), "{message}");
        let taken: Vec<(String, Value)> = ruling.choices.iter().flat_map(|choice| calls(&choice.message)).collect();
        assert_eq!(
            taken.iter().map(|(tool, _)| tool.as_str()).collect::<Vec<_>>(),
            tools,
            "{message}: {:?}",
            ruling.choices
        );
        for (_, arguments) in taken {
            assert_eq!(arguments["request"]["timeFilter"]["startTimestamp"], "startOfDay -1 day", "{message}");
        }
    }
    let shown = shown("none");
    for plain in ["Show me the alarm 58129", "How many alarms yesterday?", "Which alarm covers CVE-2024-21412?"] {
        let ruling = ROUTER.decide(&input(plain, &shown)).1.expect("a rule decides");
        assert_eq!(ruling.decision, RouterDecision::CallTool, "{plain}");
    }
}

#[test]
fn alarms_with_a_time_or_a_customer_are_events() {
    let mut want = json!({"includeProperties": false, "request": filter("startOfDay", "now")});
    want["request"]["customer"] = json!(["bergtun"]);
    plans(
        "executeSearchArgusEvent",
        &want,
        &[
            "Any alarms at Bergtun today?",
            "Er det noen alarmer hos Bergtun i dag?",
            "Er der alarmer hos Bergtun i dag?",
        ],
    );
}

#[test]
fn alarms_about_something_are_not_all_events() {
    for message in [
        "Which alarms are about phishing at Nordfjord today?",
        "Which alarms about phishing at Nordfjord today?",
        "Hvilke alarmer handler om phishing hos Nordfjord i dag?",
        "Welche Alarme betreffen Schadsoftware bei Nordfjord heute?",
    ] {
        let shown = shown("none");
        let input = input(message, &shown);
        let (signals, ruling) = ROUTER.decide(&input);
        let ruling = ruling.expect("a rule decides");
        assert_eq!(ruling.decision, RouterDecision::CallTool, "{message}");
        assert!(signals.groups.iter().any(|group| group == "alarms"), "{message}: {:?}", signals.groups);
        assert!(calls(message).is_empty(), "{message}: {:?}", calls(message));
    }
}

#[test]
fn alarm_definitions_are_found_by_number_reference_category_signature_and_word() {
    plans(
        "getAlarmByID",
        &json!({"alarmID": 58129}),
        &["What does alarm 58129 detect?", "Hva oppdager alarm 58129?", "Was erkennt Alarm 58129?"],
    );
    plans(
        "executeSearchArgusAlarm",
        &json!({"request": {"reference": ["CVE-2024-21412"]}}),
        &[
            "Which alarms cover CVE-2024-21412?",
            "Hvilke alarmer dekker CVE-2024-21412?",
            "CVE-2024-21412に対応するアラームは？",
        ],
    );
    plans(
        "executeSearchArgusAlarm",
        &json!({"request": {"keywords": ["tunnel"]}}),
        &[
            "Which alarms mention \"tunnel\"?",
            "alarms about tunnel",
            "alarmer om tunnel",
            "tunnelに関するアラームを見せて",
        ],
    );
    plans(
        "executeSearchArgusAlarm",
        &json!({"request": {"attackCategory": ["callback"]}}),
        &["Which alarms are in attack category callback?", "Hvilke alarmer hører til angrepskategori callback?"],
    );
    plans(
        "executeSearchArgusAlarm",
        &json!({"request": {}}),
        &["List all alarms", "Vis alarmene", "Muestra las alarmas"],
    );
    plans(
        "getAttackCategoryByIDOrShortName",
        &json!({"idOrShortName": "callback"}),
        &["What is attack category callback?", "Hva er angrepskategori callback?"],
    );
    plans(
        "listAttackCategories",
        &json!({}),
        &[
            "List the attack categories",
            "Vis angrepskategoriene",
            "Visa attackkategorierna",
            "Liste die Angriffskategorien auf",
            "Quelles sont les catégories d'attaque ?",
            "¿Cuáles son las categorías de ataque?",
            "攻撃カテゴリの一覧を見せて",
        ],
    );
}

#[test]
fn critical_assets_are_critical_in_one_of_three_ways() {
    let of = |dimension: &str| json!({"criticality": [{"dimension": dimension, "level": ["critical"]}]});
    let any = json!({"assetDefinition": "HostAsset", "request": {"customer": ["nordfjord"],
        "subCriteria": [of("confidentiality"), of("integrity"), of("availability")]}});
    plans(
        "executeSearchArgusAsset",
        &any,
        &[
            "Which assets of Nordfjord are critical?",
            "Hvilke maskiner hos Nordfjord er kritiske?",
            "Vilka maskiner hos Nordfjord är kritiska?",
            "Hvilke maskiner hos Nordfjord er kritiske?",
            "Welche Systeme von Nordfjord sind kritisch?",
            "Quels serveurs de Nordfjord sont critiques ?",
            "¿Qué servidores de Nordfjord son críticos?",
            "Nordfjordのクリティカルな資産を見せて",
        ],
    );
    let one = json!({"assetDefinition": "HostAsset", "request": {
        "criticality": [{"dimension": "availability", "level": ["critical"]}]}});
    plans("executeSearchArgusAsset", &one, &["Which assets have critical availability?"]);
}

#[test]
fn what_narrows_assets_is_kept_together() {
    let of = |dimension: &str| json!({"criticality": [{"dimension": dimension, "level": ["critical"]}]});
    let critical = json!([of("confidentiality"), of("integrity"), of("availability")]);
    let with = |request: Value| json!({"assetDefinition": "HostAsset", "request": request});
    let since = json!({"startTimestamp": "startOfDay -1 day", "endTimestamp": "now"});
    let cve = json!({"references": ["CVE-2024-21412"]});
    let tool = "executeSearchArgusAsset";
    plans(
        tool,
        &with(json!({"customer": ["nordfjord"], "subCriteria": critical, "timeFilter": since})),
        &["Show the critical assets of Nordfjord seen since yesterday"],
    );
    plans(
        tool,
        &with(json!({"criticality": [{"dimension": "availability", "level": ["critical"]}], "timeFilter": since})),
        &["Assets with critical availability seen since yesterday"],
    );
    plans(
        tool,
        &with(json!({"subCriteria": critical, "vulnerability": cve})),
        &["Critical assets with CVE-2024-21412", "Kritische Systeme mit CVE-2024-21412"],
    );
    plans(
        tool,
        &with(json!({"vulnerability": cve, "timeFilter": since})),
        &["Assets with CVE-2024-21412 seen since yesterday"],
    );
    let component = json!([{"componentDefinition": "ipAddress", "value": ["10.20.4.17"]}]);
    plans(
        tool,
        &with(json!({"vulnerability": cve, "component": component})),
        &["Is the asset with 10.20.4.17 affected by CVE-2024-21412?"],
    );
    assert!(calls("How many critical assets does Nordfjord have?").is_empty());
}

#[test]
fn assets_are_found_by_address_network_and_vulnerability() {
    let with = |request: Value| json!({"assetDefinition": "HostAsset", "request": request});
    let at = |value: &str| with(json!({"component": [{"componentDefinition": "ipAddress", "value": [value]}]}));
    plans(
        "executeSearchArgusAsset",
        &at("10.20.4.17"),
        &["Which asset has 10.20.4.17?", "Welcher Host hat 10.20.4.17?"],
    );
    plans("executeSearchArgusAsset", &at("10.20.4.0/24"), &["Assets in 10.20.4.0/24", "Maskiner i 10.20.4.0/24"]);
    plans(
        "executeSearchArgusAsset",
        &with(json!({"vulnerability": {"references": ["CVE-2024-21412"]}})),
        &["Which assets are affected by CVE-2024-21412?", "Hvilke maskiner er berørt av CVE-2024-21412?"],
    );
    plans(
        "executeSearchArgusAsset",
        &with(json!({"customer": ["nordfjord"], "sortBy": ["-totalCVSS"]})),
        &[
            "Which hosts of Nordfjord have the highest CVSS?",
            "Which assets of Nordfjord are most vulnerable?",
            "Hvilke verter hos Nordfjord har høyest CVSS?",
            "Welche Hosts von Nordfjord haben den höchsten CVSS-Wert?",
        ],
    );
    plans(
        "executeSearchArgusAsset",
        &with(json!({"includeAssetFlag": ["hasCriticalVulnerability"]})),
        &["Which assets have critical vulnerabilities?", "Hvilke maskiner har kritiske sårbarheter?"],
    );
    let scanned = json!({"assetDefinition": "QualysHostAsset", "request": {"customer": ["nordfjord"]}});
    plans("executeSearchArgusAsset", &scanned, &["Show the Qualys assets of Nordfjord"]);
}

#[test]
fn assets_are_counted_by_customer_unless_another_group_is_named() {
    let by = |field: &str| json!({"assetDefinition": "HostAsset", "request": {"statistics": {"groupBy": [{"field": field}]}}});
    let mut by_customer = by("customer");
    by_customer["request"]["filter"] = json!({});
    by_customer["request"].as_object_mut().expect("an object").remove("filter");
    plans(
        "executeStatisticsArgusAsset",
        &by_customer,
        &[
            "How many assets does each customer have?",
            "Hvor mange maskiner har hver kunde?",
            "Wie viele Assets hat jeder Kunde?",
            "Combien de machines par client ?",
            "顧客ごとの資産は何件ですか",
        ],
    );
    plans("executeStatisticsArgusAsset", &by("assetGroup"), &["Assets per asset group"]);
    assert!(calls("Assets per severity").is_empty());
}

#[test]
fn what_cases_may_be_of_is_listed() {
    for (tool, messages) in [
        (
            "listAllowedCaseCategories",
            vec![
                "Which case categories are there?",
                "Hvilke sakskategorier finnes?",
                "Welche Fallkategorien gibt es?",
                "ケースのカテゴリの一覧",
            ],
        ),
        ("listAllowedCaseServices", vec!["List the case services", "Vis sakstjenestene"]),
        ("listAllowedCaseFields", vec!["Which custom fields do cases have?", "Hvilke saksfelt finnes?"]),
        (
            "listAllowedCaseWorkflows",
            vec!["Which workflows are there for cases?", "Welche Workflows gibt es für Fälle?"],
        ),
        ("listAllowedCaseFlags", vec!["Which case flags can I search for?"]),
    ] {
        plans(tool, &json!({}), &messages);
    }
}

#[test]
fn a_follow_up_repeats_the_call_of_each_kind() {
    let tree =
        json!({"data": [{"count": 3, "buckets": [{"count": 3, "group": {"type": "severity", "identifier": "high"}}]}]});
    let page = json!({"offset": 0, "limit": 25, "count": 1, "stop": true});
    for (tool, arguments, content) in [
        (
            "executeStatisticsArgusEvent",
            counted(filter("startOfDay", "now"), json!({"groupBy": [{"field": "severity"}]})),
            tree.clone(),
        ),
        (
            "executeStatisticsArgusAsset",
            json!({"assetDefinition": "HostAsset", "request": {"statistics": {"groupBy": [{"field": "customer"}]}}}),
            tree,
        ),
        (
            "getEventLineage",
            json!({"eventIdentifier": EVENT}),
            json!({"data": [{"id": "b7c1", "type": "created"}], "page": page}),
        ),
        (
            "executeSearchArgusAlarm",
            json!({"request": {"reference": ["CVE-2024-21412"]}}),
            json!({"data": [{"id": 58377}], "page": page}),
        ),
        ("listAttackCategories", json!({}), json!({"data": [{"id": 363}], "page": page})),
        (
            "executeSearchArgusAsset",
            json!({"assetDefinition": "HostAsset", "request": {"customer": ["nordfjord"]}}),
            json!({"data": [{"id": "0f5b", "shortName": "nfk-ws-0417"}], "page": page}),
        ),
        ("listAllowedCaseCategories", json!({}), json!({"data": [{"shortName": "phishing"}], "page": page})),
    ] {
        let shown = Shown::from_ledger(&Ledger::from_entries(vec![entry(7, 1, tool, arguments.clone(), content)]));
        for message in ["Any news?", "And now?", "Noe nytt?", "Und jetzt?", "¿Alguna novedad?", "新着はありますか"]
        {
            let input = input(message, &shown);
            let (signals, ruling) = ROUTER.decide(&input);
            let ruling = ruling.expect("a rule decides");
            assert_eq!(ruling.decision, RouterDecision::Refresh, "{tool}: {message}");
            let calls = plan_calls(&ROUTER, &signals, &ruling, &shown, &TOOLS);
            let made: Vec<_> = calls.iter().map(|call| (call.tool.as_str(), &call.arguments, call.repeats)).collect();
            assert_eq!(made, [(tool, &arguments, Some(result_id(7)))], "{message}");
        }
    }
}
