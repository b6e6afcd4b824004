//! Writing to the terminal: the one place that may print.

use std::io::IsTerminal;
use std::io::Write;

/// One line on standard output. A closed pipe ends the output quietly.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// One line on standard error.
pub fn error_line(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Text on standard output without a line end, shown at once.
pub fn prompt(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = write!(out, "{text}");
    let _ = out.flush();
}

/// Whether standard output is a terminal.
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Whether a person can be asked: standard input and output are a terminal.
pub fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && is_terminal()
}

/// A dimmed form of a text on a terminal, the text itself elsewhere.
pub fn dim(text: &str) -> String {
    if is_terminal() { format!("\u{1b}[2m{text}\u{1b}[0m") } else { text.to_owned() }
}
