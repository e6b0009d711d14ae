//! Why a call failed, without anything that the server or a client wrote.
use std::fmt;

use ::redis::{ErrorKind, RedisError, ServerErrorKind};
use palisade_core::{StoreError, StoreErrorKind};

/// Error codes that may be named. Others are `ERR`: an unknown code is a word that somebody else chose.
const CODES: [&str; 12] = [
    "BUSY",
    "CROSSSLOT",
    "EXECABORT",
    "MISCONF",
    "NOAUTH",
    "NOPERM",
    "NOREPLICAS",
    "NOSCRIPT",
    "TRYAGAIN",
    "UNKILLABLE",
    "WRONGPASS",
    "WRONGTYPE",
];

/// Why a call failed. It is the source of a [`StoreError`], and its text is made here: no key, no address, no password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No answer within the deadline.
    TimedOut,
    /// Nothing was sent: the server is known to be away, since it failed like this.
    Away(StoreErrorKind),
    /// The connection broke or could not be made. Whether the command was carried out is not known.
    Lost,
    /// The server did not take the name or password.
    Login,
    /// The server answers, but cannot be written to: a replica, or one that loads or lacks its cluster.
    Unfit(&'static str),
    /// The server has no room.
    Full,
    /// The server answered with this error.
    Answered(Answered),
    /// The server is older than 6.2.
    TooOld,
    /// Another node of the cluster has the slot.
    Redirected(Redirect),
    /// No node of the cluster has the slot.
    Uncovered,
    /// An answer of a shape that the script does not give.
    Unexpected,
    /// Keys without a slot in common.
    Scattered,
    /// Not called inside a Tokio runtime.
    NoRuntime,
}

/// An error that the server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    code: &'static str,
    line: Option<u32>,
    script: Option<&'static str>,
}

/// Where a slot is, by `MOVED` or `ASK`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redirect {
    /// Empty where it is the host that was asked.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// `ASK`: for this one command, while the slot is under way.
    pub(crate) once: bool,
}

impl Failure {
    pub(crate) fn is_noscript(&self) -> bool {
        matches!(self, Self::Answered(answered) if answered.code == "NOSCRIPT")
    }

    /// Whether the server, or the way to it, is at fault: another connection may do better.
    pub(crate) fn is_of_the_link(&self) -> bool {
        matches!(self, Self::Lost | Self::Login | Self::Unfit(_))
    }

    /// The same failure, with the name of the script that met it.
    pub(crate) fn in_script(self, script: &'static str) -> Self {
        let Self::Answered(answered) = self else {
            return self;
        };
        let script = Some(script);
        Self::Answered(Answered { script, ..answered })
    }

    pub(crate) fn kind(&self) -> StoreErrorKind {
        match self {
            Self::TimedOut => StoreErrorKind::TimedOut,
            Self::Away(kind) => *kind,
            Self::Full => StoreErrorKind::Full,
            Self::Lost
            | Self::Login
            | Self::Unfit(_)
            | Self::Answered(_)
            | Self::TooOld
            | Self::Redirected(_)
            | Self::Uncovered
            | Self::Unexpected
            | Self::Scattered
            | Self::NoRuntime => StoreErrorKind::Failed,
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self::caused_by(failure.kind(), failure)
    }
}

impl From<RedisError> for Failure {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "of all else, only that it failed matters"
    )]
    fn from(error: RedisError) -> Self {
        match error.kind() {
            ErrorKind::Server(kind) => of_server(kind, &error),
            ErrorKind::AuthenticationFailed => Self::Login,
            ErrorKind::Extension => answered(&error),
            ErrorKind::UnexpectedReturnType => Self::Unexpected,
            _ => Self::Lost,
        }
    }
}

impl std::error::Error for Failure {}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => "redis did not answer in time",
            Self::Away(_) => "redis is away, so it was not asked",
            Self::Lost => "the connection to redis broke",
            Self::Login => "redis refused the login",
            Self::Unfit(code) => return write!(f, "redis cannot be written to: {code}"),
            Self::Full => "redis is out of memory",
            Self::Answered(answered) => return answered.fmt(f),
            Self::TooOld => "redis is older than 6.2",
            Self::Redirected(_) => "redis cluster sends from node to node",
            Self::Uncovered => "no node of the redis cluster has the slot",
            Self::Unexpected => "redis answered what the script does not answer",
            Self::Scattered => "the keys of one call need one hash tag",
            Self::NoRuntime => "not called inside a Tokio runtime",
        })
    }
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "redis answered {}", self.code)?;
        if let Some(script) = self.script {
            write!(f, " to script {script}")?;
        }
        match self.line {
            Some(line) => write!(f, ", line {line}"),
            None => Ok(()),
        }
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "of all else, only the code matters"
)]
fn of_server(kind: ServerErrorKind, error: &RedisError) -> Failure {
    match kind {
        ServerErrorKind::ReadOnly => Failure::Unfit("READONLY"),
        ServerErrorKind::MasterDown => Failure::Unfit("MASTERDOWN"),
        ServerErrorKind::BusyLoading => Failure::Unfit("LOADING"),
        ServerErrorKind::ClusterDown => Failure::Unfit("CLUSTERDOWN"),
        ServerErrorKind::Moved | ServerErrorKind::Ask => redirect(kind, error),
        _ => answered(error),
    }
}

fn answered(error: &RedisError) -> Failure {
    let detail = error.detail().unwrap_or_default();
    let code = error.code().unwrap_or_default();
    // Older servers wrap the error of a command inside a script into their own.
    if code == "OOM" || detail.contains("OOM command not allowed") {
        return Failure::Full;
    }
    if detail.contains("READONLY You can't write") {
        return Failure::Unfit("READONLY");
    }
    Failure::Answered(Answered {
        code: CODES.into_iter().find(|known| *known == code).unwrap_or("ERR"),
        line: line(detail),
        script: None,
    })
}

/// The line of a script in which it failed. The number is all that is taken over from the server's text.
fn line(detail: &str) -> Option<u32> {
    let (_, rest) = detail.split_once("user_script:")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn redirect(kind: ServerErrorKind, error: &RedisError) -> Failure {
    let address = || {
        let (address, _) = error.redirect_node()?;
        let (host, port) = address.rsplit_once(':')?;
        Some(Redirect {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: port.parse().ok()?,
            once: kind == ServerErrorKind::Ask,
        })
    };
    address().map_or(Failure::Unexpected, Failure::Redirected)
}
