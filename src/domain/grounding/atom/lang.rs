//! The languages whose number words, dates and relative times the scanner reads.

/// A supported language of drafts and evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lang {
    /// English.
    En,
    /// Norwegian (Bokmål, with the common Nynorsk forms).
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
}

impl Lang {
    /// Every supported language.
    pub const ALL: [Self; 8] =
        [Self::En, Self::Nb, Self::Sv, Self::Da, Self::De, Self::Fr, Self::Es, Self::Ja];

    /// The language for a BCP 47 tag (`nb-NO`, `no`, `en`), by its primary subtag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next()?.to_ascii_lowercase();
        Some(match primary.as_str() {
            "en" => Self::En,
            "nb" | "no" | "nn" => Self::Nb,
            "sv" => Self::Sv,
            "da" => Self::Da,
            "de" => Self::De,
            "fr" => Self::Fr,
            "es" => Self::Es,
            "ja" => Self::Ja,
            _ => return None,
        })
    }
}
