//! Which tools of a server may be offered and called: those whose definition is the accepted
//! one. Answers from memory, at once; what is new is written to the store by a task of the hub,
//! which also reads what was accepted elsewhere. A tool that is seen for the first time is
//! accepted as it is, unless it hides characters; until that is written down it is not offered.
//!
//! A server may show each of its users another list. A tool has one accepted definition all the
//! same: who sees it otherwise is not offered it, until that definition is accepted instead.
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

/// Most tools of one server that are written down; one that shows each user tools of other names
/// would fill the database. Those behind them are not offered.
const MAX_PINS: usize = 2 * MAX_TOOLS;

/// Most definitions of one server that are told while each user sees another list.
const MAX_TOLD: usize = 4 * MAX_PINS;

/// Most lists of one server that are remembered at once, where each user sees another.
const MAX_LISTS: usize = 256;

/// Who sees a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SeenBy {
    /// Everybody the same.
    Everybody,
    /// One user; others may see another.
    OneUser,
}

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
    lists: BTreeMap<String, Lists>,
    /// How often something was looked at that was not written down, and up to which of these it is now.
    looked: u64,
    written: u64,
    /// The store could not be used when it was last needed; said once.
    down: bool,
}

/// What one server lists now, to everybody or to each.
struct Lists {
    seen_by: SeenBy,
    /// The newest last; one where everybody sees the same.
    lists: Vec<List>,
    /// Definitions that were told to the store, so that gateways whose servers differ, and users
    /// whose lists do, do not overwrite each other without end.
    told: HashSet<(String, String)>,
    /// That there are more than are written down was said.
    full: bool,
}

struct List {
    of: Arc<Vec<Tool>>,
    tools: Vec<Arc<Listed>>,
}

impl Lists {
    fn new(seen_by: SeenBy) -> Self {
        Self { seen_by, lists: Vec::new(), told: HashSet::new(), full: false }
    }

    /// The list as it was read before.
    fn known(&self, list: &Arc<Vec<Tool>>) -> Option<&List> {
        self.lists.iter().find(|known| Arc::ptr_eq(&known.of, list))
    }

    /// The list as it was read before, or read now.
    fn of(&mut self, server: &str, list: &Arc<Vec<Tool>>) -> &[Arc<Listed>] {
        let known = self.lists.iter().position(|known| Arc::ptr_eq(&known.of, list));
        let at = known.unwrap_or_else(|| {
            if list.len() > MAX_TOOLS {
                tracing::warn!(upstream.name = server, tools = list.len(), limit = MAX_TOOLS, "tools left out");
            }
            match self.seen_by {
                SeenBy::Everybody => {
                    self.lists.clear();
                    self.told.clear();
                }
                SeenBy::OneUser => {
                    // Of connections that are over nobody else holds the list.
                    self.lists.retain(|known| Arc::strong_count(&known.of) > 1);
                    if self.lists.len() >= MAX_LISTS {
                        self.lists.remove(0);
                    }
                }
            }
            let tools = list.iter().take(MAX_TOOLS).map(|tool| Arc::new(Listed::of(tool))).collect();
            self.lists.push(List { of: Arc::clone(list), tools });
            self.lists.len() - 1
        });
        &self.lists[at].tools
    }

    /// What the store does not know yet about a listed definition.
    fn news(&self, tool: &Listed, pins: Option<&BTreeMap<String, Pin>>) -> Option<News> {
        let pin = pins.and_then(|pins| pins.get(&tool.key));
        let is_told = || self.told.contains(&(tool.key.clone(), tool.hash.clone()));
        match tool.waits(pins) {
            Some(Waiting::TooLarge) => None,
            Some(Waiting::NotRecorded) => {
                let room = pins.is_none_or(|pins| pins.len() < MAX_PINS);
                room.then(|| News::First { hides: hides_characters(&tool.flags) })
            }
            Some(Waiting::Changed | Waiting::HiddenCharacters) => match pin.and_then(|pin| pin.seen.as_ref()) {
                _ if self.told.len() >= MAX_TOLD && self.seen_by == SeenBy::OneUser => None,
                None => Some(News::Other),
                Some(seen) => (seen.hash != tool.hash && !is_told()).then_some(News::Other),
            },
            // Another user may see the one that waits.
            None if self.seen_by == SeenBy::OneUser => None,
            None => (pin.is_some_and(|pin| pin.seen.is_some()) && !is_told()).then_some(News::Back),
        }
    }
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

    fn noted(&self, server: &str, news: News) -> Noted {
        let (tool, hash, definition) = (self.key.clone(), self.hash.clone(), self.definition.clone());
        Noted { server: server.to_owned(), tool, hash, definition, news }
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

    /// Takes a list of a server; returns the names that are not to be offered.
    pub(crate) fn look(&self, server: &str, list: &Arc<Vec<Tool>>, seen_by: SeenBy) -> HashSet<String> {
        if self.embedded.contains(server) {
            return HashSet::new();
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let State { pins, lists, looked, .. } = &mut *state;
        let lists = lists.entry(server.to_owned()).or_insert_with(|| Lists::new(seen_by));
        let pins = pins.get(server);
        let tools = lists.of(server, list).to_vec();
        let waiting: HashSet<&str> =
            tools.iter().filter(|tool| tool.waits(pins).is_some()).map(|tool| tool.key.as_str()).collect();
        let offered = |tool: &Tool, index: usize| index < MAX_TOOLS && !waiting.contains(pin::key(&tool.name).as_str());
        let names = list.iter().enumerate().filter(|(index, tool)| !offered(tool, *index));
        let names = names.map(|(_, tool)| tool.name.to_string()).collect();
        if tools.iter().any(|tool| lists.news(tool, pins).is_some()) {
            *looked += 1;
            self.news.notify_one();
        } else if !waiting.is_empty() && pins.is_some_and(|pins| pins.len() >= MAX_PINS) && !lists.full {
            lists.full = true;
            tracing::error!(
                upstream.name = server,
                limit = MAX_PINS,
                "as many tools of this server are written down as may be; further ones are not offered until some \
                 are forgotten: groundwire tools forget"
            );
        }
        names
    }

    /// Whether a call may go out to a server that lists these tools.
    ///
    /// # Errors
    /// [`ToolFailure::AwaitsApproval`] when the definition there is not the accepted one.
    pub(crate) fn permit(&self, call: &ToolCall, list: &Arc<Vec<Tool>>) -> Result<(), ToolFailure> {
        if self.embedded.contains(&call.server) {
            return Ok(());
        }
        // A name that is listed twice means whatever its server wants it to mean.
        let named = || list.iter().enumerate().filter(|(_, tool)| tool.name == call.tool);
        let as_read = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            let pins = state.pins.get(&call.server);
            // Held by what was read of it, so that no other list can be where it is.
            let known = state.lists.get(&call.server).and_then(|lists| lists.known(list));
            let accepted = |known: &List, at: usize| known.tools.get(at).map(|read| read.waits(pins).is_none());
            known.and_then(|known| named().try_fold(true, |all, (at, _)| Some(all & accepted(known, at)?)))
        };
        if as_read.unwrap_or_else(|| named().all(|(_, tool)| self.accepts(&call.server, tool))) {
            return Ok(());
        }
        Err(ToolFailure::AwaitsApproval { server: call.server.clone(), tool: call.tool.clone() })
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
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        state.looked != state.written
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
        let (noted, looked) = self.noted();
        let written = match noted.is_empty() {
            true => Ok(()),
            false => self.store.note_tools(&noted, self.clock.now()).await,
        };
        let read = self.store.tool_pins().await;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match &written {
            Ok(()) => {
                state.told(&noted);
                state.written = looked;
            }
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

    /// What the store is to be told, and up to which look.
    fn noted(&self) -> (Vec<Noted>, u64) {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let of_server = |(server, lists): (&String, &Lists)| {
            let pins = state.pins.get(server);
            let mut noted = HashSet::new();
            let tools = lists.lists.iter().flat_map(|list| &list.tools);
            // Of one that many users see, once.
            let tools = tools.filter(|tool| noted.insert((&tool.key, &tool.hash)));
            let mut room = MAX_PINS.saturating_sub(pins.map_or(0, BTreeMap::len));
            let mut fits = |news: &News| {
                let first = matches!(news, News::First { .. });
                let fits = !first || room > 0;
                room -= usize::from(first && fits);
                fits
            };
            let news = tools.filter_map(|tool| Some((tool, lists.news(tool, pins).filter(&mut fits)?)));
            news.map(|(tool, news)| tool.noted(server, news)).collect::<Vec<_>>()
        };
        let mut noted: Vec<Noted> = state.lists.iter().flat_map(of_server).collect();
        // Gateways that write at once write in the same order, so that none waits for another in a ring.
        noted.sort_by(|a, b| (&a.server, &a.tool).cmp(&(&b.server, &b.tool)));
        (noted, state.looked)
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
        // Of several definitions that users see, the one that was written down last may be another.
        if let Some(seen) = self.seen_by_some(server, &pin::key(tool), hash) {
            self.store.note_tools(&[seen], now).await?;
        }
        let accepted = self.store.accept_tool(id, server, &pin::key(tool), hash, by, now).await?;
        if accepted == Acceptance::Done {
            tracing::info!(upstream.name = server, tool.name = tool, hash, by, "a tool definition was accepted");
        }
        Ok(accepted)
    }

    /// A definition that waits and that some users see now, others another.
    fn seen_by_some(&self, server: &str, key: &str, hash: &str) -> Option<Noted> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let lists = state.lists.get(server).filter(|lists| lists.seen_by == SeenBy::OneUser)?;
        let mut tools = lists.lists.iter().flat_map(|list| &list.tools);
        let tool = tools.find(|tool| tool.key == key && tool.hash == hash)?;
        let waits = tool.waits(state.pins.get(server));
        matches!(waits, Some(Waiting::Changed | Waiting::HiddenCharacters)).then(|| tool.noted(server, News::Other))
    }

    /// How a tool of the catalog stands that is made of this list.
    pub(crate) fn standing(&self, spec: &ToolSpec, list: &Arc<Vec<Tool>>) -> Standing {
        if self.embedded.contains(&spec.server) {
            return Standing { embedded: true, ..Standing::default() };
        }
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let pins = state.pins.get(&spec.server);
        let key = pin::key(&spec.tool);
        let listed = state.lists.get(&spec.server).and_then(|lists| {
            // Another user's list says nothing of this one's.
            lists.known(list).or_else(|| lists.lists.last().filter(|_| lists.seen_by == SeenBy::Everybody))
        });
        let listed = listed.map(|list| list.tools.as_slice()).unwrap_or_default();
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
            if let Some(lists) = self.lists.get_mut(&note.server) {
                lists.told.insert((note.tool.clone(), note.hash.clone()));
            }
        }
    }
}

fn by_server(pins: Vec<Pin>) -> BTreeMap<String, BTreeMap<String, Pin>> {
    let mut servers: BTreeMap<String, BTreeMap<String, Pin>> = BTreeMap::new();
    for pin in pins {
        servers.entry(pin.server.clone()).or_default().insert(pin.tool.clone(), pin);
    }
    servers
}
