//! Words that turn a value into a statement: negation, scope, order, failure, freshness,
//! work. `(cue, [en, nb, sv, da, de, fr, es, ja])`. Data only.

/// What a cue does to a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cue {
    /// "not".
    Not,
    /// "no", "none", "zero" of something.
    None,
    /// "all", "every".
    All,
    /// "only".
    Only,
    /// Something failed.
    Failure,
    /// Nothing matched.
    NothingFound,
    /// The result does not say.
    Unknown,
    /// To say or show, of a result; with [`Cue::Not`] it denies that something is said.
    Tells,
    /// To have or return, of a search or a customer; with [`Cue::Not`] it denies rows.
    Holds,
    /// What a result may hold of something: "information", "details".
    Information,
    /// Besides what was spoken of: "other", "further", "except".
    Other,
    /// As of now.
    Fresh,
    /// The answer rests on an older result, said openly.
    AsOf,
    /// Work claimed by the speaker.
    Checked,
    /// Said of a page or a part.
    PartOnly,
    /// Sum over rows.
    Sum,
    /// Mean over rows.
    Mean,
    /// Share.
    Share,
    /// Difference.
    Difference,
    /// Distinct.
    Distinct,
    /// The earliest by time.
    Oldest,
    /// The latest by time.
    Newest,
    /// The largest.
    Most,
    /// The smallest.
    Least,
    /// A change over time.
    Trend,
    /// Values in the order of the owners.
    Respectively,
    /// An offer or question back.
    Offer,
    /// Refers to what was spoken of before.
    Pronoun,
    /// Yes.
    Yes,
    /// No, as a value.
    NoValue,
    /// A comparison of two.
    Comparison,
    /// The first of two is earlier.
    Before,
    /// The first of two is later.
    After,
    /// The first of two is larger; with [`Cue::Than`].
    More,
    /// The first of two is smaller; with [`Cue::Than`].
    Fewer,
    /// Joins the two sides of a comparison.
    Than,
    /// Said of an earlier state.
    Initially,
    /// Listed from the earliest on.
    OldestFirst,
    /// Listed from the latest on.
    NewestFirst,
    /// Says whose something is.
    Owned,
    /// Something worked.
    Succeeded,
    /// The speaker.
    Speaker,
    /// Work that a speaker may claim.
    WorkVerb,
    /// Reported speech: what a record says.
    Reported,
    /// Text that gives orders to a reader.
    Injection,
    /// Separates statements.
    Break,
    /// General talk about what could be or how things are, not what is.
    General,
    /// A verb that says something of several things, in languages that tell it from one thing;
    /// in the others any such verb.
    Plural,
    /// Something is not as an earlier result had it.
    Changed,
    /// All is as an earlier result had it.
    Unchanged,
}

/// All cues.
pub(super) const CUES: &[(Cue, [&str; 8])] = &[
    (
        Cue::Not,
        [
            "not|isn't|don't|haven't|weren't|wasn't|aren't|hasn't|doesn't|didn't|never|neither|nor|no longer|without",
            "ikke|aldri|uten|verken",
            "inte|ej|aldrig|utan",
            "ikke|aldrig|uden",
            "nicht|nie|niemals|ohne|nicht mehr|weder",
            "ne|n|pas|jamais|sans|non",
            "no|nunca|sin|tampoco|jamás",
            "ない|ません|なし|未|ていない|おらず",
        ],
    ),
    (
        Cue::None,
        [
            "no|none|zero|nothing|nobody|neither",
            "ingen|intet|null|ingenting|inga",
            "inga|ingen|inget|ingenting|noll",
            "ingen|intet|nul|ingenting",
            "kein|keine|keinen|keiner|keines|keinerlei|null|nichts",
            "aucun|aucune|rien|zéro|nul",
            "ningún|ninguno|ninguna|cero|nada|ningun",
            "ありません|ございません|見つかりません|存在しません|0件|ゼロ",
        ],
    ),
    (
        Cue::All,
        [
            "all|every|each|both|any",
            "alle|samtlige|hver|begge",
            "alla|samtliga|varje|båda",
            "alle|samtlige|hver|begge",
            "alle|aller|allen|sämtliche|jede|jeder|jedes|beide",
            "tous|toutes|chaque|les deux",
            "todos|todas|cada|ambos|ambas",
            "すべて|全て|全部|いずれも|全",
        ],
    ),
    (
        Cue::Only,
        [
            "only|just one|solely|exclusively|nothing but",
            "bare|kun|utelukkende",
            "bara|endast|enbart",
            "kun|bare|udelukkende",
            "nur|lediglich|ausschließlich",
            "seulement|uniquement|seul|seule",
            "solo|sólo|solamente|únicamente|único|única",
            "のみ|だけ",
        ],
    ),
    (
        Cue::Failure,
        [
            "could not|couldn't|cannot|can't|was not able|were not able|unable|failed|fails|failure|error|errors|timed out|time out|timeout|unavailable|not available|not reachable|unreachable|did not answer|did not respond|no answer|denied|refused|not allowed|forbidden|rejected|no permission|not permitted|invalid argument|invalid arguments|went wrong|not possible",
            "kunne ikke|kan ikke|klarte ikke|feilet|feil|mislyktes|tidsavbrudd|utilgjengelig|ikke tilgjengelig|svarte ikke|fikk ikke|avvist|nektet|ikke tilgang|ugyldig*|gikk galt",
            "kunde inte|kan inte|misslyckades|fel|tidsgräns|otillgänglig*|inte tillgänglig*|svarade inte|gick inte|nekad*|avvisad*|ogiltig*|fick inte",
            "kunne ikke|kan ikke|mislykkedes|fejlede|fejl|timeout|utilgængelig|ikke tilgængelig|svarede ikke|afvist|nægtet|ugyldig*|gik galt",
            "konnte nicht|konnten nicht|kann nicht|fehlgeschlagen|fehler|scheiterte|zeitüberschreitung|nicht verfügbar|nicht erreichbar|antwortete nicht|antwortet nicht|verweigert|abgelehnt|ungültig*|schlug fehl|keine antwort|nicht möglich|keine berechtigung",
            "n'a pas pu|n'ai pas pu|ne peut pas|impossible|échec|échoué|erreur|délai dépassé|indisponible|pas disponible|n'a pas répondu|refusé*|non valide*|invalide*|injoignable|inaccessible",
            "no se pudo|no pude|no pudo|no puedo|no fue posible|falló|fallo|fallido|fallida|error|tiempo de espera|no disponible|no respondió|denegad*|rechazad*|no válid*|inaccesible|imposible",
            "できません|できなかった|失敗|エラー|タイムアウト|利用できません|応答がありません|拒否|取得できません|応答しません|無効な",
        ],
    ),
    (
        Cue::NothingFound,
        [
            "no match|no matches|nothing matched|not found|no results|no result|no data|nothing found|nothing was found|no rows|no records|no entries|empty|matched nothing|could not find|couldn't find|did not find|didn't find|zero results|0 results|did not return any|returned no|returned nothing|found nothing|does not exist|none",
            "ingen treff|ingenting funnet|ikke funnet|ingen resultater|ingen data|tomt|fant ikke|fant ingen|ingen rader|finnes ikke|null treff|ga ingen|ingen",
            "inga träffar|hittades inte|inga resultat|ingen data|tomt|hittade inte|hittade inga|inga rader|finns inte|inga|inget",
            "ingen træffer|ikke fundet|ingen resultater|ingen data|tomt|fandt ikke|fandt ingen|ingen rækker|findes ikke|ingen",
            "keine treffer|nicht gefunden|keine ergebnisse|keine daten|leer|nichts gefunden|fand keine|keine zeilen|existiert nicht|kein treffer|keine|kein",
            "aucun résultat|aucune correspondance|introuvable*|aucune donnée|vide|rien trouvé|pas trouvé|n'existe pas|aucun|aucune|pas de résultat",
            "ningún resultado|sin resultados|no se encontr*|no hay|ninguna coincidencia|vacío|sin datos|nada|no existe|ningún|ninguna|no encontré",
            "見つかりません|該当なし|該当する|結果はありません|ありません|データがありません|存在しません|空",
        ],
    ),
    (
        Cue::Unknown,
        [
            "unknown|not known|not stated|not given|not specified|not set|no value|does not say|doesn't say|does not state|does not show|does not include|does not contain|not in the result|not recorded|not available in|not provided|no information|empty|n/a|unassigned|not assigned|not listed|missing|do not say|don't say|do not state|don't state|doesn't state|do not tell|does not tell|no information on|no information about|no information regarding|not mentioned|not indicated|not shown in|not included in|not part of the result|not part of the results|has not been set|isn't set|not available",
            "ukjent|ikke kjent|ikke oppgitt|ikke angitt|ikke satt|ingen verdi|sier ikke|fremgår ikke|mangler|ikke registrert|ingen informasjon|står ikke|ikke tildelt|ikke nevnt|ikke oppgitt i|ikke opplyst|ikke spesifisert|ikke fylt ut|ingen opplysninger|ikke med i",
            "okänt|inte känt|okänd|inte angivet|inte angiven|ej angivet|saknas|framgår inte|säger inte|ingen information|inte satt|inte tilldelad|inte specificerat|inte specificerad|inte nämnt|inga uppgifter|ingen uppgift|uppges inte|anges inte|inte ifyllt",
            "ukendt|ikke kendt|ikke angivet|ikke oplyst|mangler|fremgår ikke|siger ikke|ingen information|ikke sat|ikke tildelt|ikke specificeret|ikke nævnt|ikke udfyldt|ingen oplysninger|oplyses ikke|fremgår heller ikke",
            "unbekannt|nicht bekannt|nicht angegeben|nicht gesetzt|kein wert|sagt nicht|fehlt|nicht enthalten|keine angabe|keine information*|nicht zugewiesen|geht nicht hervor|nicht hinterlegt|keine angaben|keinerlei angaben|keine informationen|nicht eingetragen|nicht genannt|nicht vermerkt|nicht ausgewiesen|nicht vorhanden|nicht ersichtlich",
            "inconnu*|non précisé*|non renseigné*|pas indiqué*|n'indique pas|ne précise pas|manquant*|aucune information|non défini*|non assigné*|non attribué*|n'est pas précisé*|n'est pas indiqué*|n'est pas mentionné*|pas mentionné*|pas précisé*|pas renseigné*|aucune indication|aucun renseignement|pas d'information*|ne figure pas",
            "desconocid*|no se sabe|no se conoce|no especificad*|no indicad*|no indica|no consta|falta|sin valor|sin información|no se indica|sin asignar|no figura|no se especifica|no se menciona|no está indicad*|no está especificad*|ninguna información|no hay información|no aparece",
            "不明|記載なし|未設定|記載されていません|情報がありません|未割り当て|含まれていません|示されていません|記載がありません|記載はありません|示していません|情報はありません|分かりません|わかりません|設定されていません|含まれておりません|書かれていません|登録されていません",
        ],
    ),
    (
        Cue::Tells,
        [
            "say|says|show|shows|shown|provide|provides|provided|mention|mentions|include|includes|contain|contains|give|gives|indicate|indicates|specify|specifies|reveal|reveals|list|lists|tell|tells|hold|holds|name|names|state who|state when|state whether|report|reports",
            "sier|viser|oppgir|nevner|står|fremgår|framgår|kommer frem|inneholder|angir|gir|forteller|inkluderer|omfatter|viste|inneholdt|navngir",
            "säger|visar|anger|uppger|framgår|står|nämner|innehåller|ger|berättar|visade|omfattar",
            "siger|viser|oplyser|nævner|fremgår|står|indeholder|angiver|giver|fortæller|viste|omfatter",
            "sagen|sagt|zeigen|zeigt|nennen|nennt|enthalten|enthält|angeben|angegeben|erwähnen|erwähnt|liefern|liefert|beinhalten|beinhaltet|verraten|hervor|ausweisen|weist|geben|gibt",
            "dit|disent|montre|montrent|mentionne|mentionnent|indique|indiquent|précise|précisent|contient|contiennent|fournit|fournissent|donne|donnent|affiche|affichent|comporte|comportent|spécifie|spécifient|révèle|révèlent",
            "dice|dicen|muestra|muestran|menciona|mencionan|indica|indican|especifica|especifican|contiene|contienen|incluye|incluyen|proporciona|proporcionan|ofrece|ofrecen|aporta|aportan|revela|revelan|señala|señalan",
            "示して|示され|記載され|記載して|表示され|含まれて|含んで|言及して|述べて|教えて",
        ],
    ),
    (
        Cue::Holds,
        [
            "have|has|had|return|returned|returns|see|find|yield|yielded|exist",
            "har|hadde|ga|fant|finner|finnes|returnerte|ser",
            "har|hade|gav|hittade|hittar|finns|returnerade|ser",
            "har|havde|gav|fandt|findes|returnerede|ser",
            "hat|haben|hatte|ergab|ergeben|lieferte|fand|finde|sehe|gibt",
            "a|ont|avait|renvoyé|renvoie|retourné|vois|trouve|existe",
            "tiene|tienen|tenía|devolvió|devuelve|arrojó|veo|encuentro|existen|hay",
            "見当たり|返され",
        ],
    ),
    (
        Cue::Information,
        [
            "information|info|details|detail|anything|data on|data about|indication|mention of",
            "informasjon|informasjonen|opplysninger|detaljer|noe om|angivelse|data om",
            "information|informationen|uppgifter|uppgift|detaljer|något om|data om",
            "information|informationer|oplysninger|oplysning|detaljer|noget om|data om",
            "information|informationen|angabe|angaben|details|auskunft|hinweis|hinweise|daten zu|daten über",
            "information|informations|renseignement|renseignements|indication|indications|précision|précisions|détail|détails|mention",
            "información|informaciones|dato|datos|detalle|detalles|indicación|indicaciones|mención",
            "情報|詳細|記載|言及",
        ],
    ),
    (
        Cue::Other,
        [
            "other|others|further|more|additional|another|else|besides|except|apart from|other than",
            "andre|flere|øvrige|ytterligere|annen|utover|unntatt|bortsett fra|i tillegg",
            "andra|fler|övriga|ytterligare|annan|utöver|utom|förutom",
            "andre|flere|øvrige|yderligere|anden|udover|undtagen|bortset fra",
            "andere|anderen|weitere|weiteren|sonstige|sonstigen|übrigen|außer|zusätzlichen|mehr",
            "autre|autres|supplémentaire*|davantage|sauf|hormis|excepté|à part|de plus",
            "otro|otros|otra|otras|más|adicional*|salvo|excepto|además de|aparte de",
            "他|その他|ほか|以外|追加",
        ],
    ),
    (
        Cue::Fresh,
        [
            "currently|right now|as of now|as of right now|as of this moment|this very moment|at the moment|at this moment|latest|up to date|up-to-date|just now|live|real time|real-time|now|still|presently|at present",
            "nå|akkurat nå|for øyeblikket|i øyeblikket|siste nytt|oppdatert nå|fremdeles|fortsatt|nåværende",
            "just nu|för närvarande|för tillfället|fortfarande|nu|senaste läget|aktuellt",
            "lige nu|i øjeblikket|for øjeblikket|stadig|nu|fortsat|aktuelt",
            "aktuell*|derzeit|momentan|im moment|gerade jetzt|jetzt|immer noch|zurzeit|gegenwärtig|weiterhin",
            "actuellement|en ce moment|à l'instant|maintenant|toujours|à ce jour|présentement",
            "actualmente|ahora mismo|en este momento|ahora|todavía|aún|sigue|actual",
            "現在|今|最新|現時点|まだ|ただいま",
        ],
    ),
    (
        Cue::AsOf,
        [
            "as of|as at|at the time|when it was fetched|when fetched|was fetched|were fetched|fetched at|retrieved at|at that time|earlier result|result from|results from|shown above|shown earlier|previously shown",
            "per kl|på tidspunktet|da det ble hentet|hentet|tidligere resultat|vist tidligere|vist over|fra tidligere|den gang",
            "vid tidpunkten|hämtad*|hämtades|tidigare resultat|visades tidigare|per den",
            "på tidspunktet|hentet|tidligere resultat|vist tidligere|vist ovenfor|pr",
            "stand|zum zeitpunkt|abgerufen|früheren ergebnis*|zuvor gezeigt*|oben gezeigt*|damals",
            "au moment|en date du|à la date|récupéré*|résultat précédent|affiché précédemment|à l'heure où",
            "en el momento de|a fecha de|obtenid*|resultado anterior|mostrado antes|a las",
            "時点|取得時|取得した|以前の結果|先ほど表示",
        ],
    ),
    (
        Cue::Checked,
        [
            "i just checked|i checked|i have checked|i've checked|i just looked|i looked|i have looked|i've looked|i searched|i have searched|i've searched|i just searched|i queried|i have queried|i ran|i have run|i just ran|i verified|i have verified|i confirmed|i fetched|i retrieved|i called|i looked up|i've pulled|i pulled|i reviewed|let me check|let me look|checking now|after checking|having checked|according to the latest search|based on my search|my search|my check|we checked|just checked|just looked|i double-checked|i've just",
            "jeg har sjekket|jeg sjekket|jeg sjekka|jeg har søkt|jeg søkte|jeg har slått opp|jeg slo opp|jeg har hentet|jeg hentet|jeg har nettopp|jeg har verifisert|jeg har sett|nettopp sjekket|jeg kontrollerte|ifølge siste søk|mitt søk|la meg sjekke",
            "jag har kontrollerat|jag kontrollerade|jag har sökt|jag sökte|jag har kollat|jag kollade|jag hämtade|jag har hämtat|jag har precis|min sökning|enligt senaste sökningen|låt mig kolla",
            "jeg har tjekket|jeg tjekkede|jeg har søgt|jeg søgte|jeg har hentet|jeg hentede|jeg har lige|jeg slog op|jeg har slået op|min søgning|lad mig tjekke",
            "ich habe geprüft|ich habe gerade|ich habe nachgesehen|ich habe gesucht|ich habe überprüft|ich habe abgefragt|ich habe abgerufen|ich habe soeben|ich prüfte|meine suche|meiner suche|laut der letzten suche|ich habe nachgeschaut|gerade geprüft|soeben geprüft",
            "j'ai vérifié|je viens de|j'ai cherché|j'ai recherché|j'ai consulté|j'ai interrogé|j'ai récupéré|j'ai contrôlé|ma recherche|d'après la dernière recherche|selon ma recherche|laissez-moi vérifier",
            "he comprobado|acabo de|he verificado|he buscado|he consultado|comprobé|verifiqué|busqué|consulté|mi búsqueda|según la última búsqueda|he revisado|revisé|déjame comprobar",
            "確認しました|確認したところ|調べました|調べたところ|検索しました|検索したところ|照会しました|取得しました|たった今確認|先ほど確認",
        ],
    ),
    (
        Cue::PartOnly,
        [
            "on this page|first page|on the page|on page|of the first|first|shown|showing|displayed|listed|at least|more exist|more are available|more results|further|partial|among the first|so far|in this page|of the|out of|out of the|or more|sample|subset|not complete|incomplete|fetched",
            "på denne siden|første side|på siden|første|vist|viser|vises|minst|flere finnes|finnes flere|delvis|så langt|hentet|av de|ikke komplett|ufullstendig|utvalg",
            "på den här sidan|första sidan|första|visas|visade|minst|fler finns|finns fler|delvis|av de|hämtade|ofullständig*",
            "på denne side|første side|første|vist|vises|mindst|flere findes|delvis|af de|hentet|ufuldstændig*",
            "auf dieser seite|erste seite|ersten|angezeigt*|gezeigt*|mindestens|weitere|teilweise|bisher|von den|unvollständig*|abgerufen*|der ersten",
            "sur cette page|première page|premiers|premières|affiché*|au moins|d'autres|partiel*|parmi les|sur les|incomplet*|des",
            "en esta página|primera página|primeros|primeras|mostrad*|al menos|hay más|parcial*|de los|de las|incomplet*|hasta ahora",
            "このページ|最初の|先頭|表示|少なくとも|以上|一部|他にも|うち|中",
        ],
    ),
    (
        Cue::Sum,
        [
            "in total|total|altogether|sum|combined|overall|add up to|adds up to|summed|together",
            "totalt|til sammen|sammenlagt|sum|summen|i alt",
            "totalt|sammanlagt|tillsammans|summa|summan",
            "i alt|totalt|tilsammen|sum|summen",
            "insgesamt|zusammen|summe|gesamt|in summe",
            "au total|total|en tout|somme|ensemble",
            "en total|total|suma|en conjunto|sumando",
            "合計|総計|計|全部で|全体で",
        ],
    ),
    (
        Cue::Mean,
        [
            "average|mean|on average|averaging|averages",
            "gjennomsnitt|gjennomsnittlig|i snitt|snitt",
            "genomsnitt|genomsnittlig*|i snitt|medelvärde",
            "gennemsnit|gennemsnitlig*|i snit",
            "durchschnitt|durchschnittlich*|im schnitt|mittelwert",
            "moyenne|en moyenne",
            "promedio|media|de media|en promedio",
            "平均",
        ],
    ),
    (
        Cue::Share,
        [
            "percent|per cent|share|ratio|half|a third|a quarter|proportion",
            "prosent|andel|andelen|halvparten|en tredjedel",
            "procent|andel|andelen|hälften",
            "procent|andel|andelen|halvdelen",
            "prozent|anteil|hälfte|drittel",
            "pour cent|part|proportion|moitié|tiers",
            "por ciento|proporción|mitad|tercio|porcentaje",
            "割合|パーセント|半分",
        ],
    ),
    (
        Cue::Difference,
        [
            "difference|more than|fewer than|less than|remaining|left over|gap|the rest|others|other",
            "forskjell|differanse|flere enn|færre enn|gjenstår|gjenstående|resten|øvrige|andre",
            "skillnad|fler än|färre än|återstår|återstående|resten|övriga",
            "forskel|flere end|færre end|resterende|resten|øvrige",
            "unterschied|differenz|mehr als|weniger als|verbleibend*|restlich*|übrig*|rest",
            "différence|de plus que|de moins que|restant*|reste|autres",
            "diferencia|más que|menos que|restante*|resto|demás|otros",
            "差|残り|その他",
        ],
    ),
    (
        Cue::Distinct,
        [
            "distinct|different|unique|separate|various",
            "ulike|forskjellige|unike|distinkte",
            "olika|unika|skilda",
            "forskellige|unikke",
            "verschieden*|unterschiedlich*|eindeutig*",
            "distinct*|différent*|unique*",
            "distint*|diferente*|únicos|únicas",
            "異なる|種類|固有",
        ],
    ),
    (
        Cue::Oldest,
        [
            "oldest|earliest|first created|created first|opened first|existed longest|existed the longest|open longest|open the longest|longest open|longest-running",
            "eldste|eldst|tidligste|opprettet først|åpnet først|eksistert lengst|åpen lengst|stått lengst",
            "äldsta|äldst|tidigaste|skapades först|öppnades först|funnits längst|öppet längst|öppen längst",
            "ældste|ældst|tidligste|oprettet først|åbnet først|eksisteret længst|åben længst",
            "älteste*|früheste*|zuerst erstellt|zuerst angelegt|zuerst eröffnet|am längsten",
            "le plus ancien|la plus ancienne|plus ancien*|le plus vieux|la plus vieille|créé en premier|ouvert en premier|depuis le plus longtemps",
            "más antigu*|más viej*|creado primero|se creó primero|se abrió primero|más tiempo abierto|lleva más tiempo",
            "最も古い|最古|一番古い|最初に作成",
        ],
    ),
    (
        Cue::Newest,
        [
            "newest|most recent|most recently|latest case|latest event|latest alert|latest comment|last created|youngest",
            "nyeste|siste sak|siste hendelse|sist opprettede|ferskeste",
            "nyaste|senaste ärendet|senast skapade",
            "nyeste|seneste sag|senest oprettede",
            "neueste*|jüngste*|zuletzt erstellte*",
            "le plus récent|la plus récente|plus récent*",
            "más reciente*|más nuev*",
            "最新の|最も新しい|一番新しい|直近の",
        ],
    ),
    (
        Cue::Most,
        [
            "highest|most|largest|biggest|greatest|top|maximum|max|the worst|most severe|most serious|busiest",
            "høyest|høyeste|flest|største|mest|maksimum|mest alvorlige|toppen",
            "högst|högsta|flest|största|mest|maximum|allvarligaste",
            "højest|højeste|flest|største|mest|maksimum|mest alvorlige",
            "höchste*|meisten|größte*|maximum|schwerwiegendste*|am meisten",
            "le plus élevé|la plus élevée|le plus grand|la plus grande|le plus de|maximum|plus grave|le plus haut",
            "más alt*|mayor|máximo|máxima|más grande|más grave|la mayoría",
            "最も多い|最大|最高|一番多い|最多|最も高い",
        ],
    ),
    (
        Cue::Least,
        [
            "lowest|fewest|smallest|least|minimum|min",
            "laveste|færrest|minste|minst mulig|minimum",
            "lägsta|minsta|minimum|färst",
            "laveste|færrest|mindste|minimum",
            "niedrigste*|kleinste*|minimum|wenigsten|am wenigsten",
            "le plus bas|la plus basse|le plus petit|le moins de|minimum",
            "más baj*|menor|mínimo|mínima|más pequeñ*",
            "最も少ない|最小|最低|一番少ない|最少",
        ],
    ),
    (
        Cue::Trend,
        [
            "rose|risen|increased|increasing|grew|fell|fallen|decreased|decreasing|dropped|declined|went up|went down|doubled|halved|trend|compared to last|compared with last|than last week|than yesterday|than last month|up from|down from|since last week|spiked|surged",
            "økte|økt|øker|stiger|steg|falt|faller|minket|sank|doblet|enn forrige uke|enn i går|sammenlignet med",
            "ökade|ökat|ökar|steg|minskade|minskat|sjönk|fördubblades|än förra veckan|än igår|jämfört med",
            "steg|steget|faldt|øgedes|øget|fordoblet|end sidste uge|end i går|sammenlignet med",
            "gestiegen|stieg|zugenommen|gefallen|sank|gesunken|abgenommen|verdoppelt|als letzte woche|als gestern|im vergleich zu|im vergleich zur",
            "augmenté*|augmente|diminué*|baissé*|hausse|baisse|doublé|que la semaine dernière|qu'hier|par rapport à",
            "aumentó|aumentaron|aumentado|disminuyó|bajó|subió|creció|duplicó|que la semana pasada|que ayer|en comparación con",
            "増加|減少|増え|減っ|上昇|低下|先週より|昨日より|前週比",
        ],
    ),
    (
        Cue::Respectively,
        [
            "respectively",
            "henholdsvis",
            "respektive",
            "henholdsvis",
            "beziehungsweise|jeweils",
            "respectivement",
            "respectivamente",
            "それぞれ",
        ],
    ),
    (
        Cue::Offer,
        [
            "would you like|do you want|shall i|should i|let me know|feel free|if you want|if you'd like|can i help|how can i help|anything else|happy to help|i can help|you can ask|please provide|please specify|please tell me|could you|which one|which case|do you mean|did you mean|i can look|i can show|i can search|i can list|i'm here to help",
            "vil du at|ønsker du|skal jeg|si fra|gi beskjed|hvis du vil|kan jeg hjelpe|hva kan jeg|noe mer|jeg kan hjelpe|hvilken sak|mener du|mente du|kan du oppgi|vennligst oppgi|jeg kan vise|jeg kan søke|jeg kan slå",
            "vill du|ska jag|säg till|om du vill|kan jag hjälpa|något mer|jag kan hjälpa|vilket ärende|menar du|menade du|kan du ange|jag kan visa|jag kan söka",
            "vil du have|ønsker du|skal jeg|sig til|hvis du vil|kan jeg hjælpe|noget andet|jeg kan hjælpe|hvilken sag|mener du|kan du oplyse|jeg kan vise|jeg kan søge",
            "möchten sie|möchtest du|soll ich|sagen sie bescheid|wenn sie möchten|kann ich helfen|ich kann helfen|welchen fall|welcher fall|meinen sie|meinst du|bitte geben sie|können sie|ich kann ihnen|sonst noch",
            "souhaitez-vous|voulez-vous|dois-je|n'hésitez pas|si vous voulez|puis-je vous aider|je peux vous aider|quel cas|vouliez-vous dire|pouvez-vous|veuillez|je peux afficher|je peux rechercher",
            "quieres|desea|desearía|te gustaría|le gustaría|avísame|si quieres|puedo ayudar|en qué puedo|qué caso|te refieres|podrías|por favor|puedo mostrar|puedo buscar",
            "でしょうか|ますか|お知らせください|お手伝い|必要であれば|ご希望|教えてください|指定してください|できます",
        ],
    ),
    (
        Cue::Pronoun,
        [
            "it|its|this case|that case|the case|this event|that event|the event|the alert|this alert|this host|the host|they|their|them|he|she|this one|that one|this|the former|the latter",
            "den|det|denne|dette|saken|hendelsen|varselet|de|deres|dens|verten",
            "den|det|detta|denna|ärendet|händelsen|de|deras|dess",
            "den|det|denne|dette|sagen|hændelsen|de|deres|dens",
            "er|sie|es|dieser|diese|dieses|der fall|das ereignis|sein|ihr|dessen",
            "il|elle|ils|elles|ce cas|cet événement|son|sa|ses|celui-ci|celle-ci",
            "este caso|ese caso|el caso|este|esta|ese|esa|ellos|ellas|su|sus|el evento",
            "それ|これ|この|その|同",
        ],
    ),
    (
        Cue::Yes,
        [
            "yes|true|enabled",
            "ja|sann|aktivert",
            "ja|sant|aktiverad",
            "ja|sand|aktiveret",
            "ja|wahr|aktiviert",
            "oui|vrai|activé*",
            "sí|verdadero|activad*|habilitad*",
            "はい|有効",
        ],
    ),
    (
        Cue::NoValue,
        [
            "no|false|disabled",
            "nei|usann|deaktivert",
            "nej|falskt|inaktiverad",
            "nej|falsk|deaktiveret",
            "nein|falsch|deaktiviert",
            "non|faux|désactivé*",
            "no|falso|desactivad*|deshabilitad*",
            "いいえ|無効",
        ],
    ),
    (
        Cue::Comparison,
        [
            "more than|fewer than|less than|higher than|lower than|older than|newer than|larger than|smaller than|before|after|earlier than|later than",
            "mer enn|flere enn|færre enn|høyere enn|lavere enn|eldre enn|nyere enn|før|etter",
            "mer än|fler än|färre än|högre än|lägre än|äldre än|nyare än|före|efter",
            "mere end|flere end|færre end|højere end|lavere end|ældre end|nyere end|før|efter",
            "mehr als|weniger als|höher als|niedriger als|älter als|neuer als|vor dem|nach dem",
            "plus que|moins que|plus élevé que|plus ancien que|plus récent que|avant|après",
            "más que|menos que|mayor que|menor que|más antiguo que|antes|después",
            "より多い|より少ない|より高い|より低い|より前|より後",
        ],
    ),
    (
        Cue::Before,
        [
            "before|older than|earlier than|prior to",
            "før|eldre enn|tidligere enn",
            "före|innan|äldre än|tidigare än",
            "før|ældre end|tidligere end",
            "vor|älter als|früher als",
            "avant|plus ancien que|plus ancienne que|plus vieux que|antérieur à",
            "antes que|antes de|antes del|más antiguo que|más antigua que|anterior a|anterior al",
            "より前|より古い|より先|より早い|より早く",
        ],
    ),
    (
        Cue::After,
        [
            "after|newer than|later than|more recent than|younger than",
            "etter|nyere enn|senere enn",
            "efter|nyare än|senare än",
            "efter|nyere end|senere end",
            "nach|neuer als|jünger als|später als",
            "après|plus récent que|plus récente que|postérieur à",
            "después de|después del|después que|más reciente que|más nuevo que|posterior a|posterior al",
            "より後|より新しい|より遅い|より遅く",
        ],
    ),
    (
        Cue::More,
        [
            "more|higher|larger|greater|bigger",
            "mer|flere|høyere|større",
            "mer|fler|högre|större",
            "mere|flere|højere|større",
            "mehr|höher*|größer*",
            "plus|davantage|supérieur*",
            "más|mayor|superior",
            "多い|多く|高い|大きい",
        ],
    ),
    (
        Cue::Fewer,
        [
            "fewer|less|lower|smaller",
            "mindre|færre|lavere",
            "mindre|färre|lägre",
            "mindre|færre|lavere",
            "weniger|niedriger*|kleiner*|geringer*",
            "moins|inférieur*",
            "menos|menor|inferior",
            "少ない|少なく|低い|小さい",
        ],
    ),
    (Cue::Than, ["than", "enn", "än", "end", "als", "que|qu|à|au", "que|a|al", "より"]),
    (
        Cue::Initially,
        [
            "initial|initially|originally|at first|previously|formerly|started as|changed from|went from",
            "opprinnelig|først|tidligere|i starten|endret fra|gikk fra",
            "ursprunglig*|från början|tidigare|först|ändrades från",
            "oprindelig*|først|tidligere|i starten|ændret fra",
            "ursprünglich*|anfangs|zunächst|zuvor|vorher|früher",
            "initial*|au départ|à l'origine|auparavant|précédemment",
            "inicial*|originalmente|al principio|anteriormente|antes",
            "当初|最初は|以前|初期|元の",
        ],
    ),
    (
        Cue::OldestFirst,
        [
            "oldest first|earliest first|from oldest to newest|oldest to newest|in chronological order|from the oldest",
            "eldste først|fra eldst til nyest|eldst til nyest|kronologisk",
            "äldst först|äldsta först|från äldst till nyast|kronologisk ordning",
            "ældste først|fra ældste til nyeste|den ældste først|kronologisk",
            "der älteste zuerst|älteste zuerst|vom ältesten zum neuesten|chronologisch",
            "le plus ancien d'abord|du plus ancien au plus récent|ordre chronologique",
            "el más antiguo primero|del más antiguo al más reciente|orden cronológico",
            "古い順",
        ],
    ),
    (
        Cue::NewestFirst,
        [
            "newest first|latest first|most recent first|from newest to oldest|newest to oldest|from the newest",
            "nyeste først|fra nyest til eldst|nyest til eldst|siste først",
            "nyast först|nyaste först|från nyast till äldst|senaste först",
            "nyeste først|fra nyeste til ældste|den nyeste først|seneste først",
            "der neueste zuerst|neueste zuerst|vom neuesten zum ältesten",
            "le plus récent d'abord|du plus récent au plus ancien",
            "el más reciente primero|del más reciente al más antiguo",
            "新しい順",
        ],
    ),
    (
        Cue::Owned,
        [
            "belongs to|belong to|owned by|is from|are from|concerns|concern",
            "tilhører|gjelder|eies av",
            "tillhör|gäller|ägs av",
            "tilhører|vedrører|gælder|ejes af",
            "gehört zu|gehören zu|betrifft|betreffen",
            "appartient à|appartiennent à|concerne|concernent",
            "pertenece a|pertenecen a|es de|son de",
            "のもの|に属",
        ],
    ),
    (
        Cue::Succeeded,
        [
            "succeeded|succeed|was successful|successful|successfully|worked",
            "lyktes|vellykket|lykkes",
            "lyckades|lyckats|lyckad",
            "lykkedes|vellykket",
            "erfolgreich|gelang|gelungen",
            "a réussi|réussi*",
            "tuvo éxito|exitos*|funcionó",
            "成功",
        ],
    ),
    (Cue::Speaker, ["i|i've|we|we've", "jeg|vi", "jag|vi", "jeg|vi", "ich|wir", "j'ai|je|nous", "he|hemos", "私"]),
    (
        Cue::WorkVerb,
        [
            "checked|searched|looked|queried|ran|verified|confirmed|fetched|retrieved|scanned|reviewed|examined|inspected|consulted",
            "sjekket|søkt|søkte|hentet|kontrollert|kontrollerte|verifisert|slått|slo|undersøkt|undersøkte|skannet",
            "kontrollerat|kontrollerade|sökt|sökte|kollat|kollade|hämtat|hämtade|undersökt|undersökte|verifierat|skannat|slog",
            "tjekket|tjekkede|søgt|søgte|hentet|hentede|undersøgt|undersøgte|slog|slået|verificeret|scannet",
            "geprüft|überprüft|gesucht|durchsucht|abgefragt|abgerufen|nachgesehen|nachgeschlagen|untersucht|gescannt|verifiziert",
            "vérifié|cherché|recherché|consulté|interrogé|récupéré|contrôlé|examiné|scanné|analysé",
            "comprobado|verificado|buscado|consultado|revisado|examinado|escaneado",
            "確認しました|調べました|検索しました|照会しました",
        ],
    ),
    (
        Cue::Reported,
        [
            "comment says|comment reads|comment states|it says|it reads|says|states|reads|reports|according to|quote|described as|the text|the description|wrote|writes|contains the text|contains an instruction|contains instructions|asks|instructs|attempt to|message",
            "kommentaren sier|sier|skriver|ifølge|står det|sitat|teksten|beskrivelsen|skrev|melder|instruksjon",
            "kommentaren säger|säger|skriver|enligt|står det|citat|texten|beskrivningen|skrev|instruktion",
            "kommentaren siger|siger|skriver|ifølge|står der|citat|teksten|beskrivelsen|skrev|instruktion",
            "kommentar lautet|laut|schreibt|heißt es|zitat|der text|die beschreibung|schrieb|meldet|anweisung",
            "le commentaire dit|selon|indique que|écrit|citation|le texte|la description|d'après|instruction",
            "el comentario dice|según|dice|indica que|escribió|cita|el texto|la descripción|instrucción",
            "コメントには|によると|と記載|引用|説明によれば|指示",
        ],
    ),
    (
        Cue::Injection,
        [
            "ignore previous|ignore all|ignore the above|ignore your|ignore any|disregard|system prompt|you must now|you are now|new instructions|assistant must|assistant should|assistant:|system:|tell the user|inform the user|reply with|respond with|answer with|reply only|say that|do not mention|don't mention|do not tell|call the tool|run the tool|forget everything|override|report that|state that|instructions for the assistant|note to ai|note to the ai|ai assistant",
            "ignorer tidligere|ignorer alle|se bort fra|nye instruksjoner|fortell brukeren|svar med|ikke nevn",
            "ignorera tidigare|ignorera alla|bortse från|nya instruktioner|säg till användaren|svara med|nämn inte",
            "ignorer tidligere|ignorer alle|se bort fra|nye instruktioner|fortæl brugeren|svar med|nævn ikke",
            "ignoriere|ignorieren sie|neue anweisungen|sage dem benutzer|antworte mit|erwähne nicht|vergiss alles",
            "ignorez|ignore les|nouvelles instructions|dites à l'utilisateur|répondez par|ne mentionnez pas|oubliez",
            "ignora|ignore las|nuevas instrucciones|dile al usuario|responde con|no menciones|olvida todo",
            "無視して|以前の指示|新しい指示|ユーザーに伝えて|と答えて|と回答して",
        ],
    ),
    (
        Cue::Break,
        [
            "and|but|while|whereas|however|although|which|plus",
            "og|men|mens|imidlertid|som|samt",
            "och|men|medan|dock|som|samt",
            "og|men|mens|dog|som|samt",
            "und|aber|während|jedoch|sowie|sondern",
            "et|mais|tandis que|alors que|cependant",
            "y|e|pero|mientras|sin embargo",
            "が|一方|また",
        ],
    ),
    (
        Cue::General,
        [
            "typically|usually|generally|in general|often|commonly|stands for|is used for|is a standard|means that|refers to|ranges from|by definition",
            "vanligvis|typisk|generelt|ofte|står for|brukes til|betyr at",
            "vanligtvis|typiskt|generellt|ofta|står för|används för|betyder",
            "normalt|typisk|generelt|ofte|står for|bruges til|betyder",
            "typischerweise|normalerweise|im allgemeinen|oft|steht für|wird für|bedeutet",
            "généralement|habituellement|souvent|en général|signifie|désigne|est utilisé pour",
            "normalmente|generalmente|a menudo|en general|significa|se utiliza para|suele",
            "一般に|通常|とは|意味します",
        ],
    ),
    (
        Cue::Plural,
        [
            "are|were|have|had|belong|concern",
            "er|var|har|hadde|ble|gjelder|tilhører|ligger",
            "är|var|har|hade|blev|gäller|tillhör|skapades|stängdes|ligger",
            "er|var|har|havde|blev|gælder|tilhører|ligger",
            "sind|waren|haben|hatten|wurden|gehören|betreffen|stehen|befinden",
            "sont|étaient|furent|ont|avaient|concernent|appartiennent",
            "son|eran|fueron|están|estaban|tienen|tenían|han|pertenecen",
            "",
        ],
    ),
    (
        Cue::Changed,
        [
            "has changed|have changed|something new|something has changed|there are changes|there is a change|there has been a change|there have been changes|there is news|new developments|there are updates|there is an update|there are new updates",
            "noe nytt|har endret seg|er endret|er endringer|har skjedd endringer|er nyheter|er oppdateringer|er en endring",
            "något nytt|har ändrats|har förändrats|finns ändringar|finns förändringar|finns nyheter|finns uppdateringar",
            "noget nyt|har ændret sig|er ændret|er ændringer|er nyheder|er opdateringer|er en ændring",
            "etwas neues|hat sich geändert|haben sich geändert|hat sich verändert|haben sich verändert|gibt änderungen|gibt eine änderung|gibt neuigkeiten|gibt neue entwicklungen|gibt es änderungen|gibt es neuigkeiten",
            "du nouveau|a changé|ont changé|il y a des changements|il y a un changement|il y a eu un changement|des nouveautés|y a du changement",
            "hay novedades|ha cambiado|han cambiado|hay cambios|hay un cambio|algo nuevo|hay actualizaciones",
            "変更があります|変更がありました|変化があります|変化がありました|更新があります|更新がありました|新しい情報があります",
        ],
    ),
    (
        Cue::Unchanged,
        [
            "no change|no changes|nothing new|nothing has changed|nothing changed|unchanged|has not changed|have not changed|hasn't changed|haven't changed|not changed|no news|no updates|no update|no new updates|no new information|no new developments|same as before|still the same|remains the same|remain the same",
            "ingen endring|ingen endringer|ikke noe nytt|intet nytt|ingenting nytt|uendret|har ikke endret seg|er ikke endret|ingen nyheter|ingen oppdateringer|samme som før|ingenting har endret seg|ingenting er endret",
            "ingen ändring|inga ändringar|ingen förändring|inga förändringar|inget nytt|ingenting nytt|oförändrad|oförändrat|oförändrade|har inte ändrats|har inte förändrats|inget har ändrats|ingenting har ändrats|inga nyheter|inga uppdateringar|samma som tidigare",
            "ingen ændring|ingen ændringer|ikke noget nyt|intet nyt|uændret|har ikke ændret sig|er ikke ændret|ingen nyheder|ingen opdateringer|samme som før|intet har ændret sig",
            "keine änderung|keine änderungen|nichts neues|unverändert|hat sich nicht geändert|haben sich nicht geändert|nicht verändert|nichts geändert|keine neuigkeiten|keine neuen entwicklungen|keine aktualisierung|keine aktualisierungen|nichts verändert|wie zuvor",
            "aucun changement|rien de nouveau|inchangé*|n'a pas changé|n'ont pas changé|rien n'a changé|pas de changement|pas de changements|aucune mise à jour|aucune nouveauté|comme avant",
            "ningún cambio|sin cambios|nada nuevo|no ha cambiado|no han cambiado|nada ha cambiado|no hay cambios|no hay novedades|sin novedades|ninguna novedad|no hay actualizaciones|igual que antes",
            "変更はありません|変化はありません|更新はありません|変わっていません|変わりません|変わりはありません|新しい情報はありません|変更ありません",
        ],
    ),
];
