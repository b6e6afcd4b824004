//! A panic of a tool must end as an answer, or its client would wait for ever.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;

/// What the work comes to; nothing if it panicked.
pub(crate) async fn caught<T>(work: impl Future<Output = T>) -> Option<T> {
    AssertUnwindSafe(work).catch_unwind().await.ok()
}
