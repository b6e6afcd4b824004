//! What a turn may still spend: model steps with tools, tool calls, tokens. Wall time is
//! limited by the turn itself, which stops whatever runs.

/// Limits of one turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Model calls that may ask for tools.
    pub steps: u32,
    /// Tool calls.
    pub calls: u32,
    /// Prompt and completion tokens of all model calls together.
    pub tokens: u64,
}

/// What is left of them.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    left: Limits,
}

impl Budget {
    /// A full budget.
    pub fn new(limits: Limits) -> Self {
        Self { left: limits }
    }

    /// Takes one step with tools; false when none is left.
    pub fn take_step(&mut self) -> bool {
        if self.left.steps == 0 || self.left.tokens == 0 {
            return false;
        }
        self.left.steps -= 1;
        true
    }

    /// Whether a step with tools may still be taken.
    pub fn has_step(&self) -> bool {
        self.left.steps > 0 && self.left.tokens > 0 && self.left.calls > 0
    }

    /// Takes up to `wanted` calls and says how many may run.
    pub fn take_calls(&mut self, wanted: usize) -> usize {
        let granted = u32::try_from(wanted).unwrap_or(u32::MAX).min(self.left.calls);
        self.left.calls -= granted;
        granted as usize
    }

    /// Counts tokens that were used.
    pub fn use_tokens(&mut self, tokens: u64) {
        self.left.tokens = self.left.tokens.saturating_sub(tokens);
    }
}
