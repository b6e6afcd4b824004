//! Small tests on the shape of a token.

/// Lower-case hex digits only, ignoring case.
pub(super) fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// ASCII digits only.
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Letters only, of any script.
pub(super) fn is_letters(text: &str) -> bool {
    !text.is_empty() && text.chars().all(char::is_alphabetic)
}

/// At least one digit and one letter.
pub(super) fn is_mixed(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit()) && text.chars().any(char::is_alphabetic)
}

/// Letters and digits only.
pub(super) fn is_alphanumeric(text: &str) -> bool {
    !text.is_empty() && text.chars().all(char::is_alphanumeric)
}

/// `8-4-4-4-12` hex digits.
pub(super) fn is_uuid(text: &str) -> bool {
    let mut lengths = text.split('-').map(|part| if is_hex(part) { part.len() } else { 0 });
    text.len() == 36 && [8, 4, 4, 4, 12].into_iter().all(|length| lengths.next() == Some(length))
}

/// Six pairs of hex digits between `:` or `-`, or three groups of four between dots.
pub(super) fn is_mac(text: &str) -> bool {
    let pairs =
        |mark: char| text.split(mark).count() == 6 && text.split(mark).all(|part| part.len() == 2 && is_hex(part));
    let cisco = text.split('.').count() == 3 && text.split('.').all(|part| part.len() == 4 && is_hex(part));
    pairs(':') || pairs('-') || (cisco && is_mixed(text))
}

/// Changes from small to capital letters inside: the number of inner capitals after a small one.
pub(super) fn humps(text: &str) -> usize {
    text.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase()).count()
}

/// A label of a host name.
pub(super) fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 63
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
        && !text.starts_with('-')
        && !text.ends_with('-')
}
