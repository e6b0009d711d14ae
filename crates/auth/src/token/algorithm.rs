//! How tokens are signed.
use jsonwebtoken as jose;

/// A signature algorithm (RFC 7518 section 3.1, RFC 8037). A key has exactly one; what a token's header says is compared
/// with it and never followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// Ed25519: small, fast to sign, and without parameters to get wrong. The default of this crate.
    EdDsa,
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// RSA PKCS #1 v1.5 with SHA-256, for issuers that know nothing else.
    Rs256,
    /// RSA-PSS with SHA-256.
    Ps256,
    /// HMAC-SHA256: whoever verifies can sign, so it is for one service that does both.
    Hs256,
}

impl Algorithm {
    /// The value of `alg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Hs256 => "HS256",
        }
    }

    /// Whether a header that says `name` means this algorithm. `Ed25519` is the name that RFC 9864 gave to what was `EdDSA`.
    pub(crate) fn is_named(self, name: &str) -> bool {
        self.name() == name || (self == Self::EdDsa && name == "Ed25519")
    }

    /// The algorithm of that name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let all = [Self::EdDsa, Self::Es256, Self::Rs256, Self::Ps256, Self::Hs256];
        all.into_iter().find(|algorithm| algorithm.is_named(name))
    }

    /// The name in `jsonwebtoken`.
    pub(super) const fn jose(self) -> jose::Algorithm {
        match self {
            Self::EdDsa => jose::Algorithm::EdDSA,
            Self::Es256 => jose::Algorithm::ES256,
            Self::Rs256 => jose::Algorithm::RS256,
            Self::Ps256 => jose::Algorithm::PS256,
            Self::Hs256 => jose::Algorithm::HS256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_rfcs_and_no_others() {
        for (name, algorithm) in [
            ("EdDSA", Some(Algorithm::EdDsa)),
            ("Ed25519", Some(Algorithm::EdDsa)),
            ("ES256", Some(Algorithm::Es256)),
            ("RS256", Some(Algorithm::Rs256)),
            ("PS256", Some(Algorithm::Ps256)),
            ("HS256", Some(Algorithm::Hs256)),
            ("none", None),
            ("None", None),
            ("hs256", None),
            ("HS512", None),
            ("ES256K", None),
            ("", None),
        ] {
            assert_eq!(Algorithm::parse(name), algorithm, "{name}");
        }
    }
}
