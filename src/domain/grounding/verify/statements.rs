//! What is left of a unit when all its values are accounted for. Words that one text
//! of the subject holds are a quote or paraphrase; otherwise the unit is a statement
//! for the judge. Greetings, offers, questions and transitions are no claims.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::domain::grounding::bind::Subject;
use crate::domain::grounding::claim::ClaimKind;
use crate::domain::grounding::claim::ViolationCode;
use crate::domain::grounding::facts::FactId;
use crate::domain::grounding::sentence::Unit;
use crate::domain::grounding::sentence::UnitKind;
use crate::domain::grounding::verify::Checker;
use crate::domain::grounding::verify::Finding;
use crate::domain::grounding::words;

/// Words that say nothing by themselves, in the supported languages, and the small talk of answers.
const STOPWORDS: &str = "a an the this that these those it its is are was were be been being am do does did done has have had having \
 i you he she we they me him her us them my your his our their mine yours of in on at by for with from to into onto over under about \
 as than then so if or and but nor not no yes also too very more most less least some any each every all both few many much other another \
 such only own same there here where when why how what which who whom whose while during before after above below between through up down out off \
 again further once can could may might must shall should will would just now still currently already yet only ever never always often \
 following follows found find shows show shown showing listed list lists below above based according per via within without including included \
 result results data information details detail summary overview query search searched tool tools call calls call returned returns return \
 please thanks thank hello hi welcome sorry sure okay ok help let know need want like would happy glad anything question questions \
 given set match matches matching matched total number count one two three first second last next latest recent new see look looks looking \
 available currently moment time date today yesterday value values field fields record records entry entries item items row rows page \
 have exists exist there's here's it's i'm you're don't however therefore thus because since until per each regarding concerning related \
 seen observed reported recorded registered noted associated linked assigned belongs belong named called known identified type name id status state \
 added adds wrote written writes mention mentions mentioned says said states stated notes noted comment commented rated registered runs ran ran \
 open opened closed high low medium critical active pending waiting customer case cases event events alert alerts host hosts \
 og i på av for med til fra som er var har hadde blir ble være vært den det de en et ei at om men eller å ikke ingen jeg du han hun vi dere meg deg \
 deg seg sin sitt sine min mitt din ditt dette disse denne der her hvor når hva hvem hvilken hvilke hvordan så også bare kun etter før under over mellom ut inn opp ned \
 kan kunne skal skulle vil ville må måtte få fikk får gjør gjorde gjøre gi ga viser vist vises viste funnet fant finner finnes følgende ifølge basert resultatet resultater \
 takk hei beklager gjerne hjelpe spørsmål vennligst si sier står nå da siden fortsatt fremdeles allerede alle noen andre annen \
 och är på av för med till från som var har hade blir blev vara varit den det de en ett att om men eller inte ingen jag du han hon vi ni mig dig sig sin sitt sina \
 detta dessa denna där här var när vad vem vilken vilka hur så också bara endast efter före under över mellan kan kunde ska skulle vill ville måste får fick gör gjorde visar visas \
 hittade hittades finns följande enligt baserat resultatet tack hej gärna hjälpa frågor nu då sedan fortfarande redan alla några andra annan \
 er på af for med til fra som var har havde bliver blev være været den det de en et at om men eller ikke ingen jeg du han hun vi jer mig dig sig \
 disse denne hvor hvornår hvad hvem hvilken hvordan så også kun efter før kan kunne skal skulle vil ville må fik får gør viser vist fundet fandt findes følgende ifølge tak hej gerne hjælpe \
 der die das den dem des ein eine einen einem einer eines und oder aber nicht kein keine ist sind war waren wird werden wurde wurden sein seine seinem haben hat hatte hatten \
 ich du er sie es wir ihr mich dich sich uns euch ihm ihn ihnen mein dein unser euer dieser diese dieses diesem diesen jener von vom zu zum zur in im ins an am auf aus bei beim mit nach seit \
 über unter vor hinter zwischen durch für gegen ohne um als wie wenn dass ob weil da dort hier wo wann was wer welche welcher welches auch nur noch schon immer so sehr mehr kann können konnte \
 soll sollte muss müssen darf folgende folgenden laut gemäß ergebnis ergebnisse gefunden gibt zeigt gezeigt danke hallo bitte gerne helfen fragen alle einige andere \
 le la les l un une des du de d et ou mais ne pas est sont était étaient être été a ont avait avoir je tu il elle on nous vous ils elles me te se lui leur mon ton son ma ta sa mes tes ses notre votre \
 ce cet cette ces qui que quoi dont où quand comment pourquoi quel quelle quels quelles dans sur sous par pour avec sans entre vers chez en au aux y plus moins très aussi seulement encore déjà toujours \
 peut peuvent doit doivent suivant suivants suivante voici selon résultat résultats trouvé trouvés trouvée affiche montre merci bonjour aide aider questions tous toutes certains autres été qu n s c j m t \
 el la los las un una unos unas de del y o pero no es son era eran ser sido está están estaba ha han había haber yo tú él ella nosotros ustedes ellos me te se le les nos mi tu su mis tus sus este esta estos estas \
 ese esa esos esas que quien cual cuales cuando donde como por para con sin entre hacia en al a más menos muy también solo sólo aún ya siempre puede pueden debe deben siguiente siguientes según resultado \
 encontrado encontraron encontró muestra gracias hola ayuda ayudar preguntas todos todas algunos otros hay fue fueron \
 cuándo cuál cuáles quién quiénes dónde cómo hvornår hvilken hvilket hvilke vilken vilket welche welchen quel quelle \
 among amongst blant bland blandt unter parmi entre regarding concerning vedrørende angående omkring gällande angående bezüglich hinsichtlich betreffend zur zum dazu concernant propos relatif relative sujet sobre acerca respecto referente cuanto";

static STOPWORD_SET: LazyLock<HashSet<u64>> = LazyLock::new(|| STOPWORDS.split_whitespace().map(words::hash).collect());

/// Whether a word says nothing by itself.
pub(super) fn is_stopword(word: &str) -> bool {
    STOPWORD_SET.contains(&words::hash(word))
}

impl Checker<'_, '_> {
    pub(super) fn statement(&mut self, unit: &Unit, about: &Subject, claims_before: usize) {
        let text = self.draft.slice(&unit.span);
        if unit.kind == UnitKind::Heading || self.asks(unit) || self.ends_with(unit, &[':', '：']) {
            return;
        }
        if crate::domain::grounding::render::sentences::is_own_sentence(text) {
            return;
        }
        if self.claims[claims_before..].iter().any(|claim| {
            claim.code.is_some() || claim.verdict == crate::domain::grounding::claim::Verdict::NotCheckable
        }) {
            return;
        }
        let left = self.residue(unit);
        let checked = self.claims.len() > claims_before;
        let cjk = text.chars().any(words::is_cjk);
        let least = match (checked, cjk) {
            (true, false) => 3,
            (false, false) => 3,
            (_, true) => 8,
        };
        if left.len() < least {
            return;
        }
        let code = ViolationCode::UnsupportedStatement;
        let finding = match self.paraphrased(&left, about) {
            Some(id) => Finding::Supported(vec![id], "in the words of the results".to_owned()),
            None => Finding::Open("a statement in free words".to_owned()),
        };
        self.found(&unit.span, ClaimKind::Statement, finding, code, code);
    }

    /// Content words that no claim, spoken form or printed value accounts for.
    fn residue(&self, unit: &Unit) -> Vec<u64> {
        let mut left: Vec<u64> =
            self.draft
                .words_in(&unit.span)
                .iter()
                .filter(|word| {
                    let text = self.draft.slice(&word.range());
                    let covered = self.covered.iter().any(|span| span.start <= word.start && word.end <= span.end);
                    let spoken =
                        self.draft.spots_in(&unit.span).any(|spot| spot.start <= word.start && word.end <= spot.end);
                    let printed = self.index.phrases_in(&unit.span).any(|phrase| {
                        phrase.words > 1 && phrase.span.start <= word.start && word.end <= phrase.span.end
                    });
                    let short = text.chars().count() < 3 && !text.chars().any(is_ideograph);
                    let kana = text.chars().all(|c| matches!(c, '\u{3040}'..='\u{309f}'));
                    !covered
                        && !spoken
                        && !printed
                        && !short
                        && !kana
                        && !STOPWORD_SET.contains(&word.hash)
                        && !text.bytes().any(|b| b.is_ascii_digit())
                        && !self.user.names(text)
                })
                .map(|word| word.hash)
                .collect();
        left.dedup();
        left
    }

    /// A text of the subject that holds nearly all the words.
    fn paraphrased(&self, left: &[u64], about: &Subject) -> Option<FactId> {
        self.texts(about).into_iter().find(|id| {
            let text = self.evidence.fact(*id).text().unwrap_or_default();
            let known: HashSet<u64> = words::words(text).map(|word| word.hash).collect();
            let held = left.iter().filter(|word| known.contains(word)).count();
            held * 10 >= left.len() * 9
        })
    }
}

fn is_ideograph(c: char) -> bool {
    words::is_cjk(c) && !matches!(c, '\u{3040}'..='\u{309f}')
}
