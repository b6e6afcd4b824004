//! Identities of the things a conversation is made of: UUIDv7 newtypes, so that
//! one kind of id cannot stand in for another. New ids come from the engine's
//! clock port; this module only wraps and prints them.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// One stored conversation.
    ConversationId
);
id!(
    /// One user message up to its one approved reply.
    TurnId
);
id!(
    /// One request to a tool.
    CallId
);
id!(
    /// One ledger entry: the result of one call.
    ResultId
);
