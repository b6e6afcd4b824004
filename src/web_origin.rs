//! Keeps web pages out of a server that trusts whoever can reach it: a page whose name
//! resolves to this machine (DNS rebinding) names a foreign host, and a page from elsewhere
//! names a foreign origin. Decides by headers alone; which hosts are fine is the caller's.

use std::net::IpAddr;

use http::HeaderMap;
use http::Uri;
use http::header;
use http::uri::Authority;

/// What gives a request away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// The host that it names is none of ours.
    Host,
    /// A page of another origin sent it.
    Origin,
}

/// Refuses requests that name a host that is not `allowed`, or an origin other than that host.
///
/// # Errors
/// What is foreign about it.
pub fn check(headers: &HeaderMap, target: &Uri, allowed: impl Fn(&str) -> bool) -> Result<(), Foreign> {
    let host = match headers.get(header::HOST) {
        Some(value) => Some(value.to_str().unwrap_or_default()),
        // HTTP/2 has it in the target. A client that names none at all is no browser.
        None => target.authority().map(Authority::as_str),
    };
    if host.is_some_and(|host| !allowed(host)) {
        return Err(Foreign::Host);
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let own = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    if own.is_none() || own != host { Err(Foreign::Origin) } else { Ok(()) }
}

/// Whether a host, with or without port, is a name of this machine's loopback.
pub fn is_this_machine(host: &str) -> bool {
    let Some(name) = name(host) else { return false };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The name in a host with or without port; none if it is no host.
pub fn name(host: &str) -> Option<String> {
    let authority = host.parse::<Authority>().ok()?;
    Some(authority.host().trim_start_matches('[').trim_end_matches(']').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_this_machine() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:80", "127.8.8.8", "[::1]:8080"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in
            ["", "example.org", "localhost.example.org", "192.0.2.1", "[2001:db8::1]:80", "127.0.0.1.example.org"]
        {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
