//! A `.env` file, which the vendor's Sysdig server reads too: the nearest one from the working
//! directory upward. Such a file may come with somebody else's repository, so it never decides
//! where a token of the environment goes: where the environment holds one, no file is read, and
//! whether a token is lent no file says. Otherwise variables of the environment win.
//!
//! Only lines that set a `SYSDIG_MCP_` variable count, and a value stands as it is written: `$` has
//! no meaning. What is wrong with a line is told by its number; its text, which may hold a token,
//! is told nowhere.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use anyhow::Context;

use crate::commands::Variables;
use crate::environment;
use crate::servers::sysdig::config::ALLOW_ENV_CREDENTIALS_OVER_HTTP;
use crate::servers::sysdig::config::TOKENS;

const NAME: &str = ".env";
/// What begins the names that count.
const PREFIX: &str = "SYSDIG_MCP_";

/// What there is to read variables from.
#[derive(Debug)]
pub(crate) struct Found {
    /// The variables, and behind them those of the file.
    pub(crate) variables: Vec<(String, String)>,
    /// A file that was left unread.
    pub(crate) unread: Option<PathBuf>,
}

/// The variables, and behind them those of the file, if it may be read.
///
/// # Errors
/// When there is a file that cannot be read.
pub(crate) fn with_file(variables: &Variables) -> anyhow::Result<Found> {
    let found = |variables: Vec<(String, String)>, unread| Ok(Found { variables, unread });
    // A working directory that is gone has no file.
    let Ok(folder) = Path::new(".").canonicalize() else { return found(variables.to_vec(), None) };
    let file = folder.ancestors().map(|folder| folder.join(NAME)).find(|file| file.is_file());
    let Some(file) = file else { return found(variables.to_vec(), None) };
    let held = |name| environment::lookup(variables, name).is_some_and(|token| !token.trim().is_empty());
    if TOKENS.into_iter().any(held) {
        return found(variables.to_vec(), Some(file));
    }
    let shown = file.display();
    let text = fs::read(&file).with_context(|| format!("{shown} cannot be read"))?;
    let mut of_file = read(&text).map_err(|line| {
        anyhow::anyhow!("{shown}, line {line}: not of the form NAME=value; quote a value that has blanks in it")
    })?;
    of_file.retain(|(name, _)| name != ALLOW_ENV_CREDENTIALS_OVER_HTTP);
    found([variables, &of_file].concat(), None)
}

/// Our variables in a file, or the number of the line that cannot be read.
fn read(text: &[u8]) -> Result<Vec<(String, String)>, usize> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let mut read = Vec::new();
    for (line, number) in text.split(|byte| *byte == b'\n').zip(1_usize..) {
        let Some(line) = ours(line) else { continue };
        let variable = std::str::from_utf8(line).ok().and_then(variable);
        read.push(variable.ok_or(number)?);
    }
    Ok(read)
}

/// A line from its name on, if it is one of ours.
fn ours(line: &[u8]) -> Option<&[u8]> {
    let line = line.trim_ascii();
    let exported = line.strip_prefix(b"export").filter(|rest| rest.first().is_some_and(u8::is_ascii_whitespace));
    let line = exported.map_or(line, <[u8]>::trim_ascii_start);
    line.starts_with(PREFIX.as_bytes()).then_some(line)
}

/// Name and value of a line.
fn variable(line: &str) -> Option<(String, String)> {
    let (name, rest) = line.split_once('=')?;
    let name = name.trim_end();
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain.then_some((name.to_owned(), value(rest)?))
}

/// A value, in quotes or as one word; a comment may follow it after a blank.
fn value(text: &str) -> Option<String> {
    let written = text.trim_start();
    let (value, rest) = match written.chars().next() {
        Some('\'') => {
            let (value, rest) = written[1..].split_once('\'')?;
            (value.to_owned(), rest)
        }
        Some('"') => in_double_quotes(&written[1..])?,
        // After a blank it is a comment, and before that no value.
        Some('#') if written.len() < text.len() => return Some(String::new()),
        _ => {
            let end = written.find(char::is_whitespace).unwrap_or(written.len());
            (written[..end].to_owned(), &written[end..])
        }
    };
    let after = rest.trim_start();
    let ends = after.is_empty() || (after.starts_with('#') && after.len() < rest.len());
    ends.then_some(value)
}

/// What stands before the closing quote, and what after it. A backslash takes the meaning from a
/// quote and from itself, and stands for itself before anything else.
fn in_double_quotes(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match characters.next_if(|(_, next)| matches!(next, '"' | '\\' | '$')) {
                Some((_, escaped)) => value.push(escaped),
                None => value.push('\\'),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, String)> {
        let read = read(text.as_bytes()).unwrap();
        read.into_iter().map(|(name, value)| (name[PREFIX.len()..].to_owned(), value)).collect()
    }

    #[test]
    fn values_are_read_as_shells_write_them() {
        let text = "\u{feff}SYSDIG_MCP_A=1\n\n# SYSDIG_MCP_A=2\n export\tSYSDIG_MCP_B=\"two words\"\r\n\
                    SYSDIG_MCP_C='three' # why\nSYSDIG_MCP_D=\nSYSDIG_MCP_E = # none\nSYSDIG_MCP_F=\"a\\\"b\\\\\\n#\"\n\
                    SYSDIG_MCP_G=https://h/#x  # y\nSYSDIG_MCP_H=a'b\"c\nSYSDIG_MCP_I='it is \"so\" \\'";
        let expected = [
            ("A", "1"),
            ("B", "two words"),
            ("C", "three"),
            ("D", ""),
            ("E", ""),
            ("F", "a\"b\\\\n#"),
            ("G", "https://h/#x"),
            ("H", "a'b\"c"),
            ("I", "it is \"so\" \\"),
        ];
        assert_eq!(values(text), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_value_stands_as_it_is_written() {
        for written in ["ab$cd-1234", "\"ab$cd-1234\"", "'ab$cd-1234'", "${HOME}", "$(id)"] {
            let read = values(&format!("HOME=/x\ncd=y\nSYSDIG_MCP_API_TOKEN={written}"));
            assert_eq!(read, [("API_TOKEN".to_owned(), written.trim_matches(['"', '\'']).to_owned())]);
        }
    }

    #[test]
    fn lines_of_others_stop_nothing() {
        let text =
            b"no line\nA=a b\nB=\"open\n\xff\xfe=\xff\nXSYSDIG_MCP_A=1\nexportSYSDIG_MCP_A=1\nSYSDIG_MCP_B=2\n=\n";
        assert_eq!(read(text), Ok(vec![("SYSDIG_MCP_B".to_owned(), "2".to_owned())]));
        assert_eq!(read(b""), Ok(vec![]));
    }

    #[test]
    fn a_broken_line_of_ours_is_told_by_its_number() {
        let long = format!("A={}\nSYSDIG_MCP_B\n", "x".repeat(20_000));
        for (text, line) in [
            ("SYSDIG_MCP_A", 1),
            ("A=1\n# two\nSYSDIG_MCP_B=a b\nSYSDIG_MCP_C=1\n", 3),
            ("A=1\r\nSYSDIG_MCP_B=\"open\r\nC=2\"\n", 2),
            ("SYSDIG_MCP_A='x'y", 1),
            ("SYSDIG_MCP_A=\"x\"#y", 1),
            ("SYSDIG_MCP_A B=1", 1),
            (&long, 2),
        ] {
            assert_eq!(read(text.as_bytes()), Err(line), "{}", &text[..12]);
        }
        assert_eq!(read(b"A=1\nSYSDIG_MCP_B=\xff\n"), Err(2));
    }
}
