//! What holds for any text and any conversation.

use proptest::prelude::*;

use crate::domain::policy::decision::RouterDecision;
use crate::domain::policy::plan::plan_calls;
use crate::domain::policy::tests::fixtures::ROUTER;
use crate::domain::policy::tests::fixtures::TOOLS;
use crate::domain::policy::tests::fixtures::input;
use crate::domain::policy::tests::fixtures::shown;
use crate::domain::policy::tests::fixtures::tool;

const CONTEXTS: [&str; 3] = ["none", "cases", "case"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gets_the_same_decision_twice_and_no_panic(message in "\\PC{0,120}", context in 0..3_usize) {
        let shown = shown(CONTEXTS[context]);
        let input = input(&message, &shown);
        let first = ROUTER.decide(&input);
        prop_assert_eq!(&first, &ROUTER.decide(&input));
        let (signals, ruling) = first;
        let ruling = ruling.unwrap_or_else(|| ROUTER.default_ruling(&signals, &input));
        plan_calls(&ROUTER, &signals, &ruling, &shown, &TOOLS);
    }

    #[test]
    fn a_message_that_names_data_is_never_talk(
        noun in prop::sample::select(vec!["cases", "saker", "ärenden", "sager", "Fälle", "dossiers", "casos", "ケース", "alerts", "case 4120771", "203.0.113.66"]),
        social in prop::sample::select(vec!["Hi", "thanks", "ok", "hello what can you do", "Takk", "Danke", "Merci", "Gracias", "ありがとう"]),
        context in 0..3_usize,
    ) {
        let shown = shown(CONTEXTS[context]);
        for message in [format!("{social} {noun}"), format!("{noun}, {social}!"), format!("{social}, show {noun}")] {
            let input = input(&message, &shown);
            let (signals, ruling) = ROUTER.decide(&input);
            let decision = ruling.map(|ruling| ruling.decision);
            prop_assert_ne!(decision, Some(RouterDecision::Converse), "{}", message);
            let model = ROUTER.from_model(&signals, &input, RouterDecision::Converse, String::new());
            prop_assert_eq!(model.decision, RouterDecision::CallTool, "{}", message);
        }
    }
}

#[test]
fn a_kind_of_data_without_any_tool_is_refused_and_one_that_is_down_is_not() {
    let tools = vec![tool("k8s_list_clusters"), tool("list_runtime_events")];
    let shown = shown("none");
    let mut input = input("Show me the open cases for Nordfjord", &shown);
    input.tools = &tools;
    let ruling = ROUTER.decide(&input).1.expect("a rule decides");
    assert_eq!((ruling.decision, ruling.rule.as_str()), (RouterDecision::Refuse, "group_without_tool"));

    let down = ["cases".to_owned()];
    input.expected_groups = &down;
    let ruling = ROUTER.decide(&input).1.expect("a rule decides");
    assert_eq!(ruling.decision, RouterDecision::CallTool);
    // Only tools of the group may be offered, and none of them is there.
    assert!(
        ruling.tools.contains(&"executeSearchArgusCase".to_owned())
            && !ruling.tools.contains(&"k8s_list_clusters".to_owned())
    );
}

#[test]
fn tools_that_policy_does_not_know_may_serve_anything() {
    let tools = vec![tool("k8s_list_clusters"), tool("ticket_search")];
    let shown = shown("none");
    let mut input = input("Show me the open cases for Nordfjord", &shown);
    input.tools = &tools;
    assert_eq!(ROUTER.decide(&input).1.map(|ruling| ruling.decision), Some(RouterDecision::CallTool));
}

#[test]
fn a_model_cannot_use_or_repeat_what_was_never_shown() {
    let shown = shown("none");
    let input = input("tell me a story", &shown);
    let (signals, _) = ROUTER.decide(&input);
    for decision in [RouterDecision::UseShown, RouterDecision::Refresh] {
        let ruling = ROUTER.from_model(&signals, &input, decision, String::new());
        assert_eq!(ruling.decision, RouterDecision::CallTool);
    }
    assert_eq!(
        ROUTER.from_model(&signals, &input, RouterDecision::Converse, String::new()).decision,
        RouterDecision::Converse
    );
}

#[test]
fn a_very_long_message_is_read_in_bounds() {
    let shown = shown("none");
    let message = "4120771 a-1 open cases for Nordfjord 10.0.0.1 ".repeat(5_000);
    let (signals, _) = ROUTER.decide(&input(&message, &shown));
    assert!(signals.arguments.values().all(|value| value.as_array().is_none_or(|values| values.len() <= 20)));
}
