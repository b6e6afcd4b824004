//! The fixture server as a process, over streamable HTTP: what stands behind the gateway when the
//! conformance suite measures the proxy. Prints its URL, then serves until it is ended.

mod server;

use server::Fixture;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (url, serving) = Fixture::default().listen().await?;
    writeln_flushed(&url)?;
    Ok(serving.await??)
}

fn writeln_flushed(line: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
