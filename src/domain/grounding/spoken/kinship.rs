//! Words by which a text says that one process is above or below another, in the supported
//! languages. Forms are beginnings of words; `=` marks a whole word. Data and its look-up only.

use crate::domain::grounding::spoken::is_form;

/// What a word says of two processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kin {
    /// The one right above.
    Parent,
    /// One right below.
    Child,
    /// Makes a process run.
    Started,
    /// Somewhere below.
    Under,
    /// Somewhere above.
    Over,
    /// What follows is who did it, or whose it is.
    Of,
    /// What follows is where it came from.
    From,
    /// Joins a name with what it is; helps a verb.
    Be,
    /// What follows is an attribute.
    With,
    /// Joins two of a kind.
    And,
    /// An article and the like, or the word for a process or its id.
    Small,
}

#[rustfmt::skip]
const WORDS: &[(Kin, &[&str])] = &[
    (Kin::Parent, &["parent", "=ppid", "foreldre", "=forelder", "forælder", "forældre", "förälder", "föräldra", "moderproces", "elternp", "elterp", "vaterp", "=père", "=padre"]),
    (Kin::Child, &["=child", "children", "subprocess", "barneprosess", "=barn", "=barnet", "barnproc", "børneproc", "underproc", "underpros", "kindp", "=kind", "unterp", "=enfant", "=enfants", "=fils", "=hijo", "=hijos", "subproces", "sous-proc"]),
    (Kin::Started, &["start", "spawn", "execut", "ejecut", "exécut", "launch", "fork", "gestartet", "erzeug", "lancé", "lanz", "démarr", "inici", "=inició", "arranc"]),
    (Kin::Under, &["=under", "=below", "=beneath", "descend", "unterhalb", "=unter", "=sous", "=bajo", "debajo", "stammt"]),
    (Kin::Over, &["=above", "ancestor", "stamfader", "vorfahr", "ancêtre", "=antepasado"]),
    (Kin::Of, &["=of", "=by", "=av", "=af", "=von", "=vom", "=durch", "=par", "=por", "=de", "=du", "=des", "=del", "=d", "=til", "=till", "=to", "=der"]),
    (Kin::From, &["=from", "=fra", "=från", "=aus", "=depuis", "=desde"]),
    (Kin::Be, &["=is", "=was", "=are", "=were", "=er", "=var", "=är", "=ble", "=blev", "=blei", "=ist", "=war", "=wurde", "=wird", "=hat", "=har", "=est", "=était", "=es", "=era", "=fue", "=été", "=a", "=been", "=being", "=has", "=had", "=ha", "=sido"]),
    (Kin::With, &["=with", "=has", "=had", "=have", "=med", "=har", "=mit", "=hat", "=avec", "=con", "=tiene", "=a", "=s", "=its", "=whose", "=running", "=having"]),
    (Kin::And, &["=and", "=og", "=och", "=und", "=et", "=y", "=e", "=plus"]),
    (Kin::Small, &["=the", "=a", "=an", "=its", "=own", "=new", "=another", "=den", "=det", "=dem", "=das", "=die", "=der", "=ein", "=eine", "=einen", "=en", "=et", "=ett", "=le", "=la", "=l", "=les", "=un", "=une", "=el", "=los", "=process", "=processes", "=prosess", "=prosessen", "=processen", "=proces", "=prozess", "=prozesses", "=processus", "=proceso", "=pid", "=id", "=named", "=called", "=as", "=direct", "=immediate", "=shell", "=binary"]),
];

/// Whether a word says this of two processes.
pub fn says_kin(word: &str, kin: Kin) -> bool {
    let word = word.to_lowercase();
    WORDS.iter().any(|(own, forms)| *own == kin && forms.iter().any(|form| is_form(&word, form)))
}

/// Words after which a user is told.
const AS: [&str; 9] = ["as", "som", "als", "comme", "como", "tant", "user", "compte", "cuenta"];

/// Whether a user is told after this word.
pub fn says_as(word: &str) -> bool {
    AS.contains(&word.to_lowercase().as_str())
}
