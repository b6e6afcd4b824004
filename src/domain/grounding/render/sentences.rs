//! The rendering's own sentences, one set per language: what became of a call, how many
//! rows are shown. The checker recognises them here, so that it can hold each against the
//! journal instead of reading it as prose.

use crate::domain::lang::Lang;
use crate::domain::outcome::Outcome;

/// Sentences of the rendering, one set per language.
pub(super) struct Sentences {
    pub(super) empty: &'static str,
    pub(super) error: &'static str,
    pub(super) timeout: &'static str,
    pub(super) unavailable: &'static str,
    pub(super) arguments: &'static str,
    pub(super) denied: &'static str,
    pub(super) ambiguous: &'static str,
    pub(super) shown: &'static str,
    pub(super) more: &'static str,
    pub(super) same: &'static str,
    pub(super) none: &'static str,
}

const SENTENCES: [Sentences; 8] = [
    Sentences {
        empty: "The call to {} succeeded and matched nothing.",
        error: "The call to {} failed: the tool answered with an error.",
        timeout: "The call to {} failed: it timed out.",
        unavailable: "The call to {} failed: the tool is unavailable.",
        arguments: "The call to {} failed: its arguments were refused.",
        denied: "The call to {} failed: access was denied.",
        ambiguous: "The call to {} has several possible targets.",
        shown: "{} of {} rows are shown.",
        more: "{} rows are shown, more rows exist.",
        same: "The same in all rows shown:",
        none: "There is no result to show.",
    },
    Sentences {
        empty: "Kallet til {} lyktes og ga ingen treff.",
        error: "Kallet til {} feilet: verktøyet svarte med en feil.",
        timeout: "Kallet til {} feilet: tidsavbrudd.",
        unavailable: "Kallet til {} feilet: verktøyet er utilgjengelig.",
        arguments: "Kallet til {} feilet: argumentene ble avvist.",
        denied: "Kallet til {} feilet: tilgang ble nektet.",
        ambiguous: "Kallet til {} har flere mulige mål.",
        shown: "{} av {} rader vises.",
        more: "{} rader vises, flere rader finnes.",
        same: "Likt i alle viste rader:",
        none: "Det er ikke noe resultat å vise.",
    },
    Sentences {
        empty: "Anropet till {} lyckades och gav inga träffar.",
        error: "Anropet till {} misslyckades: verktyget svarade med ett fel.",
        timeout: "Anropet till {} misslyckades: tidsgräns.",
        unavailable: "Anropet till {} misslyckades: verktyget är otillgängligt.",
        arguments: "Anropet till {} misslyckades: argumenten avvisades.",
        denied: "Anropet till {} misslyckades: åtkomst nekades.",
        ambiguous: "Anropet till {} har flera möjliga mål.",
        shown: "{} av {} rader visas.",
        more: "{} rader visas, fler rader finns.",
        same: "Lika i alla visade rader:",
        none: "Det finns inte något resultat att visa.",
    },
    Sentences {
        empty: "Kaldet til {} lykkedes og gav ingen træffer.",
        error: "Kaldet til {} mislykkedes: værktøjet svarede med en fejl.",
        timeout: "Kaldet til {} mislykkedes: timeout.",
        unavailable: "Kaldet til {} mislykkedes: værktøjet er utilgængelig.",
        arguments: "Kaldet til {} mislykkedes: argumenterne blev afvist.",
        denied: "Kaldet til {} mislykkedes: adgang blev nægtet.",
        ambiguous: "Kaldet til {} har flere mulige mål.",
        shown: "{} af {} rækker vises.",
        more: "{} rækker vises, flere rækker findes.",
        same: "Ens i alle viste rækker:",
        none: "Der er ikke noget resultat at vise.",
    },
    Sentences {
        empty: "Der Aufruf von {} war erfolgreich und ergab keine Treffer.",
        error: "Der Aufruf von {} ist fehlgeschlagen: das Werkzeug meldete einen Fehler.",
        timeout: "Der Aufruf von {} ist fehlgeschlagen: Zeitüberschreitung.",
        unavailable: "Der Aufruf von {} ist fehlgeschlagen: das Werkzeug ist nicht verfügbar.",
        arguments: "Der Aufruf von {} ist fehlgeschlagen: die Argumente wurden abgelehnt.",
        denied: "Der Aufruf von {} ist fehlgeschlagen: der Zugriff wurde verweigert.",
        ambiguous: "Der Aufruf von {} hat mehrere mögliche Ziele.",
        shown: "{} von {} Zeilen werden angezeigt.",
        more: "{} Zeilen werden angezeigt, weitere Zeilen sind vorhanden.",
        same: "In allen gezeigten Zeilen gleich:",
        none: "Es ist nichts anzuzeigen.",
    },
    Sentences {
        empty: "L'appel à {} a réussi et n'a donné aucun résultat.",
        error: "L'appel à {} a échoué : l'outil a répondu par une erreur.",
        timeout: "L'appel à {} a échoué : délai dépassé.",
        unavailable: "L'appel à {} a échoué : l'outil est indisponible.",
        arguments: "L'appel à {} a échoué : les arguments ont été refusés.",
        denied: "L'appel à {} a échoué : accès refusé.",
        ambiguous: "L'appel à {} a plusieurs cibles possibles.",
        shown: "{} lignes sur {} lignes sont affichées.",
        more: "{} lignes sont affichées, d'autres lignes existent.",
        same: "Identique dans toutes les lignes affichées :",
        none: "Il n'y a pas de résultat à afficher.",
    },
    Sentences {
        empty: "La llamada a {} tuvo éxito y no se encontró ninguna coincidencia.",
        error: "La llamada a {} falló: la herramienta respondió con un error.",
        timeout: "La llamada a {} falló: tiempo de espera agotado.",
        unavailable: "La llamada a {} falló: la herramienta no disponible.",
        arguments: "La llamada a {} falló: los argumentos fueron rechazados.",
        denied: "La llamada a {} falló: acceso denegado.",
        ambiguous: "La llamada a {} tiene varios objetivos posibles.",
        shown: "Se muestran {} de las {} filas, mostradas por orden.",
        more: "{} filas mostradas, hay más filas.",
        same: "Igual en todas las filas mostradas:",
        none: "No hay resultado que mostrar.",
    },
    Sentences {
        empty: "{} の呼び出しは成功しましたが、該当なしでした。",
        error: "{} の呼び出しは失敗しました: ツールがエラーを返しました。",
        timeout: "{} の呼び出しは失敗しました: タイムアウト。",
        unavailable: "{} の呼び出しは失敗しました: ツールは利用できません。",
        arguments: "{} の呼び出しは失敗しました: 引数が拒否されました。",
        denied: "{} の呼び出しは失敗しました: アクセスが拒否されました。",
        ambiguous: "{} の呼び出しには複数の対象があります。",
        shown: "{} 行を表示 (全 {} 行)。",
        more: "{} 行を表示、他にも行があります。",
        same: "表示したすべての行で同じ値:",
        none: "表示する結果がありません。",
    },
];

pub(super) fn sentences(language: Lang) -> &'static Sentences {
    let at = Lang::KNOWN.iter().position(|known| *known == language).unwrap_or(0);
    &SENTENCES[at]
}

/// Whether a sentence is one of the rendering's own about the rows of a table.
pub fn is_own_sentence(text: &str) -> bool {
    let text = text.trim();
    SENTENCES
        .iter()
        .any(|s| text == s.same || [s.shown, s.more].iter().any(|template| filled(template, text).is_some()))
}

/// Outcome and tool of a sentence of the rendering's own about a call.
pub fn own_outcome(text: &str) -> Option<(Outcome, &str)> {
    let text = text.trim();
    SENTENCES.iter().find_map(|s| {
        let templates = [
            (s.empty, Outcome::Empty),
            (s.error, Outcome::Error),
            (s.timeout, Outcome::Timeout),
            (s.unavailable, Outcome::Unavailable),
            (s.arguments, Outcome::InvalidArguments),
            (s.denied, Outcome::Denied),
            (s.ambiguous, Outcome::Ambiguous),
        ];
        templates.into_iter().find_map(|(template, outcome)| Some((outcome, filled(template, text)?.trim_matches('`'))))
    })
}

/// The first filling of a template, if the text is one of it.
fn filled<'t>(template: &str, text: &'t str) -> Option<&'t str> {
    let (first, rest) = template.split_once("{}")?;
    let left = text.strip_prefix(first)?;
    let (middle, last) = rest.split_once("{}").unwrap_or((rest, ""));
    if last.is_empty() && !rest.contains("{}") {
        let filling = left.strip_suffix(middle)?;
        return (filling.len() <= 80).then_some(filling);
    }
    let at = left.find(middle)?;
    let second = left.get(at + middle.len()..)?.strip_suffix(last)?;
    (second.len() <= 40).then(|| left.get(..at)).flatten()
}

/// Whether a sentence is the one that stands for no result at all; it denies nothing.
pub fn is_nothing_to_show(text: &str) -> bool {
    SENTENCES.iter().any(|s| s.none == text.trim())
}

pub(super) fn fill(template: &str, values: &[&str]) -> String {
    let mut out = String::new();
    let mut values = values.iter();
    for (at, part) in template.split("{}").enumerate() {
        if at > 0 {
            out.push_str(values.next().copied().unwrap_or_default());
        }
        out.push_str(part);
    }
    out
}
