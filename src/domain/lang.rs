//! The languages that rules, number words and the gateway's own sentences know.
//! Anything else is [`Lang::Other`]: it goes to the model, and the gateway's own
//! sentences are then English.

use serde::Deserialize;
use serde::Serialize;

/// A language known to the rules. Serialised as its ISO 639-1 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Norwegian (Bokmål and Nynorsk).
    Nb,
    /// Swedish.
    Sv,
    /// Danish.
    Da,
    /// German.
    De,
    /// French.
    Fr,
    /// Spanish.
    Es,
    /// Japanese.
    Ja,
    /// Any other language.
    Other,
}

impl Lang {
    /// The languages with tables of their own, in a fixed order.
    pub const KNOWN: [Lang; 8] = [Lang::En, Lang::Nb, Lang::Sv, Lang::Da, Lang::De, Lang::Fr, Lang::Es, Lang::Ja];

    /// The ISO 639-1 code, `other` for [`Lang::Other`].
    pub fn code(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Nb => "nb",
            Lang::Sv => "sv",
            Lang::Da => "da",
            Lang::De => "de",
            Lang::Fr => "fr",
            Lang::Es => "es",
            Lang::Ja => "ja",
            Lang::Other => "other",
        }
    }
}
