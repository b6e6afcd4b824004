//! Claims and verdicts: the words in which the checker, the judge and the HTTP
//! contract speak about a draft.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

/// Unicode code points `[start, end)` in the checked text, as every contract counts them.
pub type CharSpan = [usize; 2];

/// What kind of statement a claim is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// An id, address, host, hash or other exact token.
    Identifier,
    /// A number that is no count or aggregate.
    Number,
    /// A count, sum, mean, share, extreme: recomputed.
    Aggregate,
    /// A point or range in time.
    Time,
    /// A length of time.
    Duration,
    /// "X of entity E is V".
    EntityAttribute,
    /// Yes or no about an entity.
    Boolean,
    /// "none", "only", "all".
    Absence,
    /// Order, extreme, comparison, trend.
    Order,
    /// A name typed by its context.
    Name,
    /// A statement about the work itself: a check, a search, its time.
    Work,
    /// Text with none of these: for the judge.
    Statement,
}

/// Verdict of one claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Value and owner match.
    Supported,
    /// The evidence says otherwise.
    Contradicted,
    /// The evidence does not say it.
    Unsupported,
    /// Code cannot tell: for the judge.
    NotCheckable,
}

/// Stable codes of what is wrong with a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViolationCode {
    /// A value that no result holds.
    InventedValue,
    /// A value of another entity.
    WrongEntity,
    /// Another value than the entity has.
    WrongValue,
    /// A count or aggregate that does not come out.
    WrongCount,
    /// A time, zone or duration that does not fit.
    WrongTime,
    /// A page told as the whole.
    PartialAsTotal,
    /// An old result told as now.
    StaleAsFresh,
    /// A failed call not told as such.
    HiddenError,
    /// An empty result not told as such.
    HiddenEmpty,
    /// A call claimed that did not run.
    PhantomCall,
    /// No word on what the answer rests on.
    MissingBasis,
    /// A statement that no result supports.
    UnsupportedStatement,
    /// Text of a tool result followed as an instruction.
    InjectedInstruction,
    /// The judge withdrew support.
    JudgeRejected,
    /// The judge could not be asked or gave no usable answer.
    JudgeUnavailable,
}

impl ViolationCode {
    /// Stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            ViolationCode::InventedValue => "invented_value",
            ViolationCode::WrongEntity => "wrong_entity",
            ViolationCode::WrongValue => "wrong_value",
            ViolationCode::WrongCount => "wrong_count",
            ViolationCode::WrongTime => "wrong_time",
            ViolationCode::PartialAsTotal => "partial_as_total",
            ViolationCode::StaleAsFresh => "stale_as_fresh",
            ViolationCode::HiddenError => "hidden_error",
            ViolationCode::HiddenEmpty => "hidden_empty",
            ViolationCode::PhantomCall => "phantom_call",
            ViolationCode::MissingBasis => "missing_basis",
            ViolationCode::UnsupportedStatement => "unsupported_statement",
            ViolationCode::InjectedInstruction => "injected_instruction",
            ViolationCode::JudgeRejected => "judge_rejected",
            ViolationCode::JudgeUnavailable => "judge_unavailable",
        }
    }
}

/// A place in a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvidenceRef {
    /// Id of the result, as given to the checker.
    pub result_id: String,
    /// JSON Pointer (RFC 6901) into its content; resolves to `value`.
    pub pointer: String,
    /// The value there.
    pub value: Value,
}

/// The smallest statement that can be checked alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The text of the claim.
    pub text: String,
    /// Where it stands.
    pub span: CharSpan,
    /// What kind it is.
    pub kind: ClaimKind,
    /// What came out.
    pub verdict: Verdict,
    /// The places that support or contradict it; for aggregates the places it was computed from, bounded.
    pub evidence: Vec<EvidenceRef>,
    /// Why, for people; names the computation for aggregates.
    pub reason: String,
    /// Set unless supported or not checkable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<ViolationCode>,
}

/// Something wrong with the draft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// Stable code.
    pub code: ViolationCode,
    /// Where; the whole text for what is missing.
    pub span: CharSpan,
    /// For people.
    pub message: String,
}
