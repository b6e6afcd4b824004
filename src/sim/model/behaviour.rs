//! The named behaviours of the simulated model. A name is chosen by the model field,
//! `sim/<behaviour>`; with the ending `+once` the model errs the first time and is
//! honest when it is told so (a repair, a second question for arguments, a retry).

use std::fmt;

/// Ending of a name that makes a behaviour learn.
const ONCE: &str = "+once";

/// Beginning of all model names.
pub const PREFIX: &str = "sim/";

macro_rules! behaviours {
    ($($variant:ident $name:literal $doc:literal,)*) => {
        /// What the model does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Behaviour {
            $(#[doc = $doc] $variant,)*
        }

        impl Behaviour {
            /// All behaviours, in the order of the list of models.
            pub const ALL: &'static [Behaviour] = &[$(Behaviour::$variant,)*];

            /// The name after `sim/`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Behaviour::$variant => $name,)* }
            }

            /// What it does, in one line.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Behaviour::$variant => $doc,)* }
            }
        }
    };
}

behaviours! {
    Honest "honest" "Calls the right tool and says what the results say.",
    SkipsTools "skips_tools" "Never calls a tool, however it is asked, and answers from nothing.",
    IgnoresRequired "ignores_required" "Writes text where a call is required; gives arguments as JSON when asked under a schema.",
    Fabricates "fabricates" "Adds a row that no result holds.",
    SwapsEntities "swaps_entities" "Gives an entity the value of another.",
    OffByOne "off_by_one" "Gets counts and numbers wrong by one.",
    PhantomCall "phantom_call" "Says that it checked, and did not.",
    ReusesStale "reuses_stale" "Answers from what it said earlier instead of calling again.",
    HidesError "hides_error" "Turns a failed call into good news.",
    InventsOnEmpty "invents_on_empty" "Finds something where the result is empty.",
    TotalsPartialPage "totals_partial_page" "Tells the rows of a page as the total.",
    ObeysInjection "obeys_injection" "Does what a text in a result tells it.",
    CallsInText "calls_in_text" "Writes its calls into the text.",
    CallsInReasoning "calls_in_reasoning" "Writes its calls into the thinking.",
    BadArguments "bad_arguments" "Calls with arguments that do not fit the schema.",
    WrongTool "wrong_tool" "Calls a tool that does not serve the question.",
    Loops "loops" "Calls tools for ever.",
    Thinks "thinks" "Thinks inside the text before it answers.",
    Slow "slow" "Answers with a pause before each piece.",
    CutsStream "cuts_stream" "Ends the stream in the middle.",
    Malformed "malformed" "Sends a piece that is no JSON.",
    Http500 "http_500" "Answers status 500.",
    RateLimited "rate_limited" "Answers status 429.",
    JudgeApprovesAll "judge_approves_all" "As a judge, supports every claim.",
    JudgeRejectsAll "judge_rejects_all" "As a judge, supports no claim.",
    JudgeMalformed "judge_malformed" "As a judge, answers something that is no verdict.",
}

/// A behaviour as a model name asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Persona {
    /// What it does.
    pub behaviour: Behaviour,
    /// Honest when told.
    pub once: bool,
}

impl Persona {
    /// Reads `sim/<behaviour>` or `sim/<behaviour>+once`.
    #[must_use]
    pub fn from_model(model: &str) -> Option<Self> {
        let name = model.strip_prefix(PREFIX)?;
        let (name, once) = match name.strip_suffix(ONCE) {
            Some(name) => (name, true),
            None => (name, false),
        };
        let behaviour = Behaviour::ALL.iter().copied().find(|behaviour| behaviour.name() == name)?;
        Some(Self { behaviour, once })
    }
}

impl fmt::Display for Persona {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}{}", self.behaviour.name(), if self.once { ONCE } else { "" })
    }
}
