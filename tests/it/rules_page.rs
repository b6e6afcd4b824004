//! `docs/rules.md` is made from the rule table and the shipped policy, and this test notices
//! when it is not. `GROUNDWIRE_WRITE_DOCS=1` writes it anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use groundwire::domain::policy::rules::RULES;
use groundwire::domain::policy::rules::answers;
use groundwire::domain::policy::settings::Policy;

const HEAD: &str = "\
# Routing rules and tool groups

Made from `src/domain/policy/rules.rs` and `src/domain/policy/default.toml` by
`GROUNDWIRE_WRITE_DOCS=1 cargo test --test it rules_page`.

## Rules

In order; the first that applies decides. A message that none of them claims goes to the model,
and when that is not sure either, the decision is `call_tool` (rule `default`).

| rule | decision | when |
| --- | --- | --- |
";

const ANSWERS: &str = "
## Answers to a question

A bare yes or no right after a reply that asks whether to run something is no message to be
routed: the question settles what it means. Anything that says more is routed as above, and the
question lapses.

| rule | decision | when |
| --- | --- | --- |
";

const GROUPS: &str = "
## Tool groups

The tools of a group in the order in which they are offered: value lists, translators, searches.
`[policy]` of the configuration changes groups and adds further ones.

| group | about | tools |
| --- | --- | --- |
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for rule in RULES {
        writeln!(page, "| `{}` | `{}` | {} |", rule.id, rule.decision.as_str(), rule.doc).expect("a string");
    }
    page.push_str(ANSWERS);
    for (id, decision, doc) in answers::ALL {
        writeln!(page, "| `{id}` | `{decision}` | {doc} |").expect("a string");
    }
    page.push_str(GROUPS);
    let policy = Policy::shipped().expect("the shipped policy");
    for group in &policy.groups {
        let tools: Vec<String> = group.order.iter().map(|tool| format!("`{tool}`")).collect();
        writeln!(page, "| `{}` | {} | {} |", group.name, group.about, tools.join(", ")).expect("a string");
    }
    page
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests says by the environment that the page is to be written"
)]
fn the_page_says_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    let page = page();
    if std::env::var("GROUNDWIRE_WRITE_DOCS").is_ok_and(|value| value == "1") {
        fs::write(&path, &page).expect("write docs/rules.md");
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(there == page, "docs/rules.md is out of date: GROUNDWIRE_WRITE_DOCS=1 cargo test --test it rules_page");
}

#[test]
fn rule_ids_are_unique_and_stay_in_snake_case() {
    let mut ids: Vec<&str> =
        RULES.iter().map(|rule| rule.id).chain(answers::ALL.iter().map(|(id, _, _)| *id)).collect();
    assert!(ids.iter().all(|id| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')), "{ids:?}");
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}
