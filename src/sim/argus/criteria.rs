//! What the criteria of several families share: list items that are optional, required
//! or excluding, keywords over chosen fields, users in chosen roles, flags that must or
//! must not be set, and customers that a key opens.

use serde_json::Value;

use crate::sim::argus::call::Call;
use crate::sim::argus::data::has_word;
use crate::sim::argus::keys::Key;
use crate::sim::argus::reader::Reader;
use crate::sim::argus::reply::Reply;
use crate::sim::argus::time_range::chosen;
use crate::sim::world;

/// Longest keyword that a search takes, in characters.
pub const MAX_KEYWORD_CHARS: usize = 200;

/// A criterion in a list, with how it joins the others.
#[derive(Debug)]
pub struct Item<T> {
    inner: T,
    required: bool,
    exclude: bool,
}

impl<T> Item<T> {
    /// Reads how the item joins the others, then the item itself.
    pub fn read(reader: &mut Reader<'_>, read: impl FnOnce(&mut Reader<'_>) -> T) -> Self {
        let required = reader.truth("required").unwrap_or(false);
        let exclude = reader.truth("exclude").unwrap_or(false);
        Self { inner: read(reader), required, exclude }
    }
}

/// Whether a list of items holds: no excluding one, every required one, and where there
/// are optional ones at least one of them.
pub fn list_holds<T>(items: &[Item<T>], holds: impl Fn(&T) -> bool) -> bool {
    let mut optional = None;
    for item in items {
        let found = holds(&item.inner);
        if item.exclude {
            if found {
                return false;
            }
        } else if item.required {
            if !found {
                return false;
            }
        } else {
            optional = Some(optional.unwrap_or(false) || found);
        }
    }
    optional.unwrap_or(true)
}

/// Words to look for in chosen fields.
#[derive(Debug, Default)]
pub struct Keywords {
    words: Vec<String>,
    fields: Vec<String>,
    any: bool,
}

impl Keywords {
    /// Reads the three keyword members. `known` are the fields, without `all`; `default` those
    /// looked at when none is named; `any` tells whether one word is enough unless said otherwise.
    pub fn read(reader: &mut Reader<'_>, known: &[&str], default: &[&str], any: bool) -> Self {
        let mut words = reader.texts("keywords");
        for word in &mut words {
            if word.chars().count() > MAX_KEYWORD_CHARS {
                let text = "size must be between 1 and 200";
                reader.problem("keywords", text, "javax.validation.Size", "");
            }
            *word = word.to_lowercase();
        }
        let fields = chosen(reader, "keywordFieldStrategy", known, default);
        let any = reader.word("keywordMatchStrategy", &["any", "all"]).map_or(any, |word| word == "any");
        Self { words, fields, any }
    }

    /// Whether the words stand in the texts that `texts_of` adds for each chosen field.
    pub fn hold(&self, texts_of: impl Fn(&str, &mut Vec<String>)) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let mut texts = Vec::new();
        for field in &self.fields {
            texts_of(field, &mut texts);
        }
        let texts: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
        let found = |word: &String| texts.iter().any(|text| text.contains(word));
        if self.any { self.words.iter().any(found) } else { self.words.iter().all(found) }
    }
}

/// Users that must stand in chosen roles.
#[derive(Debug, Default)]
pub struct Users {
    ids: Vec<u64>,
    fields: Vec<String>,
    all: bool,
}

impl Users {
    /// Reads users and roles; `known` are the roles, without `all`.
    pub fn read(reader: &mut Reader<'_>, known: &[&str]) -> Self {
        let mut ids = Vec::new();
        for name in reader.texts("user") {
            match world::USERS.iter().find(|u| u.user_name == name || u.id.to_string() == name) {
                Some(user) => ids.push(user.id),
                None => reader.problem("user", "unknown user", "user.unknown", &name),
            }
        }
        Self { ids, fields: chosen(reader, "userFieldStrategy", known, known), all: false }
    }

    /// Reads whether every user must be found, which is so unless said otherwise.
    #[must_use]
    pub fn with_match_strategy(mut self, reader: &mut Reader<'_>) -> Self {
        self.all = reader.word("userMatchStrategy", &["any", "all"]).is_none_or(|word| word == "all");
        self
    }

    /// Whether the users stand in the roles; `user_in` gives the user object of a role.
    pub fn hold<'a>(&self, user_in: impl Fn(&str) -> &'a Value) -> bool {
        let found = |id: &u64| self.fields.iter().any(|field| user_in(field)["id"].as_u64() == Some(*id));
        self.ids.is_empty() || if self.all { self.ids.iter().all(found) } else { self.ids.iter().any(found) }
    }
}

/// Flags that must all be set, and flags of which none may be.
#[derive(Debug, Default)]
pub struct Flags {
    include: Vec<String>,
    exclude: Vec<String>,
}

impl Flags {
    /// Reads `includeFlags` and `excludeFlags`.
    pub fn read(reader: &mut Reader<'_>, known: &[&str]) -> Self {
        Self { include: reader.words("includeFlags", known), exclude: reader.words("excludeFlags", known) }
    }

    /// Whether a list of flags fits.
    #[must_use]
    pub fn hold(&self, flags: &Value) -> bool {
        self.include.iter().all(|flag| has_word(flags, flag)) && !self.exclude.iter().any(|flag| has_word(flags, flag))
    }

    /// Whether objects with this flag are asked for by name.
    #[must_use]
    pub fn ask_for(&self, flag: &str) -> bool {
        self.include.iter().any(|asked| asked == flag)
    }
}

/// Reads a list of customers; `foreign` gets the first that the key does not open.
pub fn read_customers(
    reader: &mut Reader<'_>,
    name: &'static str,
    key: &Key,
    foreign: &mut Option<String>,
) -> Vec<u64> {
    let mut ids = Vec::new();
    for text in reader.texts(name) {
        match world::customer_by_name(&text) {
            Some(customer) if key.opens(customer.id) => ids.push(customer.id),
            Some(_) => {
                foreign.get_or_insert(text);
            }
            None => reader.problem(name, "unknown customer", "customer.unknown", &text),
        }
    }
    ids
}

/// Ends the reading of a request: field errors first, then the 403 for a customer that the key does not open.
pub fn finish(reader: Reader<'_>, foreign: Option<String>) -> Result<(), Reply> {
    reader.finish()?;
    foreign.map_or(Ok(()), |customer| Err(Reply::foreign_customer(&customer)))
}

/// The customer that a query names for a short name, where it names one.
pub fn one_customer(call: &Call<'_>, reader: &mut Reader<'_>, name: &'static str) -> Result<Option<u64>, Reply> {
    let Some(text) = reader.text(name) else {
        return Ok(None);
    };
    match world::customer_by_name(&text) {
        Some(customer) if call.key.opens(customer.id) => Ok(Some(customer.id)),
        Some(_) => Err(Reply::foreign_customer(&text)),
        None => {
            reader.problem(name, "unknown customer", "customer.unknown", &text);
            Ok(None)
        }
    }
}

/// Whether a list of numbers or short names means this object; an empty list takes all.
#[must_use]
pub fn names_object(names: &[String], object: &Value) -> bool {
    let is = |name: &String| {
        object["shortName"].as_str() == Some(name)
            || object["id"].as_u64().is_some_and(|id| id.to_string() == *name)
            || object["id"].as_str() == Some(name)
    };
    names.is_empty() || names.iter().any(is)
}

/// Whether a customer counts as being in production.
#[must_use]
pub fn is_production(customer: u64) -> bool {
    world::customer_by_id(customer).is_none_or(|c| !c.flags.contains(&"excludeFromProduction"))
}

/// Whether a value is in a list; an empty list takes all.
pub fn one_of<T: PartialEq>(list: &[T], value: &T) -> bool {
    list.is_empty() || list.contains(value)
}
