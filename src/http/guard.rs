//! Keeps web pages out of a gateway that asks nobody who they are. With tokens a page can do
//! nothing, so nothing is checked.

use axum::extract::Request;

use crate::auth::Auth;
use crate::http::Api;
use crate::http::error::ApiError;
use crate::http::error::Code;
use crate::web_origin;
use crate::web_origin::Foreign;

/// Refuses requests that name a host or an origin other than this machine.
///
/// # Errors
/// `host_not_allowed`, `origin_not_allowed`.
pub fn check(api: &Api, request: &Request) -> Result<(), ApiError> {
    if api.app.auth.mode() != Auth::None {
        return Ok(());
    }
    web_origin::check(request.headers(), request.uri(), web_origin::is_this_machine).map_err(|foreign| {
        ApiError::plain(match foreign {
            Foreign::Host => Code::HostNotAllowed,
            Foreign::Origin => Code::OriginNotAllowed,
        })
    })
}
