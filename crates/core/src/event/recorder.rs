//! Where events go.
use std::fmt;
use std::sync::Arc;

use base64ct::{Base64UrlUnpadded, Encoding};

use super::{Event, Level};
use crate::{Key, PrincipalKind, Purpose, RootSecret, Subject};

const PSEUDONYM: Purpose = Purpose::new("palisade pseudonym");

/// Takes events.
///
/// It is called on the request's path: hand the event over and return. An event that is dropped must be counted.
pub trait Sink: Send + Sync + 'static {
    /// Takes one event.
    fn record(&self, event: &Event<'_>);
}

/// The handle through which every layer tells what happened. Clones are cheap and share the sinks.
///
/// Each event becomes one flat `tracing` event with the target `palisade` and the field names of OpenTelemetry's semantic
/// conventions where they exist; then the sinks are called in order. Ids of accounts and tenants are written as
/// pseudonyms: an HMAC under a key that, unless one is given, is drawn for this recorder and shared by its clones. So make
/// one recorder and hand clones to every layer, or their pseudonyms do not agree.
#[derive(Clone)]
pub struct Recorder(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    pseudonyms: Option<Key>,
    sinks: Vec<Arc<dyn Sink>>,
}

impl Default for Recorder {
    /// Emits `tracing` events and has no sink.
    fn default() -> Self {
        // Without random bytes there is no key, and then no pseudonym is written, rather than one that can be undone.
        let pseudonyms = RootSecret::generate().ok().map(|secret| secret.derive(PSEUDONYM));
        Self(Arc::new(Inner {
            pseudonyms,
            sinks: Vec::new(),
        }))
    }
}

impl Recorder {
    /// Adds a sink.
    #[must_use]
    pub fn add_sink(mut self, sink: impl Sink) -> Self {
        Arc::make_mut(&mut self.0).sinks.push(Arc::new(sink));
        self
    }

    /// Makes pseudonyms with a key of this secret, so that they are the same on every node and after a restart.
    #[must_use]
    pub fn with_pseudonyms(mut self, secret: &RootSecret) -> Self {
        Arc::make_mut(&mut self.0).pseudonyms = Some(secret.derive(PSEUDONYM));
        self
    }

    /// The pseudonym of an account in this recorder's events.
    #[must_use]
    pub fn pseudonym(&self, subject: &Subject) -> Option<Pseudonym> {
        self.pseudonym_of(b"subject", subject.as_str())
    }

    /// A pseudonym, by kind: the account `42` and the tenant `42` do not look alike.
    fn pseudonym_of(&self, kind: &[u8], id: &str) -> Option<Pseudonym> {
        let tag = self.0.pseudonyms.as_ref()?.tag(&[kind, id.as_bytes()]);
        let mut short = [0; 12];
        short.iter_mut().zip(tag).for_each(|(to, from)| *to = from);
        Some(Pseudonym(short))
    }

    /// Records an event.
    pub fn record(&self, event: &Event<'_>) {
        match event.kind().level() {
            Level::Info => self.info(event),
            Level::Warn => self.warn(event),
            Level::Critical => self.error(event),
        }
        self.0.sinks.iter().for_each(|sink| sink.record(event));
    }
}

/// A level is part of a call site in tracing, so there is one for each.
macro_rules! emit_at {
    ($name:ident, $level:expr) => {
        impl Recorder {
            fn $name(&self, event: &Event<'_>) {
                // Pseudonyms cost an HMAC each: none is made for an event that nobody takes.
                if !tracing::event_enabled!(target: "palisade", $level) {
                    return;
                }
                let subject = event.subject().and_then(|subject| self.pseudonym(subject));
                let actor = event.impersonator().and_then(|actor| self.pseudonym(actor));
                let tenant = event.tenant().and_then(|tenant| self.pseudonym_of(b"tenant", tenant.as_str()));
                tracing::event!(
                    target: "palisade",
                    $level,
                    event.name = event.kind().name(),
                    outcome = event.kind().outcome().as_str(),
                    reason = event.reason(),
                    security_rule.name = event.rule(),
                    enduser.pseudo.id = subject.map(tracing::field::display),
                    actor.type = event.actor().map(PrincipalKind::as_str),
                    actor.pseudo.id = actor.map(tracing::field::display),
                    tenant.id = tenant.map(tracing::field::display),
                    client.address = event.client().map(tracing::field::display),
                    session.ref = event.session().map(tracing::field::display),
                    appsensor.id = event.kind().appsensor(),
                );
            }
        }
    };
}

emit_at!(info, tracing::Level::INFO);
emit_at!(warn, tracing::Level::WARN);
emit_at!(error, tracing::Level::ERROR);

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("sinks", &self.0.sinks.len())
            .finish_non_exhaustive()
    }
}

/// The name of an account or tenant in events: 16 characters of base64url that lead back to it only with the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pseudonym([u8; 12]);

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 16];
        f.write_str(Base64UrlUnpadded::encode(&self.0, &mut text).unwrap_or_default())
    }
}
