//! The way in: host and origin first, then the function that says who is asking. Behind the
//! door a request has only the headers that MCP needs, so no credential can reach a log or a
//! session by them; what the function made of the headers travels as an extension.

use std::sync::Arc;

use axum::extract::Request;
use http::Extensions;
use http::HeaderMap;
use http::HeaderName;
use http::StatusCode;
use http::header;
use sha2::Digest;
use sha2::Sha256;

use crate::mcp_serve::refusal::Refusal;
use crate::web_origin;
use crate::web_origin::Foreign;

/// Who asks, told apart without keeping what they prove it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Identity([u8; 32]);

impl Identity {
    fn of(proofs: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for proof in proofs {
            // So that no two lists of proofs read alike.
            hash.update(proof.len().to_be_bytes());
            hash.update(proof);
        }
        Self(hash.finalize().into())
    }
}

/// Who comes in, as far as endpoints need to know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visitor {
    /// Whose a session is that is opened; none: nobody's in particular.
    pub(crate) identity: Option<Identity>,
    /// For whom it counts; none: for nobody.
    pub(crate) counts_for: Option<Identity>,
    /// Whether the request brings no credential.
    pub(crate) empty_handed: bool,
}

/// Somebody who is let in.
pub struct Admitted {
    visitor: Visitor,
    extensions: Extensions,
}

impl Admitted {
    /// Nobody in particular; handlers find `credential` in the extensions of the request's
    /// HTTP parts.
    pub fn new<C: Clone + Send + Sync + 'static>(credential: C) -> Self {
        let mut extensions = Extensions::new();
        extensions.insert(credential);
        Self { visitor: Visitor { identity: None, counts_for: None, empty_handed: false }, extensions }
    }

    /// Somebody whom `proofs` tell apart; they are not kept. Whoever opens a session alone uses it.
    #[must_use]
    pub fn known_by(mut self, proofs: &[&[u8]]) -> Self {
        self.visitor.identity = Some(Identity::of(proofs));
        self
    }

    /// Somebody whose sessions are counted by `proofs`; they are not kept. They should be what
    /// nobody has at will: who can make up another each time is never counted twice.
    #[must_use]
    pub fn counted_by(mut self, proofs: &[&[u8]]) -> Self {
        self.visitor.counts_for = Some(Identity::of(proofs));
        self
    }

    /// Brings no credential: over HTTP+SSE that of whoever opened the stream counts.
    #[must_use]
    pub fn empty_handed(mut self) -> Self {
        self.visitor.empty_handed = true;
        self
    }
}

/// Says who asks, by the headers of a request and by what layers before have found out.
pub type Admission = Arc<dyn Fn(&HeaderMap, &Extensions) -> Result<Admitted, Refusal> + Send + Sync>;

/// Which hosts a request may name.
#[derive(Clone, Debug)]
pub enum Hosts {
    /// Any: whoever mounts the endpoint has looked already.
    Unchecked,
    /// This machine, and these names; a page must be of the same host.
    ThisMachineAnd {
        /// Names without a port.
        names: Vec<String>,
        /// Where one is added, for whoever is refused.
        told_by: &'static str,
    },
    /// Any; a page must be of the same host.
    Any,
}

/// Lets requests in.
#[derive(Clone)]
pub struct Door {
    hosts: Hosts,
    admission: Admission,
}

impl Door {
    /// A door.
    pub fn new(hosts: Hosts, admission: Admission) -> Self {
        Self { hosts, admission }
    }

    /// The request as handlers may see it, and who sends it.
    pub(crate) fn enter(&self, mut request: Request) -> Result<(Visitor, Request), Refusal> {
        self.check_host(&request)?;
        let admitted = (self.admission)(request.headers(), request.extensions())?;
        let mut kept = HeaderMap::new();
        for (name, value) in request.headers().iter().filter(|(name, _)| needed(name)) {
            kept.append(name.clone(), value.clone());
        }
        *request.headers_mut() = kept;
        *request.extensions_mut() = admitted.extensions;
        Ok((admitted.visitor, request))
    }

    fn check_host(&self, request: &Request) -> Result<(), Refusal> {
        let more = match &self.hosts {
            Hosts::Unchecked => return Ok(()),
            Hosts::ThisMachineAnd { names, told_by } => Some((names, *told_by)),
            Hosts::Any => None,
        };
        let allowed = |host: &str| {
            let Some((more, _)) = more else { return true };
            let named = |name: String| more.iter().any(|known| known.eq_ignore_ascii_case(&name));
            web_origin::is_this_machine(host) || web_origin::name(host).is_some_and(named)
        };
        web_origin::check(request.headers(), request.uri(), allowed).map_err(|foreign| match foreign {
            Foreign::Host => {
                let told_by = more.map_or("", |(_, told_by)| told_by);
                let message = format!(
                    "the request names a host that this server is not known by; it answers to a loopback name, or \
                     to one given with {told_by}"
                );
                Refusal::new(StatusCode::FORBIDDEN, "host_not_allowed", message)
            }
            Foreign::Origin => {
                let message = "web pages of another origin may send no requests here";
                Refusal::new(StatusCode::FORBIDDEN, "origin_not_allowed", message)
            }
        })
    }
}

/// Whether MCP over HTTP needs a header; none of these holds a credential.
fn needed(name: &HeaderName) -> bool {
    let known = [header::HOST, header::ACCEPT, header::CONTENT_TYPE, header::CONTENT_LENGTH];
    known.contains(name) || name.as_str() == "last-event-id" || name.as_str().starts_with("mcp-")
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn behind_the_door_no_header_is_left_that_could_hold_a_credential() {
        let door = Door::new(Hosts::Unchecked, Arc::new(|_, _| Ok(Admitted::new(7_u8))));
        let request = Request::builder()
            .header("host", "h")
            .header("authorization", "Bearer secret")
            .header("cookie", "secret")
            .header("argus-api-key", "secret")
            .header("mcp-session-id", "s")
            .header("accept", "application/json")
            .header("accept", "text/event-stream")
            .header("last-event-id", "1")
            .body(Body::empty())
            .unwrap();
        let (_, request) = door.enter(request).unwrap_or_else(|_| panic!("let in"));
        assert!(!format!("{request:?}").contains("secret"));
        let names: Vec<&str> = request.headers().keys().map(HeaderName::as_str).collect();
        assert_eq!(names.len(), 4, "{names:?}");
        assert_eq!(request.headers().get_all("accept").iter().count(), 2);
        assert_eq!(request.extensions().get::<u8>(), Some(&7));
    }
}
