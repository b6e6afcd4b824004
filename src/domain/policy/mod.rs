//! Policy: which kind of turn a message asks for, which tools can serve it, and
//! which calls the gateway can make by itself. Rules and groups are data.

pub mod decision;
