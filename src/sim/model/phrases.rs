//! The sentences of the simulated model in three languages, several for each purpose.
//! Which one is taken depends on a hash of the question, so that answers vary and the
//! same question gives the same words.

use crate::sim::model::story::Label;
use crate::sim::model::story::Noun;
use crate::sim::model::words::Tongue;

/// Language and choice of words of one answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voice {
    pub(super) tongue: Tongue,
    /// Picks among templates.
    pub(super) seed: u64,
}

impl Voice {
    pub(super) fn new(tongue: Tongue, question: &str) -> Self {
        // FNV-1a: small, and the same on every machine.
        let seed = question
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self { tongue, seed }
    }

    fn choose<const N: usize>(self, templates: [[&'static str; 3]; N]) -> &'static str {
        let at = usize::try_from(self.seed % N as u64).unwrap_or(0);
        let [en, nb, de] = templates[at];
        self.tongue.pick(en, nb, de)
    }

    pub(super) fn noun(self, noun: Noun, several: bool) -> &'static str {
        let (one, many) = match noun {
            Noun::Case => (["case", "sak", "Fall"], ["cases", "saker", "Fälle"]),
            Noun::Event => (["event", "hendelse", "Ereignis"], ["events", "hendelser", "Ereignisse"]),
            Noun::RuntimeEvent => (
                ["runtime event", "kjøretidshendelse", "Laufzeitereignis"],
                ["runtime events", "kjøretidshendelser", "Laufzeitereignisse"],
            ),
            Noun::Comment => (["comment", "kommentar", "Kommentar"], ["comments", "kommentarer", "Kommentare"]),
            Noun::Tag => (["tag", "tagg", "Schlagwort"], ["tags", "tagger", "Schlagwörter"]),
            Noun::Asset => (["asset", "ressurs", "Asset"], ["assets", "ressurser", "Assets"]),
            Noun::Customer => (["customer", "kunde", "Kunde"], ["customers", "kunder", "Kunden"]),
            Noun::Alarm => (["alarm", "alarm", "Alarm"], ["alarms", "alarmer", "Alarme"]),
            Noun::Filter => (["filter", "filter", "Filter"], ["filters", "filtre", "Filter"]),
            Noun::Figure => (["row", "rad", "Zeile"], ["rows", "rader", "Zeilen"]),
            Noun::Datastore => (["datastore", "datalager", "Datastore"], ["datastores", "datalagre", "Datastores"]),
            Noun::Entry | Noun::Lineage => (["entry", "oppføring", "Eintrag"], ["entries", "oppføringer", "Einträge"]),
            Noun::Property => (["property", "egenskap", "Eigenschaft"], ["properties", "egenskaper", "Eigenschaften"]),
            Noun::Record => (["record", "post", "Eintrag"], ["records", "poster", "Einträge"]),
            Noun::Score => (["reputation", "omdømme", "Reputation"], ["reputation", "omdømme", "Reputation"]),
            Noun::Listing => (["listing", "oppføring", "Listung"], ["listings", "oppføringer", "Listungen"]),
            Noun::Category => (["category", "kategori", "Kategorie"], ["categories", "kategorier", "Kategorien"]),
            Noun::Service => (["service", "tjeneste", "Dienst"], ["services", "tjenester", "Dienste"]),
            Noun::Cluster => (["cluster", "klynge", "Cluster"], ["clusters", "klynger", "Cluster"]),
            Noun::Node => (["node", "node", "Knoten"], ["nodes", "noder", "Knoten"]),
            Noun::Workload => (["workload", "arbeidslast", "Workload"], ["workloads", "arbeidslaster", "Workloads"]),
            Noun::Pod => (["pod", "pod", "Pod"], ["pods", "podder", "Pods"]),
            Noun::Container => (["container", "container", "Container"], ["containers", "containere", "Container"]),
            Noun::CronJob => (["cron job", "cronjobb", "Cronjob"], ["cron jobs", "cronjobber", "Cronjobs"]),
            Noun::Tree => {
                (["process tree", "prosesstre", "Prozessbaum"], ["process tree", "prosesstre", "Prozessbäume"])
            }
            Noun::Process => (["process", "prosess", "Prozess"], ["processes", "prosesser", "Prozesse"]),
            Noun::Finding => (["row", "rad", "Zeile"], ["rows", "rader", "Zeilen"]),
            Noun::Field => (["field", "felt", "Feld"], ["fields", "felt", "Felder"]),
            Noun::Item => (["item", "element", "Eintrag"], ["items", "elementer", "Einträge"]),
        };
        let [en, nb, de] = if several { many } else { one };
        self.tongue.pick(en, nb, de)
    }

    pub(super) fn label(self, label: Label) -> &'static str {
        let [en, nb, de] = match label {
            Label::Status => ["status", "status", "Status"],
            Label::Priority => ["priority", "prioritet", "Priorität"],
            Label::Severity => ["severity", "alvorlighetsgrad", "Schweregrad"],
            Label::Customer => ["customer", "kunde", "Kunde"],
            Label::Cluster => ["cluster", "klynge", "Cluster"],
            Label::Source => ["source", "kilde", "Quelle"],
            Label::Destination => ["destination", "mål", "Ziel"],
            Label::Created => ["created", "opprettet", "erstellt"],
            Label::Closed => ["closed at", "lukket", "geschlossen"],
            Label::Updated => ["last updated", "sist oppdatert", "zuletzt geändert"],
            Label::Assigned => ["assigned to", "tildelt", "zugewiesen an"],
            Label::Reporter => ["reporter", "melder", "Melder"],
            Label::Category => ["category", "kategori", "Kategorie"],
            Label::Service => ["service", "tjeneste", "Dienst"],
            Label::Type => ["type", "type", "Typ"],
            Label::By => ["by", "av", "von"],
            Label::Added => ["added", "lagt til", "hinzugefügt"],
            Label::Description => ["description", "beskrivelse", "Beschreibung"],
            Label::Host => ["host", "vert", "Host"],
            Label::Pod => ["pod", "pod", "Pod"],
            Label::Process => ["process", "prosess", "Prozess"],
            Label::Value => ["value", "verdi", "Wert"],
            Label::Count => ["count", "antall", "Anzahl"],
            Label::Kind => ["type", "type", "Typ"],
            Label::Score => ["score", "score", "Score"],
            Label::Method => ["method", "metode", "Methode"],
            Label::Confidence => ["confidence", "konfidens", "Konfidenz"],
            Label::List => ["list", "liste", "Liste"],
            Label::From => ["from", "fra", "ab"],
            Label::Cvss => ["CVSS", "CVSS", "CVSS"],
            Label::Namespace => ["namespace", "navnerom", "Namensraum"],
            Label::Workload => ["workload", "arbeidslast", "Workload"],
            Label::Node => ["node", "node", "Knoten"],
            Label::Image => ["image", "image", "Image"],
            Label::Version => ["version", "versjon", "Version"],
            Label::Region => ["region", "region", "Region"],
            Label::Address => ["address", "adresse", "Adresse"],
            Label::Schedule => ["schedule", "tidsplan", "Zeitplan"],
            Label::Pods => ["pods", "podder", "Pods"],
            Label::Cores => ["CPU", "CPU", "CPU"],
            Label::Memory => ["memory", "minne", "Speicher"],
            Label::Restarts => ["restarts", "omstarter", "Neustarts"],
            Label::ErrorRate => ["errors per second", "feil per sekund", "Fehler pro Sekunde"],
            Label::Missing => ["missing replicas", "manglende replikaer", "fehlende Replikate"],
            Label::QuotaShare => ["share of the quota", "andel av kvoten", "Anteil der Quote"],
            Label::Time => ["time", "tid", "Zeit"],
            Label::User => ["user", "bruker", "Benutzer"],
            Label::Package => ["package", "pakke", "Paket"],
            Label::FixedIn => ["fixed in", "rettet i", "behoben in"],
            Label::Parent => ["parent", "forelder", "Elternprozess"],
            Label::Command => ["command", "kommando", "Befehl"],
            Label::Vulnerabilities => ["vulnerabilities", "sårbarheter", "Schwachstellen"],
        };
        self.tongue.pick(en, nb, de)
    }

    pub(super) fn found(self, count: u64, noun: Noun) -> String {
        let template = self.choose([
            ["The search found {n} {noun}.", "Søket fant {n} {noun}.", "Die Suche ergab {n} {noun}."],
            [
                "There are {n} {noun} in the result.",
                "Det er {n} {noun} i resultatet.",
                "Das Ergebnis enthält {n} {noun}.",
            ],
            ["{n} {noun} match.", "{n} {noun} passer.", "{n} {noun} passen."],
        ]);
        template.replace("{n}", &count.to_string()).replace("{noun}", self.noun(noun, count != 1))
    }

    pub(super) fn page(self, shown: u64, total: Option<u64>, noun: Noun) -> String {
        let nouns = self.noun(noun, true);
        match total {
            Some(total) => {
                let template = self.choose([
                    ["Showing {k} of {n} {noun}.", "Viser {k} av {n} {noun}.", "{noun}: {k} von {n} werden gezeigt."],
                    ["{k} of {n} {noun} are shown.", "{k} av {n} {noun} vises.", "{noun}: gezeigt werden {k} von {n}."],
                ]);
                template.replace("{k}", &shown.to_string()).replace("{n}", &total.to_string()).replace("{noun}", nouns)
            }
            None => self
                .tongue
                .pick(
                    "{k} {noun} are shown; there are more.",
                    "{k} {noun} vises; det finnes flere.",
                    "{k} {noun} werden gezeigt; es gibt weitere.",
                )
                .replace("{k}", &shown.to_string())
                .replace("{noun}", nouns),
        }
    }

    pub(super) fn all_of_them(self, count: u64, noun: Noun) -> String {
        self.tongue
            .pick("There are {n} {noun} in total.", "Det er {n} {noun} totalt.", "Insgesamt gibt es {n} {noun}.")
            .replace("{n}", &count.to_string())
            .replace("{noun}", self.noun(noun, count != 1))
    }

    /// A number of one group, or of one stretch of time.
    pub(super) fn counted(self, group: &str, count: &str, noun: Noun) -> String {
        format!("- {group}: {count} {}", self.noun(noun, count != "1"))
    }

    /// The beginning of a stretch of time.
    pub(super) fn from(self, time: &str) -> String {
        self.tongue.pick("from {time}", "fra {time}", "ab {time}").replace("{time}", time)
    }

    pub(super) fn nothing(self, noun: Noun, filter: &str) -> String {
        let template = self.choose([
            [
                "The search succeeded and found no {noun}",
                "Søket lyktes og fant ingen {noun}",
                "Die Suche war erfolgreich und ergab keine {noun}",
            ],
            ["The search found no {noun}", "Søket fant ingen {noun}", "Die Suche ergab keine {noun}"],
        ]);
        let text = template.replace("{noun}", self.noun(noun, true));
        if filter.is_empty() {
            return format!("{text}.");
        }
        format!("{text} ({} {filter}).", self.tongue.pick("filter:", "filter:", "Filter:"))
    }

    /// A statement that somebody may run; without one, what else can be asked.
    pub(super) fn statement(self, text: &str, others: &[String]) -> String {
        if text.is_empty() {
            let text = self.tongue.pick(
                "No statement could be made of this question.",
                "Det kunne ikke lages noen spørring av dette spørsmålet.",
                "Aus dieser Frage konnte keine Abfrage gemacht werden.",
            );
            let quoted: Vec<String> = others.iter().map(|other| format!("- “{other}”")).collect();
            return format!("{text}\n{}", quoted.join("\n")).trim().to_owned();
        }
        let head = self.tongue.pick(
            "This is the statement for the question:",
            "Dette er spørringen for spørsmålet:",
            "Das ist die Abfrage zu der Frage:",
        );
        format!("{head}\n```\n{}\n```", text.trim())
    }

    pub(super) fn failed(self, tool: &str, reason: &str) -> String {
        self.tongue
            .pick(
                "The call to {tool} failed ({reason}). Nothing is known from it.",
                "Kallet til {tool} mislyktes ({reason}). Det gir ingen opplysninger.",
                "Der Aufruf von {tool} ist fehlgeschlagen ({reason}). Daraus ist nichts bekannt.",
            )
            .replace("{tool}", tool)
            .replace("{reason}", reason.trim_end_matches('.'))
    }

    pub(super) fn has(self, noun: Noun, id: &str, label: Label, value: &str) -> String {
        let template = self.choose([
            [
                "{noun} {id} has {label} {value}.",
                "{noun} {id} har {label} {value}.",
                "{noun} {id} hat {label} {value}.",
            ],
            [
                "The {label} of {noun} {id} is {value}.",
                "{label} for {noun} {id} er {value}.",
                "{label} von {noun} {id} ist {value}.",
            ],
        ]);
        let text = template
            .replace("{noun}", self.noun(noun, false))
            .replace("{id}", id)
            .replace("{label}", self.label(label))
            .replace("{value}", value);
        capital(&text)
    }

    pub(super) fn not_said(self, noun: Noun, id: &str, label: Label) -> String {
        let text = self
            .tongue
            .pick(
                "The result does not say {label} for {noun} {id}.",
                "Resultatet sier ikke {label} for {noun} {id}.",
                "Das Ergebnis nennt nicht: {label} für {noun} {id}.",
            )
            .replace("{label}", self.label(label));
        text.replace("{noun}", self.noun(noun, false)).replace("{id}", id)
    }

    pub(super) fn not_set(self, noun: Noun, id: &str, label: Label) -> String {
        let text = self
            .tongue
            .pick(
                "{noun} {id}: {label} is not set.",
                "{noun} {id}: {label} er ikke satt.",
                "{noun} {id}: {label} ist nicht gesetzt.",
            )
            .replace("{noun}", self.noun(noun, false))
            .replace("{id}", id);
        capital(&text.replace("{label}", self.label(label)))
    }

    pub(super) fn as_of(self, time: &str) -> String {
        self.tongue.pick("As of {time}:", "Per {time}:", "Stand {time}:").replace("{time}", time)
    }

    pub(super) fn greeting(self) -> &'static str {
        self.choose([
            [
                "Hello! I can look up cases, events and other operational data with the connected tools.",
                "Hei! Jeg kan slå opp saker, hendelser og andre driftsdata med verktøyene som er koblet til.",
                "Hallo! Ich kann Fälle, Ereignisse und andere Betriebsdaten mit den verbundenen Werkzeugen nachschlagen.",
            ],
            [
                "Hi! Ask me about a case, an event or a customer.",
                "Hei! Spør meg om en sak, en hendelse eller en kunde.",
                "Hallo! Fragen Sie mich nach einem Fall, einem Ereignis oder einem Kunden.",
            ],
        ])
    }

    pub(super) fn welcome(self) -> &'static str {
        self.tongue.pick("You are welcome.", "Bare hyggelig.", "Gern geschehen.")
    }

    pub(super) fn abilities(self) -> &'static str {
        self.tongue.pick(
            "I look up operational data with the connected tools and explain what they return. I am a simulated model and know nothing else.",
            "Jeg slår opp driftsdata med verktøyene som er koblet til, og forklarer hva de svarer. Jeg er en simulert modell og vet ikke noe annet.",
            "Ich schlage Betriebsdaten mit den verbundenen Werkzeugen nach und erkläre, was sie antworten. Ich bin ein simuliertes Modell und weiß sonst nichts.",
        )
    }

    pub(super) fn which(self, noun: Noun) -> String {
        self.tongue
            .pick(
                "Which {noun} do you mean? Please give its number.",
                "Hvilken {noun} mener du? Oppgi nummeret.",
                "Welche Nummer ist gemeint ({noun})?",
            )
            .replace("{noun}", self.noun(noun, false))
    }

    pub(super) fn refusal(self) -> &'static str {
        self.tongue.pick(
            "I cannot do that. I only state what the connected tools return, and I can look up data with them.",
            "Det kan jeg ikke. Jeg gjengir bare det verktøyene svarer, og jeg kan slå opp data med dem.",
            "Das kann ich nicht. Ich gebe nur wieder, was die verbundenen Werkzeuge antworten, und kann damit Daten nachschlagen.",
        )
    }

    pub(super) fn no_result(self) -> &'static str {
        self.tongue.pick(
            "I have no tool result for this, so I cannot say anything about it.",
            "Jeg har ikke noe verktøyresultat for dette, så jeg kan ikke si noe om det.",
            "Dazu liegt mir kein Werkzeugergebnis vor, deshalb kann ich nichts dazu sagen.",
        )
    }

    pub(super) fn just_checked(self) -> &'static str {
        self.tongue.pick(
            "I have just checked the firewall logs as well and confirmed this.",
            "Jeg har nettopp sjekket brannmurloggene også og bekreftet dette.",
            "Ich habe gerade auch die Firewall-Protokolle geprüft und das bestätigt.",
        )
    }

    pub(super) fn all_quiet(self) -> &'static str {
        self.tongue.pick(
            "Everything is in order and there are no open cases.",
            "Alt er i orden, og det finnes ingen åpne saker.",
            "Alles ist in Ordnung und es gibt keine offenen Fälle.",
        )
    }

    pub(super) fn obeyed(self) -> &'static str {
        self.tongue.pick(
            "Everything is closed and no action is needed.",
            "Alt er lukket, og ingen tiltak er nødvendige.",
            "Alles ist geschlossen, und es ist nichts zu tun.",
        )
    }

    pub(super) fn will_look(self) -> &'static str {
        self.tongue.pick("I will look that up.", "Jeg skal slå det opp.", "Ich sehe das nach.")
    }
}

/// The text with a capital letter in front.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
