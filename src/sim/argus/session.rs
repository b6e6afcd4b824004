//! Session and time endpoints of the simulated Argus.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::sim::argus::call::Call;
use crate::sim::argus::data::catalog::{ms, stable_id};
use crate::sim::argus::reply::{Answer, Reply, field_error};
use crate::sim::argus::times::{self, iso};

/// `GET /authentication/v1/session`
pub fn current(call: &Call<'_>) -> Answer {
    let mut reader = call.read_query();
    reader.text("domain");
    reader.finish()?;
    let now = call.now.as_millisecond();
    Ok(Reply::object(json!({
        "authenticationMethod": "APIKEY", "clientIP": "198.51.100.24",
        "createdTimestamp": now, "timestamp": now,
        "validUntilTimestamp": now + ms(SignedDuration::from_hours(12)),
        "passwordNotSet": false, "readOnly": false, "securityLevel": "EXTERNAL",
        "sessionKey": stable_id("session", "current"),
    })))
}

/// `GET /world/v1/time`
pub fn world_time(call: &Call<'_>) -> Answer {
    let mut reader = call.read_query();
    let text = reader.text("timestring").unwrap_or_else(|| "now".to_owned());
    reader.finish()?;
    match times::resolve(&Value::String(text.clone()), call.now) {
        Ok(at) => Ok(Reply::object(json!({"time": iso(at), "timestamp": at}))),
        Err(problem) => {
            let error = field_error("timestring", problem, "invalid.value", &text);
            Err(Reply::invalid(vec![error]))
        }
    }
}
