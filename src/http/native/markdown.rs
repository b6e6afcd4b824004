//! Text inside of Markdown that stays what it is: a viewer of an exported file must load
//! nothing, follow nothing and run nothing that a tool or a user wrote.

/// Characters that mean something to a Markdown reader wherever they stand.
const ACTIVE: &str = "\\`*_[]<>#|~!&";

/// One line of plain text.
pub fn plain(text: &str) -> String {
    let line = one_line(text);
    let mut out = String::with_capacity(line.len() + 8);
    // At the start of a line these make lists and headings.
    if line.starts_with(['+', '-', '=']) {
        out.push('\\');
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    for (at, c) in line.char_indices() {
        let numbers = at > 0 && at == digits && (c == '.' || c == ')');
        if numbers || ACTIVE.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Plain text of several lines, as a quote.
pub fn quote(text: &str) -> String {
    let lines = text.lines().map(|line| format!("> {}", plain(line)).trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// Markdown as it stands, but for what leads out of the file: no HTML, no links, no images.
pub fn contained(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len() + 8);
    for c in markdown.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '[' | '!' => {
                out.push('\\');
                out.push(c);
            }
            '\r' => {}
            c if c.is_control() && c != '\n' && c != '\t' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// A value as code, whatever backquotes it holds.
pub fn code(text: &str) -> String {
    let line = one_line(text);
    let longest = line.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // The inner spaces keep a backquote at the edge apart from the fence.
    if longest > 0 { format!("{fence} {line} {fence}") } else { format!("{fence}{line}{fence}") }
}

fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() || c == '\u{2028}' { ' ' } else { c }).collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_has_no_meaning_to_a_reader() {
        assert_eq!(plain("![x](http://192.0.2.1/p.png)"), r"\!\[x\](http://192.0.2.1/p.png)");
        assert_eq!(plain("<img src=x>"), r"\<img src=x\>");
        assert_eq!(plain("# a\n# b"), r"\# a \# b");
        assert_eq!(plain("- item"), r"\- item");
        assert_eq!(plain("12. item"), r"12\. item");
        assert_eq!(plain("1.5 hours at 192.0.2.1"), r"1\.5 hours at 192.0.2.1");
        assert_eq!(quote("a\n\n<b>"), "> a\n>\n> \\<b\\>");
    }

    #[test]
    fn markdown_keeps_its_shape_and_leads_nowhere() {
        let text = "| a | b |\n|---|---|\n| **x** | ![p](http://192.0.2.1) |\n[l](http://192.0.2.1) <script>";
        let contained = contained(text);
        assert!(contained.starts_with("| a | b |\n|---|---|\n| **x** |"));
        assert!(!contained.contains('<') && !contained.contains("![") && !contained.contains("\n["), "{contained}");
    }

    #[test]
    fn code_ends_where_it_should() {
        assert_eq!(code(r#"{"a": 1}"#), r#"`{"a": 1}`"#);
        assert_eq!(code("a `` b"), "``` a `` b ```");
        assert_eq!(code("`\n# x"), "`` ` # x ``");
    }
}
