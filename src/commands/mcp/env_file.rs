//! A `.env` file, which the vendor's Sysdig server reads too: the nearest one from the working
//! directory upward. Variables of the environment win. What is wrong with a file is told by its
//! name and a line number; its text, which may hold a token, is told nowhere.

use std::cell::Cell;
use std::fs;
use std::io;
use std::io::Read;
use std::path::Path;

use anyhow::Context;

use crate::commands::Variables;

const NAME: &str = ".env";

/// The variables, and behind them those of the file.
///
/// # Errors
/// When there is a file that cannot be read.
pub(crate) fn with_file(variables: &Variables) -> anyhow::Result<Vec<(String, String)>> {
    // A working directory that is gone has no file.
    let Ok(folder) = Path::new(".").canonicalize() else { return Ok(variables.to_vec()) };
    let found = folder.ancestors().map(|folder| folder.join(NAME)).find(|file| file.is_file());
    let Some(file) = found else { return Ok(variables.to_vec()) };
    let shown = file.display();
    let text = fs::read(&file).with_context(|| format!("{shown} cannot be read"))?;
    let of_file = read(&text).map_err(|line| {
        anyhow::anyhow!("{shown}, line {line}: not of the form NAME=value; quote a value that has blanks in it")
    })?;
    Ok([variables, &of_file].concat())
}

/// The variables of a file, or the line that ends what cannot be read.
fn read(text: &[u8]) -> Result<Vec<(String, String)>, usize> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let line = Cell::new(0);
    let lines = LineByLine { rest: text, line: &line };
    dotenvy::from_read_iter(lines).collect::<Result<_, _>>().map_err(|_| line.get())
}

/// Gives one line at a time, so that the line last given is the one that is being read.
struct LineByLine<'a> {
    rest: &'a [u8],
    line: &'a Cell<usize>,
}

impl Read for LineByLine<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = self.rest.iter().position(|byte| *byte == b'\n').map_or(self.rest.len(), |at| at + 1);
        let (now, rest) = self.rest.split_at(end.min(buffer.len()));
        buffer[..now.len()].copy_from_slice(now);
        if now.last() == Some(&b'\n') || (rest.is_empty() && !now.is_empty()) {
            self.line.set(self.line.get() + 1);
        }
        self.rest = rest;
        Ok(now.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_shells_write_them() {
        let text = "\u{feff}# one\nA=1\n\nexport B=\"two words\"\r\nC='three' # why\nD=\nE=\"a\nb\"";
        let read = read(text.as_bytes()).unwrap();
        let read: Vec<(&str, &str)> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(read, [("A", "1"), ("B", "two words"), ("C", "three"), ("D", ""), ("E", "a\nb")]);
    }

    #[test]
    fn a_broken_line_is_told_by_its_number() {
        let long = format!("A={}\nB C\n", "x".repeat(20_000));
        let broken = [("no line", 1), ("A=1\n# two\nB=a b\nC=1\n", 3), ("A=1\nB=\"open\nC=2\n", 3), (&long, 2)];
        for (text, line) in broken {
            assert_eq!(read(text.as_bytes()), Err(line), "{}", &text[..7]);
        }
        assert_eq!(read(b"A=1\nB=\xff\n"), Err(2));
    }
}
