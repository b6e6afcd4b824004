//! Runs the scanner program of this machine: no shell, a process group of its
//! own, bounded time and output.
//!
//! It knows nothing of what is scanned. Whatever ends a run early, a time
//! limit, a client that goes away or the end of the server, ends every process
//! of the group.

use std::process::Stdio;
use std::time::Duration;

use process_wrap::tokio::ChildWrapper;
use process_wrap::tokio::CommandWrap;
use process_wrap::tokio::KillOnDrop;
use process_wrap::tokio::ProcessGroup;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::servers::sysdig::config::API_SECURE_TOKEN;
use crate::servers::sysdig::config::API_TOKEN;

const PROGRAM: &str = "sysdig-cli-scanner";
const TIME_LIMIT: Duration = Duration::from_secs(300);
/// Bytes kept of each output stream.
const MAX_OUTPUT_BYTES: usize = 256 * 1024;
const CUT: &str = "\n… (truncated)";

/// The scanner of this machine.
#[derive(Debug, Clone)]
pub struct Scanner {
    program: String,
    time_limit: Duration,
    variables: Vec<(String, String)>,
    runs: TaskTracker,
    ended: CancellationToken,
}

/// How a run ended by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Exit code; `None` when a signal ended the program.
    pub code: Option<i32>,
    /// Standard output, at most 256 KiB of it, without the token.
    pub stdout: String,
    /// Standard error, likewise.
    pub stderr: String,
}

/// Why a run has no end of its own.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// There is no such program.
    #[error(
        "{0} is not installed or not on the PATH of this server; see \
         https://docs.sysdig.com/en/sysdig-secure/install-vulnerability-cli-scanner/"
    )]
    NotInstalled(String),
    /// There is one, and it could not be started or read.
    #[error("{0} could not be run: {1}")]
    Io(String, #[source] std::io::Error),
    /// It took too long and was ended.
    #[error("{0} did not finish within {limit} s and was ended", limit = .1.as_secs_f64())]
    TimedOut(String, Duration),
    /// The server that runs it ends.
    #[error("{0} was ended, since the server stops")]
    Ended(String),
}

impl Default for Scanner {
    /// `sysdig-cli-scanner` as the `PATH` has it, with five minutes of time.
    fn default() -> Self {
        Self::new(PROGRAM, TIME_LIMIT)
    }
}

impl Scanner {
    /// Another program or time limit.
    #[must_use]
    pub fn new(program: impl Into<String>, time_limit: Duration) -> Self {
        Self {
            program: program.into(),
            time_limit,
            variables: Vec::new(),
            runs: TaskTracker::new(),
            ended: CancellationToken::new(),
        }
    }

    /// The same with one more variable in the program's environment.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Ends all runs, also of clones, and lets none begin; nothing that they started is left when
    /// this returns.
    pub async fn end(&self) {
        self.ended.cancel();
        self.runs.close();
        self.runs.wait().await;
    }

    /// Whether the program is there and works.
    ///
    /// # Errors
    /// [`ScanError`]; a program that cannot tell its version counts as absent.
    pub async fn check(&self, token: &SecretString) -> Result<(), ScanError> {
        let ran = self.run(&["--version".to_owned()], token).await?;
        if ran.code == Some(0) { Ok(()) } else { Err(ScanError::NotInstalled(self.program.clone())) }
    }

    /// One run with these arguments; the token is in the program's
    /// environment and nowhere else.
    ///
    /// # Errors
    /// [`ScanError`]; any exit code is a run.
    pub async fn run(&self, arguments: &[String], token: &SecretString) -> Result<Ran, ScanError> {
        // Counted before the look at the end: a run that begins is waited for, or does not begin.
        let _counted = self.runs.token();
        if self.ended.is_cancelled() {
            return Err(ScanError::Ended(self.program.clone()));
        }
        let mut group = self.start(arguments, token)?;
        let io = |error| ScanError::Io(self.program.clone(), error);
        let (stdout, stderr) = (group.0.stdout().take(), group.0.stderr().take());
        let finished = async {
            let (stdout, stderr) = tokio::try_join!(kept(stdout), kept(stderr))?;
            Ok((group.0.wait().await?, stdout, stderr))
        };
        let limited = tokio::time::timeout(self.time_limit, finished);
        let (status, stdout, stderr) = tokio::select! {
            finished = limited => finished
                .map_err(|_| ScanError::TimedOut(self.program.clone(), self.time_limit))?
                .map_err(io)?,
            () = self.ended.cancelled() => return Err(ScanError::Ended(self.program.clone())),
        };
        let token = token.expose_secret();
        Ok(Ran { code: status.code(), stdout: readable(&stdout, token), stderr: readable(&stderr, token) })
    }

    fn start(&self, arguments: &[String], token: &SecretString) -> Result<Group, ScanError> {
        let mut program = tokio::process::Command::new(&self.program);
        program
            .args(arguments)
            .env_remove(API_SECURE_TOKEN)
            .env_remove(API_TOKEN)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("SECURE_API_TOKEN", token.expose_secret())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut wrapped = CommandWrap::from(program);
        wrapped.wrap(KillOnDrop);
        wrapped.wrap(ProcessGroup::leader());
        match wrapped.spawn() {
            Ok(child) => Ok(Group(child)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(ScanError::NotInstalled(self.program.clone()))
            }
            Err(error) => Err(ScanError::Io(self.program.clone(), error)),
        }
    }
}

/// A running program and what it started; ends with this value.
struct Group(Box<dyn ChildWrapper>);

impl Drop for Group {
    fn drop(&mut self) {
        // Fails when nobody of the group is left, which is as well.
        let _ = self.0.start_kill();
    }
}

/// All of a stream is read, so that its writer never waits; the beginning is kept.
async fn kept(stream: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let Some(mut stream) = stream else { return Ok(kept) };
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Ok(kept);
        }
        // One byte over the limit tells that there was more.
        let room = (MAX_OUTPUT_BYTES + 1).saturating_sub(kept.len());
        kept.extend_from_slice(&buffer[..read.min(room)]);
    }
}

fn readable(bytes: &[u8], token: &str) -> String {
    let cut = bytes.len() > MAX_OUTPUT_BYTES;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_OUTPUT_BYTES)]);
    let mut text = if token.len() < 6 { text.into_owned() } else { text.replace(token, "[redacted]") };
    if cut {
        text.push_str(CUT);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_bounded_and_has_no_token() {
        assert_eq!(readable(b"token=very-secret!", "very-secret"), "token=[redacted]!");
        assert_eq!(readable(b"abc", "a"), "abc");
        let long = readable(&vec![b'x'; MAX_OUTPUT_BYTES + 1], "very-secret");
        assert_eq!(long.len(), MAX_OUTPUT_BYTES + CUT.len());
        assert!(long.ends_with("(truncated)"));
    }

    #[tokio::test]
    async fn a_long_stream_is_read_to_its_end_and_kept_in_part() {
        let (mut write, read) = tokio::io::duplex(1024);
        let writing = tokio::spawn(async move {
            use tokio::io::AsyncWriteExt;
            write.write_all(&vec![b'x'; MAX_OUTPUT_BYTES * 3]).await
        });
        assert_eq!(kept(Some(read)).await.unwrap().len(), MAX_OUTPUT_BYTES + 1);
        assert!(writing.await.unwrap().is_ok());
    }
}
