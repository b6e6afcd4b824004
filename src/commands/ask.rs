//! `groundwire ask` and `groundwire chat`: a turn in the terminal, with live progress, the
//! answer with its basis line and verdict, and the evidence on request.

use std::io::BufRead;
use std::pin::pin;
use std::time::Duration;

use clap::Args;
use futures::StreamExt;
use indicatif::ProgressBar;
use secrecy::SecretString;
use serde_json::Value;

use crate::commands::Variables;
use crate::commands::terminal;
use crate::environment;
use crate::gateway_client::GatewayClient;

/// Longest argument text in a progress line, in characters.
const ARGUMENT_CHARS: usize = 160;

/// Which gateway.
#[derive(Clone, Debug, Args)]
pub struct GatewayArgs {
    /// Base URL of a running gateway; an API token is read from `GROUNDWIRE_TOKEN`
    #[arg(long, default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub url: String,
    /// Model profile to use
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
}

impl GatewayArgs {
    fn client(&self, variables: &Variables) -> anyhow::Result<GatewayClient> {
        let token = environment::lookup(variables, "GROUNDWIRE_TOKEN").map(SecretString::from);
        Ok(GatewayClient::new(&self.url, token)?)
    }
}

/// Arguments of `ask`.
#[derive(Debug, Args)]
pub struct AskArgs {
    /// The question
    pub question: String,
    /// Show each claim with the place in the tool result that supports it
    #[arg(long)]
    pub evidence: bool,
    /// Which gateway.
    #[command(flatten)]
    pub gateway: GatewayArgs,
}

/// Arguments of `chat`.
#[derive(Debug, Args)]
pub struct ChatArgs {
    /// Go on with this conversation
    #[arg(long, value_name = "ID")]
    pub conversation: Option<String>,
    /// Which gateway.
    #[command(flatten)]
    pub gateway: GatewayArgs,
}

/// Exit code where a tool's question is left open.
const LEFT_OPEN: u8 = 3;

/// One turn, and the next line as the answer when it asks whether to run something; on a terminal also
/// when a tool asks. Exit code 0 with a reply, 1 when the turn failed, 3 when a tool's question is open.
///
/// # Errors
/// When the gateway cannot be reached or refuses.
pub async fn ask(args: AskArgs, variables: &Variables) -> anyhow::Result<u8> {
    let client = args.gateway.client(variables)?;
    let conversation = client.create_conversation().await?;
    let mut turn = run_turn(&client, &conversation, &args.question, args.gateway.model.as_deref()).await?;
    while let Some(waits) = turn.waits {
        let asks = waits == Waits::ForYes || terminal::is_interactive();
        let line = if asks { read_line().await? } else { None };
        let Some(answer) = line.filter(|line| !line.trim().is_empty()) else {
            if waits == Waits::ForYes {
                terminal::line(&terminal::dim("no answer, so nothing was run"));
                break;
            }
            terminal::error_line(&format!(
                "a tool asks you this and waits an hour; to answer: groundwire chat --url {} --conversation {conversation}",
                args.gateway.url
            ));
            return Ok(LEFT_OPEN);
        };
        turn = run_turn(&client, &conversation, answer.trim(), args.gateway.model.as_deref()).await?;
    }
    if args.evidence
        && let Some(id) = &turn.id
    {
        show_evidence(&client, id).await?;
    }
    Ok(u8::from(turn.failed))
}

/// A conversation until `/quit` or the end of input.
///
/// # Errors
/// When the gateway cannot be reached at the start.
pub async fn chat(args: ChatArgs, variables: &Variables) -> anyhow::Result<u8> {
    let client = args.gateway.client(variables)?;
    let mut conversation = match args.conversation {
        Some(id) => id,
        None => client.create_conversation().await?,
    };
    let mut last: Option<String> = None;
    terminal::line(&terminal::dim(&format!("conversation {conversation}; /help lists the commands")));
    while let Some(line) = read_line().await? {
        match line.trim() {
            "" => {}
            "/quit" | "/exit" => break,
            "/help" => terminal::line(
                "/evidence  each claim of the last answer with the place that supports it\n\
                 /trace     what happened in the last turn\n\
                 /new       start a new conversation\n\
                 /quit      leave",
            ),
            "/new" => {
                conversation = client.create_conversation().await?;
                last = None;
                terminal::line(&terminal::dim(&format!("conversation {conversation}")));
            }
            "/evidence" | "/trace" if last.is_none() => terminal::line("ask something first"),
            "/evidence" => told(show_evidence(&client, last.as_deref().unwrap_or_default()).await),
            "/trace" => told(show_trace(&client, last.as_deref().unwrap_or_default()).await),
            other if other.starts_with('/') => terminal::line("no such command; /help lists them"),
            message => match run_turn(&client, &conversation, message, args.gateway.model.as_deref()).await {
                Ok(turn) => last = turn.id.or(last),
                Err(error) => terminal::error_line(&format!("error: {error}")),
            },
        }
    }
    Ok(0)
}

/// Says what went wrong and goes on.
fn told(result: anyhow::Result<()>) {
    if let Err(error) = result {
        terminal::error_line(&format!("error: {error}"));
    }
}

async fn read_line() -> anyhow::Result<Option<String>> {
    terminal::prompt(if terminal::is_terminal() { "\n> " } else { "" });
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|read| (read > 0).then_some(line))
    });
    Ok(line.await??)
}

/// What an answer of the user is to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waits {
    /// Whether to run something.
    ForYes,
    /// What a tool asks.
    ForTool,
}

impl Waits {
    fn after(finished: &Value) -> Option<Self> {
        match finished["question"]["kind"].as_str()? {
            "confirmation" => Some(Waits::ForYes),
            "elicitation" => Some(Waits::ForTool),
            _ => None,
        }
    }
}

struct Ended {
    id: Option<String>,
    failed: bool,
    waits: Option<Waits>,
}

async fn run_turn(
    client: &GatewayClient,
    conversation: &str,
    message: &str,
    model: Option<&str>,
) -> anyhow::Result<Ended> {
    let mut events = pin!(client.run_turn(conversation, message, model).await?);
    let progress = Progress::new();
    let mut ended = Ended { id: None, failed: true, waits: None };
    while let Some(event) = events.next().await {
        let (name, data) = event?;
        match name.as_str() {
            "turn.started" => ended.id = data["turn_id"].as_str().map(str::to_owned),
            "answer.text" => {}
            "answer.finished" => {
                progress.finish();
                ended.failed = data["outcome"] == "failed";
                ended.waits = Waits::after(&data);
                show_answer(&data);
            }
            "turn.failed" => {
                progress.finish();
                terminal::error_line(&format!("the turn failed: {}", text(&data["message"])));
            }
            "turn.cancelled" => {
                progress.finish();
                terminal::line("cancelled");
            }
            _ => {
                if let Some(line) = progress_line(&name, &data) {
                    progress.say(&line);
                }
            }
        }
    }
    progress.finish();
    Ok(ended)
}

/// A spinner on a terminal, plain lines elsewhere; the lines stay in both.
struct Progress {
    spinner: Option<ProgressBar>,
}

impl Progress {
    fn new() -> Self {
        let spinner = terminal::is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { spinner }
    }

    fn say(&self, line: &str) {
        match &self.spinner {
            Some(bar) => bar.suspend(|| terminal::line(&terminal::dim(line))),
            None => terminal::line(line),
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.spinner {
            bar.finish_and_clear();
        }
    }
}

/// One line of progress; `None` for events that say nothing new to a person.
pub fn progress_line(name: &str, data: &Value) -> Option<String> {
    Some(match name {
        "turn.routed" => {
            format!("· {} ({} by {})", text(&data["decision"]), text(&data["rule"]), text(&data["decided_by"]))
        }
        "tool.requested" => {
            let arguments: String = data["arguments"].to_string().chars().take(ARGUMENT_CHARS).collect();
            format!(
                "· call {} ({}) {arguments}  [{}]",
                text(&data["tool"]),
                text(&data["server"]),
                text(&data["made_by"])
            )
        }
        "tool.finished" => {
            let rows = match (data["rows"].as_u64(), data["total"].as_u64()) {
                (Some(rows), Some(total)) if total != rows => format!(", {rows} of {total} rows"),
                (Some(rows), _) => format!(", {rows} rows"),
                _ => String::new(),
            };
            format!("· result: {}{rows}, {} ms", text(&data["outcome"]), data["duration_ms"])
        }
        "draft.started" => format!("· draft {}", data["attempt"]),
        "check.finished" => match data["violations"].as_array().map(Vec::as_slice) {
            Some([]) | None => format!("· check: {} claims, {}", data["claims"], text(&data["verdict"])),
            Some(codes) => {
                let codes: Vec<&str> = codes.iter().filter_map(Value::as_str).collect();
                format!("· check: stopped ({})", codes.join(", "))
            }
        },
        "judge.finished" => format!("· judge: {}", text(&data["verdict"])),
        "repair.started" => "· one repair".to_owned(),
        _ => return None,
    })
}

fn show_answer(data: &Value) {
    terminal::line("");
    terminal::line(&text(&data["text"]));
    let stopped = data["stopped"].as_array().map_or(0, Vec::len);
    let mut verdict = format!("[{} · {}", text(&data["outcome"]), text(&data["verdict"]));
    if stopped > 0 {
        verdict.push_str(&format!(" · {stopped} stopped"));
    }
    verdict.push_str(match Waits::after(data) {
        Some(Waits::ForYes) => " · answer yes or no; anything else lets it lapse]",
        Some(Waits::ForTool) => " · the next message is the answer]",
        None => " · /evidence shows what supports each value]",
    });
    terminal::line(&terminal::dim(&verdict));
    for item in data["stopped"].as_array().into_iter().flatten() {
        terminal::line(&terminal::dim(&format!(
            "  stopped: “{}” – {}: {}",
            text(&item["text"]),
            text(&item["code"]),
            text(&item["reason"])
        )));
    }
}

async fn show_evidence(client: &GatewayClient, turn: &str) -> anyhow::Result<()> {
    let turn = client.get(&format!("/api/turns/{turn}")).await?;
    let claims = turn["claims"].as_array().map(Vec::as_slice).unwrap_or_default();
    if claims.is_empty() {
        terminal::line("no claims: the reply states no value of a tool result");
    }
    for claim in claims {
        terminal::line(&format!("“{}”  {} ({})", text(&claim["text"]), text(&claim["verdict"]), text(&claim["kind"])));
        for place in claim["evidence"].as_array().into_iter().flatten() {
            terminal::line(&format!(
                "    {} {} = {}",
                text(&place["result_id"]),
                text(&place["pointer"]),
                place["value"]
            ));
        }
        if !text(&claim["reason"]).is_empty() {
            terminal::line(&terminal::dim(&format!("    {}", text(&claim["reason"]))));
        }
    }
    Ok(())
}

async fn show_trace(client: &GatewayClient, turn: &str) -> anyhow::Result<()> {
    let turn = client.get(&format!("/api/turns/{turn}")).await?;
    for entry in turn["events"].as_array().into_iter().flatten() {
        let name = text(&entry["event"]);
        let line = progress_line(&name, &entry["data"]).unwrap_or_else(|| format!("· {name}"));
        terminal::line(&format!("{} {line}", text(&entry["at"])));
    }
    Ok(())
}

/// The text of a JSON string; empty for anything else. Control characters, which could
/// steer a terminal, are dropped.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}
