//! Keeps web pages out of a gateway that asks nobody who they are: a page whose name
//! resolves to loopback (DNS rebinding) names a foreign host, and a page from elsewhere
//! names a foreign origin. With tokens neither can do anything, so nothing is checked.

use std::net::IpAddr;

use axum::extract::Request;
use http::header;
use http::uri::Authority;

use crate::auth::Auth;
use crate::http::Api;
use crate::http::error::ApiError;
use crate::http::error::Code;

/// Refuses requests that name a host or an origin other than this machine.
///
/// # Errors
/// `host_not_allowed`, `origin_not_allowed`.
pub fn check(api: &Api, request: &Request) -> Result<(), ApiError> {
    if api.app.auth.mode() != Auth::None {
        return Ok(());
    }
    let header = |name| request.headers().get(name);
    let host = match header(header::HOST) {
        Some(value) => Some(value.to_str().unwrap_or_default()),
        // HTTP/2 has it in the target. A client that names none at all is no browser.
        None => request.uri().authority().map(Authority::as_str),
    };
    if host.is_some_and(|host| !is_this_machine(host)) {
        return Err(ApiError::plain(Code::HostNotAllowed));
    }
    let Some(origin) = header(header::ORIGIN) else { return Ok(()) };
    let own = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    if own.is_none() || own != host {
        return Err(ApiError::plain(Code::OriginNotAllowed));
    }
    Ok(())
}

fn is_this_machine(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
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
