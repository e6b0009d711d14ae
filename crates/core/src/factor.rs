//! In which ways somebody proves who they are.

/// A way in which somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Factor {
    /// A passkey with user verification (`WebAuthn`): possession and knowledge or inherence in one.
    Passkey,
    /// A password.
    Password,
    /// A recovery code.
    RecoveryCode,
    /// A time-based one-time password (RFC 6238).
    Totp,
}

/// What a factor shows (NIST SP 800-63B-4 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FactorKind {
    /// Two different kinds at once.
    Both,
    /// Something one knows.
    Knowledge,
    /// Something one has.
    Possession,
}

impl Factor {
    /// What the factor shows.
    #[must_use]
    pub const fn kind(self) -> FactorKind {
        match self {
            Self::Passkey => FactorKind::Both,
            Self::Password => FactorKind::Knowledge,
            Self::RecoveryCode | Self::Totp => FactorKind::Possession,
        }
    }

    /// The authentication method reference, RFC 8176 (`pwd`, `otp`, `hwk`); recovery codes have none there and are `rcv`.
    #[must_use]
    pub const fn amr(self) -> &'static str {
        match self {
            Self::Passkey => "hwk",
            Self::Password => "pwd",
            Self::RecoveryCode => "rcv",
            Self::Totp => "otp",
        }
    }

    /// The factor of that reference; the other way round than [`amr`](Self::amr).
    #[must_use]
    pub fn from_amr(amr: &str) -> Option<Self> {
        let all = [Self::Passkey, Self::Password, Self::RecoveryCode, Self::Totp];
        all.into_iter().find(|factor| factor.amr() == amr)
    }
}
