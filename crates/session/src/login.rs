//! What is known of somebody who has just logged in.
use std::sync::Arc;

use palisade_core::{Headers, Principal};

use crate::Lifetimes;
use crate::signals::Agent;

/// The longest device name, in characters.
const MAX_DEVICE: usize = 64;

/// Somebody who has just proved who they are, and how their session is to be. A [`Principal`] alone is one as well.
///
/// ```
/// use palisade_core::{Factor, Principal, PrincipalKind, Subject, Timestamp};
/// use palisade_session::{Lifetimes, Login};
///
/// let now = Timestamp::from_secs(1_767_225_600);
/// let mel = Principal::new(Subject::new("7")?, PrincipalKind::Staff).with_factor(Factor::Passkey, now);
/// let login = Login::new(mel).with_lifetimes(Lifetimes::staff()).with_device("Firefox on Linux");
/// # let _ = login;
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Login {
    pub(crate) principal: Principal,
    pub(crate) lifetimes: Option<Lifetimes>,
    pub(crate) device: Option<Arc<str>>,
    pub(crate) agent: Option<Agent>,
}

impl Login {
    /// A login of `principal`, with the lifetimes of the service.
    pub const fn new(principal: Principal) -> Self {
        Self {
            principal,
            lifetimes: None,
            device: None,
            agent: None,
        }
    }

    /// Gives this login lifetimes of its own: shorter ones for staff, for instance.
    pub const fn with_lifetimes(mut self, lifetimes: Lifetimes) -> Self {
        self.lifetimes = Some(lifetimes);
        self
    }

    /// Names the device in the account's list of sessions. Control characters are left out, and what follows the 64th
    /// character. It comes from the client: escape it where it is shown.
    pub fn with_device(mut self, name: &str) -> Self {
        let bounded: String = name
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_DEVICE)
            .collect();
        self.device = (!bounded.is_empty()).then(|| bounded.into());
        self
    }

    /// Notes which program logs in (a short hash of the request's `User-Agent`), for
    /// [`Sessions::signals`](crate::Sessions::signals).
    pub fn with_agent(mut self, headers: &impl Headers) -> Self {
        self.agent = Agent::of(headers);
        self
    }
}

impl From<Principal> for Login {
    fn from(principal: Principal) -> Self {
        Self::new(principal)
    }
}

#[cfg(test)]
mod tests {
    use palisade_core::{PrincipalKind, Subject};

    use super::*;

    #[test]
    fn a_device_name_is_bounded_and_has_no_control_characters() {
        let ada = Principal::new(Subject::new("42").unwrap(), PrincipalKind::Customer);
        let device = |name: &str| Login::new(ada.clone()).with_device(name).device;
        assert_eq!(device("Fire\r\nfox\0").as_deref(), Some("Firefox"));
        assert_eq!(
            device(&"\u{e9}".repeat(1_000)).as_deref(),
            Some("\u{e9}".repeat(64).as_str())
        );
        assert_eq!(device("\n"), None);
    }
}
