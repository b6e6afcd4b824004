//! The public API address that belongs to a hosted Sysdig address.
//!
//! The server itself talks to the host it was given; this mapping is kept for
//! callers that need the public address. It knows `https` and the regional
//! forms only: two lower-case letters and a digit.

/// Public API URL for a base URL, or the empty string when it is unknown.
#[must_use]
pub fn public_api_url(base_url: &str) -> String {
    let Some(host) = base_url.strip_prefix("https://") else {
        return String::new();
    };
    let region = if host == "secure.sysdig.com" {
        Some("us1")
    } else {
        host.strip_suffix(".app.sysdig.com")
            .or_else(|| host.strip_prefix("app.")?.strip_suffix(".sysdig.com"))
            .filter(|region| is_region(region))
    };
    region.map_or_else(String::new, |region| format!("https://api.{region}.sysdig.com"))
}

fn is_region(text: &str) -> bool {
    matches!(text.as_bytes(), [a, b, digit]
        if a.is_ascii_lowercase() && b.is_ascii_lowercase() && digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_regions_are_mapped_and_others_are_not() {
        for (input, output) in [
            ("https://secure.sysdig.com", "https://api.us1.sysdig.com"),
            ("https://us2.app.sysdig.com", "https://api.us2.sysdig.com"),
            ("https://eu1.app.sysdig.com", "https://api.eu1.sysdig.com"),
            ("https://app.au1.sysdig.com", "https://api.au1.sysdig.com"),
            ("https://app.me2.sysdig.com", "https://api.me2.sysdig.com"),
            ("https://edge.something.com", ""),
            ("http://us2.app.sysdig.com", ""),
            ("https://us2.app.sysdig.com.example", ""),
            ("https://USA.app.sysdig.com", ""),
        ] {
            assert_eq!(public_api_url(input), output, "{input}");
        }
    }
}
