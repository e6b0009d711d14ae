//! Rules that ask for a recent proof of who is there.
use std::time::Duration;

use http::HeaderValue;
use palisade_core::{ConfigError, Factor, FactorKind, Principal, Timestamp};

/// A proof that must not be older than some time. Where it is missing, the answer is a challenge and not a denial.
///
/// ```
/// use std::time::Duration;
/// use palisade_core::Factor;
/// use palisade_rbac::RequireFresh;
///
/// const MINUTES: Duration = Duration::from_secs(300);
/// let second_factor = RequireFresh::factor(Factor::Totp, MINUTES).or(Factor::Passkey);
/// let two_factors = RequireFresh::multi_factor(MINUTES);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequireFresh {
    within: Duration,
    proof: Proof,
    acr: Option<Box<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Proof {
    AnyOf(Vec<Factor>),
    MultiFactor,
}

impl RequireFresh {
    /// Asks for this factor, verified at most `within` ago.
    #[must_use]
    pub fn factor(factor: Factor, within: Duration) -> Self {
        Self {
            within,
            proof: Proof::AnyOf(vec![factor]),
            acr: None,
        }
    }

    /// Asks for two factors of different kinds, at least one of them other than the password and verified at most `within`
    /// ago.
    #[must_use]
    pub const fn multi_factor(within: Duration) -> Self {
        Self {
            within,
            proof: Proof::MultiFactor,
            acr: None,
        }
    }

    /// This factor will do as well. A rule that asks for two factors is left as strict as it is.
    #[must_use]
    pub fn or(mut self, factor: Factor) -> Self {
        if let Proof::AnyOf(factors) = &mut self.proof {
            factors.push(factor);
        }
        self
    }

    /// Names the authentication context that the challenge asks for (`acr_values`, RFC 9470 section 3).
    ///
    /// # Errors
    /// [`ConfigError`] unless it is 1 to 128 visible ASCII characters without quote and backslash.
    pub fn with_acr(mut self, acr: &str) -> Result<Self, ConfigError> {
        if !crate::name::is_scope(acr) {
            return Err(ConfigError::new(
                "acr",
                "1 to 128 visible characters without quotes are allowed",
            ));
        }
        self.acr = Some(acr.into());
        Ok(self)
    }

    /// How old the proof may be.
    #[must_use]
    pub const fn within(&self) -> Duration {
        self.within
    }

    /// The factors of which one is asked for; none where any two of different kinds are.
    #[must_use]
    pub fn factors(&self) -> &[Factor] {
        match &self.proof {
            Proof::AnyOf(factors) => factors,
            Proof::MultiFactor => &[],
        }
    }

    /// Whether the principal has given the proof.
    #[must_use]
    pub fn is_met(&self, principal: &Principal, now: Timestamp) -> bool {
        let fresh = |factor: &Factor| principal.verified_within(*factor, self.within, now);
        match &self.proof {
            Proof::AnyOf(factors) => factors.iter().any(fresh),
            Proof::MultiFactor => {
                let second = |factor: &Factor| factor.kind() != FactorKind::Knowledge && fresh(factor);
                principal.is_multi_factor() && principal.factors().any(|(factor, _)| second(&factor))
            }
        }
    }

    /// The challenge: RFC 9470 section 3.
    pub(crate) fn challenge(&self) -> HeaderValue {
        let mut text = format!(
            r#"Bearer error="insufficient_user_authentication", max_age="{}""#,
            self.within.as_secs()
        );
        if let Some(acr) = &self.acr {
            text.push_str(r#", acr_values=""#);
            text.push_str(acr);
            text.push('"');
        }
        let plain = HeaderValue::from_static(r#"Bearer error="insufficient_user_authentication""#);
        HeaderValue::try_from(text).unwrap_or(plain)
    }

    /// What it asks for, in words for a table.
    pub(crate) fn describe(&self) -> String {
        let proof = match &self.proof {
            Proof::MultiFactor => "two factors".to_owned(),
            Proof::AnyOf(factors) => {
                let names: Vec<_> = factors.iter().map(|factor| factor.amr()).collect();
                names.join(" or ")
            }
        };
        format!("{proof} within {} s", self.within.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use palisade_core::{PrincipalKind, Subject};

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn principal(factors: &[(Factor, u64)]) -> Principal {
        let nobody = Principal::new(Subject::new("42").unwrap(), PrincipalKind::Staff);
        let add =
            |principal: Principal, &(factor, at)| principal.with_factor(factor, Timestamp::from_secs(at));
        factors.iter().fold(nobody, add)
    }

    #[test]
    fn one_of_the_factors_must_be_fresh() {
        let rule = RequireFresh::factor(Factor::Totp, MINUTE).or(Factor::Passkey);
        let now = Timestamp::from_secs(1_000);
        assert!(rule.is_met(&principal(&[(Factor::Totp, 940)]), now));
        assert!(rule.is_met(&principal(&[(Factor::Passkey, 990)]), now));
        assert!(!rule.is_met(&principal(&[(Factor::Totp, 939)]), now));
        assert!(!rule.is_met(&principal(&[(Factor::Password, 1_000)]), now));
        assert!(!rule.is_met(&principal(&[]), now));
    }

    #[test]
    fn a_fresh_password_does_not_make_two_factors_fresh() {
        let rule = RequireFresh::multi_factor(MINUTE);
        let now = Timestamp::from_secs(1_000);
        let cases = [
            (&[(Factor::Password, 1_000)][..], false),
            (&[(Factor::Totp, 1_000)], false),
            (&[(Factor::Password, 1_000), (Factor::Totp, 900)], false),
            (&[(Factor::Password, 10), (Factor::Totp, 990)], true),
            (&[(Factor::Passkey, 990)], true),
            (&[(Factor::Passkey, 10)], false),
        ];
        for (factors, want) in cases {
            assert_eq!(rule.is_met(&principal(factors), now), want, "{factors:?}");
        }
    }

    #[test]
    fn a_rule_for_two_factors_cannot_be_made_laxer() {
        let rule = RequireFresh::multi_factor(MINUTE).or(Factor::Password);
        assert_eq!(rule, RequireFresh::multi_factor(MINUTE));
    }

    #[test]
    fn the_challenge_is_that_of_rfc_9470() {
        let rule = RequireFresh::multi_factor(MINUTE)
            .with_acr("urn:shop:mfa")
            .unwrap();
        assert_eq!(
            rule.challenge(),
            r#"Bearer error="insufficient_user_authentication", max_age="60", acr_values="urn:shop:mfa""#
        );
        for wrong in ["", "a b", "a\"b", "a\\b", "a\nb"] {
            assert!(
                RequireFresh::multi_factor(MINUTE).with_acr(wrong).is_err(),
                "{wrong:?}"
            );
        }
    }
}
