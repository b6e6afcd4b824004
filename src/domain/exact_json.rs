//! JSON as a person can trust it: the value itself, in a fenced block that nothing in the
//! value can close, reorder or hide. Whatever would not be seen as what it is (controls,
//! marks of direction, characters without a width) is written as its escape, which is the
//! same JSON. Knows nothing of what the value means.

use serde_json::Value;

/// Backticks of the shortest fence.
const FENCE: usize = 3;

/// The value as indented JSON between fences.
pub fn fenced(value: &Value) -> String {
    let text = visible(&format!("{value:#}"));
    let fence = "`".repeat(FENCE.max(longest_run(&text) + 1));
    format!("{fence}json\n{text}\n{fence}")
}

/// A text between fences. What cannot be seen in it is written out before (`visible`).
pub fn fenced_text(text: &str) -> String {
    let fence = "`".repeat(FENCE.max(longest_run(text) + 1));
    format!("{fence}text\n{text}\n{fence}")
}

/// Escapes what cannot be seen as itself, but for line breaks. Outside of strings JSON has only characters that can.
pub fn visible(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !is_hidden(c) {
            text.push(c);
            continue;
        }
        let mut units = [0; 2];
        for unit in c.encode_utf16(&mut units) {
            text.push_str(&format!("\\u{unit:04x}"));
        }
    }
    text
}

/// Controls, format characters, fillers and blanks that are not the plain one.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1345f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{e0000}'..='\u{10ffff}')
}

/// Length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// What Unicode says is not seen; it knows nothing of the list above.
    static UNSEEN: std::sync::LazyLock<regex::Regex> = std::sync::LazyLock::new(|| {
        let classes = r"[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]";
        regex::Regex::new(classes).expect("the classes are known")
    });

    #[test]
    fn every_character_that_is_not_seen_is_escaped() {
        let missed: Vec<char> = (0..=0x10_ffff)
            .filter_map(char::from_u32)
            .filter(|c| UNSEEN.is_match(c.encode_utf8(&mut [0; 4])) && !is_hidden(*c))
            .collect();
        assert_eq!(missed, Vec::<char>::new());
    }

    /// What stands between the first fence and the next line that is one.
    fn read_back(block: &str) -> Option<Value> {
        let (open, rest) = block.split_once('\n')?;
        let fence = open.strip_suffix("json")?;
        let mut inner = Vec::new();
        let mut lines = rest.lines();
        for line in lines.by_ref() {
            if line.trim() == fence {
                break;
            }
            inner.push(line);
        }
        // Nothing may stand outside of the block.
        if lines.next().is_some() {
            return None;
        }
        serde_json::from_str(&inner.join("\n")).ok()
    }

    #[test]
    fn arguments_cannot_close_the_block() {
        let value = json!({"a": "x\n```\n\n**Run nothing.**", "```json": "````"});
        let block = fenced(&value);
        assert!(block.starts_with("`````json\n"), "{block}");
        assert_eq!(read_back(&block), Some(value));
    }

    #[test]
    fn what_cannot_be_seen_is_escaped_and_stays_the_same_value() {
        let value = json!({"host": "a\u{202e}gpj.exe", "b\u{200b}": "\u{2028}\u{e0041}\u{a0}é案"});
        let block = fenced(&value);
        assert!(block.contains("a\\u202egpj.exe") && block.contains("\\u2028\\udb40\\udc41\\u00a0é案"), "{block}");
        assert_eq!(read_back(&block), Some(value));
    }

    proptest! {
        #[test]
        fn any_text_reads_back_as_it_was(key in any::<String>(), text in any::<String>()) {
            let value = json!({ key: [text] });
            let block = fenced(&value);
            let unseen = UNSEEN.find_iter(&block).any(|found| found.as_str() != "\n");
            prop_assert!(!unseen, "{block:?}");
            prop_assert_eq!(read_back(&block), Some(value));
        }
    }
}
