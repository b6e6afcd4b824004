//! The router by rules alone, over mixed messages: what every turn pays before anything
//! else happens.

use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use groundwire::domain::ledger::Ledger;
use groundwire::domain::policy::router::RouteInput;
use groundwire::domain::policy::router::Router;
use groundwire::domain::policy::settings::Policy;
use groundwire::domain::policy::shown::Shown;
use groundwire::domain::tool::ToolName;
use groundwire::domain::tool::ToolSpec;
use jiff::Timestamp;
use serde_json::json;

const MESSAGES: [&str; 12] = [
    "Show me the open cases for Nordfjord",
    "What is the state of case 4120771?",
    "any news?",
    "Er den fortsatt åpen?",
    "Kan du lage en tabell av dette?",
    "und jetzt?",
    "Fass das bitte kurz zusammen",
    "Montre-moi les dossiers ouverts de Havbris",
    "¿Cuántos eventos hubo en las últimas 24 horas?",
    "ケース4120771の状況は?",
    "thanks, that was all",
    "Look up 203.0.113.66 and cdn-sync[.]example, and the events of the last two hours in cluster1",
];

fn main() {
    divan::main();
}

fn router() -> Router {
    Router::new(Policy::shipped().expect("the shipped policy is sound")).expect("its patterns compile")
}

fn tools(router: &Router) -> Vec<Arc<ToolSpec>> {
    let mut names: Vec<&String> = router.policy().groups.iter().flat_map(|group| &group.order).collect();
    names.sort();
    names.dedup();
    let tool = |name: &&String| {
        Arc::new(ToolSpec {
            name: ToolName::qualify("argus", name),
            server: "argus".to_owned(),
            tool: (*name).clone(),
            description: String::new(),
            input_schema: json!({"type": "object"}),
            output_schema: None,
            read_only: true,
        })
    };
    names.iter().map(tool).collect()
}

/// Twelve messages in seven languages.
#[divan::bench]
fn decide_by_rules(bencher: Bencher<'_, '_>) {
    let router = router();
    let tools = tools(&router);
    let shown = Shown::from_ledger(&Ledger::default());
    let now = Timestamp::from_second(1_770_624_930).expect("in range");
    bencher.counter(ItemsCount::new(MESSAGES.len())).bench(|| {
        let decided = MESSAGES.iter().filter(|message| {
            let input = RouteInput { message, history: &[], shown: &shown, tools: &tools, expected_groups: &[], now };
            router.decide(divan::black_box(&input)).1.is_some()
        });
        decided.count()
    });
}

/// Policy and lexicon made ready: paid once per start.
#[divan::bench]
fn compile() -> Router {
    router()
}
