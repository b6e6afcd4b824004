//! What a server asks its user in the middle of a call, and the call that waits for the answer.
//!
//! A form (`form`) is put to a user field by field, since a turn asks one thing. Knows neither who
//! asks nor how the answer travels.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::domain::event::AskedCall;
use crate::domain::form::Field;
use crate::domain::form::FieldKind;
use crate::domain::form::Form;
use crate::domain::form::words;
use crate::domain::ids::TurnId;
use crate::domain::lang::Lang;
use crate::domain::policy::answer::Answer;
use crate::domain::policy::decision::Ruling;

/// Most forms of one question.
pub const FORMS: usize = 5;
/// Most bytes of a form, and of what a server wants to have back with the answer.
pub const FORM_BYTES: usize = 32 * 1024;
/// Most times that one call may ask.
pub const ROUNDS: u32 = 10;

/// What a tool wants to know before its call goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    /// The forms, by the names under which the server wants the answers.
    pub forms: BTreeMap<String, Form>,
    /// What the server wants to have back with them, as it is.
    pub state: Option<String>,
}

impl Asking {
    /// Whether all of it can be put to a user field by field.
    pub fn can_be_put(&self) -> bool {
        !self.forms.is_empty() && self.forms.values().all(|form| form.fields().is_some())
    }
}

/// What a user said to a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", content = "content", rename_all = "snake_case")]
pub enum Said {
    /// These values.
    Accept(Value),
    /// Does not want to answer.
    Decline,
    /// Gave no answer.
    Cancel,
}

/// An answer to one form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormAnswer {
    /// The server's name of the form.
    pub key: String,
    /// The form, where it is known which it was.
    pub form: Option<Form>,
    /// The answer.
    pub said: Said,
}

/// Answers that go with a call that is made again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// To what the server has asked before that.
    pub earlier: Vec<FormAnswer>,
    /// To what it asked last.
    pub answers: Vec<FormAnswer>,
    /// What it wants to have back with them.
    pub state: Option<String>,
}

/// What a message had led to when a call of it asked, so that its turn goes on with the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The turn of the message.
    pub turn: TurnId,
    /// When it came: its times are read from here, so that the calls that follow fit those made.
    pub at: Timestamp,
    /// What was decided about it.
    pub ruling: Ruling,
}

/// A call that waits for answers of its user. Bound to the turn that asks and to its call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenCall {
    /// The call.
    pub call: AskedCall,
    /// The user had said yes to it, and to those that come after it.
    pub confirmed: bool,
    /// Calls that the same yes was for and that come after it.
    pub after: Vec<AskedCall>,
    /// Look-ups of the same turn, which are made again with it.
    pub beside: Vec<AskedCall>,
    /// How the turn goes on after them; `None`: it was about these calls alone.
    #[serde(default)]
    pub plan: Option<Plan>,
    /// What its server asks.
    pub asking: Asking,
    /// Answers to what it asked before, and to whole forms of what it asks now.
    pub given: Given,
    /// Values for the form that is being filled in; null: left out.
    pub filled: Map<String, Value>,
    /// How often this call has asked.
    pub round: u32,
    /// The message that led to the call.
    pub message: String,
    /// Its language.
    pub language: Lang,
}

/// What a text is to an open call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fits {
    /// It fills in what was asked for.
    Yes,
    /// The user does not want to answer.
    Leaves,
    /// It is no value of the field.
    No,
}

impl OpenCall {
    /// The form that is being filled in, with its field; `None` when all are.
    pub fn at(&self) -> Option<(&Form, Field)> {
        let (_, form) = self.open_form()?;
        let open = form.fields()?.into_iter().find(|field| !self.filled.contains_key(&field.name))?;
        Some((form, open))
    }

    /// Whether each of its forms has an answer.
    pub fn is_answered(&self) -> bool {
        self.open_form().is_none()
    }

    /// The first form without an answer, with its name.
    fn open_form(&self) -> Option<(&String, &Form)> {
        let answered = |key: &String| self.given.answers.iter().any(|answer| answer.key == *key);
        self.asking.forms.iter().find(|(key, _)| !answered(key))
    }

    /// Takes a message as the answer to what is open.
    pub fn take(&mut self, message: &str, plain: Option<Answer>) -> Fits {
        let Some((_, field)) = self.at() else { return Fits::No };
        if field.means(&words::LEAVE, message) {
            return Fits::Leaves;
        }
        let skips = !field.required && field.means(&words::SKIP, message);
        let value = if skips { field.default.clone().or(Some(Value::Null)) } else { field.value(message, plain) };
        let Some(value) = value else { return Fits::No };
        if field.kind == FieldKind::Consent && value == json!(false) {
            return Fits::Leaves;
        }
        self.filled.insert(field.name, value);
        self.close_full_form();
        Fits::Yes
    }

    /// A form whose fields are all filled in is answered.
    fn close_full_form(&mut self) {
        let Some((key, form)) = self.open_form() else { return };
        let (key, form) = (key.clone(), form.clone());
        let fields = form.fields().unwrap_or_default();
        if fields.iter().any(|field| !self.filled.contains_key(&field.name)) {
            return;
        }
        let mut content = std::mem::take(&mut self.filled);
        content.retain(|name, value| !value.is_null() && !name.is_empty());
        self.given.answers.push(FormAnswer { key, form: Some(form), said: Said::Accept(Value::Object(content)) });
    }

    /// The same call after its server asked again.
    #[must_use]
    pub fn asked_again(self, asking: Asking) -> Self {
        let mut earlier = self.given.earlier;
        earlier.extend(self.given.answers);
        let given = Given { earlier, answers: Vec::new(), state: asking.state.clone() };
        Self { given, asking, filled: Map::new(), round: self.round + 1, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(schema: Value) -> OpenCall {
        let form = Form { message: "Which one?".to_owned(), schema };
        OpenCall {
            call: AskedCall { server: "desk".to_owned(), tool: "find".to_owned(), arguments: json!({}) },
            confirmed: false,
            after: Vec::new(),
            beside: Vec::new(),
            plan: None,
            asking: Asking { forms: [("q".to_owned(), form)].into(), state: None },
            given: Given::default(),
            filled: Map::new(),
            round: 1,
            message: "find it".to_owned(),
            language: Lang::En,
        }
    }

    fn one(field: Value) -> OpenCall {
        open(json!({"type": "object", "properties": {"a": field}, "required": ["a"]}))
    }

    #[test]
    fn fields_are_filled_in_one_after_the_other_in_the_servers_order() {
        let mut open = open(json!({"type": "object", "required": ["z", "sure"], "properties": {
            "z": {"type": "string"}, "b": {"type": "integer", "default": 5}, "a": {"type": "string"}, "sure": {"type": "boolean"}}}));
        assert_eq!(open.take("skip", None), Fits::Yes, "a word like any other where a value is needed");
        assert_eq!(open.take("Hopp over", None), Fits::Yes, "the default is taken");
        assert_eq!(open.take("skip", None), Fits::Yes);
        assert_eq!(open.take("perhaps", None), Fits::No);
        assert_eq!(open.take("no", Some(Answer::No)), Fits::Yes);
        assert_eq!(open.at(), None);
        assert_eq!(open.given.answers[0].said, Said::Accept(json!({"z": "skip", "b": 5, "sure": false})));
    }

    #[test]
    fn a_user_can_always_leave() {
        for schema in [json!({"type": "string"}), json!({"type": "integer"}), json!({"type": "boolean"})] {
            assert_eq!(one(schema).take("Cancel.", None), Fits::Leaves);
        }
        let mut consent = open(json!({"type": "object", "properties": {}}));
        assert_eq!(consent.take("no", Some(Answer::No)), Fits::Leaves);
        assert_eq!(consent.take("yes", Some(Answer::Yes)), Fits::Yes);
        assert_eq!(consent.given.answers[0].said, Said::Accept(json!({})));
    }

    #[test]
    fn an_option_that_is_called_like_a_word_of_ours_is_still_an_option() {
        let options = json!(["overwrite", "skip", "Cancel", "cancel!", "Skip it."]);
        for field in [
            json!({"type": "string", "enum": options, "default": "overwrite"}),
            json!({"type": "array", "items": {"type": "string", "enum": options}, "default": ["overwrite"]}),
        ] {
            let asked = || open(json!({"type": "object", "properties": {"a": field}}));
            let (_, shown) = asked().at().map(|(form, field)| (form.clone(), field)).expect("a field");
            let said = |message: &str| {
                let mut open = asked();
                let fits = open.take(message, None);
                let said = open.given.answers.pop().map(|answer| answer.said);
                (
                    fits,
                    said.map(|said| if let Said::Accept(content) = said { content["a"].clone() } else { json!("-") }),
                )
            };
            let many = field["type"] == "array";
            let value = |of: &str| Some(if many { json!([of]) } else { json!(of) });
            for (at, option) in ["overwrite", "skip", "Cancel", "cancel!", "Skip it."].iter().enumerate() {
                assert_eq!(said(&shown.says(at)), (Fits::Yes, value(option)), "its button");
                assert_eq!(said(option), (Fits::Yes, value(option)), "its words");
            }
            assert_eq!([shown.says(1), shown.says(2)], ["2. skip", "3. Cancel"]);
            assert_eq!([shown.our_word("skip"), shown.our_word("cancel")], ["skip!", "cancel!!"]);
            assert_eq!(said("skip!"), (Fits::Yes, value("overwrite")), "the default");
            assert_eq!(said("cancel!!").0, Fits::Leaves);
            assert_eq!(said("avbryt").0, Fits::Leaves, "no option is called so");
            assert_eq!(said("skip.").0, Fits::No, "what could mean two means none");
        }
    }

    #[test]
    fn of_several_forms_all_can_be_put_to_a_user_or_none_is() {
        let mut open = one(json!({"type": "string"}));
        assert!(open.asking.can_be_put() && !open.is_answered());
        let other = open.asking.forms["q"].clone();
        open.asking.forms.insert("r".to_owned(), other);
        assert_eq!(open.take("x", None), Fits::Yes);
        assert!(!open.is_answered() && open.at().is_some(), "one of two");
        assert_eq!(open.take("y", None), Fits::Yes);
        assert!(open.is_answered());
        let form = Form { message: String::new(), schema: json!({"type": "object"}) };
        open.asking.forms.insert("s".to_owned(), form);
        assert!(!open.asking.can_be_put() && !open.is_answered() && open.at().is_none());
        assert!(!Asking::default().can_be_put());
    }

    #[test]
    fn asked_again_it_keeps_what_was_answered() {
        let mut open = one(json!({"type": "string"}));
        assert_eq!(open.take("x", None), Fits::Yes);
        let asking = Asking { state: Some("s".to_owned()), ..open.asking.clone() };
        let again = open.asked_again(asking);
        assert_eq!((again.given.earlier.len(), again.given.answers.len(), again.round), (1, 0, 2));
        assert_eq!(again.given.state.as_deref(), Some("s"));
        assert!(again.at().is_some());
    }
}
