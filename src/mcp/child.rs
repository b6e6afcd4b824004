//! A server as a child process: in a process group of its own, with the environment that it is
//! given and nothing of ours. A task of its own watches over it; when the connection is over, the
//! child is given time to end, is told to, and is killed, and with it whatever it has started and
//! left in its group. Should the task itself be dropped, the group is killed at once. What a child
//! moves out of its group, and a child of a gateway that is itself killed, are out of reach; the
//! latter find their input closed.

use std::collections::BTreeMap;
use std::io;
use std::process::ExitStatus;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use process_wrap::tokio::ChildWrapper;
use process_wrap::tokio::CommandWrap;
use process_wrap::tokio::KillOnDrop;
use process_wrap::tokio::ProcessGroup;
use rmcp::model::ClientJsonRpcMessage;
use rmcp::model::ServerJsonRpcMessage;
use rmcp::service::RoleClient;
use rmcp::transport::Transport as McpTransport;
use rmcp::transport::async_rw::AsyncRwTransport;
use secrecy::ExposeSecret;
use secrecy::SecretString;
use tokio::process::ChildStdin;
use tokio::process::ChildStdout;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::sync::DropGuard;

use crate::mcp::bounded::BoundedLines;
use crate::mcp::mask::Mask;
use crate::mcp::stderr::LastWords;
use crate::mcp::transport::ConnectError;
use crate::mcp::transport::Setup;

/// Messages that may wait until a child reads them; one that lets more pile up reads nothing.
const UNREAD: usize = 1024;
/// Number of the signal that asks a program to end.
const SIGTERM: i32 = 15;
/// How long the end of a child may take to be told.
const TO_BE_TOLD: Duration = Duration::from_secs(1);

/// What is run.
#[derive(Clone)]
pub struct Program {
    /// Program.
    pub command: String,
    /// Arguments.
    pub args: Vec<String>,
    /// Its whole environment.
    pub env: BTreeMap<String, SecretString>,
    /// Those values of it that are secrets: they are told nobody.
    pub secrets: Vec<SecretString>,
    /// Working directory.
    pub cwd: Option<String>,
}

/// Our end of the pipes.
pub(crate) struct ChildTransport {
    pipes: AsyncRwTransport<RoleClient, BoundedLines<ChildStdout>, ChildStdin>,
    unread: Arc<AtomicUsize>,
    _stop: DropGuard,
}

/// What is known of the end of a child.
#[derive(Clone)]
pub(crate) struct Obituary {
    ended: watch::Receiver<Option<String>>,
    words: Arc<LastWords>,
}

/// The group; killed when it is dropped, whoever drops it.
struct Group(Box<dyn ChildWrapper>);

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Group {
    fn kill(&mut self) {
        // Fails when nobody is left, which is the usual case.
        if let Err(error) = self.0.start_kill() {
            tracing::trace!(error = %error, "no process left to kill");
        }
    }

    /// Ends the child whose input is closed: by itself, else told, else killed.
    async fn end(&mut self, grace: Duration) -> Option<ExitStatus> {
        if let Ok(status) = tokio::time::timeout(grace, self.0.wait()).await {
            return status.ok();
        }
        if self.0.signal(SIGTERM).is_ok()
            && let Ok(status) = tokio::time::timeout(grace, self.0.wait()).await
        {
            return status.ok();
        }
        self.kill();
        self.0.wait().await.ok()
    }

    /// Sees the child to its end.
    async fn watch_over(mut self, stop: CancellationToken, grace: Duration, report: watch::Sender<Option<String>>) {
        let status = tokio::select! {
            status = self.0.wait() => status.ok(),
            () = stop.cancelled() => self.end(grace).await,
        };
        self.kill();
        let status = status.map_or_else(|| "an unknown status".to_owned(), |status| status.to_string());
        report.send_replace(Some(status));
    }
}

/// Starts the program.
pub(crate) fn start(program: &Program, setup: &Setup<'_>) -> Result<(ChildTransport, Obituary), ConnectError> {
    let Program { command, args, env, secrets, cwd } = program;
    let mut spawned = tokio::process::Command::new(command);
    spawned.args(args).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    spawned.envs(env.iter().map(|(name, value)| (name, value.expose_secret())));
    if let Some(cwd) = cwd {
        spawned.current_dir(cwd);
    }
    let mut wrapped = CommandWrap::from(spawned);
    wrapped.wrap(KillOnDrop).wrap(ProcessGroup::leader());
    let child =
        wrapped.spawn().map_err(|error| ConnectError::unreached(format!("{command} could not be started: {error}")))?;
    let mut group = Group(child);
    let (Some(stdin), Some(stdout), Some(stderr)) =
        (group.0.stdin().take(), group.0.stdout().take(), group.0.stderr().take())
    else {
        return Err(ConnectError::unreached(format!("{command} was started without its pipes")));
    };
    let words = LastWords::new(Mask::of(secrets));
    let stop = CancellationToken::new();
    let (report, ended) = watch::channel(None);
    let mut dead = ended.clone();
    let over = async move {
        drop(dead.wait_for(Option::is_some).await);
        tokio::time::sleep(TO_BE_TOLD).await;
    };
    setup.tasks.spawn(Arc::clone(&words).listen(setup.server.to_owned(), stderr, over));
    setup.tasks.spawn(group.watch_over(stop.clone(), setup.limits.grace, report));
    let limit = setup.limits.message_bytes();
    let pipes = AsyncRwTransport::new_client(BoundedLines::new(stdout, limit), stdin)
        // The lines are bounded already, with an answer to whoever waits for one.
        .with_max_line_length(usize::MAX);
    let transport = ChildTransport { pipes, unread: Arc::default(), _stop: stop.drop_guard() };
    Ok((transport, Obituary { ended, words }))
}

impl Obituary {
    /// How it ended and what it said last. Waits for the end a moment.
    pub(crate) async fn told(&mut self) -> Option<String> {
        let told = async {
            let status = self.ended.wait_for(Option::is_some).await.ok()?.clone()?;
            self.words.ended().await;
            Some(status)
        };
        let status = tokio::time::timeout(TO_BE_TOLD, told).await.ok()??;
        let words = self.words.told().map_or_else(String::new, |words| format!("; it said: {words}"));
        Some(format!("the program ended with {status}{words}"))
    }
}

/// Counts a message as unread until it is written.
struct Unread(Arc<AtomicUsize>);

impl Drop for Unread {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl McpTransport<RoleClient> for ChildTransport {
    type Error = io::Error;

    fn send(&mut self, message: ClientJsonRpcMessage) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let waiting = self.unread.fetch_add(1, Ordering::Relaxed);
        let counted = Unread(Arc::clone(&self.unread));
        let sending = (waiting < UNREAD).then(|| self.pipes.send(message));
        async move {
            let _counted = counted;
            match sending {
                Some(sending) => sending.await,
                None => Err(io::Error::other("the program does not read what is sent to it")),
            }
        }
    }

    async fn receive(&mut self) -> Option<ServerJsonRpcMessage> {
        self.pipes.receive().await
    }

    /// Nothing to wait for: the pipes close and the watcher acts when this is dropped, which follows.
    async fn close(&mut self) -> io::Result<()> {
        Ok(())
    }
}
