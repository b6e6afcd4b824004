//! What may run, and what has to be asked for first. A call of a tool that is not read-only
//! becomes a `ReadyCall` in one way only: out of a `Claimed` confirmation, which is used
//! up by it. Nothing else in the engine can make one, so nothing else can run it. Arguments
//! are checked against the schema here, in both ways.

use std::sync::Arc;

use serde_json::Value;

use crate::domain::elicitation::Given;
use crate::domain::event::AskedCall;
use crate::domain::ids::CallId;
use crate::domain::policy::settings::Policy;
use crate::domain::tool::MadeBy;
use crate::domain::tool::ToolCall;
use crate::domain::tool::ToolSpec;
use crate::engine::confirm::Claimed;
use crate::engine::ports::Catalog;

/// A call that may run.
#[derive(Clone, Debug)]
pub(crate) struct ReadyCall {
    spec: Arc<ToolSpec>,
    arguments: Value,
    made_by: MadeBy,
    attempt: u32,
    confirmed: bool,
    given: Option<Given>,
}

/// A call that would be right and needs the user's yes.
#[derive(Clone, Debug)]
pub(crate) struct PendingCall {
    spec: Arc<ToolSpec>,
    arguments: Value,
}

/// What became of a proposed call.
#[derive(Clone, Debug)]
pub(crate) enum Sorted {
    /// It may run.
    Ready(ReadyCall),
    /// It needs a yes.
    Pending(PendingCall),
    /// The arguments do not fit; each problem names its place.
    Unfit(Vec<String>),
}

impl Sorted {
    /// Sorts a call of a tool of the catalog.
    pub(crate) fn of(spec: &Arc<ToolSpec>, arguments: Value, made_by: MadeBy, attempt: u32) -> Self {
        let problems = schema_problems(spec, &arguments);
        if !problems.is_empty() {
            return Sorted::Unfit(problems);
        }
        let spec = Arc::clone(spec);
        if !spec.read_only {
            return Sorted::Pending(PendingCall { spec, arguments });
        }
        Sorted::Ready(ReadyCall { spec, arguments, made_by, attempt, confirmed: false, given: None })
    }
}

impl ReadyCall {
    /// The calls that a confirmation was asked for, as they were shown. The claim is used up,
    /// whatever comes of it.
    ///
    /// # Errors
    /// Names of the tools that are not there any more, are off limits now or take other
    /// arguments; nothing of the confirmation may run then.
    pub(crate) fn confirmed(claimed: Claimed, catalog: &Catalog, policy: &Policy) -> Result<Vec<Self>, Vec<String>> {
        let mut ready = Vec::new();
        let mut gone = Vec::new();
        for call in claimed.into_calls() {
            let spec = catalog.by_tool(&call.tool).find(|spec| spec.server == call.server);
            let fits = |spec: &&Arc<ToolSpec>| policy.allows(spec) && schema_problems(spec, &call.arguments).is_empty();
            match spec.filter(fits) {
                Some(spec) => ready.push(Self {
                    spec: Arc::clone(spec),
                    arguments: call.arguments,
                    made_by: MadeBy::Gateway,
                    attempt: 1,
                    confirmed: true,
                    given: None,
                }),
                None => gone.push(format!("{} ({})", call.tool, call.server)),
            }
        }
        if gone.is_empty() { Ok(ready) } else { Err(gone) }
    }

    /// The same with answers to what its server has asked.
    pub(crate) fn with(self, given: Given) -> Self {
        Self { given: Some(given), ..self }
    }

    /// The tool.
    pub(crate) fn spec(&self) -> &Arc<ToolSpec> {
        &self.spec
    }

    /// The arguments.
    pub(crate) fn arguments(&self) -> &Value {
        &self.arguments
    }

    /// Who decided on it.
    pub(crate) fn made_by(&self) -> MadeBy {
        self.made_by
    }

    /// 1 for the first try.
    pub(crate) fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The call as it is sent, under this id.
    pub(crate) fn call(&self, id: CallId) -> ToolCall {
        ToolCall {
            id,
            name: self.spec().name.clone(),
            server: self.spec().server.clone(),
            tool: self.spec().tool.clone(),
            arguments: self.arguments().clone(),
            made_by: self.made_by(),
            attempt: self.attempt(),
            confirmed: self.is_confirmed(),
            given: self.given.clone(),
        }
    }

    /// Whether the user said yes to this very call.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.confirmed
    }

    /// Whether both would ask the same of the same tool.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.spec.name == other.spec.name && self.arguments == other.arguments
    }

    /// The call as it is shown to a person.
    pub(crate) fn asked(&self) -> AskedCall {
        asked(&self.spec, &self.arguments)
    }
}

impl PendingCall {
    /// Whether somebody says that it changes nothing, and only the operator wants it confirmed.
    pub(crate) fn only_looks(&self) -> bool {
        self.spec.hinted
    }

    /// The call as it is shown to a person.
    pub(crate) fn asked(&self) -> AskedCall {
        asked(&self.spec, &self.arguments)
    }
}

/// Calls that may run, and calls to ask about.
pub(crate) fn apart(sorted: impl Iterator<Item = Sorted>) -> (Vec<ReadyCall>, Vec<PendingCall>) {
    let (mut ready, mut pending) = (Vec::new(), Vec::new());
    for call in sorted {
        match call {
            Sorted::Ready(call) => ready.push(call),
            Sorted::Pending(call) => pending.push(call),
            Sorted::Unfit(_) => {}
        }
    }
    (ready, pending)
}

fn asked(spec: &ToolSpec, arguments: &Value) -> AskedCall {
    AskedCall { server: spec.server.clone(), tool: spec.tool.clone(), arguments: arguments.clone() }
}

/// Every problem of the arguments, each naming its place.
pub(crate) fn schema_problems(spec: &ToolSpec, arguments: &Value) -> Vec<String> {
    let Some(validator) = spec.input_schema.validator() else {
        // A tool whose schema is broken cannot be checked here; the tool itself decides.
        return if arguments.is_object() { Vec::new() } else { vec!["not an object".to_owned()] };
    };
    validator
        .iter_errors(arguments)
        .take(8)
        .map(|error| {
            let place = error.instance_path().to_string();
            let place = if place.is_empty() { "arguments".to_owned() } else { place };
            let text: String = error.to_string().chars().take(200).collect();
            format!("{place}: {text}")
        })
        .collect()
}
