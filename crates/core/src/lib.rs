#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod clock;
mod error;
mod event;
mod factor;
mod guard;
mod head;
mod headers;
mod identity;
mod key;
mod key_ring;
mod principal;
mod purpose;
mod random;
mod refusal;
mod respond;
mod secret;
#[cfg(feature = "serde")]
mod stored_principal;
#[cfg(feature = "test-util")]
mod testing;
mod token;

pub use client::{
    AddrRefused, AddrRefusedKind, AddrSource, ClientAddr, ClientAddrCheck, DangerousProxies, ForwardHeader,
    Network, Networks, Peer, TrustedProxies,
};
pub use clock::{Clock, CoarseClock, SystemClock, Timestamp};
pub use error::{ConfigError, StoreError, StoreErrorKind};
pub use event::{ControlHealth, Event, Level, Outcome, Pseudonym, Recorder, SecurityEvent, Sink};
pub use factor::{Factor, FactorKind};
pub use guard::{AsyncCheck, Check};
#[cfg(feature = "tower")]
pub use guard::{AsyncGuard, AsyncGuardFuture, AsyncGuardLayer, Guard, GuardFuture, GuardLayer};
pub use head::Head;
pub use headers::{Headers, Repeated};
pub use identity::{Subject, Tenant};
pub use key::{Key, KeyId, RootSecret};
pub use key_ring::{KeyRing, KeyState};
pub use principal::{Principal, PrincipalKind};
pub use purpose::Purpose;
pub use random::{RandomError, random_bytes};
pub use refusal::Refusal;
pub use respond::{GrpcStatus, ProblemDetails, Respond, StatusOnly};
pub use secret::Secret;
#[cfg(feature = "serde")]
pub use stored_principal::StoredPrincipal;
#[cfg(feature = "test-util")]
pub use testing::{Collected, FakeClock};
pub use token::{MalformedToken, Token, TokenHash, TokenRef};
