//! Whether a message is a bare yes or a bare no, in any of the languages: nothing but
//! phrases of the `yes` list of one language, or of its `no` list, in any case and with
//! any punctuation; or the number of the choice, alone or before its words. Whatever says
//! more, asks something or says both is neither, and is read as a message like any other:
//! a yes that is not plain is no yes. Decides nothing about what waits for the answer.

use crate::domain::policy::lexicon::Text;
use crate::domain::policy::lexicon::is_cjk;
use crate::domain::policy::router::Router;

/// Longest message that can be a bare answer, in bytes.
const LONGEST: usize = 80;

/// Numbers of the choices, in their order.
const NUMBERS: [&str; 2] = ["1", "2"];

/// A plain answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Run it.
    Yes,
    /// Do not run it.
    No,
}

impl Router {
    /// The answer that a message is, if it is one and nothing else.
    pub fn answer(&self, message: &str) -> Option<Answer> {
        if message.len() > LONGEST || !message.chars().all(is_plain) {
            return None;
        }
        let text = Text::new(message);
        let words: Vec<&str> = text.tokens.iter().map(|token| text.word(token)).collect();
        let (number, words) = match words.split_first() {
            Some((first, rest)) if NUMBERS.contains(first) => (Some(*first), rest),
            _ => (None, words.as_slice()),
        };
        let said = words.join(" ");
        if said.is_empty() {
            return number.map(|number| if number == NUMBERS[0] { Answer::Yes } else { Answer::No });
        }
        let languages = || self.policy().words.values();
        let yes = languages().any(|words| covers(&words.yes, &said));
        let no = languages().any(|words| covers(&words.no, &said));
        match (yes, no, number) {
            (true, false, None | Some("1")) => Some(Answer::Yes),
            (false, true, None | Some("2")) => Some(Answer::No),
            _ => None,
        }
    }
}

/// Letters, figures, blanks and the punctuation of statements. A question is no answer, and what
/// a picture means is not for us to say.
fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || c.is_whitespace() || ".,;:!¡'’‘\"“”()-–—…。、！・．，".contains(c)
}

/// Whether the words are phrases of the list from the first to the last.
fn covers(phrases: &[String], said: &str) -> bool {
    // Reached: places up to which everything is covered.
    let mut reached = vec![false; said.len() + 1];
    reached[0] = true;
    for at in 0..said.len() {
        if !reached[at] || !said.is_char_boundary(at) {
            continue;
        }
        for phrase in phrases.iter().filter(|phrase| said[at..].starts_with(phrase.as_str())) {
            let end = at + phrase.len();
            match said[end..].chars().next() {
                None => reached[end] = true,
                Some(' ') => reached[end + 1] = true,
                // Japanese puts no blanks between words.
                Some(next) if is_cjk(next) && phrase.ends_with(is_cjk) => reached[end] = true,
                Some(_) => {}
            }
        }
    }
    reached[said.len()]
}
