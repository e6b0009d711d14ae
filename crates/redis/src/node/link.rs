//! How things stand with one server.
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use ::redis::Client;
use palisade_core::{ControlHealth, StoreErrorKind};
use tokio::sync::watch;
use tokio::time::Instant;

use super::keeper;
use super::line::Line;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::setup::Setup;

/// How things stand with one server.
#[derive(Clone, Debug)]
pub(super) enum Link {
    /// Nobody has asked yet.
    Idle,
    /// Connected.
    Up(Arc<Line>),
    /// Not connected; a task is at it.
    Down(Silence),
}

/// A server that is not connected.
///
/// A call is not made to wait for a server that has been silent for as long as the call would wait. So an outage costs one
/// deadline and not one a call, and a call with a longer deadline is not cut short by those with a shorter one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Silence {
    since: Instant,
    /// What the last failure was, once there was one that waiting does not mend.
    failed: Option<StoreErrorKind>,
}

impl Silence {
    /// Since when nothing was heard.
    pub(super) fn since(self) -> Instant {
        self.since
    }

    /// Whether a call with this deadline has no reason to wait.
    pub(super) fn is_over(self, deadline: Deadline) -> bool {
        self.failed.is_some() || deadline.is_over(self.since)
    }
}

/// What a server's handles and its keeper share.
pub(super) struct Shared {
    client: Client,
    setup: Arc<Setup>,
    health: ControlHealth,
    link: watch::Sender<Link>,
    /// Answers so far: a deadline that passes while this stands still is a silent server, not a slow command.
    heard: AtomicU64,
    /// Connections since the last answer to a call.
    attempts: AtomicU32,
}

impl Shared {
    pub(super) fn new(client: Client, setup: Arc<Setup>, health: ControlHealth) -> Self {
        Self {
            client,
            setup,
            health,
            link: watch::Sender::new(Link::Idle),
            heard: AtomicU64::new(0),
            attempts: AtomicU32::new(0),
        }
    }

    pub(super) fn link(&self) -> Link {
        self.link.borrow().clone()
    }

    pub(super) fn changes(&self) -> watch::Receiver<Link> {
        self.link.subscribe()
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn setup(&self) -> &Setup {
        &self.setup
    }

    pub(super) fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    /// An answer came.
    pub(super) fn hear(&self) {
        self.heard.fetch_add(1, Ordering::Relaxed);
        if self.attempts.load(Ordering::Relaxed) != 0 {
            self.attempts.store(0, Ordering::Relaxed);
        }
    }

    /// The number of this attempt since an answer came: the first is 0.
    pub(super) fn attempt(&self) -> u32 {
        self.attempts.fetch_add(1, Ordering::Relaxed)
    }

    /// Begins to connect, if nobody has. Whether somebody is at it then.
    pub(super) fn connect(self: &Arc<Self>) -> bool {
        self.leave(Instant::now(), |link| matches!(link, Link::Idle));
        !matches!(self.link(), Link::Idle)
    }

    /// The connection is of no use any more.
    pub(super) fn lost(self: &Arc<Self>, line: &Line) {
        self.leave(
            Instant::now(),
            |link| matches!(link, Link::Up(up) if up.is_same(line)),
        );
    }

    /// The connection with that flag has ended.
    pub(super) fn ended(self: &Arc<Self>, flag: &Arc<AtomicBool>) {
        self.leave(Instant::now(), |link| matches!(link, Link::Up(up) if up.is(flag)));
    }

    /// A call that began at `begun`, when so much had been heard, was not answered in time.
    pub(super) fn unanswered(self: &Arc<Self>, line: &Line, heard: u64, begun: Instant) {
        if self.heard() != heard {
            return;
        }
        self.leave(begun, |link| matches!(link, Link::Up(up) if up.is_same(line)));
        self.tell_failed(StoreErrorKind::TimedOut);
    }

    /// A call had no reason to wait any longer.
    pub(super) fn gave_up(&self, silence: Silence) -> Failure {
        let kind = silence.failed.unwrap_or(StoreErrorKind::TimedOut);
        self.tell_failed(kind);
        Failure::Away(kind)
    }

    /// Connected.
    pub(super) fn up(self: &Arc<Self>, line: &Arc<Line>) {
        drop(self.link.send_replace(Link::Up(Arc::clone(line))));
        self.tell_works();
        // It may have ended before anybody could be told that it had begun.
        if line.has_ended() {
            self.lost(line);
        }
    }

    /// An attempt to connect failed.
    pub(super) fn down(&self, failure: &Failure) {
        let kind = failure.kind();
        self.link.send_if_modified(|link| match link {
            // What timed out may yet answer somebody who is willing to wait longer.
            Link::Down(silence) if kind != StoreErrorKind::TimedOut => {
                silence.failed = Some(kind);
                true
            }
            Link::Idle | Link::Up(_) | Link::Down(_) => false,
        });
        self.tell_failed(kind);
    }

    /// Nobody is connecting any more, because the runtime that did has ended.
    pub(super) fn abandoned(&self) {
        self.link.send_if_modified(|link| {
            let was_down = matches!(link, Link::Down(_));
            if was_down {
                *link = Link::Idle;
            }
            was_down
        });
    }

    fn leave(self: &Arc<Self>, since: Instant, applies: impl Fn(&Link) -> bool) {
        let mut left = None;
        let changed = self.link.send_if_modified(|link| {
            let applies = applies(link);
            if applies {
                let down = Link::Down(Silence { since, failed: None });
                left = Some(std::mem::replace(link, down));
            }
            applies
        });
        // Outside the lock, since the end of a connection runs code of its own.
        drop(left);
        if changed {
            keeper::begin(self);
        }
    }

    /// Whoever tells of a failure may be late: a server that has come back meanwhile has told so already.
    fn tell_failed(&self, kind: StoreErrorKind) {
        self.health.failed(&self.setup.recorder(), kind.reason());
        if matches!(self.link(), Link::Up(_)) {
            self.tell_works();
        }
    }

    fn tell_works(&self) {
        self.health.works(&self.setup.recorder());
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("link", &self.link())
            .finish_non_exhaustive()
    }
}
