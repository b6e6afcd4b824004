//! Which tools of a server may be offered and called: those whose definition is the accepted
//! one. Answers from memory, at once; what is new is written to the store by a task of the hub,
//! which also reads what was accepted elsewhere. A tool that is seen for the first time is
//! accepted as it is, unless it hides characters; until that is written down it is not offered.
//!
//! Fails closed where it does not know: with the store down, accepted tools go on from memory,
//! and new or changed ones wait. The servers that are part of the program are not pinned: their
//! tools change with the release that an operator installs, which is the acceptance.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::time::Duration;

use rmcp::model::Tool;
use tokio::sync::Notify;

use crate::domain::pin;
use crate::domain::pin::Acceptance;
use crate::domain::pin::Definition;
use crate::domain::pin::News;
use crate::domain::pin::Noted;
use crate::domain::pin::Pin;
use crate::domain::pin::Standing;
use crate::domain::pin::Waiting;
use crate::domain::pin::changes::changes;
use crate::domain::pin::flags::Flag;
use crate::domain::pin::flags::flags;
use crate::domain::pin::flags::hides_characters;
use crate::domain::tool::ToolCall;
use crate::domain::tool::ToolFailure;
use crate::domain::tool::ToolSpec;
use crate::engine::fingerprint::digest;
use crate::engine::ports::Clock;
use crate::engine::ports::StoreError;
use crate::store::Store;

/// How long an acceptance made elsewhere may take to be noticed here.
const REFRESH: Duration = Duration::from_secs(2);

/// Most tools of one server that are offered; those behind them are not.
const MAX_TOOLS: usize = 2000;

/// The pins of all servers.
pub struct Pins {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    /// Servers that are part of the program.
    embedded: BTreeSet<String>,
    // A std lock: held for comparisons and copies, never across an await.
    state: RwLock<State>,
    // A tokio mutex: two at once would write the same news twice.
    syncing: tokio::sync::Mutex<()>,
    news: Notify,
}

#[derive(Default)]
struct State {
    /// What is written down, by server and key.
    pins: BTreeMap<String, BTreeMap<String, Pin>>,
    /// What servers list now.
    lists: BTreeMap<String, List>,
    /// The store could not be used when it was last needed; said once.
    down: bool,
}

#[derive(Default)]
struct List {
    of: Arc<Vec<Tool>>,
    tools: Vec<Arc<Listed>>,
    /// Definitions of this list that were told to the store, so that gateways whose servers
    /// differ do not overwrite each other without end.
    told: HashSet<(String, String)>,
}

/// One listed definition.
struct Listed {
    key: String,
    definition: Definition,
    hash: String,
    bytes: usize,
    flags: Vec<Flag>,
}

impl Listed {
    fn of(tool: &Tool) -> Self {
        let (key, definition, canonical) = read(tool);
        let hash = digest(canonical.as_bytes());
        let flags = flags(&definition);
        Self { key, definition, hash, bytes: canonical.len(), flags }
    }

    fn waits(&self, pins: Option<&BTreeMap<String, Pin>>) -> Option<Waiting> {
        pin::waits(pins.and_then(|pins| pins.get(&self.key)), &self.hash, self.bytes)
    }
}

fn read(tool: &Tool) -> (String, Definition, String) {
    let definition = Definition::of(&serde_json::to_value(tool).unwrap_or_default());
    let canonical = definition.canonical();
    (pin::key(&tool.name), definition, canonical)
}

impl Pins {
    /// Reads what is written down.
    ///
    /// # Errors
    /// [`StoreError`]: without it nothing could be offered.
    pub async fn load(
        store: Arc<Store>,
        clock: Arc<dyn Clock>,
        embedded: BTreeSet<String>,
    ) -> Result<Arc<Self>, StoreError> {
        let state = State { pins: by_server(store.tool_pins().await?), ..State::default() };
        let (syncing, news) = (tokio::sync::Mutex::default(), Notify::new());
        Ok(Arc::new(Self { store, clock, embedded, state: RwLock::new(state), syncing, news }))
    }

    /// Takes the list of a server; returns the names that are not to be offered.
    pub(crate) fn look(&self, server: &str, list: &Arc<Vec<Tool>>) -> HashSet<String> {
        if self.embedded.contains(server) {
            return HashSet::new();
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let State { pins, lists, .. } = &mut *state;
        let known = lists.entry(server.to_owned()).or_default();
        if !Arc::ptr_eq(&known.of, list) {
            if list.len() > MAX_TOOLS {
                tracing::warn!(upstream.name = server, tools = list.len(), limit = MAX_TOOLS, "tools left out");
            }
            let tools = list.iter().take(MAX_TOOLS).map(|tool| Arc::new(Listed::of(tool))).collect();
            *known = List { of: Arc::clone(list), tools, told: HashSet::new() };
        }
        let pins = pins.get(server);
        let waiting: HashSet<&str> =
            known.tools.iter().filter(|tool| tool.waits(pins).is_some()).map(|tool| tool.key.as_str()).collect();
        let offered = |tool: &Tool, index: usize| index < MAX_TOOLS && !waiting.contains(pin::key(&tool.name).as_str());
        let names = list.iter().enumerate().filter(|(index, tool)| !offered(tool, *index));
        let names = names.map(|(_, tool)| tool.name.to_string()).collect();
        if known.tools.iter().any(|tool| news(tool, pins, &known.told).is_some()) {
            self.news.notify_one();
        }
        names
    }

    /// Whether a call may go out to a server that lists these tools.
    ///
    /// # Errors
    /// [`ToolFailure::Unavailable`] when the definition there is not the accepted one.
    pub(crate) fn permit(&self, call: &ToolCall, tools: &[Tool]) -> Result<(), ToolFailure> {
        // A name that is listed twice means whatever its server wants it to mean.
        if tools.iter().filter(|tool| tool.name == call.tool).all(|tool| self.accepts(&call.server, tool)) {
            return Ok(());
        }
        Err(ToolFailure::awaits_approval(&call.server, &call.tool))
    }

    /// Waits until there is something to write down, or it is time to read again.
    pub(crate) async fn due(&self) {
        tokio::select! {
            () = self.news.notified() => {}
            () = tokio::time::sleep(REFRESH) => {}
        }
    }

    /// Whether something that was looked at is not written down yet.
    pub(crate) fn has_news(&self) -> bool {
        !self.noted().is_empty()
    }

    /// Whether a tool is one that may be offered, by its definition as it is given.
    pub(crate) fn accepts(&self, server: &str, tool: &Tool) -> bool {
        if self.embedded.contains(server) {
            return true;
        }
        let (key, _, canonical) = read(tool);
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let pin = state.pins.get(server).and_then(|pins| pins.get(&key));
        pin::waits(pin, &digest(canonical.as_bytes()), canonical.len()).is_none()
    }

    /// Writes down what is new and reads what was accepted. True: something may be offered now,
    /// or no longer.
    pub(crate) async fn sync(&self) -> bool {
        let _one = self.syncing.lock().await;
        let noted = self.noted();
        let written = match noted.is_empty() {
            true => Ok(()),
            false => self.store.note_tools(&noted, self.clock.now()).await,
        };
        let read = self.store.tool_pins().await;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match &written {
            Ok(()) => state.told(&noted),
            Err(error) => state.fails(error),
        }
        match read {
            Ok(pins) => {
                state.down = written.is_err();
                let pins = by_server(pins);
                let changed = state.pins != pins;
                state.pins = pins;
                changed
            }
            Err(error) => {
                state.fails(&error);
                false
            }
        }
    }

    /// What the store is to be told.
    fn noted(&self) -> Vec<Noted> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let of_server = |(server, list): (&String, &List)| {
            let pins = state.pins.get(server);
            let note = |tool: &Arc<Listed>| {
                news(tool, pins, &list.told).map(|news| Noted {
                    server: server.clone(),
                    tool: tool.key.clone(),
                    hash: tool.hash.clone(),
                    definition: tool.definition.clone(),
                    news,
                })
            };
            list.tools.iter().filter_map(note).collect::<Vec<_>>()
        };
        let mut noted: Vec<Noted> = state.lists.iter().flat_map(of_server).collect();
        // Gateways that write at once write in the same order, so that none waits for another in a ring.
        noted.sort_by(|a, b| (&a.server, &a.tool).cmp(&(&b.server, &b.tool)));
        noted
    }

    /// Accepts the definition with this hash. The hub has to rebuild its catalog afterwards.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn accept(
        &self,
        server: &str,
        tool: &str,
        hash: &str,
        by: &str,
    ) -> Result<Acceptance, StoreError> {
        let (id, now) = (self.clock.new_uuid(), self.clock.now());
        let accepted = self.store.accept_tool(id, server, &pin::key(tool), hash, by, now).await?;
        if accepted == Acceptance::Done {
            tracing::info!(upstream.name = server, tool.name = tool, hash, by, "a tool definition was accepted");
        }
        Ok(accepted)
    }

    /// How a tool of the catalog stands.
    pub fn standing(&self, spec: &ToolSpec) -> Standing {
        if self.embedded.contains(&spec.server) {
            return Standing { embedded: true, ..Standing::default() };
        }
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let pins = state.pins.get(&spec.server);
        let key = pin::key(&spec.tool);
        let listed = state.lists.get(&spec.server).map(|list| list.tools.as_slice()).unwrap_or_default();
        let mut listed = listed.iter().filter(|tool| tool.key == key);
        let first = listed.clone().next();
        let Some(tool) = listed.find(|tool| tool.waits(pins).is_some()).or(first) else {
            return Standing { waiting: Some(Waiting::NotRecorded), ..Standing::default() };
        };
        let pin = pins.and_then(|pins| pins.get(&key));
        let waiting = tool.waits(pins);
        let accepted = pin.and_then(|pin| pin.accepted.as_ref());
        let was = accepted.and_then(|accepted| accepted.definition.as_ref());
        Standing {
            waiting,
            embedded: false,
            hash: Some(tool.hash.clone()),
            first_seen_at: pin.map(|pin| pin.first_seen_at),
            accepted_by: accepted.and_then(|accepted| accepted.by.clone()),
            accepted_at: accepted.map(|accepted| accepted.at),
            flags: tool.flags.clone(),
            changes: match (waiting, was) {
                (Some(Waiting::Changed), Some(was)) => changes(Some(was), &tool.definition),
                _ => Default::default(),
            },
        }
    }
}

impl State {
    fn fails(&mut self, error: &StoreError) {
        if !std::mem::replace(&mut self.down, true) {
            tracing::error!(error = %error, cause = ?error,
                "pins of tools cannot be read or written; new and changed tools are not offered until they can");
        }
    }

    /// Remembers what the store was told.
    fn told(&mut self, noted: &[Noted]) {
        for note in noted {
            if note.news == News::Other || note.news == (News::First { hides: true }) {
                tracing::warn!(
                    upstream.name = note.server,
                    tool.name = note.tool,
                    hash = note.hash,
                    "a tool is not offered until somebody accepts its definition"
                );
            }
            if let Some(list) = self.lists.get_mut(&note.server) {
                list.told.insert((note.tool.clone(), note.hash.clone()));
            }
        }
    }
}

/// What the store does not know yet about a listed definition.
fn news(tool: &Listed, pins: Option<&BTreeMap<String, Pin>>, told: &HashSet<(String, String)>) -> Option<News> {
    let pin = pins.and_then(|pins| pins.get(&tool.key));
    let is_told = || told.contains(&(tool.key.clone(), tool.hash.clone()));
    match tool.waits(pins) {
        Some(Waiting::TooLarge) => None,
        Some(Waiting::NotRecorded) => Some(News::First { hides: hides_characters(&tool.flags) }),
        Some(Waiting::Changed | Waiting::HiddenCharacters) => match pin.and_then(|pin| pin.seen.as_ref()) {
            None => Some(News::Other),
            Some(seen) => (seen.hash != tool.hash && !is_told()).then_some(News::Other),
        },
        None => (pin.is_some_and(|pin| pin.seen.is_some()) && !is_told()).then_some(News::Back),
    }
}

fn by_server(pins: Vec<Pin>) -> BTreeMap<String, BTreeMap<String, Pin>> {
    let mut servers: BTreeMap<String, BTreeMap<String, Pin>> = BTreeMap::new();
    for pin in pins {
        servers.entry(pin.server.clone()).or_default().insert(pin.tool.clone(), pin);
    }
    servers
}
